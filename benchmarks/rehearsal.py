"""A rehearsal: a release of the published size and composition, from upstream files to a loaded dataset.

    python benchmarks/rehearsal.py [--rows N] [--times 1 2 5] [--engine local ray] [--reuse] [--work DIR]

Builds with ``curate: {}``, verifies every record, pushes to the Hub of the tests on loopback, and loads. One line
for each stage: wall and processor time, rows a second, the peak memory of all its processes, what it wrote, and
how it compares with a reference that does the same by the library alone (processor time, in the same run):

- *reading*: pyarrow reads the same Parquet files, batch by batch.
- *signals*: datasketch's MinHash of the same shingles, text by text, on a sample; ours are MinHash, keys, language
  and privacy.
- *shards*: ``pyarrow.ipc`` reads and writes the same streams.
- *verify*: SHA-256 of every file. *push*: ``create_commit`` of the same files.

``--times 2`` repeats it with twice the rows, and shows by how much each stage grew. With two engines, the releases
must have the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import curation
import loading
import measure
import published_rows
import verify
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
_INTERVAL = 0.5  # the threads of Ray's processes are many: to look oftener would be felt
SAMPLE_ROWS = 50_000


class Line(NamedTuple):
    """A stage: seconds, megabytes at its peak, bytes that it wrote."""

    stage: str
    wall: float
    cpu: float
    rss: float
    anonymous: float
    bytes: int


class Watch:
    """Samples processor time and memory of this process and its descendants, stage by stage."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[Line] = []
        self._folder = folder
        self._cpu = measure.Cpu()
        self._peaks = [0.0, 0.0]
        self._ended = threading.Event()
        threading.Thread(target=self._sample, daemon=True).start()

    def _sample(self) -> None:
        while not self._ended.wait(_INTERVAL):
            self._look()

    def _look(self) -> None:
        members = measure.tree(os.getpid())
        self._cpu.look(members)
        memory = [measure.memory_of(member) for member in members]
        sums = [sum(m["VmRSS"] for m in memory), sum(m["RssAnon"] + m["RssShmem"] for m in memory)]
        self._peaks = [max(pair) for pair in zip(self._peaks, sums, strict=True)]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds a line for the block."""
        self._look()
        self._peaks = [0.0, 0.0]
        wall, cpu, size = time.perf_counter(), self._cpu.seconds, size_of(self._folder)
        yield
        self._look()
        rss, anonymous = (peak / 1e6 for peak in self._peaks)
        taken = time.perf_counter() - wall, self._cpu.seconds - cpu
        self.lines.append(Line(name, *taken, rss, anonymous, size_of(self._folder) - size))

    def watch(self, module: Any, function: str, name: str) -> None:
        """Makes a function of a module a stage."""
        plain = getattr(module, function)

        def watched(*arguments: Any, **options: Any) -> Any:
            with self.stage(name):
                return plain(*arguments, **options)

        setattr(module, function, watched)

    def end(self) -> None:
        """Stops the sampling."""
        self._ended.set()


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder and of the workspace beside it."""
    folders = [folder, folder.parent / f".{folder.name}.build"]
    return sum(p.stat().st_size for one in folders for p in one.rglob("*") if p.is_file())


def build_in_stages(recipe: str, data: str, output: str, engine: str) -> list[Line]:
    from medinjection_fr import build
    from medinjection_fr.curate import rows

    watch = Watch(Path(output))
    if engine == "ray":
        from medinjection_fr import cluster

        watch.watch(cluster, "_connect", "start of Ray")
    for module, function, name in (
        (build, "find_inputs", "hashing of sources"),
        (build, "read_inputs", "reading"),
        (build, "Rows", "identities and groups"),
        (rows, "write_signals", "signals"),
        (rows, "find_on", "copies and leaks"),
        (rows, "curate", "decision, with the last"),
        (build, "arrange", "arrangement"),
        (build, "write_shards", "shards"),
        (build, "write_ledgers", "ledgers"),
        (build, "count_rows", "statistics"),
        (build, "describe_data", "manifest"),
        (build, "write_documents", "card and documents"),
    ):
        watch.watch(module, function, name)
    with watch.stage("whole build"):
        build.build(Path(recipe), Path(output), Path(data), engine=engine)
    watch.end()
    *stages, whole = _joined(watch.lines)
    peaks = {"rss": max(line.rss for line in stages), "anonymous": max(line.anonymous for line in stages)}
    return [*stages, whole._replace(**peaks)]


def _joined(lines: Sequence[Line]) -> list[Line]:
    """One line for each stage: some run twice."""
    found: dict[str, Line] = {}
    for line in lines:
        before = found.get(line.stage, Line(line.stage, 0, 0, 0, 0, 0))
        sums = (a + b for a, b in ((before.wall, line.wall), (before.cpu, line.cpu)))
        peaks = max(before.rss, line.rss), max(before.anonymous, line.anonymous)
        found[line.stage] = Line(line.stage, *sums, *peaks, before.bytes + line.bytes)
    return list(found.values())


def push(release: str) -> dict[str, float]:
    from push import ours

    return ours(release, "v1.0.0")


def read_parquet(data: str) -> dict[str, float]:
    """Reference of reading."""
    import pyarrow.parquet as pq

    rows = 0
    with measure.Piece() as found:
        for path in sorted(Path(data).rglob("*.parquet")):
            with pq.ParquetFile(path) as file:
                rows += sum(batch.num_rows for batch in file.iter_batches(5_000))
    return {**found, "rows": rows}


def write_ipc(release: str, output: str) -> dict[str, float]:
    """Reference of writing."""
    from build import rewrite

    with measure.Piece() as found:
        rewrite(release, output)
    return found


def rehearse(work: Path, rows: int, engine: str) -> tuple[list[Line], str]:
    """All stages at one size; the digest of the release."""
    from hub.server import serve_hub

    from medinjection_fr.recipe import find_recipe
    from medinjection_fr.release.manifest import read_release

    data, output = published_rows.published(work, rows, "parquet"), work / f"rehearsal-{engine}"
    recipe = {**yaml.safe_load(find_recipe("published")[0].read_text(encoding="utf-8")), "curate": {}}
    path = work / "rehearsal.yaml"
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True), encoding="utf-8")
    shutil.rmtree(output, ignore_errors=True)
    piece = [sys.executable, __file__, "--piece", "build", path, data, output, engine]
    built = subprocess.run(list(map(str, piece)), stdout=subprocess.PIPE, text=True, check=True)
    lines = [Line(*line) for line in json.loads(built.stdout.splitlines()[-1])]
    size = size_of(output)
    verified = measure.run([measure.COMMAND, "verify", str(output), "--rows"])
    lines.append(_line("verify --rows", verified, 0))
    with serve_hub(work / "rehearsal-hub") as hub:
        pushed = measure.run_piece(__file__, "push", output, **hub.environment())
        lines.append(_line("push", pushed, size))
    shutil.rmtree(work / "rehearsal-hub", ignore_errors=True)
    config = loading.CONFIGS[0]
    lines.append(_line("load", measure.run_piece(loading.__file__, "ours", output, config), 0))
    return lines, read_release(output).manifest["digest"]


def _line(stage: str, m: measure.Measured, size: int) -> Line:
    return Line(stage, m.wall, m.cpu, m.rss, m.anonymous, size)


def references(work: Path, rows: int, release: Path) -> dict[str, float]:
    """Processor seconds that each reference takes for all rows."""
    data, scratch = published_rows.published(work, rows, "parquet"), work / "rehearsal-scratch"
    small = published_rows.published(work, min(rows, SAMPLE_ROWS))
    measure.warm([data, release])
    ours, sample = (
        measure.run_piece(curation.__file__, name, small).result for name in ("ours", "datasketch")
    )
    a_row = [1e6 * found["cpu"] / found["rows"] for found in (ours, sample)]
    minhash = f"ours {a_row[0]:.0f} µs, datasketch {a_row[1]:.0f} µs, ratio {a_row[0] / a_row[1]:.2f}"
    print(f"\nMinHash and bands alone, a row of {small.name}: {minhash}")
    found = {
        "reading": measure.run_piece(__file__, "read", data).result["cpu"],
        "signals": sample["cpu"] / sample["rows"] * rows,
        "shards": measure.run_piece(__file__, "write", release, scratch).result["cpu"],
        "verify --rows": measure.run_piece(verify.__file__, "hash", release).cpu,
    }
    shutil.rmtree(scratch)
    return found


def show(title: str, lines: Sequence[Line], rows: int, compared: dict[str, float]) -> None:
    table = []
    for line in lines:
        reference = compared.get(line.stage)
        table.append(
            (
                line.stage,
                f"{line.wall:.1f} s",
                f"{line.cpu:.1f} s",
                f"{rows / line.wall:,.0f}" if line.wall > 0.05 else "",
                f"{line.rss:,.0f} MB",
                f"{line.anonymous:,.0f} MB",
                f"{line.bytes / 1e6:,.0f} MB" if line.bytes > 1e5 else "",
                f"{reference:.1f} s" if reference else "",
                f"{line.cpu / reference:.1f}" if reference else "",
            )
        )
    head = ("stage", "wall", "CPU", "rows/s", "peak RSS", "peak anonymous", "written")
    measure.print_table(title, (*head, "reference, CPU", "× reference"), table)


def show_growth(
    found: dict[tuple[int, str], list[Line]], engine: str, times: Sequence[int], rows: int
) -> None:
    """Processor time a row by that of the first size: 1 is linear. Memory that a further row takes."""
    columns = {t: {line.stage: line for line in found[t, engine]} for t in times}
    first = times[0]
    table = []
    for stage, base in columns[first].items():
        row = [stage]
        for t in times[1:]:
            line, by = columns[t][stage], t / first
            cpu = f"{line.cpu / base.cpu / by:.2f}" if base.cpu > 0.3 else ""
            row += [cpu, f"{1e6 * (line.anonymous - base.anonymous) / (t - first) / rows:,.0f} B"]
        table.append(tuple(row))
    head = [column for t in times[1:] for column in (f"CPU a row at {t} ×", "anonymous memory a further row")]
    measure.print_table(f"Growth, --engine {engine} (CPU 1: linear; under 1: less)", ("stage", *head), table)


def bench(arguments: argparse.Namespace) -> None:
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    found: dict[tuple[int, str], list[Line]] = {}
    for times in arguments.times:
        rows, digests = arguments.rows * times, {}
        for engine in arguments.engine:
            saved = work / f"rehearsal-{rows}-{engine}.json"
            if arguments.reuse and saved.exists():
                lines, digests[engine] = json.loads(saved.read_bytes())
                found[times, engine] = [Line(*line) for line in lines]
                continue
            measure.warm([published_rows.published(work, rows, "parquet")])
            found[times, engine], digests[engine] = rehearse(work, rows, engine)
            compared = references(work, rows, work / f"rehearsal-{engine}")
            load = f"load {os.getloadavg()[0]:.1f}"
            show(f"{rows:,} rows, --engine {engine}, {load}", found[times, engine], rows, compared)
            saved.write_text(json.dumps((found[times, engine], digests[engine])))
            shutil.rmtree(work / f"rehearsal-{engine}")
        if len(set(digests.values())) > 1:
            raise SystemExit(f"the engines gave other bytes: {digests}")
        if len(digests) > 1:
            show_overhead(found, times, arguments.engine)
    for engine in arguments.engine if len(arguments.times) > 1 else ():
        show_growth(found, engine, arguments.times, arguments.rows)


def show_overhead(found: dict[tuple[int, str], list[Line]], times: int, engines: Sequence[str]) -> None:
    whole = {e: next(x for x in found[times, e] if x.stage == "whole build") for e in engines}
    base = whole[engines[0]]
    table = [
        (e, f"{x.wall:.1f} s", f"{x.wall / base.wall:.2f}", f"{x.cpu:.1f} s", f"{x.cpu / base.cpu:.2f}")
        for e, x in whole.items()
    ]
    head = ("engine", "wall", f"× {engines[0]}", "CPU", f"× {engines[0]}")
    measure.print_table("The same bytes; the whole build", head, table)


def add_options(parser: argparse.ArgumentParser) -> None:
    published_rows.add_options(parser)
    parser.add_argument("--times", type=int, nargs="+", default=[1], help="sizes, as multiples of --rows")
    parser.add_argument("--engine", nargs="+", choices=("local", "ray"), default=["local"])
    parser.add_argument(
        "--reuse", action="store_true", help="sizes whose figures --work holds already are not run again"
    )


if __name__ == "__main__":
    pieces: dict[str, Callable[..., Any]] = {
        "build": build_in_stages,
        "push": push,
        "read": read_parquet,
        "write": write_ipc,
    }
    measure.main_of(__doc__, bench, pieces, add_options)
