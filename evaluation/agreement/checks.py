"""Reads runs, judgements and reviews, and looks whether they belong together: every mistake at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from evaluation.agreement.judgements import Judgements, read_judgements
from evaluation.agreement.reviews import CANNOT_JUDGE, read_reviews
from evaluation.compare import Run, read_runs
from medinjection_fr.errors import InputError, Problem

Read = TypeVar("Read")
ALWAYS_NO, POOLED = "always no", "pooled"
_SAME_OF_A_JUDGE = ("judge", "kind", "language", "prompt", "method")


class Inputs(NamedTuple):
    """What the study is made of.

    Attributes:
        runs: Over the same records.
        judgements: Of all judges on all runs.
        reviews: Of answers, as ``schemas/review.schema.json`` says.
    """

    runs: list[Run]
    judgements: list[Judgements]
    reviews: list[dict[str, Any]]


def read_inputs(paths: Sequence[Path], files: Sequence[Path]) -> Inputs:
    """Reads everything.

    Args:
        paths: Folders of runs.
        files: Exports of reviews.

    Raises:
        InputError: With every mistake of all runs, judges and reviews.
    """
    problems = _same_names(paths)
    runs = _collect(problems, partial(read_runs, paths)) or []
    judgements = [
        judged for path in paths for judged in _collect(problems, partial(read_judgements, path)) or []
    ]
    reviews = _collect(problems, partial(read_reviews, files)) or []
    problems += _check_judges(judgements, {name for run in runs for name in score_names(run)})
    if runs:
        records = {id for id, _ in runs[0].predictions}
        problems += _check_reviews(reviews, {run.name for run in runs}, records)
        problems += _check_records(judgements, records)
    if problems:
        raise InputError(problems)
    return Inputs(runs, judgements, reviews)


def score_names(run: Run) -> list[str]:
    """The automatic scores of a run's open answers."""
    return list((run.open_scores or {}).get("signatures", ()))


def _collect(problems: list[Problem], read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except InputError as error:
        problems += error.problems
        return None


def _same_names(paths: Sequence[Path]) -> list[Problem]:
    names = [path.resolve().name for path in paths]
    return [
        Problem(
            str(path), f"has the name of another run, {name}", mend="Reviews name runs: rename its folder"
        )
        for place, (path, name) in enumerate(zip(paths, names, strict=True))
        if name in names[:place]
    ] + [
        Problem(str(path), f"is named {name}, which stands for all runs", mend="Rename its folder")
        for path, name in zip(paths, names, strict=True)
        if name == POOLED
    ]


def _check_judges(judgements: Sequence[Judgements], scores: set[str]) -> list[Problem]:
    problems = []
    first: dict[str, Judgements] = {}
    for judged in judgements:
        where = f"{judged.run}: judge {judged.name}"
        if judged.name in scores | {ALWAYS_NO}:
            problems.append(
                Problem(where, "has the name of another row of the table", mend="Rename its folder")
            )
        standing = first.setdefault(judged.name, judged)
        differing = [
            key for key in _SAME_OF_A_JUDGE if standing.described.get(key) != judged.described.get(key)
        ]
        if differing:
            what = f"is another judge than in {standing.run}: {', '.join(differing)} differ"
            problems.append(Problem(where, what, mend="Judge both runs with the same model and prompt"))
    return problems


def _check_records(judgements: Sequence[Judgements], records: set[str]) -> list[Problem]:
    return [
        Problem(
            f"{judged.run}: judge {judged.name}",
            f"judges {len(unknown)} records that the runs do not have, such as {min(unknown)}",
            mend="Judge the run as it is now",
        )
        for judged in judgements
        if (unknown := {id for _, id in judged.lines} - records)
    ]


def _check_reviews(reviews: Sequence[Mapping[str, Any]], runs: set[str], records: set[str]) -> list[Problem]:
    problems = []
    shown = {run for review in reviews for run in review["words"]}
    for run in sorted(shown - runs):
        given = ", ".join(sorted(runs))
        problems.append(
            Problem(
                "--reviews", f"are of the run {run}", f"runs that are given: {given}", "Give its folder too"
            )
        )
    if unknown := {review["id"] for review in reviews} - records:
        what = f"are of {len(unknown)} records that the runs do not have, such as {min(unknown)}"
        problems.append(
            Problem("--reviews", what, mend="Give the runs that were reviewed, of the same test version")
        )
    if reviews and not any(v != CANNOT_JUDGE for review in reviews for v in review["verdicts"].values()):
        what = "hold no verdict: every annotator rated nothing, or cannot judge"
        problems.append(Problem("--reviews", what, mend="Export them after answers were rated"))
    return problems
