"""Physical layout of a release: the order of rows, where shards are cut, what they are called.

Frozen: a release of the same records has the same files for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from medinjection_fr.configs import Cell, Shard

ROWS_PER_SHARD = 50_000
_ORDER_KEY = b"medinjection-fr/order/1"


def order_keys(ids: Iterable[str]) -> NDArray[np.uint64]:
    """Keyed hash (BLAKE2b, 8 bytes, big-endian) of each id: the place of a row among its like.

    A row's key does not depend on other rows, so a prefix is a random sample and an added row
    moves no other.

    Returns:
        Array of shape ``(number of ids,)``.
    """
    blake2b = hashlib.blake2b
    digests = b"".join(blake2b(id_.encode("ascii"), digest_size=8, key=_ORDER_KEY).digest() for id_ in ids)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def cut_shards(cell: Cell, keys: NDArray[np.uint64], cuts: list[int], suffix: str = "arrow") -> list[Shard]:
    """Cuts the rows of a cell into shards of at most 50,000 rows.

    Up to the last cut, shards end at every cut. The rows after it are put in shards by the first
    bits of their key, so that an added row touches one of these shards and no other.

    Args:
        cell: Origin, split and type of the rows.
        keys: Their order keys, ascending.
        cuts: Ascending row numbers, each within the rows.
        suffix: File name suffix.
    """
    ends: list[int] = []
    start = 0
    for cut in cuts:
        ends += [*range(start + ROWS_PER_SHARD, cut, ROWS_PER_SHARD), cut]
        start = cut
    ends += [end for end in _prefix_ends(keys[start:], start) if end > start]
    starts = [0, *ends[:-1]]
    folder = f"data/{cell.origin}/{cell.split}"
    return [
        Shard(f"{folder}/{cell.type}-{number:05d}-of-{len(ends):05d}.{suffix}", cell, begin, end - begin)
        for number, (begin, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _prefix_ends(keys: NDArray[np.uint64], offset: int) -> list[int]:
    """Ends of the groups of equal first bits, with as few bits as keep each group in a shard."""
    bits = 0
    while True:
        prefixes = (keys >> np.uint64(64 - bits)) if bits else np.zeros(len(keys), np.uint64)
        ends = [*(np.flatnonzero(np.diff(prefixes)) + 1).tolist(), len(keys)] if len(keys) else []
        sizes = np.diff([0, *ends])
        if not len(sizes) or sizes.max() <= ROWS_PER_SHARD:
            return [offset + int(end) for end in ends]
        bits += 1
