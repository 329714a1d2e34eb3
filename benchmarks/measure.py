"""How the benchmarks measure: a fresh process for each piece, its time, and the memory of its tree.

Memory is read from ``/proc``, so it is measured on Linux only (elsewhere it is nought). *RSS* is the
resident memory of all processes of the tree, added up: pages of a mapped file count in it, once for
each process. *Anonymous* memory is the part that no file backs, which the system cannot drop.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).parent / "medinjection-fr")
_INTERVAL = 0.02
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Attributes:
        wall, cpu: Seconds; the processor's are those of the whole tree.
        rss, anonymous: Peaks over the whole tree, in MB (10⁶ bytes).
        output: What it printed.

    """

    wall: float
    cpu: float
    rss: float
    anonymous: float
    output: str

    @property
    def result(self) -> Any:
        """The JSON on the last line of the output: what a piece found out itself."""
        return json.loads(self.output.strip().splitlines()[-1])


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Runs a command to its end.

    Raises:
        SystemExit: It failed; what it said on standard error has been shown.

    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, env={**os.environ, **(environment or {})})
        rss = anonymous = 0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            now = [memory_of(member) for member in tree(process.pid)]
            rss = max(rss, sum(m["VmRSS"] for m in now))
            anonymous = max(anonymous, sum(m["RssAnon"] + m["RssShmem"] for m in now))
            time.sleep(_INTERVAL)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(f"{text}\n{' '.join(command)} ended with {process.returncode}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, rss / 1e6, anonymous / 1e6, text)


def best_of(times: int, piece: Callable[[], Measured], key: Callable[[Measured], float]) -> Measured:
    """The quickest of several runs: on a shared machine the others measure the neighbours."""
    return min((piece() for _ in range(times)), key=key)


def run_piece(script: str, *arguments: object, **environment: str) -> Measured:
    """Runs a piece of a benchmark (see ``main_of``) in a process of its own."""
    return run([sys.executable, script, "--piece", *map(str, arguments)], environment)


class Piece:
    """Measures the block inside a piece's own process: imports before it do not count."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def __enter__(self) -> dict[str, float]:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self.found

    def __exit__(self, *error: object) -> None:
        self.found["wall"] = time.perf_counter() - self._wall
        self.found["cpu"] = time.process_time() - self._cpu
        self.found["anonymous"] = memory_of(os.getpid())["RssAnon"] / 1e6


class Cpu:
    """Processor time of processes, also of their children that lived too short to be seen.

    Ray's daemons do not add up the time of the workers that they end, so each process is looked at.
    """

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, int, int]] = {}  # parent, own ticks, ticks of its ended children

    def look(self, members: Iterable[int]) -> None:
        """Notes what processes have used so far."""
        for member in members:
            try:
                fields = (_PROC / str(member) / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            _, parent, *_ = fields
            user, system, user_of_children, system_of_children = map(int, fields[11:15])
            self._seen[member] = (int(parent), user + system, user_of_children + system_of_children)

    @property
    def seconds(self) -> float:
        """Of all that were looked at, in all."""
        seen = dict(self._seen)  # another thread may be looking
        counted = dict.fromkeys(seen, 0)
        for parent, own, of_children in seen.values():
            if parent in counted:
                counted[parent] += own + of_children
        unseen = sum(max(0, of_children - counted[pid]) for pid, (_, _, of_children) in seen.items())
        return (sum(own for _, own, _ in seen.values()) + unseen) / _TICKS


def tree(pid: int) -> list[int]:
    """A process and its descendants that are alive."""
    members, at = [pid], 0
    while at < len(members):
        for listed in (_PROC / str(members[at]) / "task").glob("*/children"):
            try:
                members += map(int, listed.read_text().split())
            except OSError:  # it ended meanwhile
                continue
        at += 1
    return members


def memory_of(pid: int) -> dict[str, int]:
    """Bytes of a process as ``/proc/<pid>/status`` has them."""
    found = dict.fromkeys(("VmRSS", "RssAnon", "RssShmem"), 0)
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * 1024
    return found


def forget(paths: Iterable[Path]) -> bool:
    """Drops files from the page cache, so that the next reading is from the disk.

    Asked for the files alone (``posix_fadvise``), which takes no privilege and slows no neighbour.

    Returns:
        Whether this system can.

    """
    if not hasattr(os, "posix_fadvise"):
        return False
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                descriptor = os.open(file, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(descriptor)
    return True


def warm(paths: Iterable[Path]) -> None:
    """Reads files once, so that they stand in the page cache."""
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as source:
                    while source.read(1 << 24):
                        pass


def machine() -> str:
    """Date, machine and versions: what a figure depends on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    names = ("medinjection-fr", "pyarrow", "datasets", "jsonschema-rs", "jsonschema")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.date.today()}, {os.cpu_count()} cores, {pages / 1e9:.0f} GB, {platform.system()}{load}; "
        f"Python {platform.python_version()}, {versions}"
    )


def print_table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A Markdown table, as it stands in the README beside this file."""
    print(f"\n{title}\n")
    print(f"| {' | '.join(head)} |")
    print(f"|{'|'.join('---' if place == 0 else '---:' for place in range(len(head)))}|")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def main_of(
    description: str | None,
    bench: Callable[[argparse.Namespace], None],
    pieces: Mapping[str, Callable[..., Any]],
    add_options: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Runs a benchmark, or with ``--piece NAME ARGUMENT…`` the one piece, whose result it prints."""
    if sys.argv[1:2] == ["--piece"]:
        print(json.dumps(pieces[sys.argv[2]](*sys.argv[3:])))
        return
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    print(machine())
    bench(arguments)
