"""The difference of two releases, against pyarrow alone reading the ids of both.

    python benchmarks/diff.py [--rows N] [--work DIR]

The old release is the published composition. The new one has 0.1 % of its rows withdrawn by
``exclude:`` and as many added, drawn over all cells: no shard is the same in both. Two references, in
one process each:

- *ids*: pyarrow reads the ``id`` column of every shard of both: what no comparison can do without.
- *hash*: hashlib's SHA-256 over every file of both, with which every ``diff`` begins.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from pathlib import Path

import measure
import pyarrow as pa
import yaml
from build import release_of, standing_release
from published_rows import SEED, add_options, published


def read_ids(*releases: str) -> int:
    """Reference: every id of the releases, in memory."""
    return sum(len(ids) for release in releases for ids in map(ids_of, shards_of(Path(release))))


def shards_of(release: Path) -> list[Path]:
    return sorted(release.glob("data/*/*/*.arrow"))


def ids_of(shard: Path) -> list[str]:
    with pa.memory_map(str(shard)) as source, pa.ipc.open_stream(source) as reader:
        ids: list[str] = pa.chunked_array([batch["id"] for batch in reader]).to_pylist()
    return ids


def hash_files(*releases: str) -> int:
    """Reference: the digest of every file of the releases."""
    paths = [path for release in releases for path in Path(release).rglob("*") if path.is_file()]
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256").hexdigest()
    return len(paths)


def next_release(work: Path, old: Path, rows: int, changed: int) -> Path:
    """The old release with some rows withdrawn and as many added."""
    recipe = work / f"next-{rows}.yaml"
    ids = sorted(id for shard in shards_of(old) for id in ids_of(shard))
    withdrawn = random.Random(SEED).sample(ids, changed)
    content = json.loads((old / "release.json").read_text(encoding="utf-8"))["recipe"]
    exclude = [{"id": id, "reason": "drawn by the benchmark", "date": "2026-11-25"} for id in withdrawn]
    recipe.write_text(yaml.safe_dump({**content, "version": "2.0.0", "exclude": exclude}), encoding="utf-8")
    return release_of(str(recipe), published(work, rows + changed), work / f"next-{rows}")


def bench(arguments: argparse.Namespace) -> None:
    work, rows = arguments.work, arguments.rows
    work.mkdir(parents=True, exist_ok=True)
    changed = max(1, rows // 1000)
    old = standing_release(work, rows)
    new = next_release(work, old, rows, changed)
    command = [measure.COMMAND, "diff", str(old), str(new), "--json"]
    found = json.loads(measure.run(command).output)
    expected = {**dict.fromkeys(found["counts"], 0), "added": changed, "removed": changed}
    if found["counts"] != expected or len(found["withdrawn"]) != changed or found["bump"] != "major":
        raise SystemExit(f"found {found['counts']} where {expected} were made")

    measured = {}
    for name, times, cold, piece in (
        ("`diff OLD NEW`, page cache warm", 3, False, lambda: measure.run(command)),
        ("`diff OLD NEW`, files not in the page cache", 2, True, lambda: measure.run(command)),
        ("reference: ids", 3, False, lambda: measure.run_piece(__file__, "ids", old, new)),
        ("reference: hash", 3, False, lambda: measure.run_piece(__file__, "hash", old, new)),
    ):

        def once(piece=piece, cold: bool = cold) -> measure.Measured:  # type: ignore[no-untyped-def]
            (measure.forget if cold else measure.warm)([old, new])
            return piece()

        measured[name] = measure.best_of(times, once, lambda m: m.wall)
    ids, hashes = list(measured.values())[2:]
    table = [
        (
            *(name, f"{m.wall:.1f} s", f"{m.wall / ids.wall:.1f}", f"{m.wall / hashes.wall:.1f}"),
            *(f"{m.cpu:.1f} s", f"{m.rss:,.0f} MB", f"{m.anonymous:,.0f} MB"),
        )
        for name, m in measured.items()
    ]
    head = ("", "wall", "× ids", "× hash", "CPU", "peak RSS", "peak anonymous")
    title = f"Two releases of {rows:,} rows, {changed:,} withdrawn and {changed:,} added"
    measure.print_table(title, head, table)


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {"ids": read_ids, "hash": hash_files}, add_options)
