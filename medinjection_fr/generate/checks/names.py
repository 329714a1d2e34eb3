"""The drugs and acronyms of the source are in the translation, in a form that French has for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import repeat

from medinjection_fr.curate.language import ENGLISH_NOUNS, ENGLISH_WORDS
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary, skeleton
from medinjection_fr.generate.checks.reading import ADDRESS, Reading

_LETTER = re.compile(r"[^\W\d_]")
_LETTERS = re.compile(r"[^\W\d_]*")
_TWO_CAPITALS = re.compile(r"[A-Z][A-Za-z]{0,2}[A-Z]")
_CAPITALS = re.compile(r"(?:(?<![^\W_])[A-Z]{2,}[ ,]+){2,}[A-Z]{2,}(?![^\W_])")
_WORD = re.compile("[A-Z]+")
_ROMAN = re.compile("[IVX]+")
_LONGEST = 8
"""Letters above which a word in capitals is no acronym."""
_LONGER = 4
_EMPHASIS = frozenset(
    "true false correct incorrect except least most best always never all and or only either both none any if "
    "regarding following".split()
)
"""Words that exam questions put in capitals."""


def find_acronyms(text: str) -> list[str]:
    """Finds words of Latin letters that have two capitals with at most two letters between: "HTA", "mRNA"."""
    found: list[str] = []
    end = 0
    for capitals in _TWO_CAPITALS.finditer(text):
        if (start := capitals.start()) < end:
            continue
        while start and _LETTER.match(text, start - 1):
            start -= 1
        if following := _LETTERS.match(text, capitals.end()):
            end = following.end()
        if text[start:end].isascii():
            found.append(text[start:end])
    return found


def check_drugs(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    """Looks for each drug of an English text in its French translation."""
    drugs = glossary.drug_words.among(source.word_set)
    if not drugs:
        return
    known = [skeleton(word) for word in target.word_set]
    lost = [
        drug
        for drug in drugs
        if not any(map(str.startswith, known, repeat(skeleton(drug))))  # insuline, insulinodépendant
        and not _has_form(glossary.drugs.get(drug, ()), target)
    ]
    if lost:
        yield Fault("drug-lost", ", ".join(sorted(lost)))


def check_acronyms(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    """Looks for each acronym of an English text in its French translation.

    It stands in a form of the glossary; without an entry there, unchanged or with its letters in another
    order (MRSA, SARM).
    """
    if not _TWO_CAPITALS.search(source.text):
        return
    text = ADDRESS.sub(" ", source.text)
    found = {acronym for acronym in find_acronyms(text) if len(acronym) <= _LONGEST}
    lost = [acronym for acronym in found if not _is_kept(acronym, target, glossary)]
    if not lost or _is_shouted(source.text):
        return
    shouted = set(_WORD.findall(" ".join(match[0] for match in _CAPITALS.finditer(source.text))))
    others = [other for other in find_acronyms(target.text) if other not in found]
    reordered = {_letters(form) for other in others for form in (other, _singular(other))}
    lost = [
        acronym
        for acronym in lost
        if acronym not in shouted
        and (_forms(acronym, glossary) or _letters(_singular(acronym)) not in reordered)
    ]
    if lost:
        yield Fault("acronym-lost", ", ".join(sorted(lost)))


def _is_kept(acronym: str, target: Reading, glossary: Glossary) -> bool:
    if forms := _forms(acronym, glossary):
        return _has_form(forms, target)
    if not {acronym.lower(), _singular(acronym).lower()}.isdisjoint(target.word_set):
        return True
    word = acronym.lower()
    is_word = word in _EMPHASIS or word in ENGLISH_WORDS or word in ENGLISH_NOUNS
    return is_word or _ROMAN.fullmatch(acronym) is not None


def _forms(acronym: str, glossary: Glossary) -> tuple[str, ...]:
    return glossary.acronyms.get(acronym) or glossary.acronyms.get(_singular(acronym), ())


def _letters(acronym: str) -> str:
    return "".join(sorted(acronym.lower()))


def _singular(acronym: str) -> str:
    return acronym[:-1] if acronym.endswith("s") and acronym[-2].isupper() else acronym


def _has_form(forms: tuple[str, ...], target: Reading) -> bool:
    return any(form in (target.word_set if form.isalpha() else target.lower) for form in forms)


def _is_shouted(text: str) -> bool:
    """Whether capitals are how the text is written, as in a heading: most of its longer words are."""
    longer = [word for word in text.split() if len(word) >= _LONGER]
    return len(longer) > 1 and sum(map(str.isupper, longer)) * 2 > len(longer)
