"""The names that a translation has to keep, and how French writes them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.curate.compare import without_accents
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.checks.conversions import FACTORS
from medinjection_fr.generate.checks.known_words import KnownWords
from medinjection_fr.release.digests import digest_json

GLOSSARY_FILE = Path(__file__).with_name("glossary.yaml")
_MAPS = ("acronyms", "drugs")
_LISTS = ("drug_names", "drug_stems", "not_drugs", "english_words", "both_languages", "conversions")


class Glossary:
    """Acronyms and drugs with their accepted French forms.

    Args:
        terms: What ``glossary.yaml`` holds.

    Attributes:
        acronyms: English acronym → French forms, in small letters.
        drugs: English name in small letters → French forms, in small letters.
        drug_words: English words, in small letters, that are names of drugs.
        english_words: Words of English alone, in small letters.
        both_languages: Words of both, though they look English.
        conversions: Conversions of units that are allowed, keys of ``conversions.FACTORS``.
        digest: SHA-256 of the terms, on which verdicts depend.
    """

    def __init__(self, terms: Mapping[str, Any]) -> None:
        self.digest = digest_json(terms)
        self.acronyms = {name: _forms(forms) for name, forms in terms["acronyms"].items()}
        self.drugs = {name.lower(): _forms(forms) for name, forms in terms["drugs"].items()}
        self.english_words = frozenset(terms["english_words"].split())
        self.both_languages = frozenset(terms["both_languages"].split())
        self.conversions = frozenset(terms["conversions"].split())
        names = frozenset(terms["drug_names"].split()) | self.drugs.keys()
        ordinary = frozenset(terms["not_drugs"].split())
        stems = re.compile(rf"\w{{2}}(?:{'|'.join(terms['drug_stems'].split())})s?$")

        def is_drug(word: str) -> bool:
            return word in names or (word not in ordinary and stems.search(word) is not None)

        self.drug_words = KnownWords(is_drug)


def _forms(listed: str) -> tuple[str, ...]:
    return tuple(form.strip().lower() for form in listed.split(","))


@functools.lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """What the English and the French spelling of a drug's name share.

    Args:
        word: In small letters: "insulin" or "insuline", "phenytoin" or "phénytoïne".
    """
    bare = without_accents(word)
    for one, other in (("ae", "e"), ("oe", "e"), ("ph", "f"), ("y", "i")):
        bare = bare.replace(one, other)
    return re.sub(r"(.)\1", r"\1", bare).rstrip("s").removesuffix("e")


def load_glossary(extra: Path | None = None) -> Glossary:
    """Reads the glossary that ships, with the terms of a maintainer's own file added.

    Args:
        extra: A file of the same shape; it may leave sections out.

    Raises:
        InputError: The file has mistakes, all told at once.
    """
    terms = read_yaml(GLOSSARY_FILE)
    if extra is not None:
        more = read_yaml(extra)
        if problems := _problems(more, extra):
            raise InputError(problems)
        for name in _MAPS:
            terms[name] |= more.get(name, {})
        for name in _LISTS:
            terms[name] = f"{terms[name]} {more.get(name, '')}".strip()
    return Glossary(terms)


def _problems(terms: Any, path: Path) -> list[Problem]:
    if not isinstance(terms, dict):
        return [Problem(str(path), "not a mapping", f"sections {', '.join((*_MAPS, *_LISTS))}")]
    problems = [
        Problem(f"{path} › {name}", "unknown section", f"one of {', '.join((*_MAPS, *_LISTS))}")
        for name in terms
        if name not in (*_MAPS, *_LISTS)
    ]
    for name in _MAPS:
        section = terms.get(name, {})
        if not isinstance(section, dict):
            problems.append(Problem(f"{path} › {name}", "not a mapping", "English term: French forms"))
            continue
        problems += [
            Problem(
                f"{path} › {name} › {term}",
                "not text",
                "French forms separated by commas",
                "Put it in quotes",
            )
            for term, forms in section.items()
            if not isinstance(term, str) or not isinstance(forms, str) or not all(_forms(forms))
        ]
    problems += [
        Problem(f"{path} › {name}", "not text", "words separated by spaces")
        for name in _LISTS
        if not isinstance(terms.get(name, ""), str)
    ]
    if isinstance(stems := terms.get("drug_stems", ""), str) and not re.fullmatch(r"[a-z\s]*", stems):
        problems.append(
            Problem(f"{path} › drug_stems", "more than letters", "ends of names in small letters")
        )
    if isinstance(declared := terms.get("conversions", ""), str):
        where, known = f"{path} › conversions", ", ".join(FACTORS)
        problems += [
            Problem(where, f'"{name}" is unknown', f"some of {known}")
            for name in declared.split()
            if name not in FACTORS
        ]
    return problems
