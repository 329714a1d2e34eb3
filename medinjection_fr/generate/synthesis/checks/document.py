"""What a document says, as the checks look it up: its numbers with their units, its words, its names."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Set

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
_ONE = re.compile(rf"un(?<!\wun)e? ({'|'.join(sorted(_SPANS, key=len, reverse=True))})(?!\w)")
_LINKS = frozenset("de du des d la le les l à au aux a par en et un une pour sur".split())
"""Words that an acronym leaves out."""


class Document:
    """One text that records are made from. All but its words is looked up when it is first asked for.

    Args:
        text: The document, with its title if it has one.

    Attributes:
        word_set: Its words, in small letters.
        raw: The text as it stands.
        lower: The text in small letters, typography folded.
    """

    def __init__(self, text: str) -> None:
        self._reading = Reading(text)
        self.raw, self.lower, self.word_set = text, self._reading.lower, self._reading.word_set
        self._words = self._reading.words

    def with_text(self, text: str) -> Document:
        """The document with a short text after it."""
        return _Lengthened(self, Document(text))

    @functools.cached_property
    def units(self) -> Mapping[str, Set[str]]:
        """Value → the units that it has somewhere, alone or in a range; ``""`` for none."""
        found: dict[str, set[str]] = {}
        numbers = sorted(find_numbers(self._reading, "french"), key=lambda number: number.start)
        for place, number in enumerate(numbers):
            given = {unit_of(number, self._reading)}
            if given == {""}:  # entre 5 et 10 mg
                joined = joined_after(number, self._reading, numbers[place + 1 :])
                given |= {unit_of(further, self._reading) for further in joined}
            for value in readings_of(number):
                found.setdefault(value, set()).update(given)
        for match in _ONE.finditer(self.lower):  # "un an" is one year, "un rein" is no number
            found.setdefault("1", set()).add(_SPANS[match[1]])
        return found

    @functools.cached_property
    def values(self) -> Set[str]:
        """All values, and those that words may stand for: "deuxième"."""
        return self.units.keys() | hinted_values(self._reading, "french")

    @functools.cached_property
    def words(self) -> Set[str]:
        """Its words without accents, in small letters."""
        return frozenset(map(without_accents, self.word_set))

    @functools.cached_property
    def tokens(self) -> str:
        """Its comparison tokens, with a space before and after each."""
        return spaced(comparison_tokens(self._reading.raw))

    @functools.cached_property
    def skeletons(self) -> list[str]:
        """What the spellings of each word share."""
        return [skeleton(word) for word in self.word_set]

    @functools.cached_property
    def initials(self) -> str:
        """First letters of its words but for the small ones that link them, each text's in one run."""
        return "".join(without_accents(word)[0] for word in self._words if word not in _LINKS)


class _Lengthened(Document):
    """Two texts as one: what is known of the first is not looked up again."""

    def __init__(self, first: Document, second: Document) -> None:
        self._parts = first, second
        self.raw, self.lower = f"{first.raw}\n{second.raw}", f"{first.lower}\n{second.lower}"
        self.word_set = first.word_set | second.word_set

    @functools.cached_property
    def units(self) -> Mapping[str, Set[str]]:
        first, second = (part.units for part in self._parts)
        shared = {value: first[value] | second[value] for value in first.keys() & second.keys()}
        return {**first, **second, **shared}

    @functools.cached_property
    def values(self) -> Set[str]:
        first, second = self._parts
        return first.values | second.values

    @functools.cached_property
    def words(self) -> Set[str]:
        first, second = self._parts
        return first.words | second.words

    @functools.cached_property
    def tokens(self) -> str:
        return "".join(part.tokens for part in self._parts)

    @functools.cached_property
    def skeletons(self) -> list[str]:
        return [skeleton for part in self._parts for skeleton in part.skeletons]

    @functools.cached_property
    def initials(self) -> str:
        return "".join(part.initials for part in self._parts)


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
