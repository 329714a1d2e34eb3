"""Numbers and their units are the same in the translation.

What is compared are values, not how they are written: "1,500" and "1 500", "twenty-one" and "21", "2.7
million" and "2,7 millions", "60 mg/kg/day" and "60 mg/kg/j", "5 percent" and "5 %" are alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from medinjection_fr.generate.checks.conversions import converted
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary
from medinjection_fr.generate.checks.numbers import Number, find_numbers, hinted_values
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.generate.checks.signs import check_comparisons
from medinjection_fr.generate.checks.units import unit_after, units_anywhere

_TIMES = frozenset("multiplied multiplié multipliée multipliés multiplie multipliant factor facteur".split())
_TIMES_OF_LIFE = frozenset({"s", "min", "h", "day", "week", "month", "year", "decade"})
_JOINER = re.compile(
    r" ?(?:-|–|—|/|to|and|or|through|à|et|ou|,|, (?:and|or)|x|×|versus|vs\.?|contre|±)? ?"
    r"(?:(?:de|of|from) )?[<>≤≥~$€£]? ?"
)
_ONE = frozenset("one once first single un une premier première premiers premières seul seule unique".split())


def check_quantities(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    """Compares the numbers and units of an English text and its French translation."""
    english, french = find_numbers(source, "english"), find_numbers(target, "french")
    if not english and not french:
        return
    if glossary.conversions:
        english, french = _without_converted(source, target, english, french, glossary)
    is_alike = [number.value for number in english] == [number.value for number in french]
    if not is_alike and (evidence := _difference(source, target, english, french)):
        yield Fault("number-changed", evidence)
    yield from _unit_faults(source, target, english, french)
    yield from check_comparisons(source, target, english, french)


def _without_converted(
    source: Reading, target: Reading, english: list[Number], french: list[Number], glossary: Glossary
) -> tuple[list[Number], list[Number]]:
    mine, other = converted(
        [(number.value, unit_after(source, number, "english")) for number in english],
        [(number.value, unit_after(target, number, "french")) for number in french],
        glossary.conversions,
    )
    return (
        [number for place, number in enumerate(english) if place not in mine],
        [number for place, number in enumerate(french) if place not in other],
    )


def _difference(source: Reading, target: Reading, english: list[Number], french: list[Number]) -> str:
    """What differs: a value that the other text lacks, or one less of one and one more of another.

    A value that is merely told once more, or once less, is the translator's liberty, and so is a number
    in words that has no counterpart ("the two of them").
    """
    missing, missing_words = _unmatched(english, french)
    new, new_words = _unmatched(french, english)
    if missing or missing_words:
        spared = hinted_values(target, "french") | (set() if new else _ones(target))
        missing, missing_words = missing - spared, missing_words - spared
    if new or new_words:
        spared = hinted_values(source, "english") | (set() if missing else _ones(source))
        new, new_words = new - spared, new_words - spared
    if not (missing and new):  # what the other text has elsewhere was told once more, or once less
        in_english, in_french = {n.value for n in english}, {n.value for n in french}
        missing, missing_words = missing - in_french, missing_words - in_french
        new, new_words = new - in_english, new_words - in_english
    if not missing and not new:
        if not (missing_words and new_words):
            return ""
        missing, new = missing_words, new_words
    told = [
        f"{', '.join(sorted(values))} {what}"
        for values, what in ((missing, "missing"), (new, "new"))
        if values
    ]
    if any("." in value and value.replace(".", "") in missing for value in new):
        told.append("French writes 1 000 for 1,000, and 1,5 for 1.5")
    return "; ".join(told)


def _unmatched(mine: list[Number], other: list[Number]) -> tuple[set[str], set[str]]:
    """Values of one text beyond those of the other: those in digits, and those in words."""
    digits = Counter(number.value for number in mine if number.in_digits)
    words = Counter(number.value for number in mine if not number.in_digits)
    others = Counter(number.value for number in other)
    return set(digits - others), set(words - (others - digits))


def _ones(reading: Reading) -> set[str]:
    return set() if _ONE.isdisjoint(reading.word_set) else {"1"}


def _unit_faults(
    source: Reading, target: Reading, english: list[Number], french: list[Number]
) -> Iterator[Fault]:
    mine, other = _units(source, english, "english"), _units(target, french, "french")
    for value in filter(other.__contains__, mine):  # in their order: the model is told of it, and asked again
        if mine[value] == other[value]:
            continue
        lost = _real(mine[value] - other[value])
        new = _real(other[value] - mine[value])
        if lost and new:
            yield Fault("unit-changed", f"{value}: {', '.join(lost)} became {', '.join(new)}")
        elif lost and not _is_told_elsewhere(value, lost, target, french, "french"):
            yield Fault("unit-changed", f"{value}: {', '.join(lost)} missing")
        elif new and new != ["year"] and not _is_told_elsewhere(value, new, source, english, "english"):
            yield Fault("unit-changed", f"{value}: {', '.join(new)} new")


def _units(reading: Reading, numbers: list[Number], language: str) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for number in numbers:
        unit = unit_after(reading, number, language)
        found.setdefault(number.value, Counter())[unit] += 1
    return found


def _real(units: Counter[str]) -> list[str]:
    return sorted(unit for unit in units if unit)


def _is_told_elsewhere(
    value: str, units: list[str], reading: Reading, numbers: list[Number], language: str
) -> bool:
    """Whether the text gives the unit once for several numbers, or before the number.

    "Between 5 and 10 mg", "5–10 mg", "days 3 and 5"; "multiplied by 10" is "10-fold".
    """
    if units == ["times"]:
        return not _TIMES.isdisjoint(reading.word_set)
    if set(units) <= _TIMES_OF_LIFE and set(units) <= units_anywhere(reading, language):
        return True
    return all(
        any(
            unit_after(reading, further, language) in units
            for further in joined_after(number, reading, numbers)
        )
        for number in numbers
        if number.value == value and not unit_after(reading, number, language)
    )


def joined_after(number: Number, reading: Reading, numbers: list[Number]) -> Iterator[Number]:
    """The numbers that a list or a range joins to a number: "5, 10 and 20"."""
    end = number.end
    for further in numbers:
        if further.start < end:
            continue
        if not _JOINER.fullmatch(reading.lower, end, further.start):
            return
        yield further
        end = further.end
