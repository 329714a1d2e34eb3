"""Shards: Arrow IPC streams, uncompressed, in batches of 1,000 rows; or Parquet on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.manifest import MEND
from medinjection_fr.whole import whole_file

ROWS_PER_BATCH = 1_000
FORMATS = ("arrow", "parquet")


def write_shard(batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """Writes batches under the shard's final name once the file is whole.

    The format follows the suffix: ``.arrow`` (stream, uncompressed: memory-mapped without a copy)
    or ``.parquet`` (zstd: a smaller download).
    """
    with whole_file(path) as unfinished, pa.OSFile(str(unfinished), "wb") as sink:
        writer = (
            pq.ParquetWriter(sink, SCHEMA, compression="zstd", use_compliant_nested_type=False)
            if path.suffix == ".parquet"
            else pa.ipc.new_stream(sink, SCHEMA)
        )
        with writer:
            for batch in batches:
                writer.write_batch(batch)


@contextmanager
def open_shard(path: Path) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    """Opens a shard: its schema and its batches, memory-mapped where the format allows.

    Raises:
        pyarrow.ArrowInvalid: The file is not a whole shard.
    """
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as parquet:
            yield parquet.schema_arrow, parquet.iter_batches(ROWS_PER_BATCH)
    else:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            yield reader.schema, iter(reader)


def read_rows(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Yields the rows of a shard, batch by batch.

    Raises:
        InputError: The file is not a whole shard.
    """
    try:
        with open_shard(path) as (_, batches):
            for batch in batches:
                yield batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(not_whole(path, error)) from None


def not_whole(path: Path, error: Exception, mend: str = MEND) -> Problem:
    """The fault of a shard that cannot be read."""
    return Problem(str(path), f"is not a whole shard ({str(error).splitlines()[0][:80]})", mend=mend)
