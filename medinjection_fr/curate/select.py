"""Rules that tie records together: withdrawn, same content, same source id, a group in two splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.errors import InputError, Problem

SELECTION_RULES = {
    "excluded": "the recipe withdraws the record",
    "same-content": "the identity is unique in a release",
    "same-source-id": "the pair of source and source_id is unique in a release",
    "group-in-two-splits": "a group stays in one split: test, else validation, else train",
}
PRIORITY = {"test": 0, "validation": 1, "train": 2}
"""Of records that clash, the one of the lowest number stays."""

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Keys:
    """What the rules look at, one element for each valid record, in the order of the catalogue.

    Attributes:
        id, source, source_id, group_id: Columns of the rows.
        split: Their splits.
    """

    id: pa.ChunkedArray
    source: pa.ChunkedArray
    source_id: pa.ChunkedArray
    group_id: pa.ChunkedArray
    split: pa.ChunkedArray

    @classmethod
    def of(cls, batches: Sequence[pa.RecordBatch]) -> Keys:
        """Takes the columns from batches without a copy."""
        names = ("id", "source", "source_id", "group_id", "_split")
        return cls(*(pa.chunked_array([b[n] for b in batches], pa.string()) for n in names))


@dataclass(frozen=True)
class Selection:
    """Which records stay.

    Attributes:
        kept: Their numbers, ascending.
        dropped: Number of a dropped record → (rule, evidence).
    """

    kept: Indices
    dropped: dict[int, tuple[str, str]]


def select(keys: Keys, exclude: Sequence[Mapping[str, str]], keep_groups_together: bool = True) -> Selection:
    """Decides which of the valid records stay.

    Of records that clash, the one in test stays over validation over train, then the one whose
    source stands first in the catalogue, then the first in its file.

    Args:
        keys: Keys of the valid records.
        exclude: The recipe's withdrawals.
        keep_groups_together: Whether a group may stand in one split only.

    Raises:
        InputError: Withdrawals that name no record.
    """
    number = len(keys.id)
    dropped: dict[int, tuple[str, str]] = {}
    alive = np.ones(number, dtype=bool)

    def drop(index: int, rule: str, evidence: str) -> None:
        dropped[index] = (rule, evidence)
        alive[index] = False

    for index, reason in _excluded(keys, exclude):
        drop(index, "excluded", reason)
    priority = priorities(keys.split)
    identity = _codes([keys.id])
    for index, kept in _later_of_equals(identity, priority, alive):
        drop(index, "same-content", f"kept {_name(keys, kept)}")
    for index, kept in _later_of_equals(_codes([keys.source, keys.source_id]), priority, alive):
        drop(index, "same-source-id", f"kept {_name(keys, kept)}")
    if keep_groups_together:
        groups = _codes([keys.group_id])
        best = np.full(number, len(PRIORITY), dtype=np.int64)
        np.minimum.at(best, groups[alive], priority[alive])
        for index in np.flatnonzero(alive & (priority > best[groups])).tolist():
            split = next(name for name, rank in PRIORITY.items() if rank == best[groups[index]])
            drop(index, "group-in-two-splits", f"{keys.group_id[index].as_py()} stands in {split}")
    return Selection(np.flatnonzero(alive), dropped)


def priorities(split: pa.ChunkedArray) -> Indices:
    """The priority of each record's split."""
    encoded = split.dictionary_encode().combine_chunks()
    ranks = np.array([PRIORITY[name] for name in encoded.dictionary.to_pylist()], dtype=np.int64)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    ranked: Indices = ranks[codes] if len(ranks) else codes.astype(np.int64)
    return ranked


def _codes(columns: Sequence[pa.ChunkedArray]) -> Indices:
    """The same number for the same values; numbers below the count of records."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        encoded = column.dictionary_encode().combine_chunks()
        own = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        codes = np.unique(codes * max(len(encoded.dictionary), 1) + own, return_inverse=True)[1]
    return codes


def _later_of_equals(codes: Indices, priority: Indices, alive: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs (record to drop, record that stays) among living records of equal code."""
    living = np.flatnonzero(alive)
    order = living[np.lexsort((living, priority[living], codes[living]))]
    ordered = codes[order]
    if not len(ordered):
        return []
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    first_of = order[np.repeat(starts, np.diff(np.r_[starts, len(ordered)]))]
    later = np.flatnonzero(first_of != order)
    return list(zip(order[later].tolist(), first_of[later].tolist(), strict=True))


def _name(keys: Keys, index: int) -> str:
    source, source_id = keys.source[index].as_py(), keys.source_id[index].as_py()
    return f"{source}/{source_id} in {keys.split[index].as_py()}"


def _excluded(keys: Keys, exclude: Sequence[Mapping[str, str]]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    problems = []
    for position, entry in enumerate(exclude):
        if "id" in entry:
            matches = _equal(keys.id, entry["id"])
        else:
            matches = _equal(keys.source, entry["source"])
            matches &= _equal(keys.source_id, entry["source_id"])
        if not matches.any():
            name = entry.get("id") or f"{entry['source']}/{entry['source_id']}"
            what = f"{name} names no valid record of the recipe's sources"
            mend = "Correct it, or remove the entry if its source no longer has the record"
            problems.append(Problem(f"recipe › exclude[{position}]", what, mend=mend))
        reason = f"{entry['reason']} ({entry['date']})"
        found += [(index, reason) for index in np.flatnonzero(matches).tolist()]
    if problems:
        raise InputError(problems)
    return found


def _equal(column: pa.ChunkedArray, value: Any) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    matches: NDArray[np.bool_] = pc.equal(column, value).to_numpy()
    return matches
