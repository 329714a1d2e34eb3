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
        self._whole: dict[str, list[Side]] = {}
        self._beginnings: dict[str, Side] = {}
        pairs: list[Mapping[str, Any]] = read_yaml(_FILE)
        for number, pair in enumerate(pairs):
            for side in ("one", "other"):
                for word in pair[side][language].split():
                    if word.endswith("*"):
                        self._beginnings[word.rstrip("*")] = (number, side)
                    else:
                        self._whole.setdefault(word, []).append((number, side))
        self._known = KnownWords(lambda word: bool(self._sides(word)))

    def _sides(self, word: str) -> list[Side]:
        begun = [side for start, side in self._beginnings.items() if word.startswith(start)]
        return [*self._whole.get(word, ()), *begun]

    def sides(self, words: frozenset[str]) -> dict[Side, str]:
        """The sides that a text has a word of, with the word."""
        return {side: word for word in sorted(self._known.among(words)) for side in self._sides(word)}


@functools.cache
def _words(language: str) -> _Words:
    return _Words(language)


def check_opposites(source: Reading, target: Reading) -> Iterator[Fault]:
    """Looks for words whose opposite stands in the French translation in their place."""
    asked = _words("english").sides(source.word_set)
    if not asked:
        return
    given = _words("french").sides(target.word_set)
    swapped = {
        f"{word} became {given[opposite]}"
        for (number, side), word in asked.items()
        if (opposite := (number, "other" if side == "one" else "one")) in given
        and opposite not in asked
        and (number, side) not in given
    }
    if swapped:
        yield Fault("opposite", ", ".join(sorted(swapped)))
