"""The same questions predicted in one process and by a Ray cluster of this machine's cores: time, memory, lines.

    python benchmarks/evaluation_spread.py --model FOLDER --data RELEASE [--records 200] [--slice 32] [--work DIR]

Each engine is a process of its own that runs ``python -m evaluation run``, all protocols. On Ray every core has its
own copy of the weights and computes with one thread; ``OMP_NUM_THREADS=1`` gives the process alone one thread, too.
``--slice`` cuts the questions smaller than 512, or few of them would be one task. Needs the extras ``evaluate`` and
``ray``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from measure import main_of, print_table, run_piece  # noqa: E402
from rehearsal import Line, Watch  # noqa: E402

ENGINES = ("local", "ray")


def predict(engine: str, model: str, data: str, records: str, size: str, output: str) -> Line:
    from evaluation import predict
    from evaluation.__main__ import main

    predict._SLICE = int(size)
    watch = Watch(Path(output))
    given = ["--model", model, "--data", data, "--config", "native", "--limit", records]
    with watch.stage(engine):
        main.main(["run", *given, "--output", output, "--engine", engine], standalone_mode=False)
    return watch.lines[0]


def _lines(output: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (output / "predictions.jsonl").read_bytes().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def bench(arguments: argparse.Namespace) -> None:
    rows, found, base = [], {}, None
    for engine in ENGINES:
        output = arguments.work / engine
        shutil.rmtree(output, ignore_errors=True)
        options = (arguments.model, arguments.data, arguments.records, arguments.slice, output)
        line = Line(*run_piece(__file__, "predict", engine, *options).result)
        found[engine], base = _lines(output), base or line
        seconds = (line.wall, line.wall / base.wall, line.cpu, line.cpu / base.cpu)
        rows.append((engine, *(f"{value:.2f}" for value in seconds), f"{line.anonymous:,.0f} MB"))
    print_table(
        f"{len(found['local'])} questions in slices of {arguments.slice}",
        ("engine", "wall, s", "times local", "CPU, s", "times local", "memory"),
        rows,
    )
    same = sum(one == other for one, other in zip(*found.values(), strict=True))
    print(f"\nLines that are the same but for the time: {same} of {len(found['local'])}.")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--slice", type=int, default=32)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "evaluation-spread")


if __name__ == "__main__":
    main_of(__doc__, bench, {"predict": predict}, add_options)
