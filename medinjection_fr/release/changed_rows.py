"""Which records of two releases are not the same, row by row, without holding their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from medinjection_fr.release.hashed_rows import KEYS, HashedRows, Indices, hash_rows
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.reasons import with_reasons

KINDS = ("added", "removed", "content", "moved", "license", "metadata")
"""What may have befallen a record. Each counts once, as the first of these that is true of it."""

CONTENT = ("type", "instruction", "context", "choices", "answer")
"""The columns that an id is the digest of."""

CHANGED_ROWS = pa.schema(
    [
        ("kind", pa.string()),
        *((name, pa.string()) for name in ("id", "source", "source_id")),
        *((name, pa.string()) for name in ("origin", "split", "type", "license")),
        *((f"old_{name}", pa.string()) for name in ("id", "source", "source_id", "split", "license")),
        ("columns", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("rule", "reason")),
    ]
)
"""One row for each record that is not as it was: what it is now, or was if it is removed.

``old_…`` is null where that was the same. ``columns`` are those that differ, less the id. ``rule`` and
``reason`` are what the new release's ledger says of the old record: it was read again and not kept.
"""


@dataclass(frozen=True)
class RowChanges:
    """What the comparison of all rows found.

    Attributes:
        rows: ``CHANGED_ROWS``, by kind, then in the order of the release.
        kept: (old shard, new shard) → records that stand in both, by id.
        columns: (column, old type, new type) where the types differ; ``None`` where there is none.
    """

    rows: pa.Table
    kept: dict[tuple[str, str], int]
    columns: list[tuple[str, str | None, str | None]]


@dataclass(frozen=True)
class _Matched:
    """Rows of the old release, each with its row of the new one."""

    old: HashedRows
    new: HashedRows
    old_rows: Indices
    new_rows: Indices


def compare_rows(old: Release, new: Release) -> RowChanges:
    """Compares the rows of two releases whose files are whole.

    Records are matched by id; those that are left, by source and source_id. Shards of the same
    place and bytes are not read.

    Raises:
        InputError: Shards that cannot be read or compared.
    """
    same = _same_shards(old, new)
    before = hash_rows(old, {path for path, _ in same})
    after = hash_rows(new, {path for _, path in same})
    old_rows, new_rows = _match(before.keys["id"], after.keys["id"])
    by_id = _Matched(before, after, old_rows, new_rows)
    gone, come = _others(len(before.shard), old_rows), _others(len(after.shard), new_rows)
    old_pairs, new_pairs = _match(before.pair(gone), after.pair(come))
    by_pair = _Matched(before, after, gone[old_pairs], come[new_pairs])
    tables = [
        _one_sided("added", after, np.delete(come, new_pairs)),
        _one_sided("removed", before, np.delete(gone, old_pairs)),
        _changed(by_pair, other_id=True),
        _changed(by_id, other_id=False),
    ]
    rows = with_reasons(pa.concat_tables(tables), new)
    rank = pc.index_in(rows["kind"], value_set=pa.array(KINDS)).to_numpy()
    kept = {(a, b): old.files[a]["rows"] for a, b in same}
    kept.update(_kept(by_id))
    columns = _column_changes(before.schema, after.schema)
    return RowChanges(rows.take(pa.array(np.argsort(rank, kind="stable"))), kept, columns)


def _same_shards(old: Release, new: Release) -> list[tuple[str, str]]:
    standing = {(shard.cell, old.files[shard.path]["sha256"]): shard.path for shard in old.shards}
    keys = {shard.path: (shard.cell, new.files[shard.path]["sha256"]) for shard in new.shards}
    return [(standing[key], path) for path, key in keys.items() if key in standing]


def _match(old: pa.ChunkedArray, new: pa.ChunkedArray) -> tuple[Indices, Indices]:
    """Places of the values that stand in both, in the order of the new."""
    found = pc.index_in(new, value_set=old)
    new_places = np.flatnonzero(pc.is_valid(found).to_numpy())
    return found.drop_null().to_numpy().astype(np.int64), new_places


def _others(number: int, rows: Indices) -> Indices:
    """The rows of so many that are not among the given."""
    is_other = np.ones(number, dtype=bool)
    is_other[rows] = False
    return np.flatnonzero(is_other)


def _kept(matched: _Matched) -> Iterator[tuple[tuple[str, str], int]]:
    codes = (
        matched.old.shard[matched.old_rows] * len(matched.new.shards) + matched.new.shard[matched.new_rows]
    )
    for code, rows in zip(*np.unique(codes, return_counts=True), strict=True):
        old, new = divmod(int(code), len(matched.new.shards))
        yield (matched.old.shards[old].path, matched.new.shards[new].path), int(rows)


def _one_sided(kind: str, side: HashedRows, rows: Indices) -> pa.Table:
    return _table(len(rows), {"kind": pa.repeat(kind, len(rows)), **_described(side, rows)})


def _described(side: HashedRows, rows: Indices) -> dict[str, pa.Array]:
    keys = {name: side.key(name, rows) for name in KEYS}
    return keys | {part: side.place(part, rows) for part in ("origin", "split", "type")}


def _table(length: int, columns: dict[str, pa.Array]) -> pa.Table:
    """A table of ``CHANGED_ROWS``; columns that are not given are null."""
    filled = [columns.get(field.name, pa.nulls(length, field.type)) for field in CHANGED_ROWS]
    return pa.table(filled, schema=CHANGED_ROWS)


def _changed(matched: _Matched, other_id: bool) -> pa.Table:
    """The matched records that are not the same in all."""
    old, new = matched.old, matched.new
    names = [name for name in new.schema.names if name in old.hashes and name != "id"]
    differ = np.array([old.hashes[n][matched.old_rows] != new.hashes[n][matched.new_rows] for n in names])
    has_moved = _differ(old.place("split", matched.old_rows), new.place("split", matched.new_rows))
    changed = np.flatnonzero(differ.any(axis=0) | has_moved | other_id)
    differ, moved = differ[:, changed], has_moved[changed]
    old_rows, new_rows = matched.old_rows[changed], matched.new_rows[changed]

    def differs(*columns: str) -> NDArray[np.bool_]:
        places = [names.index(name) for name in columns if name in names]
        any_of_them: NDArray[np.bool_] = np.logical_or.reduce(differ[places], axis=0)
        return any_of_them

    kinds = np.select([differs(*CONTENT) | other_id, moved, differs("license")], KINDS[2:5], KINDS[5])
    was = {name: (old.key(name, old_rows), differs(name)) for name in ("source", "source_id", "license")}
    was["id"] = old.key("id", old_rows), np.full(len(changed), other_id)
    was["split"] = old.place("split", old_rows), moved
    _, columns = np.nonzero(differ.T)
    ends = np.cumsum(differ.sum(axis=0), dtype=np.int32)
    return _table(
        len(changed),
        {
            "kind": pa.array(kinds.tolist(), pa.string()),
            **_described(new, new_rows),
            **{
                f"old_{name}": pc.if_else(pa.array(other), value, pa.scalar(None, pa.string()))
                for name, (value, other) in was.items()
            },
            "columns": pa.ListArray.from_arrays(
                pa.array(np.append(np.int32(0), ends)),
                pa.array(np.array(names, object)[columns], pa.string()),
            ),
        },
    )


def _differ(old: pa.Array, new: pa.Array) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = pc.not_equal(old, new).to_numpy(zero_copy_only=False)
    return differ


def _column_changes(old: pa.Schema, new: pa.Schema) -> list[tuple[str, str | None, str | None]]:
    types = [{field.name: str(field.type) for field in schema} for schema in (old, new)]
    names = list(dict.fromkeys([*new.names, *old.names]))
    changes = [(name, types[0].get(name), types[1].get(name)) for name in names]
    changes = [(name, was, now) for name, was, now in changes if was != now]
    if not changes and not old.equals(new, check_metadata=True):
        return [("order or metadata of the columns", None, None)]
    return changes
