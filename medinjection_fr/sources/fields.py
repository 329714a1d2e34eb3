"""Small questions that several adapters ask of a record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_LICENCES = {
    "cc by": "CC-BY-4.0",
    "cc by 4.0": "CC-BY-4.0",
    "cc by 3.0": "CC-BY-3.0",
    "cc by 2.0": "CC-BY-2.0",
    "cc by sa": "CC-BY-SA-4.0",
    "cc by sa 4.0": "CC-BY-SA-4.0",
    "cc by nc": "CC-BY-NC-4.0",
    "cc by nc 4.0": "CC-BY-NC-4.0",
    "cc by nc sa": "CC-BY-NC-SA-4.0",
    "cc by nc sa 4.0": "CC-BY-NC-SA-4.0",
    "cc by nc nd": "CC-BY-NC-ND-4.0",
    "cc by nc nd 4.0": "CC-BY-NC-ND-4.0",
    "cc by nd": "CC-BY-ND-4.0",
    "cc by nd 4.0": "CC-BY-ND-4.0",
    "cc0": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
}
"""Licences as upstream files write them, in lower case without dashes. One without a version is read as 4.0,
which is what the sources in question say of their corpus."""


def fault(item: Any, keys: Iterable[str]) -> str:
    """Says why a record cannot be read: it is no object, or lacks keys. Empty if it can."""
    if not isinstance(item, dict):
        return "not an object"
    missing = [key for key in keys if key not in item]
    return f"lacks {', '.join(missing)}" if missing else ""


def text_or_none(item: Any, key: str) -> str | None:
    """The text of a key, to name a record by that may be broken."""
    value = item.get(key) if isinstance(item, dict) else None
    return value if isinstance(value, str) else None


def spdx(stated: Any) -> str | None:
    """The identifier of a licence that a document states; ``LicenseRef-…`` for one that is not known.

    ``None`` if it states none: then the source's licence holds.
    """
    if not isinstance(stated, str) or not stated.strip():
        return None
    words = re.sub(r"[\s_-]+", " ", stated).strip().lower()
    if words in _LICENCES:
        return _LICENCES[words]
    return f"LicenseRef-{re.sub(r'[^A-Za-z0-9.]+', '-', stated).strip('-.')[:80] or 'unreadable'}"
