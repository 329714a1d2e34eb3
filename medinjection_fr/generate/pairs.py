"""Texts with a translation by professionals, to score a translator or to measure the checks."""

from __future__ import annotations

import functools
import html
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.curate.compare import comparison_tokens
from medinjection_fr.sources.tmx import read_units

_MISALIGNED_FILE = Path(__file__).with_name("misaligned.yaml")
_LABEL = 3
"""Words up to which a text is a section label or a title, and says nothing of a translator."""

REASONS = {
    "unreadable": "without one English and one French segment of plain text",
    "misaligned": "the French translates another unit of the file",
    "identical": "the same in both languages",
    "label": f"a section label: no more than {_LABEL} words",
}
"""Why a unit is left out."""


class Pair(NamedTuple):
    """A text and its translation.

    Attributes:
        name: Identifier of the unit.
        english: The text, HTML entities read.
        french: Its translation by a professional, likewise.
    """

    name: str
    english: str
    french: str


class Pairs(NamedTuple):
    """The pairs of a file that say something of a translator.

    Attributes:
        kept: Those pairs, in order.
        excluded: How many units were left out, by the keys of ``REASONS``.
        misaligned: The misaligned ones among these.
    """

    kept: list[Pair]
    excluded: Mapping[str, int]
    misaligned: list[Pair]


def read_pairs(path: Path) -> Pairs:
    """Reads a translation memory (TMX).

    Raises:
        InputError: The file is absent or no XML.
    """
    kept: list[Pair] = []
    misaligned: list[Pair] = []
    excluded: Counter[str] = Counter()
    for unit in read_units(path, path.name):
        if not (unit.english or "").strip() or not (unit.french or "").strip():
            excluded["unreadable"] += 1
            continue
        pair = Pair(unit.name, html.unescape(str(unit.english)), html.unescape(str(unit.french)))
        if reason := _reason(pair):
            excluded[reason] += 1
            misaligned += [pair] if reason == "misaligned" else []
        else:
            kept.append(pair)
    return Pairs(kept, {reason: excluded[reason] for reason in REASONS}, misaligned)


def _reason(pair: Pair) -> str | None:
    if _is_misaligned(pair.name):
        return "misaligned"
    words = comparison_tokens(pair.english)
    if words == comparison_tokens(pair.french):
        return "identical"
    return "label" if len(words) <= _LABEL else None


def _is_misaligned(name: str) -> bool:
    prefix, _, number = name.rpartition(":")
    return number.isdecimal() and any(
        int(number) in range_ for range_ in _misaligned_ranges().get(prefix, ())
    )


@functools.cache
def _misaligned_ranges() -> dict[str, list[range]]:
    ranges: dict[str, list[range]] = {}
    files: Mapping[str, Mapping[str, Any]] = read_yaml(_MISALIGNED_FILE)
    for units in files.values():
        for prefix, listed in units.items():
            first, last = map(int, listed.split("-"))
            ranges.setdefault(prefix, []).append(range(first, last + 1))
    return ranges
