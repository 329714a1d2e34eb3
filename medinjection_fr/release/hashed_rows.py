"""The records of a release as keys and hashes: enough to compare them, and a fraction of their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from medinjection_fr.configs import Shard
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import open_shard

KEYS = ("id", "source", "source_id", "license")
_KEY_SCHEMA = pa.schema([(name, pa.string()) for name in KEYS])
_UNIT_SEPARATOR = "\x1f"  # a control character: no text of a record holds one
_MEND = "Restore the file, or fetch or build the release again"

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
    read: list[tuple[Shard, pa.Table, dict[str, Indices]]] = []
    first: pa.Schema | None = None
    for shard in progress_bar(release.shards, "shards", len(release.shards)):
        path = release.folder / shard.path
        try:
            with open_shard(path) as (schema, batches):
                if fault := _schema_fault(path, schema, first):
                    problems.append(fault)
                    continue
                first = schema
                if shard.path not in unread:
                    table = pa.Table.from_batches(batches, schema)
                    hashes = {name: _hashes(table[name]) for name in schema.names}
                    keys = table.select(KEYS).replace_schema_metadata(None).cast(_KEY_SCHEMA)
                    read.append((shard, _copied(keys), hashes))
        except (pa.ArrowException, OSError) as error:
            what = f"is not a whole shard ({str(error).splitlines()[0][:80]})"
            problems.append(Problem(str(path), what, mend=_MEND))
    if problems:
        raise InputError(problems)
    assert first is not None, "the schema of a manifest asks for no shard, but a build writes one at least"
    shards = [shard for shard, _, _ in read]
    rows = HashedRows(
        shards,
        first,
        pa.concat_tables([_KEY_SCHEMA.empty_table(), *(keys for _, keys, _ in read)]),
        np.repeat(np.arange(len(read)), [keys.num_rows for _, keys, _ in read]),
        {
            name: np.concatenate([np.zeros(0, np.int64), *(h[name] for _, _, h in read)])
            for name in first.names
        },
    )
    if repeated := list(_repeated(release.folder, rows)):
        raise InputError(repeated)
    return rows


def _schema_fault(path: Path, schema: pa.Schema, first: pa.Schema | None) -> Problem | None:
    if missing := [name for name in KEYS if name not in schema.names]:
        return Problem(str(path), f"lacks the column {', '.join(missing)}", "a release of records", _MEND)
    if first is not None and not schema.equals(first, check_metadata=True):
        return Problem(str(path), "has other columns than the first shard", "the same in all", _MEND)
    return None


def _hashes(column: pa.ChunkedArray) -> Indices:
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
