"""The units of a text, under one name in both languages: "60 mg/kg/day" and "60 mg/kg/j" are alike."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.generate.checks.numbers import Number
from medinjection_fr.generate.checks.reading import Reading

_FILE = Path(__file__).with_name("units.yaml")
_CASELESS = 3
"""Letters from which on a form is taken whatever its case."""
_PER = {"english": "per|a|an|every|each", "french": "par|à la|au"}
_RATES = {
    "english": {"daily": "day", "hourly": "h", "weekly": "week", "monthly": "month", "yearly": "year"},
    "french": {
        **dict.fromkeys("quotidien quotidiens quotidienne quotidiennes quotidiennement".split(), "day"),
        **dict.fromkeys("hebdomadaire hebdomadaires".split(), "week"),
        **dict.fromkeys("mensuel mensuels mensuelle mensuelles".split(), "month"),
    },
}
_FORM = r"([%‰]|°[CF](?![^\W_])|°|(?:[^\W\d_]+)(?![^\W_23]|[23]\w|'[^\W\d]|\.[^\W\d_]))([23]?)"
_FIRST = re.compile(rf"( |-|)(?:(?:degrees?|degrés?) (?=[CcFf])|(?:sq\.?|square|cubic)[ -])?{_FORM}")
_COUNTED = re.compile(r" ?[^\W\d_]* ?/ ?")  # 5000 cells/mm3
_CLOCK = re.compile(r":\d\d(?!\d)| ?[ap]\.?m\.?(?![^\W_])")


class _Language:
    """How one language writes units."""

    def __init__(self, name: str) -> None:
        table: dict[str, Any] = read_yaml(_FILE)
        self.names = {_key(form): unit for unit, forms in table.items() for form in str(forms[name]).split()}
        self.rates = _RATES[name]
        self.further = re.compile(rf"(?: ?/ ?| (?:{_PER[name]}) ){_FORM}")
        self.rate = re.compile(rf" ({'|'.join(self.rates)})(?![^\W_])")
        self.long_forms = {form: unit for form, unit in self.names.items() if len(form) > 1}
        self.long_forms |= self.rates


def _key(form: str) -> str:
    return form if len(form) < _CASELESS else form.lower()


@functools.cache
def _language(name: str) -> _Language:
    return _Language(name)


def unit_after(reading: Reading, number: Number, language: str) -> str:
    """The unit of a number, from what follows it.

    Args:
        reading: The text.
        number: A number of it.
        language: ``english`` or ``french``.

    Returns:
        Its names joined by strokes, as ``mg/kg/day``; empty if no unit follows.
    """
    rules, text, end = _language(language), reading.text, number.end
    units: list[str] = []
    if match := _FIRST.match(text, end):
        unit = rules.names.get(_key(match[2]))
        # "The 1990s" are no seconds; "4-5x" is a factor, "4 x 5" is none.
        if unit and match[2] not in ("s" if not match[1] else "x"):
            units, end = [unit + match[3]], match.end()
    if not units:
        if _CLOCK.match(text, end) and text[number.start - 1 : number.start] != ":":
            return "h"
        if counted := _COUNTED.match(text, end):
            units, end = [""], counted.end() - len(counted[0]) + counted[0].index("/")
        else:
            return ""
    if text[end : end + 1] not in (" ", "/"):
        return "/".join(units)
    while match := rules.further.match(text, end):
        unit = rules.names.get(_key(match[1]))
        if unit is None:
            break
        units.append(unit + match[2])
        end = match.end()
    if match := rules.rate.match(text, end):
        units.append(rules.rates[match[1]])
    return "/".join(units)


def units_anywhere(reading: Reading, language: str) -> set[str]:
    """Every unit that a text names in more than a letter, with a number or without."""
    rules = _language(language)
    named = {rules.long_forms[word] for word in reading.word_set & rules.long_forms.keys()}
    return named | {sign for sign in "%‰°" if sign in reading.text}
