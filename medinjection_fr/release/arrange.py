"""Records → shards: the order of rows, the cuts, and the writing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from medinjection_fr.configs import Cell, Shard, Study, train_cuts
from medinjection_fr.progress import progress_bar
from medinjection_fr.record import ORIGINS, SCHEMA, SPLITS, TYPES
from medinjection_fr.release.layout import cut_shards, order_keys
from medinjection_fr.release.shards import ROWS_PER_BATCH, write_shard

Indices = NDArray[np.int64]


def arrange(
    batches: Sequence[pa.RecordBatch], kept: Indices, study: Study, suffix: str
) -> list[tuple[Shard, Indices]]:
    """Puts every kept record in its place.

    Args:
        batches: Records with their split, as parts hold them.
        kept: Numbers of the records that stay.
        study: Sizes that decide where train shards are cut.
        suffix: ``arrow`` or ``parquet``.

    Returns:
        The shards, cell by cell, each with the numbers of its records in order.
    """
    ids = np.concatenate([np.array(batch["id"].to_pylist(), "S32") for batch in batches])[kept]
    keys = np.concatenate([order_keys(batch["id"].to_pylist()) for batch in batches])[kept]
    place = np.lexsort((ids, keys))
    codes = np.zeros(len(kept), dtype=np.int8)
    cells = [Cell(origin, split, kind) for origin in ORIGINS for split in SPLITS for kind in TYPES]
    for column, names in (("origin", ORIGINS), ("_split", SPLITS), ("type", TYPES)):
        ranks = [pc.index_in(batch[column], pa.array(names)).to_numpy() for batch in batches]
        codes = codes * len(names) + np.concatenate(ranks)[kept].astype(np.int8)
    members = {cell: place[codes[place] == number] for number, cell in enumerate(cells)}
    counts = {cell: len(rows) for cell, rows in members.items() if len(rows)}
    cuts = train_cuts(counts, study)
    placed = []
    for cell in counts:
        rows = members[cell]
        points = cuts.get((cell.origin, cell.type), []) if cell.split == "train" else []
        for shard in cut_shards(cell, keys[rows], points, suffix):
            placed.append((shard, kept[rows[shard.start : shard.start + shard.rows]]))
    return placed


def write_shards(
    batches: Sequence[pa.RecordBatch], placed: Sequence[tuple[Shard, Indices]], folder: Path
) -> None:
    """Writes the shards that are not in the folder yet."""
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    records = [batch.select(SCHEMA.names) for batch in batches]

    def write(task: tuple[Shard, Indices]) -> None:
        shard, rows = task
        if not (folder / shard.path).exists():
            write_shard(_gather(records, starts, rows), folder / shard.path)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in progress_bar(pool.map(write, placed), "shards", len(placed)):
            pass


def _gather(batches: Sequence[pa.RecordBatch], starts: Indices, rows: Indices) -> list[pa.RecordBatch]:
    """The records of the given numbers, in that order, in batches of 1,000.

    Taken batch by batch, once for a shard: pyarrow's own ``take`` on a chunked table first joins all chunks,
    which fails above 2 GiB of text, and each of ours costs the same however few rows it takes.
    """
    ascending = np.argsort(rows, kind="stable")
    ordered = rows[ascending]
    bounds = ordered.searchsorted(starts)
    pieces = [
        batch.take(pa.array(ordered[low:high] - start))
        for batch, start, low, high in zip(batches, starts, bounds, bounds[1:], strict=False)
        if low < high
    ]
    place = np.empty(len(rows), dtype=np.int64)
    place[ascending] = np.arange(len(rows))
    table = pa.Table.from_batches(pieces).combine_chunks().take(pa.array(place))
    gathered: list[pa.RecordBatch] = table.replace_schema_metadata(SCHEMA.metadata).to_batches(ROWS_PER_BATCH)
    return gathered
