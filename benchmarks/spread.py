"""Translation over a Ray cluster of this machine beside one process: what the cluster costs.

    python benchmarks/spread.py --data DIR --work DIR [--limit 100] [--units 4000]

MedMCQA's questions go through Apertium on both engines, turn about, and both exports must have the same bytes, but for
the seconds that the model took. Then what a unit costs besides its model: in the command's process, which cuts the work
into parts and takes them in again, and on a node, in its part, beside the journal of one process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import measure
from model_requests import ANSWER, write_journal, write_source

from medinjection_fr.generate import spread
from medinjection_fr.generate.export import FIGURES
from medinjection_fr.generate.job import JobStore
from medinjection_fr.generate.run import Work
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.release.digests import digest_json

_LOOK_EVERY_S = 0.5
ENGINES = ("local", "ray")


def translate(data: Path, work: Path, engine: str, limit: int) -> tuple[float, float, dict[str, bytes]]:
    """Runs and exports one engine: wall and processor seconds of the run, and the files of the export."""
    journal, export = work / f"{engine}.sqlite", work / engine
    for old in work.glob(f"{journal.name}*"):
        old.unlink()
    command = [measure.COMMAND, "translate", "run", "medmcqa", "--data", str(data), "--journal", str(journal)]
    command += ["--model", "apertium", "--limit", str(limit), "--at-once", "16", "--engine", engine]
    cpu, started = measure.Cpu(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while True:
            cpu.look(measure.tree(process.pid))
            try:
                process.wait(_LOOK_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                continue
    wall = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    measure.run([measure.COMMAND, "generate", "export", str(journal), "--output", str(export)])
    files = {path.name: path.read_bytes() for path in sorted(export.iterdir())}
    figures = json.loads(files[FIGURES])
    del figures["model_seconds"]
    return wall, cpu.seconds, {**files, FIGURES: json.dumps(figures).encode()}


def cost_of_units(folder: str, units: str) -> dict[str, dict[str, float]]:
    """What units cost besides their model, in seconds for all of them."""
    work_folder, number = Path(folder), int(units)
    write_source(work_folder / "data" / "medmcqa" / "data", number)
    write_journal(work_folder, number, lambda _: True)
    path, parts = work_folder / "journal.sqlite", work_folder / "parts"
    parts.mkdir()
    found: dict[str, dict[str, float]] = {}
    with Journal(path) as journal, JobStore(path) as store:
        work = Work(store.find(None), store, journal)
        with measure.Piece() as found["cut"]:
            made = list(spread._Cutting(work, parts, None).parts())
        with measure.Piece() as found["node"]:
            for part, names in made:
                with Journal(part, alone=True) as own:
                    _answer(own, work, names)
        with Journal(work_folder / "one-host.sqlite") as own, measure.Piece() as found["one host"]:
            for _, names in made:
                _answer(own, work, names)
        with measure.Piece() as found["take in"]:
            spread._take_in(journal, parts)
        assert not work.left(), "an outcome was lost"
    return found


def _answer(journal: Journal, work: Work, names: frozenset[str]) -> None:
    """Claims a request for each unit, and writes an answer and an outcome, as a run does."""
    for name in names:
        request = Request(({"role": "user", "content": name},))
        key = request.key(work.job.model)
        journal.claim(key)
        journal.write(key, work.job.model, request, Reply(ANSWER, "stop", 120, 110, 0.2))
        journal.write_outcome(work.job.run, name, {"records": 1, "reasons": [], "judge": work._judge})


def _rows_of_units(found: dict[str, dict[str, float]], units: int) -> Iterator[tuple[object, ...]]:
    told = {
        "the command: cut into parts, each next request claimed": "cut",
        "the command: taken in again": "take in",
        "a node: claim, answer and outcome in its part": "node",
        "reference: the same in a journal of this machine": "one host",
    }
    for line, name in told.items():
        wall, cpu = (1e3 * found[name][part] / units for part in ("wall", "cpu"))
        yield line, f"{wall:.2f} ms", f"{cpu:.2f} ms", f"{400 * wall / 60:.1f} min"


def bench(arguments: argparse.Namespace) -> None:
    best: dict[str, tuple[float, float]] = {}
    exports: list[dict[str, bytes]] = []
    for _ in range(arguments.rounds):
        for engine in ENGINES:
            wall, cpu, files = translate(arguments.data, arguments.work, engine, arguments.limit)
            exports.append(files)
            best[engine] = min(best.get(engine, (wall, cpu)), (wall, cpu), key=lambda taken: taken[1])
    if any(files != exports[0] for files in exports):
        sys.exit("the engines gave other bytes")
    (wall, cpu), digest = best["local"], digest_json({k: v.hex() for k, v in exports[0].items()})[:12]
    measure.print_table(
        f"{arguments.limit} of medmcqa through Apertium, the same bytes ({digest}); best of {arguments.rounds}",
        ("engine", "wall", "× local", "CPU", "× local"),
        [(e, f"{w:.1f} s", f"{w / wall:.2f}", f"{c:.1f} s", f"{c / cpu:.2f}") for e, (w, c) in best.items()],
    )
    folder = arguments.work / "units"
    found = measure.run_piece(__file__, "units", folder, arguments.units).result
    measure.print_table(
        f"A unit without its model, of {arguments.units:,}",
        ("", "wall", "CPU", "400,000 units, wall"),
        _rows_of_units(found, arguments.units),
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="Empty folder for all that is made.")
    parser.add_argument("--limit", type=int, default=100, help="questions to translate")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--units", type=int, default=4_000)


if __name__ == "__main__":
    pieces: dict[str, Any] = {"units": cost_of_units}
    measure.main_of(__doc__, bench, pieces, add_options)
