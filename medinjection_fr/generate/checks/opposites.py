"""No word became its opposite: left is not "droit", hypokalaemia not "hyperkaliémie", a boy no "fille".

The reviewed pairs are in ``opposites.yaml``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.known_words import KnownWords
from medinjection_fr.generate.checks.reading import Reading

_FILE = Path(__file__).with_name("opposites.yaml")
Side = tuple[int, str]
"""Number of a pair, and ``one`` or ``other``."""


class _Words:
    """The words of one language that have an opposite."""

    def __init__(self, language: str) -> None:
        self._whole: dict[str, Side] = {}
        self._beginnings: dict[str, Side] = {}
        pairs: list[Mapping[str, Any]] = read_yaml(_FILE)
        for number, pair in enumerate(pairs):
            for side in ("one", "other"):
                for word in pair[side][language].split():
                    words = self._beginnings if word.endswith("*") else self._whole
                    words[word.rstrip("*")] = (number, side)
        self._known = KnownWords(lambda word: self._side(word) is not None)

    def _side(self, word: str) -> Side | None:
        if word in self._whole:
            return self._whole[word]
        return next((side for start, side in self._beginnings.items() if word.startswith(start)), None)

    def sides(self, words: frozenset[str]) -> dict[Side, str]:
        """The sides that a text has a word of, with the word."""
        return {side: word for word in self._known.among(words) if (side := self._side(word))}


@functools.cache
def _words(language: str) -> _Words:
    return _Words(language)


def check_opposites(source: Reading, target: Reading) -> Iterator[Fault]:
    """Looks for words whose opposite stands in the French translation in their place."""
    asked = _words("english").sides(source.word_set)
    if not asked:
        return
    given = _words("french").sides(target.word_set)
    for (number, side), word in asked.items():
        opposite = (number, "other" if side == "one" else "one")
        if opposite in given and opposite not in asked and (number, side) not in given:
            yield Fault("opposite", f"{word} became {given[opposite]}")
