"""A run of the tiny model on few questions in many slices, here and on a cluster."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from evaluation.__main__ import main
from evaluation.data import TestSet, open_test_set
from evaluation.run_folder import PREDICTIONS
from medinjection_fr.processes import Count

PERMUTATIONS = 2


def few_questions(release: Path) -> TestSet:
    """The sample's test split."""
    return open_test_set(str(release), "native", "test", ("mcqu", "mcq", "oeq"), None)


def predicted(output: Path) -> list[dict[str, Any]]:
    """The lines of a run as they stand, without the time that they took."""
    lines = [json.loads(line) for line in (output / PREDICTIONS).read_bytes().splitlines()]
    for line in lines:
        line.pop("seconds", None)
    return lines


def in_any_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines by record and order of options."""
    return sorted(lines, key=lambda line: (line["id"], line["permutation"]))


def note_process(path: Path, count: Count) -> None:
    """A task that says which process did it."""
    path.write_text(str(os.getpid()))
    count(1)


def evaluate(model: Path | str, release: Path, output: Path, *options: object) -> Result:
    """``python -m evaluation run`` in this process."""
    given = ("--model", model, "--config", "native", "--data", release, "--output", output)
    arguments = map(str, ("run", *given, "--permutations", PERMUTATIONS, *options))
    return CliRunner().invoke(main, list(arguments))
