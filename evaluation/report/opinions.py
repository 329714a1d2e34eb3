"""What judges and people said of open answers, as the report shows it; agreement itself is computed elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.judging.folder import JUDGEMENTS, JUDGES, Judgements, read_judgements
from evaluation.review import review_files
from evaluation.statistics import Interval, Resampled
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import digest_file

AGREEMENT = "medinjection-fr/agreement/1"
_YES = {"equivalence": "equivalent", "preference": "first"}
PLAIN = "plain"


@dataclass(frozen=True)
class Judged:
    """What a judge said of a run's answers as they were given.

    Attributes:
        run, judge: Their names.
        described: ``judge.json``.
        figure: Share that is called equivalent or preferred, or mean completeness, with its interval over cases.
        unscored: Answers without a verdict.
        sha256: Of ``judgements.jsonl``.
    """

    run: str
    judge: str
    described: Mapping[str, Any]
    figure: Interval | None
    unscored: int
    sha256: str


def read_judged(run: Path, resamples: int) -> list[Judged]:
    """All judges of a run, by name.

    Raises:
        InputError: Another version wrote one.
    """
    found, problems = [], []
    for judged in read_judgements(run):
        values, cases, unscored = _plain_values(judged)
        figure = Resampled(cases, resamples).interval(np.array(values)) if values else None
        lines = run / JUDGES / judged.name / JUDGEMENTS
        if lines.exists():
            digest = digest_file(lines)
            found.append(Judged(run.name, judged.name, judged.described, figure, unscored, digest))
        else:
            problems.append(Problem(str(lines), "is missing", mend="Run the judge to its end"))
    if problems:
        raise InputError(problems)
    return found


def _plain_values(judged: Judgements) -> tuple[list[float], list[str], int]:
    """Figures of the answers as they were given, with their cases, and how many have none."""
    values, cases, unscored = [], [], 0
    for line in judged.of(PLAIN).values():
        said = line["completeness"] if judged.kind == "facts" else line["verdict"]
        if said is None:
            unscored += 1
            continue
        values.append(float(said) if judged.kind == "facts" else float(said == _YES[judged.kind]))
        cases.append(line["group_id"])
    return values, cases, unscored


@dataclass(frozen=True)
class Reviews:
    """What people said.

    Attributes:
        files: Name and SHA-256 of each.
        answers: Verdicts by run and class, over all annotators.
        shares: Share of answers called equivalent by run, of the verdicts that judge, with its interval over cases.
        rows: Verdicts on rows of the dataset, by question and answer.
        annotators: Pseudonyms.
        remarks: Of answers, by record.
    """

    files: Sequence[Mapping[str, str]]
    answers: Mapping[str, Mapping[str, int]]
    shares: Mapping[str, Interval]
    rows: Mapping[str, Mapping[str, int]]
    annotators: Sequence[str]
    remarks: Mapping[str, Sequence[str]]


def read_reviews(paths: Sequence[Path], resamples: int) -> Reviews:
    """Reads exports of the review.

    Raises:
        InputError: With every mistake of all files.
    """
    problems: list[Problem] = []
    reviews = []
    for path in paths:
        try:
            reviews += review_files.read_reviews(path)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    answers: dict[str, Counter[str]] = {}
    rows: dict[str, Counter[str]] = {}
    values: dict[str, list[tuple[float, str]]] = {}
    remarks: dict[str, list[str]] = {}
    for review in reviews:
        for name, verdict in review["verdicts"].items():
            counts = answers if review["kind"] == "answers" else rows
            counts.setdefault(name, Counter())[verdict] += 1
            if review["kind"] == "answers" and verdict != "cannot-judge":
                values.setdefault(name, []).append((float(verdict == "equivalent"), review["group_id"]))
        if review["kind"] == "answers" and review.get("remark"):
            remarks.setdefault(review["id"], []).append(f"{review['annotator']}: {review['remark']}")
    shares = {
        name: Resampled([case for _, case in own], resamples).interval(np.array([value for value, _ in own]))
        for name, own in values.items()
    }
    files = [{"file": path.name, "sha256": digest_file(path)} for path in paths]
    return Reviews(files, answers, shares, rows, sorted({r["annotator"] for r in reviews}), remarks)


def read_agreement(folder: Path, runs: Sequence[str], reviews: Reviews | None) -> dict[str, Any]:
    """``agreement.json`` of a folder.

    Raises:
        InputError: It is not there, speaks of other runs, or was computed from other reviews.
    """
    path = folder / "agreement.json"
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        if found["format"] != AGREEMENT:
            raise InputError(Problem(str(path), f"is of the format {found['format']}", AGREEMENT))
        others = [name for name in found["runs"] if name not in runs]
        read = {file["sha256"] for file in found["reviews"]}
    except (OSError, ValueError, KeyError, TypeError):
        mend = f"Make it: python -m evaluation agreement RUN… --reviews FILE… --output {folder}"
        raise InputError(
            Problem(str(folder), "holds no agreement.json that can be read", mend=mend)
        ) from None
    problems = []
    if others:
        what, expected = f"speaks of {', '.join(others)} too", f"no other runs than {', '.join(runs)}"
        problems.append(Problem(str(path), what, expected, "Give those runs too, or measure agreement again"))
    if reviews and (foreign := [f["file"] for f in reviews.files if f["sha256"] not in read]):
        mend = "Measure agreement again, or give the reviews that it was measured from"
        problems.append(Problem(str(path), f"was not measured from {', '.join(foreign)}", mend=mend))
    if problems:
        raise InputError(problems)
    return found
