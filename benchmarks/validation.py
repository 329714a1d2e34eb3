"""Validating every record, against the ``jsonschema`` package alone.

    python benchmarks/validation.py [--rows N] [--work DIR]

The rows are those of a release, as dictionaries in memory: their reading is not counted. The
reference is ``record.validate_plainly``, which gives the same verdicts by jsonschema, on a sample of
the same rows in the same process.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import measure
import pyarrow as pa
from build import standing_release
from published_rows import add_options

SAMPLE = 2_000


def blocks(paths: list[str]) -> Iterator[list[dict[str, Any]]]:
    for path in paths:
        with pa.memory_map(path) as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                yield batch.to_pylist()


def validate_shards(paths: list[str]) -> tuple[int, int, float]:
    """Rows, faults, and seconds in ``validate`` alone."""
    from medinjection_fr.record import validate

    rows = faults = 0
    seconds = 0.0
    for block in blocks(paths):
        started = time.perf_counter()
        for row in block:
            if validate(row):
                faults += 1
        seconds += time.perf_counter() - started
        rows += len(block)
    return rows, faults, seconds


def one_process(release: str) -> dict[str, float]:
    """``validate`` on every row; then both validators on a sample spread over all shards."""
    from medinjection_fr.record import validate, validate_plainly

    paths = shards(Path(release))
    validate(next(blocks(paths))[0])  # compiles the schema
    rows, faults, seconds = validate_shards(paths)
    if faults:
        raise SystemExit(f"{faults} rows of a sound release do not pass")
    sample = [row for path in paths for row in next(blocks([path]))[: -(-SAMPLE // len(paths))]]
    validate_plainly(sample[0])
    took = {}
    for name, function in (("plain", validate_plainly), ("compiled", validate)):
        started = time.perf_counter()
        for row in sample:
            function(row)
        took[name] = (time.perf_counter() - started) / len(sample)
    return {"rows": rows, "seconds": seconds, **took}


def all_processes(release: str) -> dict[str, float]:
    """Wall time with a process for each core, reading and starting included."""
    paths, jobs = sorted(shards(Path(release)), key=lambda path: -Path(path).stat().st_size), os.cpu_count()
    started = time.perf_counter()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        done = list(pool.map(validate_shards, ([path] for path in paths)))
    return {"rows": sum(rows for rows, _, _ in done), "seconds": time.perf_counter() - started}


def shards(release: Path) -> list[str]:
    return [str(path) for path in sorted(release.glob("data/*/*/*.arrow"))]


def bench(arguments: argparse.Namespace) -> None:
    release = standing_release(arguments.work, arguments.rows)
    measure.warm([release])
    one = measure.run_piece(__file__, "one", release)
    found = one.result
    many = measure.run_piece(__file__, "all", release)
    rate, plain = found["rows"] / found["seconds"], 1 / found["plain"]
    parallel = many.result["rows"] / many.result["seconds"]
    measure.print_table(
        f"Validation of {found['rows']:,} records",
        ("", "seconds", "rows/s", "× reference", "peak anonymous"),
        [
            (
                "`validate`, one process",
                f"{found['seconds']:.1f}",
                f"{rate:,.0f}",
                f"{found['plain'] / found['compiled']:.0f} on the sample",
                f"{one.anonymous:,.0f} MB",
            ),
            (
                f"`validate`, {os.cpu_count()} processes, with reading and starting",
                f"{many.result['seconds']:.1f}",
                f"{parallel:,.0f}",
                f"{parallel / plain:.0f}",
                f"{many.anonymous:,.0f} MB",
            ),
            (f"reference: `validate_plainly`, {SAMPLE:,} rows", "", f"{plain:,.0f}", "1", ""),
        ],
    )


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {"one": one_process, "all": all_processes}, add_options)
