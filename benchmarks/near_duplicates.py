"""Our curation beside datatrove's MinHash: what each finds of planted copies, and what it takes on the same rows.

    python benchmarks/near_duplicates.py --data DIR [--rows N] [--work DIR] [--seed N]

``DIR`` holds the upstream files, as for ``curation_planted.py``, whose planted records both get: ours as records,
datatrove as one text each (context, question, options). Then the rows of the published composition: ours is a build
with ``curate: {}`` less the same build without, so language, privacy and leaks are in it; datatrove's is its MinHash
alone, its texts lying ready. Datatrove is installed into an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import measure
import published_rows
from build import standing_release
from curated_release import COPY_RULES, MERGING_RULES, build_planted
from curation import build_with
from curation_planted import add_options as add_planted_options
from planted_records import SOURCES, long_texts, plant, without_copies
from real_files import Row, read_rows

from medinjection_fr.release.manifest import read_release
from medinjection_fr.release.shards import open_shard

REQUIREMENTS = ("datatrove[processing]==0.10.1", "spacy", "regex", "orjson")


def environment(work: Path) -> Path:
    """An environment with datatrove; its Python."""
    folder = work / "datatrove"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
    return python


def write_texts(files: Iterable[Iterable[tuple[str, Row]]], folder: Path) -> None:
    """Each record as one text, each group of records as one file, in the order given."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, rows in enumerate(files):
        with (folder / f"{number:05d}.jsonl").open("w", encoding="utf-8") as file:
            for name, row in rows:
                text = "\n".join([row["context"], row["instruction"], *row["choices"]])
                file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")


def datatrove(python: Path, texts: Path) -> measure.Measured:
    """Runs it; what it says of its stages goes to a file that is not kept."""
    script = Path(__file__).with_name("datatrove_minhash.py")
    with tempfile.TemporaryDirectory(dir=texts.parent) as work:
        command = [python, script, texts, work, os.cpu_count() or 1]
        return measure.run([*map(str, command)], {"LOGURU_LEVEL": "ERROR", "DATATROVE_COLORIZE_LOGS": "0"})


def show_found(data: Path, work: Path, python: Path, seed: int) -> None:
    exam = read_rows(data, "frenchmedmcqa")
    planted = plant(without_copies(exam), long_texts(data), seed)
    write_texts(([(r["source_id"], r) for r in planted.rows[name]] for name in SOURCES), work / "texts")
    theirs = set(datatrove(python, work / "texts").result)
    dropped, _ = build_planted(planted, work)
    copies = {row["source_id"] for row in planted.rows[SOURCES[2]]}
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("planted", "ours", "datatrove")}
    for name, (kind, _) in planted.kind_of.items():
        is_copy = name in copies
        label = kind if is_copy else "look-alikes, all kinds"
        counts["planted"][label] += 1
        counts["ours"][label] += dropped.get(name, ("", ""))[0] in (COPY_RULES if is_copy else MERGING_RULES)
        counts["datatrove"][label] += name in theirs
    measure.print_table(
        "Planted records that count as copies of their base (look-alikes must not)",
        ("kind", *counts),
        ((kind, *(counts[tool][kind] for tool in counts)) for kind in counts["planted"]),
    )


def show_speed(work: Path, python: Path, rows: int) -> None:
    release = read_release(standing_release(work, rows))

    def records(paths: list[str]) -> Iterable[tuple[str, Row]]:
        for path in paths:
            with open_shard(release.folder / path) as (_, batches):
                for batch in batches:
                    for row in batch.select(["id", "context", "instruction", "choices"]).to_pylist():
                        yield row["id"], row

    paths = [shard.path for shard in release.shards]
    write_texts((records(paths[at::8]) for at in range(8)), work / "texts")
    theirs = datatrove(python, work / "texts")
    shutil.rmtree(work / "texts")
    data = published_rows.published(work, rows)
    measure.warm([data])
    without, with_it = (build_with(data, work, wanted) for wanted in (False, True))
    wall = with_it.wall - without.wall
    measure.print_table(
        f"{rows:,} rows, {os.cpu_count()} processes",
        ("", "wall", "× datatrove", "peak RSS", "peak anonymous"),
        [
            (
                "our whole curation",
                f"{wall:.0f} s",
                f"{wall / theirs.wall:.2f}",
                f"{with_it.rss:,.0f} MB",
                f"{with_it.anonymous:,.0f} MB",
            ),
            (
                "datatrove, MinHash alone",
                f"{theirs.wall:.0f} s",
                "1",
                f"{theirs.rss:,.0f} MB",
                f"{theirs.anonymous:,.0f} MB",
            ),
        ],
    )


def bench(arguments: argparse.Namespace) -> None:
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    python = environment(work)
    show_found(arguments.data.resolve(), work, python, arguments.seed)
    show_speed(work, python, arguments.rows)


def add_options(parser: argparse.ArgumentParser) -> None:
    add_planted_options(parser)
    parser.add_argument(
        "--rows", type=int, default=published_rows.FULL_ROWS, help="rows of the published composition"
    )


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
