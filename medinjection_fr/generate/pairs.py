"""Texts with a translation by professionals, to score a translator or to measure the checks."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from html.entities import html5
from pathlib import Path
from typing import NamedTuple

from medinjection_fr.curate.compare import comparison_tokens
from medinjection_fr.sources.misaligned import is_misaligned
from medinjection_fr.sources.tmx import read_units

_LABEL = 3
"""Words up to which a text is a section label or a title, and says nothing of a translator."""

REASONS = {
    "unreadable": "without one English and one French segment of plain text",
    "misaligned": "the French translates another unit of the file",
    "identical": "the same in both languages",
    "label": f"a section label: no more than {_LABEL} words",
}
"""Why a unit is left out."""

_ENTITY = re.compile(r"&(?:#\d+|#[xX][\da-fA-F]+|[A-Za-z][A-Za-z\d]*);")


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
        names: Names of all units of the file, in order.
        places: Place of each kept pair among them, counted from 0.
        entities: Kept pairs in which HTML entities were read.
    """

    kept: list[Pair]
    excluded: Mapping[str, int]
    misaligned: list[Pair]
    names: list[str]
    places: list[int]
    entities: int


def read_entities(text: str) -> str:
    """The text with its HTML entities read: ``&#39;`` is an apostrophe. What is no entity stays."""
    return _ENTITY.sub(lambda match: _read_entity(match[0]), text)


def _read_entity(entity: str) -> str:
    return html.unescape(entity) if entity[1] == "#" or entity[1:] in html5 else entity


def read_pairs(path: Path) -> Pairs:
    """Reads a translation memory (TMX).

    Raises:
        InputError: The file is absent or no XML.
    """
    pairs = Pairs([], {}, [], [], [], 0)
    excluded: Counter[str] = Counter()
    entities = 0
    for place, unit in enumerate(read_units(path, path.name)):
        pairs.names.append(unit.name)
        english, french = unit.english or "", unit.french or ""
        if not english.strip() or not french.strip():
            excluded["unreadable"] += 1
            continue
        pair = Pair(unit.name, read_entities(english), read_entities(french))
        if is_misaligned(english, french):
            excluded["misaligned"] += 1
            pairs.misaligned.append(pair)
        elif reason := _reason(pair):
            excluded[reason] += 1
        else:
            pairs.kept.append(pair)
            pairs.places.append(place)
            entities += pair[1:] != (english, french)
    return pairs._replace(excluded={reason: excluded[reason] for reason in REASONS}, entities=entities)


def _reason(pair: Pair) -> str | None:
    words = comparison_tokens(pair.english)
    if words == comparison_tokens(pair.french):
        return "identical"
    return "label" if len(words) <= _LABEL else None
