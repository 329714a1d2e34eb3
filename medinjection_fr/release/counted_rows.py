"""What the rows of each shard count, batch by batch: what an audit knows of the rows."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.configs import Cell, Shard
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.lengths import Lengths, text_lengths
from medinjection_fr.release.manifest import VERIFY_AND_MEND, Release
from medinjection_fr.release.shards import not_whole, open_shard
from medinjection_fr.release.statistics import count_together


@dataclass
class CountedShard:
    """A shard, and what its rows count.

    Attributes:
        cell: Its place.
        licensed: Rows by (source, licence).
        flags: Rows by (flag, source).
        gold: Closed questions by (number of options, answer).
        lengths: Lengths in characters of each field, one array per batch.
    """

    cell: Cell
    rows: int = 0
    licensed: Counter[tuple[str, str]] = field(default_factory=Counter)
    flags: Counter[tuple[str, str]] = field(default_factory=Counter)
    gold: Counter[tuple[int, str]] = field(default_factory=Counter)
    lengths: dict[str, list[Lengths]] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Counts the rows of a batch."""
        self.rows += batch.num_rows
        self.licensed.update(count_together(batch["source"], batch["license"]))
        flagged = batch["source"].take(pc.list_parent_indices(batch["flags"]))
        self.flags.update(count_together(pc.list_flatten(batch["flags"]), flagged))
        if self.cell.type != "oeq":
            self.gold.update(count_together(pc.list_value_length(batch["choices"]), batch["answer"]))
        for name, (lengths, chosen) in text_lengths(batch).items():
            self.lengths.setdefault(name, []).append(lengths[chosen])


def count_shards(release: Release) -> dict[str, CountedShard]:
    """Reads every shard of a release, by path.

    Raises:
        InputError: Shards that are missing, not whole, or have other columns or rows than they should.
    """
    problems: list[Problem] = []
    counted: dict[str, CountedShard] = {}
    shards = release.shards
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda shard: _count_shard(release.folder, shard), shards)
        for shard, result in zip(shards, progress_bar(results, "shards", len(shards)), strict=True):
            if isinstance(result, Problem):
                problems.append(result)
            else:
                counted[shard.path] = result
    if problems:
        raise InputError(problems)
    return counted


def _count_shard(folder: Path, shard: Shard) -> CountedShard | Problem:
    path, counted = folder / shard.path, CountedShard(shard.cell)
    try:
        with open_shard(path) as (schema, batches):
            if not schema.equals(SCHEMA):
                return Problem(str(path), "has other columns than a record", mend=VERIFY_AND_MEND)
            for batch in batches:
                counted.add(batch)
    except FileNotFoundError:
        return Problem(str(path), "is missing", mend=VERIFY_AND_MEND)
    except (pa.ArrowException, OSError) as error:
        return not_whole(path, error, VERIFY_AND_MEND)
    if counted.rows != shard.rows:
        return Problem(str(path), f"has {counted.rows} rows", str(shard.rows), VERIFY_AND_MEND)
    return counted
