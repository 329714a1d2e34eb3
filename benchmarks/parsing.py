"""Each adapter on its real files: rows per second on one core, and against the format's plain reader.

    MEDINJECTION_DATA=DIR python benchmarks/parsing.py

The plain reader is what the standard library (or pyarrow) offers for the format, reading the same files and
doing nothing with what it reads: ``json.load``, ``json.loads`` a line, ``csv``, ``ElementTree``, ``tarfile`` with
``json``. Validation and normalisation are not counted. CPU time of this process, the least of five runs.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tarfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path

from medinjection_fr.sources.adapter import InputFile
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.parts import find_adapter

RUNS = 5


def whole_json(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def json_lines(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        for line in file:
            json.loads(line)


def separated(path: Path) -> None:
    tabs = path.suffix == ".tsv"
    with path.open(encoding="utf-8", newline="") as file:
        options = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if tabs else {}
        for _ in csv.reader(file, **options):
            pass


def tmx(path: Path) -> None:
    for _, element in ET.iterparse(path):
        if element.tag == "tu":
            element.clear()


def json_or_archive(path: Path) -> None:
    if path.suffix == ".json":
        whole_json(path)
    elif path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    json.loads(file.read())


SOURCES: dict[str, Callable[[Path], None]] = {
    "frenchmedmcqa": whole_json,
    "tico-19": tmx,
    "morfitt": separated,
    "e3c-fr": json_or_archive,
    "medqa-usmle": json_lines,
    "medmcqa": json_lines,
    "pubmedqa": whole_json,
    "mmlu-medical": separated,
    "k-qa": json_lines,
}


def least_cpu(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    if "MEDINJECTION_DATA" not in os.environ:
        sys.exit("error: MEDINJECTION_DATA names no folder of upstream files")
    data = Path(os.environ["MEDINJECTION_DATA"])
    print("| source | rows | rows/s | MB/s | × plain reader |\n|---|---:|---:|---:|---:|")
    for name, plain in SOURCES.items():
        source = load_catalogue()[name]
        adapter = find_adapter(source)
        files = adapter.find_files(data / name, source)

        def parse(files: Iterable[InputFile] = files, source=source, adapter=adapter) -> int:
            return sum(1 for file in files for _ in adapter.read(file, source))

        def read_plainly(files: Iterable[InputFile] = files, plain=plain) -> None:
            for file in files:
                plain(file.path)

        rows, ours, theirs = parse(), least_cpu(parse), least_cpu(read_plainly)
        size = sum(file.path.stat().st_size for file in files) / 1e6
        print(f"| {name} | {rows:,} | {rows / ours:,.0f} | {size / ours:.0f} | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
