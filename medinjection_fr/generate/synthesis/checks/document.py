"""What a document says, as the checks look it up: its numbers with their units, its words, its names."""

from __future__ import annotations

import copy
import functools
import re

from medinjection_fr.curate.compare import comparison_tokens, without_accents
from medinjection_fr.generate.checks.glossary import skeleton
from medinjection_fr.generate.checks.numbers import Number, find_numbers, hinted_values
from medinjection_fr.generate.checks.quantities import joined_after
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.generate.checks.units import unit_after

_IN_NAME = "in a name"
_SPANS = {
    **{"an": "year", "année": "year", "mois": "month", "semaine": "week", "jour": "day", "journée": "day"},
    **{"heure": "h", "minute": "min"},
}
_ONE = re.compile(rf"(?<!\w)une? ({'|'.join(sorted(_SPANS, key=len, reverse=True))})(?!\w)")
_LINKS = frozenset("de du des d la le les l à au aux a par en et un une pour sur".split())
"""Words that an acronym leaves out."""


class Document:
    """One text that records are made from.

    Args:
        text: The document, with its title if it has one.

    Attributes:
        word_set: Its words, in small letters.
        lower: The text in small letters, typography folded.
        units: Value → the units that it has somewhere, alone or in a range; ``""`` for none.
        values: All values, and those that words may stand for: "deuxième".
        words: Its words without accents, in small letters.
        tokens: Its comparison tokens, with a space before and after each.
    """

    def __init__(self, text: str) -> None:
        reading = Reading(text)
        self.word_set, self.lower, self._words = reading.word_set, reading.lower, reading.words
        self.units: dict[str, set[str]] = {}
        numbers = sorted(find_numbers(reading, "french"), key=lambda number: number.start)
        for number in numbers:
            given = {unit_of(number, reading)}
            if given == {""}:  # entre 5 et 10 mg
                given |= {unit_of(further, reading) for further in joined_after(number, reading, numbers)}
            for value in readings_of(number):
                self.units.setdefault(value, set()).update(given)
        for match in _ONE.finditer(reading.lower):  # "un an" is one year, "un rein" is no number
            self.units.setdefault("1", set()).add(_SPANS[match[1]])
        self.values = self.units.keys() | hinted_values(reading, "french")
        self.words = frozenset(map(without_accents, reading.word_set))
        self.tokens = spaced(comparison_tokens(text))

    def with_text(self, text: str) -> Document:
        """The document with a short text after it."""
        more, both = Document(text), copy.copy(self)
        for name in ("skeletons", "initials"):
            both.__dict__.pop(name, None)
        both.word_set, both.words = self.word_set | more.word_set, self.words | more.words
        both.lower, both._words = f"{self.lower}\n{more.lower}", [*self._words, *more._words]
        both.values = self.values | more.values
        both.units = dict(self.units)
        for value, units in more.units.items():
            both.units[value] = both.units.get(value, set()) | units
        return both

    @functools.cached_property
    def skeletons(self) -> list[str]:
        """What the spellings of each word share."""
        return [skeleton(word) for word in self.word_set]

    @functools.cached_property
    def initials(self) -> str:
        """First letters of its words but for the small ones that link them, each text's in one run."""
        return "".join(without_accents(word)[0] for word in self._words if word not in _LINKS)


read_text = functools.lru_cache(maxsize=64)(Reading)
"""Reads a text of a record once for all checks."""


@functools.lru_cache(maxsize=256)
def read_document(text: str) -> Document:
    """Reads a document once for all that is made of it."""
    return Document(text)


def unit_of(number: Number, reading: Reading) -> str:
    """The unit of a number in a French text; of a digit in a name (mm3, T2) that it is one."""
    before = reading.text[number.start - 1 : number.start]
    if before.isalpha() and before not in "xX":  # 22x14 mm
        return _IN_NAME
    return unit_after(reading, number, "french")


def readings_of(number: Number) -> set[str]:
    """The values that a number in a French text may have: "1.500" is 1,5 or 1500."""
    whole, _, fraction = number.value.partition(".")
    values = {_plain(number.value)}
    if len(fraction) == 3 and 0 < len(whole) <= 3:
        values.add(whole + fraction)
    return values


def _plain(value: str) -> str:
    """Without noughts at the end of a fraction: 7,50 is 7,5."""
    return value.rstrip("0").rstrip(".") if "." in value else value


def spaced(tokens: list[str]) -> str:
    """Tokens as a text in which runs of them can be looked for."""
    return f" {' '.join(tokens)} "
