"""The drugs and acronyms of the source are in the translation, in a form that French has for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.curate.language import ENGLISH_NOUNS, ENGLISH_WORDS
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary, skeleton
from medinjection_fr.generate.checks.reading import Reading

_ACRONYM = re.compile(r"(?<![^\W\d_])[A-Za-z]*[A-Z][A-Za-z]{0,2}[A-Z][A-Za-z]*(?![^\W\d_])")
_CAPITALS = re.compile(r"(?:(?<![^\W_])[A-Z]{2,}[ ,]+){2,}[A-Z]{2,}(?![^\W_])")
_LONGEST = 8
"""Letters above which a word in capitals is no acronym."""
_EMPHASIS = frozenset(
    "true false correct incorrect except least most best always never all and or only either both none any if "
    "regarding following".split()
)
"""Words that exam questions put in capitals."""


def check_drugs(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    """Looks for each drug of an English text in its French translation."""
    drugs = glossary.drug_words.among(source.word_set)
    if not drugs:
        return
    known = {skeleton(word) for word in target.word_set}
    lost = [
        drug
        for drug in drugs
        if skeleton(drug) not in known and not _has_form(glossary.drugs.get(drug, ()), target)
    ]
    if lost:
        yield Fault("drug-lost", ", ".join(sorted(lost)))


def check_acronyms(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    """Looks for each acronym of an English text in its French translation.

    It may stand unchanged, in a form of the glossary, or with its letters in another order (MRSA, SARM).
    """
    found = {_singular(match) for match in _ACRONYM.findall(source.text) if len(match) <= _LONGEST}
    if not found:
        return
    lost = sorted(
        acronym
        for acronym in found
        if acronym.lower() not in target.word_set
        and not _is_word(acronym, glossary)
        and not _has_form(glossary.acronyms.get(acronym, ()), target)
    )
    if not lost or _is_shouted(source.text):
        return
    if shouted := set(re.findall("[A-Z]+", " ".join(match[0] for match in _CAPITALS.finditer(source.text)))):
        lost = [acronym for acronym in lost if acronym not in shouted]
    others = [other for other in map(_singular, _ACRONYM.findall(target.text)) if other not in found]
    reordered = {"".join(sorted(other.lower())) for other in others}
    lost = [acronym for acronym in lost if "".join(sorted(acronym.lower())) not in reordered]
    if lost:
        yield Fault("acronym-lost", ", ".join(lost))


def _singular(acronym: str) -> str:
    return acronym[:-1] if acronym.endswith("s") and acronym[-2].isupper() else acronym


def _has_form(forms: tuple[str, ...], target: Reading) -> bool:
    return any(form in (target.word_set if form.isalpha() else target.lower) for form in forms)


def _is_word(acronym: str, glossary: Glossary) -> bool:
    word = acronym.lower()
    return acronym not in glossary.acronyms and (
        word in _EMPHASIS or word in ENGLISH_WORDS or word in ENGLISH_NOUNS
    )


def _is_shouted(text: str) -> bool:
    """Whether capitals are how the text is written, as in a heading."""
    return sum(map(str.isupper, text)) * 2 > sum(map(str.isalpha, text))
