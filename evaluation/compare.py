"""Runs beside each other: means with intervals, what failed, and which differences are differences."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.choice_scores import LabelScores, score_labels
from evaluation.contamination import Contamination, read_contamination
from evaluation.open_answers import read_open_scores
from evaluation.run_folder import read_predictions, read_run
from evaluation.statistics import (
    Difference,
    Interval,
    Resampled,
    compare_models,
    detectable_difference,
)
from medinjection_fr.errors import InputError, Problem

CHOICE_SCORES = ("exact_match", "hamming_score", "hamming_accuracy")


@dataclass(frozen=True)
class Run:
    """A run that was read.

    Attributes:
        name: Its folder's name.
        described: ``run.json``.
        predictions: By record and permutation.
        open_scores: ``open_scores.json``, if it has open answers.
        contamination: ``contamination.json``, if what the model was trained on is known.
    """

    name: str
    described: Mapping[str, Any]
    predictions: Mapping[tuple[str, int], Mapping[str, Any]]
    open_scores: Mapping[str, Any] | None
    contamination: Contamination | None = None

    def answered(self, permutation: int = 0) -> list[Mapping[str, Any]]:
        """Its multiple-choice predictions of one order, by id."""
        return [
            prediction
            for (_, number), prediction in sorted(self.predictions.items())
            if number == permutation and prediction["options"]
        ]


def read_runs(paths: Sequence[Path]) -> list[Run]:
    """Reads runs and looks whether they can be compared.

    Raises:
        InputError: One is no run, their records differ, or predictions are missing.
    """
    runs = []
    for path in paths:
        described = read_run(path)
        found = {(p["id"], p["permutation"]): p for p in read_predictions(path)}
        runs.append(Run(path.name, described, found, read_open_scores(path), read_contamination(path)))
    problems = []
    for path, run in zip(paths[1:], runs[1:], strict=True):
        for key, value in runs[0].described["data"].items():
            if run.described["data"].get(key) != value:
                what = f"has {run.described['data'].get(key)}"
                problems.append(Problem(f"{path} › data › {key}", what, f"{value}, as {paths[0]}"))
        if missing := runs[0].predictions.keys() ^ run.predictions.keys():
            what = f"{len(missing)} predictions are in one of it and {paths[0]} only"
            problems.append(Problem(str(path), what, mend="Run it to its end"))
    if problems:
        raise InputError(problems)
    return runs


@dataclass(frozen=True)
class Row:
    """A run under one protocol.

    Attributes:
        intervals: By score, then by part: ``all``, ``mcqu``, ``source X`` … and ``macro``, the mean
            over sources without an interval.
        failures: Share of replies without an answer.
        refused: Records that were not asked: too long.
        sizes: Mean number of chosen letters, and of gold letters.
        labels: Precision and recall by letter.
        by_permutation: Exact match in each order of options.
        consistency: Share of records with the same answer in every order; ``nan`` with one order.
    """

    run: str
    protocol: str
    intervals: Mapping[str, Mapping[str, Interval]]
    failures: float
    refused: int
    sizes: tuple[float, float]
    labels: Sequence[LabelScores]
    by_permutation: Sequence[float]
    consistency: float


def choice_rows(runs: Sequence[Run], resamples: int = 2_000) -> list[Row]:
    """Every run under every protocol that it has."""
    rows = []
    for run in runs:
        predictions = run.answered()
        if not predictions:
            continue
        draws = Resampled([p["group_id"] for p in predictions], resamples)
        parts = _parts(predictions, run.contamination.records if run.contamination else {})
        protocols = run.described["protocols"]
        values = {
            f"{protocol} {score}": scores_of(predictions, protocol, score)
            for protocol in protocols
            for score in CHOICE_SCORES
        }
        found = draws.intervals(values, parts)
        for protocol in protocols:
            intervals = {
                score: {part: found[f"{protocol} {score}", part] for part in parts} for score in CHOICE_SCORES
            }
            rows.append(_row(run, protocol, predictions, intervals))
    return rows


def _parts(predictions: Sequence[Mapping[str, Any]], near: Container[str]) -> dict[str, Any]:
    parts: dict[str, Any] = {"all": None}
    if near:
        parts["not near training"] = np.array([p["id"] not in near for p in predictions])
    for column, name in (("type", "{}"), ("source", "source {}"), ("subject", "subject {}")):
        values = np.array([str(p[column]) for p in predictions])
        for value in sorted({str(p[column]) for p in predictions if p[column] is not None}):
            parts[name.format(value)] = values == value
    return parts


def _outputs(predictions: Sequence[Mapping[str, Any]], protocol: str) -> list[Mapping[str, Any] | None]:
    return [p["outputs"].get(protocol) for p in predictions]


def scores_of(predictions: Sequence[Mapping[str, Any]], protocol: str, score: str) -> Any:
    """A score of each prediction; one that was not asked has 0."""
    return np.array([out[score] if out else 0.0 for out in _outputs(predictions, protocol)])


def _row(
    run: Run,
    protocol: str,
    predictions: Sequence[Mapping[str, Any]],
    intervals: dict[str, dict[str, Interval]],
) -> Row:
    for score in CHOICE_SCORES:
        of_sources = [i.mean for part, i in intervals[score].items() if part.startswith("source ")]
        macro = float(np.mean(of_sources))
        intervals[score]["macro"] = Interval(macro, math.nan, math.nan, len(predictions), len(of_sources))
    outputs = _outputs(predictions, protocol)
    letters = [out["letters"] if out else None for out in outputs]
    read = [len(each) for each in letters if each is not None]
    gold = [len(p["gold"].split(",")) for p in predictions]
    return Row(
        run.name,
        protocol,
        intervals,
        sum(out is not None and out["letters"] is None for out in outputs) / len(outputs),
        sum(out is None for out in outputs),
        (float(np.mean(read)) if read else math.nan, float(np.mean(gold))),
        score_labels((each, p["gold"], p["options"]) for each, p in zip(letters, predictions, strict=True)),
        *_orders(run, protocol),
    )


def _orders(run: Run, protocol: str) -> tuple[list[float], float]:
    """Exact match of records that have all orders, in each; and how many keep their answer."""
    count = run.described["permutations"] + 1
    by_record: dict[str, list[Mapping[str, Any]]] = {}
    for (id, _), prediction in sorted(run.predictions.items()):
        if prediction["options"] and (output := prediction["outputs"].get(protocol)):
            by_record.setdefault(id, []).append(output)
    whole = [outputs for outputs in by_record.values() if len(outputs) == count]
    if not whole:
        return [], math.nan
    means = [float(np.mean([outputs[n]["exact_match"] for outputs in whole])) for n in range(count)]
    same = [
        len({out["own_letters"] for out in outputs}) == 1 and outputs[0]["own_letters"] is not None
        for outputs in whole
    ]
    return means, float(np.mean(same)) if count > 1 else math.nan


@dataclass(frozen=True)
class Comparison:
    """All pairs of runs under one protocol and score.

    Attributes:
        differences: By pair of runs.
        detectable: Smallest difference that so many cases find with a power of 80 %, given how often
            exactly one of two runs is right; the largest of all pairs.
    """

    protocol: str
    score: str
    differences: Mapping[tuple[str, str], Difference]
    detectable: float


def compare_runs(runs: Sequence[Run], score: str = "exact_match", resamples: int = 2_000) -> list[Comparison]:
    """Compares every two runs by paired draws of cases, under each protocol that all have."""
    shared = [p for p in runs[0].described["protocols"] if all(p in r.described["protocols"] for r in runs)]
    first = runs[0].answered()
    if len(runs) < 2 or not first:
        return []
    draws = Resampled([p["group_id"] for p in first], resamples)
    cases = len({p["group_id"] for p in first})
    comparisons = []
    for protocol in shared:
        values = {run.name: scores_of(run.answered(), protocol, score) for run in runs}
        differences = compare_models(draws, values)
        discordant = max((d.only_first + d.only_second) / len(first) for d in differences.values())
        detectable = detectable_difference(cases, discordant) if discordant else math.nan
        comparisons.append(Comparison(protocol, score, differences, detectable))
    return comparisons


def position_bias(row: Row) -> dict[str, tuple[float, float]]:
    """How often each letter is chosen and how often it is right, of all answers."""
    chosen, gold = sum(label.chosen for label in row.labels), sum(label.gold for label in row.labels)
    return {
        label.label: (label.chosen / chosen if chosen else math.nan, label.gold / gold)
        for label in row.labels
    }
