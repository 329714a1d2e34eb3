"""Fidelity of a translation from English into French: every rule, on a text or on a whole item.

An alarm costs one more request, a miss stays in the dataset: where a rule has to err, it alarms, unless
faithful translators would be alarmed too often. ``benchmarks/translation_checks.py`` counts both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medinjection_fr.curate.language import judge_language
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary
from medinjection_fr.generate.checks.negations import check_negations
from medinjection_fr.generate.checks.options import check_options
from medinjection_fr.generate.checks.quantities import check_quantities
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.generate.checks.signs import check_signs

RULES = {
    "text-missing": "every text has a translation",
    "number-changed": "numbers are those of the source, in the notation of French",
    "unit-changed": "each number has the unit that it had",
    "option-count": "a question has as many options as it had, each with a text",
    "options-merged": "options that differed differ still",
    "not-french": "the item as a whole is in French",
}


def check_text(source: str, target: str, glossary: Glossary) -> list[Fault]:
    """Checks the translation of one text.

    Args:
        source: The text in English.
        target: Its translation into French.
        glossary: Drug names, acronyms and terms with their French forms.
    """
    if not source.strip():
        return []
    if not target.strip():
        return [Fault("text-missing", "no translation")]
    english, french = Reading(source), Reading(target)
    return [
        fault
        for check in (check_quantities, check_signs, check_negations)
        for fault in check(english, french)
    ]


def check_item(source: Mapping[str, Any], target: Mapping[str, Any], glossary: Glossary) -> list[Fault]:
    """Checks the translation of a question: each text, its options together, the language of the whole.

    Args:
        source: An item (``schemas/item.schema.json``).
        target: The same with its texts in French.
        glossary: As for ``check_text``.
    """
    faults = list(check_options(source["choices"], target["choices"]))
    for name in ("instruction", "context", "explanation"):
        faults += _placed(name, check_text(source[name] or "", target[name] or "", glossary))
    if source["choices"]:
        pairs = zip("ABCDEFGHIJ", source["choices"], target["choices"], strict=False)
        for letter, english, french in pairs:
            faults += _placed(f"option {letter}", check_text(english, french, glossary))
    else:
        faults += _placed("answer", check_text(source["answer"], target["answer"], glossary))
    for place, (english, french) in enumerate(zip(source["facts"], target["facts"], strict=False), 1):
        faults += _placed(f"fact {place}", check_text(english, french, glossary))
    verdict = judge_language({**target, "task": ""})
    if verdict.drop:
        faults.append(Fault("not-french", verdict.evidence))
    return faults


def _placed(place: str, faults: list[Fault]) -> list[Fault]:
    return [Fault(fault.rule, f"{place}: {fault.evidence}") for fault in faults]
