"""Verifying a release: every byte, and every record again.

    python benchmarks/verify.py [--rows N] [--work DIR]

References, in one process each: *hash* is hashlib's SHA-256 over every file; *read* is pyarrow
turning every row of every shard into a dictionary, which ``verify --rows`` cannot do without.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import measure
import pyarrow as pa
from build import standing_release
from published_rows import add_options


def hash_files(release: str) -> int:
    paths = [path for path in Path(release).rglob("*") if path.is_file()]
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256").hexdigest()
    return len(paths)


def read_rows(release: str) -> int:
    rows = 0
    for path in sorted(Path(release).glob("data/*/*/*.arrow")):
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                rows += len(batch.to_pylist())
    return rows


def bench(arguments: argparse.Namespace) -> None:
    release = standing_release(arguments.work, arguments.rows)
    table = []

    def add(what: str, times: int, command: list[str], reference: measure.Measured, cold: bool) -> None:
        def once() -> measure.Measured:
            (measure.forget if cold else measure.warm)([release])
            return measure.run(command)

        m = measure.best_of(times, once, lambda m: m.wall)
        ratio = f"{m.wall / reference.wall:.1f}"
        memory = f"{m.rss:,.0f} MB", f"{m.anonymous:,.0f} MB"
        table.append((what, f"{m.wall:.1f} s", ratio, f"{m.cpu:.1f} s", *memory))

    measure.warm([release])
    hashing = measure.best_of(3, lambda: measure.run_piece(__file__, "hash", release), lambda m: m.wall)
    reading = measure.best_of(2, lambda: measure.run_piece(__file__, "read", release), lambda m: m.wall)
    command = [measure.COMMAND, "verify", str(release)]
    add("`verify DIR`, page cache warm", 3, command, hashing, cold=False)
    add("`verify DIR`, files not in the page cache", 2, command, hashing, cold=True)
    add("`verify DIR --rows`", 2, [*command, "--rows"], reading, cold=False)
    for name, m in (("hash", hashing), ("read", reading)):
        memory = f"{m.rss:,.0f} MB", f"{m.anonymous:,.0f} MB"
        table.append((f"reference: {name}", f"{m.wall:.1f} s", "1", f"{m.cpu:.1f} s", *memory))
    head = ("", "wall", "× its reference", "CPU", "peak RSS", "peak anonymous")
    measure.print_table(f"Verification of a release of {arguments.rows:,} rows", head, table)


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {"hash": hash_files, "read": read_rows}, add_options)
