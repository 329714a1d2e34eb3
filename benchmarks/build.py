"""Building a release of the published composition, against pyarrow alone moving the same rows.

    python benchmarks/build.py [--rows N] [--work DIR]

Sizes: 50,000 and 150,000 rows below ``--rows``, and ``--rows``; the time per row must not grow.
The wall time of a release is that of the command as a user gives it, Python's start included.
Two references, each run in a process of its own on the largest size:

- *rewrite*: pyarrow reads every row of the release's shards and writes it again as Arrow streams of
  the same names, in batches of 1,000.
- *convert*: pyarrow reads the published Parquet form (the same rows, five columns) and writes one
  Arrow stream for each file, in batches of 1,000.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from pathlib import Path

import measure
import pyarrow as pa
import pyarrow.parquet as pq
from published_rows import add_options, published

SIZES = (50_000, 150_000)
ROWS_PER_BATCH = 1_000


def build_release(data: Path, output: Path, *options: str) -> measure.Measured:
    """Builds from nothing with the command that a user gives; every row must be kept."""
    shutil.rmtree(output, ignore_errors=True)
    command = ["build", "published", "--data", str(data), "--output", str(output), "--json", *options]
    built = measure.run([measure.COMMAND, *command])
    source = json.loads(built.output)["sources"]["medinjection-fr-published"]
    if source["kept"] != source["read"]:
        raise SystemExit(f"{source['dropped']} were dropped of rows that are all valid")
    return built


def standing_release(work: Path, rows: int) -> Path:
    """A release to measure on: the one that stands if it is still what a build would give, else built."""
    return release_of("published", published(work, rows), work / f"release-{rows}")


def release_of(recipe: str, data: Path, output: Path) -> Path:
    """The release of a recipe, built if it does not stand there already."""
    command = [measure.COMMAND, "build", recipe, "--data", str(data), "--output", str(output)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        measure.run([*command, "--replace"])
    return output


def rewrite(release: str, output: str) -> int:
    """Reference: the release's shards, read and written again."""
    rows = 0
    for path in sorted(Path(release).glob("data/*/*/*.arrow")):
        target = Path(output) / path.relative_to(release)
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            pa.memory_map(str(path)) as source,
            pa.ipc.open_stream(source) as reader,
            pa.OSFile(str(target), "wb") as sink,
            pa.ipc.new_stream(sink, reader.schema) as writer,
        ):
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows


def convert(data: str, output: str) -> int:
    """Reference: the published Parquet files, each as one Arrow stream."""
    rows = 0
    Path(output).mkdir(parents=True)
    for path in sorted(Path(data).rglob("*.parquet")):
        with (
            pq.ParquetFile(path) as source,
            pa.OSFile(str(Path(output) / f"{path.stem}.arrow"), "wb") as sink,
            pa.ipc.new_stream(sink, source.schema_arrow) as writer,
        ):
            for batch in source.iter_batches(ROWS_PER_BATCH):
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows


def bench(arguments: argparse.Namespace) -> None:
    work, largest = arguments.work, arguments.rows
    table = []
    for rows in [*(size for size in SIZES if size < largest), largest]:
        data, output = published(work, rows), work / f"release-{rows}"
        measure.warm([data])
        times = 2 if rows == largest else 3
        built = measure.best_of(times, lambda d=data, o=output: build_release(d, o), lambda m: m.wall)
        wall = f"{built.wall:.1f} s", f"{1e6 * built.wall / rows:.0f} µs"
        cpu = f"{built.cpu:.1f} s", f"{1e6 * built.cpu / rows:.0f} µs"
        memory = f"{built.rss:,.0f} MB", f"{built.anonymous:,.0f} MB"
        table.append((f"{rows:,} rows", *wall, *cpu, *memory))
    head = ("", "wall", "per row", "CPU", "per row", "peak RSS, all processes", "peak anonymous")
    title = f"`medinjection-fr build published` of the JSON tree, {os.cpu_count()} processes"
    measure.print_table(title, head, table)

    parquet, release = published(work, largest, "parquet"), work / f"release-{largest}"
    scratch = work / "scratch"
    measure.warm([parquet, release])
    from_parquet = build_release(parquet, scratch)
    compared = [("build from the JSON tree", built), ("build from the Parquet form", from_parquet)]
    for name, folder in (("rewrite", release), ("convert", parquet)):
        compared.append((f"reference: {name}", reference(name, folder, scratch)))
    shutil.rmtree(scratch)
    (_, rewriting), (_, converting) = compared[2:]

    def ratio(m: measure.Measured, to: measure.Measured) -> str:
        return f"{m.wall / to.wall:.1f} ({m.cpu / to.cpu:.1f})"

    measure.print_table(
        f"{largest:,} rows against pyarrow alone: × wall (× CPU)",
        ("", "wall", "CPU", "× rewrite", "× convert", "peak RSS", "peak anonymous"),
        [
            (
                *(name, f"{m.wall:.1f} s", f"{m.cpu:.1f} s", ratio(m, rewriting), ratio(m, converting)),
                *(f"{m.rss:,.0f} MB", f"{m.anonymous:,.0f} MB"),
            )
            for name, m in compared
        ],
    )


def reference(name: str, folder: Path, scratch: Path) -> measure.Measured:
    """The best of three runs of a reference, each into an empty folder."""

    def once() -> measure.Measured:
        shutil.rmtree(scratch, ignore_errors=True)
        return measure.run_piece(__file__, name, folder, scratch)

    return measure.best_of(3, once, lambda m: m.wall)


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {"rewrite": rewrite, "convert": convert}, add_options)
