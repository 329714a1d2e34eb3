"""The folder of an evaluation run: what was asked of which model, and a line for each prediction."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evaluation.line_folder import FolderKind, LineFolder, read_head, read_lines

FORMAT = "medinjection-fr/evaluation/1"
RUN, PREDICTIONS = "run.json", "predictions.jsonl"
PARTS = ".parts"
"""Folder in which the nodes of a cluster put predictions, each slice of questions in a file of its own."""
_KIND = FolderKind(
    name="run",
    format=FORMAT,
    head=RUN,
    lines=PREDICTIONS,
    key=("id", "permutation"),
    begin="python -m evaluation run",
    apart="A run never mixes two models, versions or protocols: give another --output",
)


class RunFolder(LineFolder):
    """Opens a run to go on with it, or begins it. Parts of it that lie there whole are taken in.

    Args:
        path: The folder.
        described: What the run is: model, data, protocols, versions; JSON.

    Raises:
        InputError: Another run stands there (every difference is told), another process writes to it,
            or it is no run.
    """

    def __init__(self, path: Path, described: Mapping[str, Any]) -> None:
        super().__init__(path, _KIND, described)
        for part in sorted((path / PARTS).glob("*.jsonl")):
            for line in take_part(part):
                if (line["id"], line["permutation"]) not in self.done:
                    self.add(line)
        shutil.rmtree(path / PARTS, ignore_errors=True)


def take_part(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a part, which is removed when all are taken."""
    with path.open("rb") as file:
        yield from map(json.loads, file)
    path.unlink()


def read_run(path: Path) -> dict[str, Any]:
    """What a run is.

    Raises:
        InputError: There is none, or another version wrote it.
    """
    return read_head(path, _KIND)


def read_predictions(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a run's predictions."""
    return read_lines(path, _KIND)
