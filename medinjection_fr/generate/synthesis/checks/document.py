"""What a document says, as the checks look it up: its numbers with their units, its words, its names."""

from __future__ import annotations

import copy
import functools

from medinjection_fr.curate.compare import comparison_tokens, without_accents
from medinjection_fr.generate.checks.glossary import skeleton
from medinjection_fr.generate.checks.numbers import Number, find_numbers, hinted_values
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.generate.checks.units import unit_after, units_anywhere

_IN_NAME = "in a name"
_LINKS = frozenset("de du des d la le les l à au aux a par en et un une pour sur".split())
"""Words that an acronym leaves out."""


class Document:
    """One text that records are made from.

    Args:
        text: The document, with its title if it has one.

    Attributes:
        word_set: Its words, in small letters.
        lower: The text in small letters, typography folded.
        units: Value → the units that it has somewhere, ``""`` for none.
        values: All values, and those that words may stand for: "deuxième".
        all_units: Every unit of the text.
        words: Its words without accents, in small letters.
        tokens: Its comparison tokens, with a space before and after each.
    """

    def __init__(self, text: str) -> None:
        reading = Reading(text)
        self.word_set, self.lower, self._words = reading.word_set, reading.lower, reading.words
        self.units: dict[str, set[str]] = {}
        for number in find_numbers(reading, "french"):
            is_in_name = number.start > 0 and reading.text[number.start - 1].isalpha()  # mm3, T2
            unit = _IN_NAME if is_in_name else unit_after(reading, number, "french")
            for value in readings_of(number):
                self.units.setdefault(value, set()).add(unit)
        self.values = self.units.keys() | hinted_values(reading, "french")
        self.all_units = {unit for units in self.units.values() for unit in units}
        self.all_units |= units_anywhere(reading, "french")
        self.words = frozenset(map(without_accents, reading.word_set))
        self.tokens = spaced(comparison_tokens(text))

    def with_text(self, text: str) -> Document:
        """The document with a short text after it."""
        more, both = Document(text), copy.copy(self)
        for name in ("skeletons", "initials"):
            both.__dict__.pop(name, None)
        both.word_set, both.words = self.word_set | more.word_set, self.words | more.words
        both.lower, both._words = f"{self.lower}\n{more.lower}", [*self._words, *more._words]
        both.values, both.all_units = self.values | more.values, self.all_units | more.all_units
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


@functools.lru_cache(maxsize=256)
def read_document(text: str) -> Document:
    """Reads a document once for all that is made of it."""
    return Document(text)


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
