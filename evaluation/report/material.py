"""Everything that a report shows, read and checked before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.compare import Comparison, Row, Run, choice_rows, compare_runs, read_runs
from evaluation.report.examples import Example, find_examples
from evaluation.report.learnt import Learnt, find_learnt
from evaluation.report.opinions import Judged, Reviews, read_agreement, read_judged, read_reviews
from evaluation.run_folder import PREDICTIONS, RUN
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import digest_file

_PREFERRED = ("constrained", "likelihood", "greedy")
"""Protocols that a single figure shows, the first that all runs have: one that always gives an answer, if any."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for.

    Attributes:
        runs: Folders of runs over the same records.
        agreement: Folder of ``agreement.json``.
        reviews: Exports of the review.
        training: Paths of ``training.json``.
        protocol: Of multiple choice, for figures that show one.
        with_text: Whether examples show what was asked and answered.
        data: Release folder of the runs, for the texts of questions.
        resamples: Draws of cases for every interval.
    """

    runs: Sequence[Path]
    agreement: Path | None = None
    reviews: Sequence[Path] = ()
    training: Sequence[Path] = ()
    protocol: str | None = None
    with_text: bool = False
    data: Path | None = None
    resamples: int = 2_000


@dataclass(frozen=True)
class Material:
    """What a report is made of.

    Attributes:
        asked: What was asked for.
        runs: As they were read, in the order given.
        rows: Each run under each protocol of multiple choice.
        comparisons: Of every two runs.
        protocol: The one that single figures show; ``None`` without multiple choice.
        learnt: What each model was trained on, as far as it is known.
        judged: What each judge said of each run.
        reviews: What people said.
        agreement: ``agreement.json``.
        examples: Open answers that a judge and people see differently.
        digests: SHA-256 of the files of each run.
    """

    asked: Asked
    runs: Sequence[Run]
    rows: Sequence[Row]
    comparisons: Sequence[Comparison]
    protocol: str | None
    learnt: Mapping[str, Learnt]
    judged: Sequence[Judged]
    reviews: Reviews | None
    agreement: Mapping[str, Any] | None
    examples: Sequence[Example]
    digests: Mapping[str, Mapping[str, str]]

    @property
    def main_rows(self) -> list[Row]:
        """Runs under the protocol that single figures show."""
        return [row for row in self.rows if row.protocol == self.protocol]


def read_material(asked: Asked) -> Material:
    """Reads runs and all that stands beside them.

    Raises:
        InputError: Runs that cannot be compared or are not finished, or files that cannot be read.
    """
    runs = read_runs(asked.runs)
    _check_whole(asked.runs, runs)
    rows = choice_rows(runs, asked.resamples)
    protocol = _choose_protocol(runs, asked.protocol) if rows else None
    reviews = read_reviews(asked.reviews, asked.resamples) if asked.reviews else None
    names = [run.name for run in runs]
    agreement = read_agreement(asked.agreement, names, reviews) if asked.agreement else None
    judged = [judged for path in asked.runs for judged in read_judged(path, asked.resamples)]
    judges = {each.judge for each in judged}
    examples = find_examples(agreement, judges, asked.runs, asked.data, asked.with_text, reviews, runs)
    return Material(
        asked,
        runs,
        rows,
        compare_runs(runs, resamples=asked.resamples),
        protocol,
        find_learnt(runs, asked.training),
        judged,
        reviews,
        agreement,
        examples,
        {path.name: {name: digest_file(path / name) for name in (RUN, PREDICTIONS)} for path in asked.runs},
    )


def _check_whole(paths: Sequence[Path], runs: Sequence[Run]) -> None:
    problems = []
    for path, run in zip(paths, runs, strict=True):
        wanted, there = run.described["data"].get("records"), len({id for id, _ in run.predictions})
        if wanted is not None and there != wanted:
            what = f"has predictions of {there:,} of {wanted:,} records"
            mend = "Run it to its end: the command that began it goes on"
            problems.append(Problem(str(path), what, "all of them", mend))
    if problems:
        raise InputError(problems)


def _choose_protocol(runs: Sequence[Run], wanted: str | None) -> str:
    shared = [p for p in runs[0].described["protocols"] if all(p in r.described["protocols"] for r in runs)]
    if not shared:
        what = "have no protocol of multiple choice in common"
        raise InputError(Problem("the runs", what, mend="Run them with the same --protocols"))
    if wanted and wanted not in shared:
        raise InputError(Problem(f"--protocol {wanted}", "is not one of all runs", ", ".join(shared)))
    return wanted or next((name for name in _PREFERRED if name in shared), shared[0])
