"""Loading a release, against ``load_dataset("json")`` on the published layout of the same rows.

    python benchmarks/loading.py [--rows N] [--work DIR]

Each figure is a process of its own. Time counts from after ``import datasets`` to a dataset whose
first and last train rows have been read. *Cold*: the files are not in the page cache and the cache
folder of datasets is empty. *Warm*: the second process of the same kind.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import measure
from build import standing_release
from published_rows import add_options, data_files, published

CONFIGS = ("native+synthetic+translated", "native+translated")


def timed(load: Any, *arguments: Any, **options: Any) -> dict[str, float]:
    """Loads, reads two rows, and counts the rows."""
    with measure.Piece() as found:
        dataset = load(*arguments, **options)
        assert dataset["train"][0]["instruction"] and dataset["train"][-1]["instruction"]
    found["rows"] = sum(len(split) for split in dataset.values())
    return found


def ours(release: str, config: str) -> dict[str, float]:
    import datasets  # noqa: F401

    import medinjection_fr

    return timed(medinjection_fr.load, config, path=release)


def of_datasets(release: str, config: str) -> dict[str, float]:
    import datasets

    datasets.disable_progress_bars()
    return timed(datasets.load_dataset, release, config)


def of_json(files: str) -> dict[str, float]:
    import datasets

    datasets.disable_progress_bars()
    return timed(datasets.load_dataset, "json", data_files=json.loads(files))


def bench(arguments: argparse.Namespace) -> None:
    work, rows = arguments.work, arguments.rows
    release, data = standing_release(work, rows), published(work, rows)
    cache = work / "hf-cache"
    environment = {"HF_HOME": str(cache), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    loads = [(f"`medinjection_fr.load`, {c}", "ours", (release, c), release) for c in CONFIGS]
    loads += [(f"`load_dataset(DIR)`, {c}", "datasets", (release, c), release) for c in CONFIGS]
    files = json.dumps(data_files(data))
    loads.append(('reference: `load_dataset("json")`', "json", (files,), data))
    table, walls = [], {}
    for what, piece, given, folder in loads:
        for state in ("cold", "warm"):
            times = 3 if state == "warm" or piece == "ours" else 2 if piece == "datasets" else 1

            def once(
                piece: str = piece, given: Any = given, folder: Path = folder, cold: bool = state == "cold"
            ) -> measure.Measured:
                if cold:
                    shutil.rmtree(cache, ignore_errors=True)
                    measure.forget([folder])
                return measure.run_piece(__file__, piece, *given, **environment)

            m = measure.best_of(times, once, lambda m: m.result["wall"])
            found = m.result
            walls[what, state] = found["wall"]
            stored = sum(f.stat().st_size for f in cache.rglob("*") if f.is_file()) / 1e6
            row = (what, state, f"{found['rows']:,}", f"{found['wall']:.2f} s")
            table.append((*row, f"{m.rss:,.0f} MB", f"{m.anonymous:,.0f} MB", f"{stored:,.0f} MB"))
    shutil.rmtree(cache)
    head = ("", "", "rows", "wall", "peak RSS", "peak anonymous", "HF cache on disk")
    measure.print_table(f"Loading {rows:,} rows", head, table)
    reference = loads[-1][0]
    ratios = [
        (what, *(f"{walls[reference, state] / walls[what, state]:.1f}" for state in ("cold", "warm")))
        for what, *_ in loads
    ]
    measure.print_table("Times quicker than the reference", ("", "cold", "warm"), ratios)


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {"ours": ours, "datasets": of_datasets, "json": of_json}, add_options)
