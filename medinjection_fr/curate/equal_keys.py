"""128-bit keys of what records may share: their content, their place upstream, their group.

Two texts that differ share a key with a probability of 2⁻¹²⁸, as two contents share an identity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

KEYED = {"_id_key": ("id",), "_source_key": ("source", "source_id"), "_group_key": ("group_id",)}
"""Columns of keys, and the columns that each is the key of; the name of a source has no slash."""
KEY_FIELDS = [pa.field(name, pa.binary(16)) for name in KEYED]

KeyArray = NDArray[np.uint64]
"""Of shape ``(keys, 2)``."""


def row_keys(row: Mapping[str, Any]) -> dict[str, bytes]:
    """The keys of a row, 16 bytes each."""
    return {name: _key("/".join(row[part] for part in parts)) for name, parts in KEYED.items()}


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def key_array(keys: Iterable[bytes]) -> KeyArray:
    """Keys as numbers."""
    return np.frombuffer(b"".join(keys), ">u8").astype(np.uint64).reshape(-1, 2)


def mapped_keys(column: pa.FixedSizeBinaryArray) -> NDArray[Any]:
    """A column of keys, of shape ``(rows, 2)``, big-endian, without a copy."""
    return np.frombuffer(column.buffers()[1], ">u8").reshape(-1, 2)[column.offset :][: len(column)]


def first_of_equals(keys: NDArray[Any], rank: NDArray[Any] | None = None) -> NDArray[np.int64]:
    """For each key the place of the first that is equal.

    Args:
        keys: Of shape ``(keys, 2)``.
        rank: Of equals the one of the lowest rank comes first, then the one that stands first.
    """
    order = np.lexsort((*(() if rank is None else (rank,)), keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    begins = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)][: len(keys)]
    first = np.empty(len(keys), np.int64)
    first[order] = order[np.maximum.accumulate(np.where(begins, np.arange(len(keys)), 0))]
    return first
