"""What a record says stands in its document: numbers with their units, drugs, acronyms, proper names, quotations."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import repeat

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.curate.compare import GUARD_FILE, comparison_tokens, without_accents
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary, skeleton
from medinjection_fr.generate.checks.names import find_acronyms
from medinjection_fr.generate.checks.numbers import find_numbers
from medinjection_fr.generate.checks.reading import ADDRESS, Reading
from medinjection_fr.generate.synthesis.checks.document import (
    Document,
    read_text,
    readings_of,
    spaced,
    unit_of,
)

RULES = {
    "number-not-in-document": "every number of the answer stands in the document",
    "unit-not-in-document": "each number has a unit that it has in the document",
    "drug-not-in-document": "every drug of the answer stands in the document",
    "acronym-not-in-document": "every acronym of the answer stands in the document, or what it stands for does",
    "name-not-in-document": "every proper name of the answer stands in the document",
    "quote-not-in-document": "what is quoted stands in the document word for word, and something is quoted",
}

_ENUMERATOR = re.compile(r"(?m)^\s*\(?\d{1,2}\s?[.)]\s|(?<=[;:,]\s)\(?\d{1,2}\)\s")
_MAY_ENUMERATE = re.compile(r"\d\s?[.)]\s")
_TIME = re.compile(r"/(?:day|h|week|month|year|min|s)$")
_ROMAN = re.compile("[IVX]+")
_LONGEST_ACRONYM = 8
_FEWEST_INITIALS = 3
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ](?<![^\W_].)[a-zß-öø-ÿœ]{2,}(?:[-'][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿœ]+)*(?![^\W_])")
_BEFORE_A_START = frozenset('.?!:;…\n•«"“(/-')
_TITLES = frozenset("monsieur madame mademoiselle docteur professeur patient patiente".split())
_EMPHASIS = frozenset(
    "sauf non oui pas ne ni et ou une un toutes tous tout aucune aucun seule seul vrai vraie vraies vrais faux fausse "
    "fausses exacte exactes exact exacts inexacte inexactes correcte correctes incorrecte incorrectes".split()
)
"""Words that questions put in capitals."""
_UNITS_IN_CAPITALS = frozenset("UI UFC MHz GHz MBq GBq MGy MV".split())
_SHORTEST_QUOTE = 3
"""Words that a quotation has at least."""
_ENDS = ' \n.,;:!?()«»"'
"""Signs, each of them no token, that stand before and after whole words."""


def check_grounded(texts: Sequence[str], document: Document, glossary: Glossary) -> Iterator[Fault]:
    """Looks for what texts say and their document does not.

    Args:
        texts: The question, the answer and what explains it. Options that are not correct are none of
            them: what they say need not be so.
        document: What the texts were made from, and whatever else they may repeat.
        glossary: Drugs and acronyms that are known.
    """
    if _MAY_ENUMERATE.search("\n".join(texts)):
        texts = [_ENUMERATOR.sub(" ", text) for text in texts]  # 1. Dyspnée; 2) la fièvre
    readings = [read_text(text) for text in texts if text]
    yield from _number_faults(readings, document)
    yield from _drug_faults(readings, document, glossary)
    yield from _acronym_faults(readings, document, glossary)
    names = {name for name in set(_names(readings)) if not _is_there(name, document)}
    if names:
        yield Fault("name-not-in-document", ", ".join(sorted(names)))


def check_quotes(quotes: Sequence[str], document: Document) -> Iterator[Fault]:
    """Looks for quotations that are none; case, punctuation and typography may differ."""
    written = [quote for quote in map(str.strip, quotes) if quote]
    wrong = [str(place) for place, quote in enumerate(written, 1) if not _is_quoted(quote, document)]
    if not written:
        yield Fault("quote-not-in-document", "nothing is quoted")
    elif wrong:
        yield Fault("quote-not-in-document", f"quotation {', '.join(wrong)}")


def _is_quoted(quote: str, document: Document) -> bool:
    if _stands_verbatim(quote.rstrip(_ENDS), document.raw):
        return True
    words = comparison_tokens(quote)
    return len(words) >= _SHORTEST_QUOTE and spaced(words) in document.tokens


def _stands_verbatim(quote: str, text: str) -> bool:
    """Whether whole words of a text are quoted letter by letter, as most are: no need to look at tokens."""
    start = text.find(quote)
    if start < 0 or not (quote[:1].isalpha() and quote[-1:].isalpha()):
        return False
    before, after = text[:start][-1:], text[start + len(quote) :][:1]
    if before not in _ENDS or after not in _ENDS:
        return False
    return sum(map(str.isalpha, quote.split())) >= _SHORTEST_QUOTE


def _number_faults(readings: Sequence[Reading], document: Document) -> Iterator[Fault]:
    missing: set[str] = set()
    changed: set[str] = set()
    for reading in readings:
        for number in find_numbers(reading, "french"):
            unit = unit_of(number, reading)
            if not number.in_digits and not unit:
                continue  # "les deux reins"
            values = readings_of(number)
            if values.isdisjoint(document.units if unit else document.values):
                missing.add(number.value.replace(".", ","))
            elif unit and not _has_unit(values, unit, document):
                changed.add(f"{number.value.replace('.', ',')} {unit}")
    if missing:
        yield Fault("number-not-in-document", ", ".join(sorted(missing)))
    if changed:
        yield Fault("unit-not-in-document", ", ".join(sorted(changed)))


def _has_unit(values: set[str], unit: str, document: Document) -> bool:
    """Whether the document gives a value with a unit.

    "10 mg par jour" and "10 mg" in one daily dose are alike; "10 mg" and "10 mg/kg" are not.
    """
    given = set().union(*(document.units.get(value, set()) for value in values))
    return unit in given or _TIME.sub("", unit) in {_TIME.sub("", other) for other in given - {""}}


def _drug_faults(readings: Sequence[Reading], document: Document, glossary: Glossary) -> Iterator[Fault]:
    words = frozenset().union(*(reading.word_set - document.word_set for reading in readings))
    drugs = [word for word in words if _is_drug(word, glossary)]
    lost = [
        word for word in drugs if not any(map(str.startswith, document.skeletons, repeat(skeleton(word))))
    ]
    if lost:
        yield Fault("drug-not-in-document", ", ".join(sorted(lost)))


@functools.lru_cache(maxsize=200_000)
def _is_drug(word: str, glossary: Glossary) -> bool:
    bare = without_accents(word).rstrip("s")
    forms = frozenset((bare, bare.removesuffix("e")))
    return not forms.isdisjoint(_french_drugs()) or bool(glossary.drug_words.among(forms))


@functools.cache
def _french_drugs() -> frozenset[str]:
    return frozenset(map(without_accents, read_yaml(GUARD_FILE)["words"]["drugs"].split()))


def _acronym_faults(readings: Sequence[Reading], document: Document, glossary: Glossary) -> Iterator[Fault]:
    found = set(find_acronyms("\n".join(reading.text for reading in readings)))
    lost = [acronym for acronym in found if not _has_acronym(acronym, document, glossary)]
    if lost:
        yield Fault("acronym-not-in-document", ", ".join(sorted(lost)))


def _has_acronym(acronym: str, document: Document, glossary: Glossary) -> bool:
    low = acronym.lower()
    singular = acronym.removesuffix("s")
    if len(acronym) > _LONGEST_ACRONYM or low in _EMPHASIS or _ROMAN.fullmatch(acronym):
        return True
    if acronym in _UNITS_IN_CAPITALS or not {low, singular.lower()}.isdisjoint(document.word_set):
        return True
    if len(singular) >= _FEWEST_INITIALS and singular.lower() in document.initials:
        return True
    return any(_is_form(form, document) for form in _alike(singular, glossary))


def _alike(acronym: str, glossary: Glossary) -> set[str]:
    """What an acronym stands for by the glossary, and the acronym in English."""
    return _acronyms_by_form(glossary).get(acronym.lower(), set())


def _acronyms_by_form(glossary: Glossary) -> dict[str, set[str]]:
    if glossary.digest not in _BY_FORM:
        table: dict[str, set[str]] = {}
        for english, forms in glossary.acronyms.items():
            for form in {english.lower(), *forms}:
                table.setdefault(form, set()).update({english.lower(), *forms} - {form})
        _BY_FORM[glossary.digest] = table
    return _BY_FORM[glossary.digest]


_BY_FORM: dict[str, dict[str, set[str]]] = {}


def _is_form(form: str, document: Document) -> bool:
    return form in (document.word_set if form.isalpha() else document.lower)


def _names(readings: Sequence[Reading]) -> Iterator[str]:
    """Words with a capital letter that begin no sentence."""
    text = "\n".join(reading.raw for reading in readings)
    if "www." in text or "http" in text:
        text = ADDRESS.sub(" ", text)
    for match in _NAME.finditer(text):
        if not _starts_a_sentence(text, match.start()):
            yield match[0]


def _starts_a_sentence(text: str, start: int) -> bool:
    """Whether what stands before a place, back to the nearest letter or digit, ends a sentence or a part of one."""
    while start:
        start -= 1
        if text[start] in _BEFORE_A_START:
            return True
        if text[start].isalnum() or text[start] == "_":
            return False
    return True


def _is_there(name: str, document: Document) -> bool:
    for part in re.split("[-']", name):
        bare = without_accents(part.lower().replace("œ", "oe").replace("æ", "ae"))
        if bare not in _TITLES and {bare, bare.rstrip("s")}.isdisjoint(document.words):
            return False
    return True
