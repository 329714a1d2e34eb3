"""Fidelity of a translation from English into French: every rule, on a text or on a whole item.

An alarm costs one more request, a miss stays in the dataset: where a rule has to err, it alarms, unless
faithful translators would be alarmed too often. ``benchmarks/translation_checks.py`` counts both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medinjection_fr.generate.checks.additions import check_additions
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary
from medinjection_fr.generate.checks.language import check_language
from medinjection_fr.generate.checks.length import check_length
from medinjection_fr.generate.checks.names import check_acronyms, check_drugs
from medinjection_fr.generate.checks.negations import check_negations
from medinjection_fr.generate.checks.opposites import check_opposites
from medinjection_fr.generate.checks.options import check_count, check_distinct, check_order
from medinjection_fr.generate.checks.quantities import check_quantities
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.generate.checks.residue import check_residue
from medinjection_fr.generate.checks.signs import check_signs
from medinjection_fr.rules import LETTERS

RULES = {
    "text-missing": "every text has a translation",
    "length": "a translation is about as long as its source",
    "text-added": "nothing is added: no announcement, note, label, mark-up or line",
    "not-translated": "a translation is no copy of its source, unless that is a name or a number",
    "english-left": "no word is left in English",
    "number-changed": "numbers are those of the source, in the notation of French",
    "unit-changed": "each number has the unit that it had",
    "sign-changed": "signs and comparisons are those of the source: < > ≤ ≥ ± + −",
    "negation-lost": "what is denied is denied still; LEAST and FALSE are kept",
    "negation-added": "what is affirmed is affirmed still",
    "opposite": "no word became its opposite",
    "drug-lost": "every drug is there",
    "acronym-lost": "every acronym is there, as French has it",
    "option-count": "a question has as many options as it had, each with a text",
    "options-merged": "options that differed differ still",
    "options-swapped": "options stand under their letters",
    "not-french": "the item as a whole is in French",
}
"""What each rule asks of a translation."""


def check_text(source: str, target: str, glossary: Glossary) -> list[Fault]:
    """Checks the translation of one text.

    Args:
        source: The text in English.
        target: Its translation into French.
        glossary: Drug names, acronyms and terms with their French forms.
    """
    return list(_check_segment(Reading(source), Reading(target), glossary))


def check_item(source: Mapping[str, Any], target: Mapping[str, Any], glossary: Glossary) -> list[Fault]:
    """Checks the translation of a question: each text, its options together, the language of the whole.

    Args:
        source: An item (``schemas/item.schema.json``).
        target: The same with its texts in French.
        glossary: As for ``check_text``.

    Returns:
        Every fault; that of a text begins with its place: "option B: 60 missing; 6 new".
    """
    faults: list[Fault] = []
    readings: list[Reading] = []

    def check(place: str, english: Reading, french: Reading) -> None:
        readings.append(french)
        found = _check_segment(english, french, glossary)
        faults.extend(Fault(fault.rule, f"{place}: {fault.evidence}") for fault in found)

    for place, english, french in _texts(source, target):
        if english.strip():
            check(place, Reading(english), Reading(french))
    asked, given = list(map(Reading, source["choices"])), list(map(Reading, target["choices"]))
    faults += check_count(asked, given)
    if len(asked) == len(given):
        for letter, option, translation in zip(LETTERS, asked, given, strict=False):
            check(f"option {letter}", option, translation)
        faults += [*check_distinct(asked, given), *check_order(asked, given)]
    return [*faults, *check_language(readings)]


def _texts(source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The texts of an item but for its options: place, English, French. Gold letters are no text."""
    for name in ("instruction", "context", "explanation"):
        yield name, source[name] or "", target[name] or ""
    if not source["choices"]:
        yield "answer", source["answer"], target["answer"]
    facts = list(target["facts"])
    for place, fact in enumerate(source["facts"]):
        yield f"fact {place + 1}", fact, facts[place] if place < len(facts) else ""


def _check_segment(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    if not source.raw.strip():
        return
    if not target.raw.strip():
        yield Fault("text-missing", "no translation")
        return
    yield from check_length(source, target)
    yield from check_additions(source, target)
    yield from check_residue(source, target, glossary)
    yield from check_quantities(source, target, glossary)
    yield from check_signs(source, target)
    yield from check_negations(source, target)
    yield from check_opposites(source, target)
    yield from check_drugs(source, target, glossary)
    yield from check_acronyms(source, target, glossary)
