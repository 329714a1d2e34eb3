"""Rules that tie records together: withdrawn, same content, same source id, a group in two splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from medinjection_fr.curate.equal_keys import KEYED, first_of_equals, mapped_keys
from medinjection_fr.curate.spans import cut_spans
from medinjection_fr.errors import InputError, Problem

SELECTION_RULES = {
    "excluded": "the recipe withdraws the record",
    "same-content": "the identity is unique in a release",
    "same-source-id": "the pair of source and source_id is unique in a release",
    "group-in-two-splits": "a group stays in one split: test, else validation, else train",
}
PRIORITY = {"test": 0, "validation": 1, "train": 2}
"""Of records that clash, the one of the lowest number stays."""

_RECORDS_PER_SPAN = 1_000_000

Indices = NDArray[np.int64]
Ranks = NDArray[np.int8]


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


def select(
    batches: Sequence[pa.RecordBatch], exclude: Sequence[Mapping[str, str]], keep_groups_together: bool = True
) -> Selection:
    """Decides which of the valid records stay.

    Of records that clash, the one in test stays over validation over train, then the one whose
    source stands first in the catalogue, then the first in its file.

    Args:
        batches: The valid records, as parts hold them.
        exclude: The recipe's withdrawals.
        keep_groups_together: Whether a group may stand in one split only.

    Raises:
        InputError: Withdrawals that name no record.
    """
    keys = Keys.of(batches)
    of_id, of_source, of_group = ([mapped_keys(batch[name]) for batch in batches] for name in KEYED)
    number = len(keys.id)
    dropped: dict[int, tuple[str, str]] = {}
    alive = np.ones(number, dtype=bool)

    def drop(index: int, rule: str, evidence: str) -> None:
        dropped[index] = (rule, evidence)
        alive[index] = False

    for index, reason in _excluded(keys, exclude):
        drop(index, "excluded", reason)
    priority = priorities(keys.split)
    for index, kept in _later_of_equals(of_id, priority, alive):
        drop(index, "same-content", f"kept {_name(keys, kept)}")
    for index, kept in _later_of_equals(of_source, priority, alive):
        drop(index, "same-source-id", f"kept {_name(keys, kept)}")
    if keep_groups_together:
        for index, kept in _later_of_equals(of_group, priority, alive, only_worse=True):
            split = keys.split[kept].as_py()
            drop(index, "group-in-two-splits", f"{keys.group_id[index].as_py()} stands in {split}")
    return Selection(np.flatnonzero(alive), dropped)


def priorities(split: pa.ChunkedArray) -> Ranks:
    """The priority of each record's split."""
    ranks = pc.index_in(split, pa.array(PRIORITY))  # in the order of PRIORITY
    return np.concatenate(
        [np.empty(0, np.int8), *(chunk.to_numpy().astype(np.int8) for chunk in ranks.chunks)]
    )


def _later_of_equals(
    key_batches: Sequence[NDArray[Any]], priority: Ranks, alive: NDArray[np.bool_], only_worse: bool = False
) -> Iterator[tuple[int, int]]:
    """Yields pairs (record, the first of those that share its key) among living records, range by range.

    Args:
        key_batches: Keys, each of shape ``(records, 2)``.
        priority: Of equals the one of the lowest priority comes first, then the one that stands first.
        alive: Which records count.
        only_worse: Leave out records of the same priority as the first.
    """
    starts = np.cumsum([0, *map(len, key_batches)])
    for span in cut_spans(max(1, round(len(alive) / _RECORDS_PER_SPAN))):
        keys, members = [np.empty((0, 2), np.uint64)], [np.empty(0, np.int64)]
        for batch, start in zip(key_batches, starts, strict=False):
            places = np.flatnonzero(alive[start : start + len(batch)] & span.holds(batch[:, 0]))
            keys.append(batch[places].astype(np.uint64))
            members.append(places + start)
        records = np.concatenate(members)
        first = records[first_of_equals(np.concatenate(keys), priority[records])]
        later = priority[records] > priority[first] if only_worse else records != first
        yield from zip(records[later].tolist(), first[later].tolist(), strict=True)


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
    matches: NDArray[np.bool_] = pc.equal(column, value).to_numpy()
    return matches
