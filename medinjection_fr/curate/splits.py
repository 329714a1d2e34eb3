"""Splits for records whose source has none: drawn by a keyed hash of the group.

A record's split depends on its group alone, so that adding records never moves an old one and no group
is cut in two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

_KEY = b"medinjection-fr/split/1"


def draw_split(group_id: str, shares: Mapping[str, float]) -> str:
    """The split of a group.

    Args:
        group_id: The record's group.
        shares: Share of validation and of test; the rest is train. Raising a share moves groups
            from train only.

    Returns:
        ``train``, ``validation`` or ``test``.
    """
    digest = hashlib.blake2b(group_id.encode("utf-8"), digest_size=8, key=_KEY).digest()
    place = int.from_bytes(digest, "big") / 2**64
    if place < shares.get("test", 0.0):
        return "test"
    if place >= 1 - shares.get("validation", 0.0):
        return "validation"
    return "train"
