"""The report of a whole study: 7 runs × 28,000 predictions under five protocols, made up in the real form.

    python benchmarks/report.py [--records 28000] [--work DIR]

No two records belong to one case, which takes longest. The command is a process of its own; reading the
predictions with ``json`` alone, and keeping nothing, stands beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import report_cases  # noqa: E402
from measure import main_of, print_table, run  # noqa: E402

SOURCES = tuple(f"source-{number}" for number in range(14))


def _write_runs(work: Path, records: int) -> list[Path]:
    report_cases.CASE = 1
    folder = work / f"report-runs-{records}"
    names = list(report_cases.STUDY)[1:]
    if not (folder / "whole").exists():
        for name in names:
            report_cases.write_run(folder, name, records, orders=1, sources=SOURCES)
        (folder / "whole").touch()
    return [folder / name for name in names]


def parse_alone(*runs: str) -> dict[str, float]:
    """Reads every prediction and forgets it."""
    started = time.process_time()
    for path in runs:
        with (Path(path) / "predictions.jsonl").open("rb") as file:
            for line in file:
                json.loads(line)
    return {"cpu": time.process_time() - started}


def bench(arguments: argparse.Namespace) -> None:
    runs = _write_runs(arguments.work, arguments.records)
    output = arguments.work / "report.html"
    command = [sys.executable, "-m", "evaluation", "report", *map(str, runs), "--output", str(output)]
    alone = run([sys.executable, __file__, "--piece", "parse", *map(str, runs)])
    made = run(command, {"PYTHONPATH": str(ROOT)})
    rows = [
        ("json.loads alone", f"{alone.wall:.1f}", f"{alone.cpu:.1f}", f"{alone.rss:,.0f}", "1.0"),
        (
            "report",
            *(f"{made.wall:.1f}", f"{made.cpu:.1f}", f"{made.rss:,.0f}", f"{made.cpu / alone.cpu:.1f}"),
        ),
    ]
    title = f"{len(runs)} runs × {arguments.records:,} predictions; the page has {output.stat().st_size / 1e6:.1f} MB"
    print_table(title, ("what", "wall s", "CPU s", "peak MB", "× json, CPU"), rows)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=int, default=28_000)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "medinjection-fr-bench")


if __name__ == "__main__":
    main_of(__doc__, bench, {"parse": parse_alone}, _options)
