"""The records of a release as keys and hashes: enough to compare them, and a fraction of their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from medinjection_fr.configs import Shard
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.release.manifest import MEND, Release
from medinjection_fr.release.shards import not_whole, open_shard

KEYS = ("id", "source", "source_id", "license")
_KEY_SCHEMA = pa.schema([(name, pa.string()) for name in KEYS])
_UNIT_SEPARATOR = "\x1f"  # a control character: no text of a record holds one

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class HashedRows:
    """Records of a release, in its order.

    Attributes:
        shards: The shards they stand in.
        schema: The columns of the release.
        keys: The columns ``KEYS``.
        shard: For each record the number of its shard.
        hashes: For each column the hash of each record's value.
    """

    shards: Sequence[Shard]
    schema: pa.Schema
    keys: pa.Table
    shard: Indices
    hashes: dict[str, Indices]

    def key(self, column: str, rows: Indices) -> pa.ChunkedArray:
        """A key of some of the records."""
        return self.keys[column].take(pa.array(rows))

    def pair(self, rows: Indices) -> pa.ChunkedArray:
        """``source/source_id`` of some of the records; the name of a source has no slash."""
        return pc.binary_join_element_wise(self.key("source", rows), self.key("source_id", rows), "/")

    def place(self, part: str, rows: Indices) -> pa.Array:
        """Origin, split or type of some of the records, as the path of their shard has it."""
        parts = np.array([getattr(shard.cell, part) for shard in self.shards], dtype=object)
        return pa.array(parts[self.shard[rows]], pa.string())


def hash_rows(release: Release, unread: Set[str]) -> HashedRows:
    """Reads a release, one shard's text at a time.

    The hash is Python's own (64 bits of SipHash): two values that differ share one with a
    probability of 2⁻⁶⁴. Hashes are comparable within this process alone.

    Args:
        release: A release whose files are whole.
        unread: Paths of shards whose rows are not wanted.

    Raises:
        InputError: Shards that cannot be read, lack a key or have other columns than the first; an
            id, or a pair of source and source_id, that stands twice.
    """
    problems: list[Problem] = []
    shards = [shard for shard in release.shards if shard.path not in unread]
    number = np.repeat(np.arange(len(shards)), [shard.rows for shard in shards])
    first: pa.Schema | None = None
    hashes: dict[str, Indices] = {}
    keys = [_KEY_SCHEMA.empty_table()]
    done = 0
    for shard in progress_bar(release.shards, "shards", len(release.shards)):
        try:
            with _open_checked(release.folder / shard.path, first) as (schema, batches):
                if first is None:
                    first, hashes = schema, {name: np.zeros(len(number), np.int64) for name in schema.names}
                if shard.path in unread:
                    continue
                table = _whole_table(release.folder / shard.path, schema, batches, shard.rows)
                keys.append(_copied(table.select(KEYS).replace_schema_metadata(None).cast(_KEY_SCHEMA)))
                for batch in table.to_batches():
                    for name in schema.names:
                        hashes[name][done : done + len(batch)] = _hashes(batch[name])
                    done += len(batch)
        except InputError as error:
            problems += error.problems
    if first is None and not problems:
        problems.append(Problem(str(release.folder), "has no shard", "one at least", MEND))
    if first is None or problems:
        raise InputError(problems)
    rows = HashedRows(shards, first, pa.concat_tables(keys), number, hashes)
    if repeated := list(_repeated(release.folder, rows)):
        raise InputError(repeated)
    return rows


@contextmanager
def _open_checked(
    path: Path, first: pa.Schema | None
) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    """Opens a shard that has the keys, and the columns of the first."""
    try:
        with open_shard(path) as (schema, batches):
            if missing := [name for name in KEYS if name not in schema.names]:
                what = f"lacks the column {', '.join(missing)}"
                raise InputError(Problem(str(path), what, "a release of records", MEND))
            if first is not None and not schema.equals(first, check_metadata=True):
                what = "has other columns than the first shard"
                raise InputError(Problem(str(path), what, "the same in all", MEND))
            yield schema, batches
    except (pa.ArrowException, OSError) as error:
        raise InputError(not_whole(path, error)) from None


def _whole_table(path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch], rows: int) -> pa.Table:
    table = pa.Table.from_batches(batches, schema)
    if table.num_rows != rows:
        raise InputError(Problem(str(path), f"has {table.num_rows} rows", str(rows), MEND))
    return table


def _hashes(column: pa.Array) -> Indices:
    lengths = np.zeros(len(column), np.int64)
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        lengths = pc.fill_null(pc.list_value_length(column), -1).to_numpy().astype(np.int64)
        column = pc.binary_join(column, _UNIT_SEPARATOR)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        values = column.cast(pa.large_binary()).to_pylist()  # no text is decoded
    else:
        values = list(map(str, column.to_pylist()))
    return np.fromiter(map(hash, values), np.int64, len(values)) + lengths


def _copied(table: pa.Table) -> pa.Table:
    """The table in memory of its own, so that the mapped file may be closed."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()


def _repeated(folder: Path, rows: HashedRows) -> Iterator[Problem]:
    """Keys that stand twice: looked for among the hashes, and made sure of among the values."""
    everything = np.arange(len(rows.shard))
    pairs = rows.hashes["source"] * 31 + rows.hashes["source_id"]
    mend = "`medinjection-fr verify --rows` names it; build the release again"
    for what, hashes in (("an id", rows.hashes["id"]), ("a source with source_id", pairs)):
        if np.diff(np.sort(hashes)).all():
            continue
        values = rows.key("id", everything) if what == "an id" else rows.pair(everything)
        if pc.count_distinct(values).as_py() != len(everything):
            yield Problem(str(folder), f"{what} stands twice", "each record once", mend)
