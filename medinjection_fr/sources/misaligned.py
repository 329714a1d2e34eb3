"""Pairs that a translation memory has put together wrongly: the French translates another text.

The list knows a pair by its two texts, not by its place. A file in which a pair was put right is read whole, and one
that was cut, renumbered or saved anew still loses its wrong pairs.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.release.digests import digest_json

LIST = Path(__file__).with_name("misaligned.yaml")


def is_misaligned(english: str, french: str) -> bool:
    """Whether a pair is on the list of those that do not belong together."""
    return pair_digest(english, french) in _listed()


def pair_digest(english: str, french: str) -> str:
    """What the list knows a pair by: 16 hex digits of the SHA-256 of its texts.

    White space counts as one space, and composed characters as decomposed ones.
    """
    texts = [" ".join(unicodedata.normalize("NFC", text).split()) for text in (english, french)]
    return digest_json(texts)[:16]


@functools.cache
def _listed() -> frozenset[str]:
    files: Mapping[str, Mapping[str, str]] = read_yaml(LIST)
    return frozenset(digest for units in files.values() for digest in units.values())
