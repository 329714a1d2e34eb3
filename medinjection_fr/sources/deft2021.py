"""DEFT 2021: French clinical cases, one text file per case, with the axes of MeSH chapter C that it touches.

The corpus is given under an agreement. ``DEFT-cas-cliniques`` holds the cases (``*.txt``, beside annotations
that are not read). ``distribution-corpus.txt`` has a line for each, with tabs: the file, then its place in
the campaigns of 2019, 2020 and 2021 (``train 2021``, ``test 2021``). ``evaluations/ref-train-deft2021.txt``
and ``ref-test-deft2021.txt`` have a line for each mention: the annotated file, the axis, the mention. This is
what public loading scripts read; no real file was at hand.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.readers import read_text

DISTRIBUTION = "distribution-corpus.txt"
_REFERENCES = ("evaluations/ref-train-deft2021.txt", "evaluations/ref-test-deft2021.txt")
_SPLITS = {"train 2021": "train", "test 2021": "test"}


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the cases with their splits, then the references that name their axes.

    A case that the campaign of 2021 did not use is listed too, for ``read`` to refuse.

    Raises:
        InputError: Every file that is missing, or a distribution that places no case.
    """
    files = find_catalogued_files(folder, source)
    splits = _read_splits(folder / DISTRIBUTION)
    problems = [
        Problem(f"sources/{source.name}", f"no file {folder / name}", mend="It is part of the corpus")
        for name in _REFERENCES
        if not (folder / name).is_file()
    ]
    if problems:
        raise InputError(problems)
    cases = [replace(file, split=splits.get(file.path.name, "in-record")) for file in files]
    references = [InputFile(folder / name, name, "in-record") for name in _REFERENCES]
    return cases + references


def _read_splits(path: Path) -> dict[str, str]:
    """Each case with its split; one that is placed in both has none."""
    splits: dict[str, set[str]] = {}
    for row in _rows(path):
        if len(row) == 4 and row[3].strip() in _SPLITS:
            splits.setdefault(row[0].strip(), set()).add(_SPLITS[row[3].strip()])
    if not splits:
        expected = 'lines of four fields, the last "train 2021" or "test 2021"'
        raise InputError(Problem(str(path), "places no case", expected))
    return {name: found.pop() for name, found in splits.items() if len(found) == 1}


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one case. A reference gives no document: it is an input of the cases."""
    if file.name in _REFERENCES:
        return
    name = file.path.stem
    if file.split not in _SPLITS.values():
        evidence = f"{DISTRIBUTION} places it neither in train 2021 nor in test 2021, or in both"
        yield Refused(1, name, "split-unknown", evidence)
        return
    folder = Path(*file.path.parts[: -len(Path(file.name).parts)])
    references = tuple((folder / name, (folder / name).stat().st_mtime_ns) for name in _REFERENCES)
    axes = _read_axes(references).get(name)
    fields = {
        "source_id": name,
        "text": read_text(file.path),
        "kind": "clinical-case",
        "subject": "|".join(axes) if axes else None,
    }
    yield Draft(1, file.split, fields)


@functools.lru_cache(maxsize=4)
def _read_axes(references: tuple[tuple[Path, int], ...]) -> dict[str, list[str]]:
    """Each case with its axes, once each in the order of the reference."""
    axes: dict[str, dict[str, None]] = {}
    for path, _ in references:
        for row in _rows(path):
            if len(row) == 3:
                axes.setdefault(row[0].strip().removesuffix(".ann"), {})[row[1].strip()] = None
    return {name: list(labels) for name, labels in axes.items()}


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in read_text(path).split("\n")]
