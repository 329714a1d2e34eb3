"""Reads runs, judgements and reviews, and looks whether they belong together: every mistake at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from evaluation.compare import Run, read_runs
from evaluation.judging.folder import Judgements, read_judgements
from evaluation.review.review_files import Review, read_reviews
from medinjection_fr.errors import InputError, Problem

Read = TypeVar("Read")
ALWAYS_NO, JURY, POOLED = "always no", "jury", "pooled"
PLAIN, CANNOT_JUDGE = "plain", "cannot-judge"
FACT_SCORES = ("completeness", "contradiction")
_SAYS = {
    "equivalence": {"equivalent", "different", None},
    "preference": {"first", "second", "tie", None},
}
_SAME_OF_A_JUDGE = ("judge", "kind", "language", "prompt", "method")


class Inputs(NamedTuple):
    """What the study is made of.

    Attributes:
        runs: Over the same records.
        judgements: Name of the run, and what a judge says of it.
        reviews: Of answers, as ``schemas/review.schema.json`` says, each once.
    """

    runs: list[Run]
    judgements: list[tuple[str, Judgements]]
    reviews: list[Review]


def read_inputs(paths: Sequence[Path], files: Sequence[Path]) -> Inputs:
    """Reads everything.

    Args:
        paths: Folders of runs.
        files: Exports of reviews.

    Raises:
        InputError: With every mistake of all runs, judges and reviews.
    """
    problems = _check_names(paths)
    runs = _collect(problems, partial(read_runs, paths)) or []
    judgements = [
        (path.name, judged)
        for path in paths
        for judged in _collect(problems, partial(read_judgements, path)) or []
    ]
    reviews = _gather_reviews(files, problems)
    rows = {name for run in runs for name in score_names(run)} | {ALWAYS_NO, JURY}
    problems += _check_judges(judgements, rows)
    problems += [problem for run, judged in judgements for problem in _check_lines(run, judged)]
    if runs:
        records = {id for id, _ in runs[0].predictions}
        problems += _check_records(judgements, records)
        problems += _check_reviews(reviews, {run.name for run in runs}, records)
        problems += _check_words(judgements, reviews)
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


def _check_names(paths: Sequence[Path]) -> list[Problem]:
    return [
        Problem(str(path), f"is named {POOLED}, which stands for all runs", mend="Rename its folder")
        for path in paths
        if path.name == POOLED
    ]


def _check_judges(judgements: Sequence[tuple[str, Judgements]], rows: set[str]) -> list[Problem]:
    problems = []
    first: dict[str, tuple[str, Judgements]] = {}
    for run, judged in judgements:
        where = f"{run}: judge {judged.name}"
        if judged.name in rows:
            what = "has the name of another row of the table"
            problems.append(Problem(where, what, mend="Rename its folder"))
        other, standing = first.setdefault(judged.name, (run, judged))
        differing = [k for k in _SAME_OF_A_JUDGE if standing.described.get(k) != judged.described.get(k)]
        if differing:
            what = f"is another judge than in {other}: {', '.join(differing)} differ"
            problems.append(Problem(where, what, mend="Judge both runs with the same model and prompt"))
    return problems


def _check_lines(run: str, judged: Judgements) -> list[Problem]:
    if judged.kind == "facts":
        wrong = [
            id
            for (id, _), line in judged.lines.items()
            if not all(line[name] is None or 0 <= line[name] <= 1 for name in FACT_SCORES)
        ]
    else:
        wrong = [id for (id, _), line in judged.lines.items() if line["verdict"] not in _SAYS[judged.kind]]
    if not wrong:
        return []
    what = f"{len(wrong)} lines hold no judgement of the kind {judged.kind}, such as that of {min(wrong)}"
    return [Problem(f"{run}: judge {judged.name}", what, mend="Judge the run again")]


def _check_records(judgements: Sequence[tuple[str, Judgements]], records: set[str]) -> list[Problem]:
    return [
        Problem(
            f"{run}: judge {judged.name}",
            f"judges {len(unknown)} records that the runs do not have, such as {min(unknown)}",
            mend="Judge the run as it is now",
        )
        for run, judged in judgements
        if (unknown := {id for id, _ in judged.lines} - records)
    ]


def _gather_reviews(files: Sequence[Path], problems: list[Problem]) -> list[Review]:
    """Reviews of answers, each once; those of dataset rows are left out."""
    found: dict[tuple[str, str], tuple[Path, Review]] = {}
    sets: dict[str, Path] = {}
    for path in files:
        if (read := _collect(problems, partial(read_reviews, path))) is None:
            continue
        answers = [review for review in read if review["kind"] == "answers"]
        if not answers:
            mend = "Export it after somebody has rated answers"
            problems.append(Problem(str(path), "holds no review of answers", mend=mend))
        for review in answers:
            sets.setdefault(review["set"], path)
            other, standing = found.setdefault((review["annotator"], review["id"]), (path, review))
            if standing["verdicts"] != review["verdicts"]:
                what = f"{review['annotator']} says something else of {review['id']} than in {other}"
                problems.append(Problem(str(path), what, mend="Give the newest export only"))
    first, *others = sets or [""]
    for other_set in others:
        what, expected = f"is of the review set {other_set[:12]}…", f"{first[:12]}…, as {sets[first]}"
        problems.append(Problem(str(sets[other_set]), what, expected, "Measure one set at a time"))
    return [review for _, review in found.values()]


def _check_reviews(reviews: Sequence[Mapping[str, Any]], runs: set[str], records: set[str]) -> list[Problem]:
    problems = []
    shown = {run for review in reviews for run in review["words"]}
    for run in sorted(shown - runs):
        expected = f"runs that are given: {', '.join(sorted(runs))}"
        problems.append(Problem("--reviews", f"are of the run {run}", expected, "Give its folder too"))
    if unknown := {review["id"] for review in reviews} - records:
        what = f"are of {len(unknown)} records that the runs do not have, such as {min(unknown)}"
        mend = "Give the runs that were reviewed, of the same test version"
        problems.append(Problem("--reviews", what, mend=mend))
    if reviews and not any(v != CANNOT_JUDGE for review in reviews for v in review["verdicts"].values()):
        what = "hold no verdict: every annotator rated nothing, or cannot judge"
        problems.append(Problem("--reviews", what, mend="Export them after answers were rated"))
    return problems


def _check_words(
    judgements: Sequence[tuple[str, Judgements]], reviews: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """Whether judges and people saw the same answers, as far as their words can tell."""
    shown = {(run, review["id"]): words for review in reviews for run, words in review["words"].items()}
    problems = []
    for run, judged in judgements:
        judged_words = {id: line["words"] for id, line in judged.of(PLAIN).items()}
        if other := [id for id, words in judged_words.items() if shown.get((run, id), words) != words]:
            what = f"{len(other)} answers have other numbers of words than people saw, such as that to {other[0]}"
            mend = "Judge and review the same answers"
            problems.append(Problem(f"{run}: judge {judged.name}", what, mend=mend))
    return problems
