"""Runs beside each other: means with intervals, what failed, and which differences are differences."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
        predictions: By record and permutation; without what was said, unless it was asked for.
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
        return [p for p in self._by_id if p["permutation"] == permutation]

    @cached_property
    def _by_id(self) -> list[Mapping[str, Any]]:
        """Multiple-choice predictions by id and permutation."""
        return [self.predictions[key] for key in sorted(self.predictions) if self.predictions[key]["options"]]

    @cached_property
    def orders(self) -> list[list[Mapping[str, Any]]]:
        """For each permutation the multiple-choice predictions of records that have all, by id."""
        count = self.described["permutations"] + 1
        times = Counter(prediction["id"] for prediction in self._by_id)
        whole = [prediction for prediction in self._by_id if times[prediction["id"]] == count]
        return [whole[number::count] for number in range(count)]


def _read(path: Path, with_texts: bool) -> Run:
    described = read_run(path)
    try:
        lines = read_predictions(path) if with_texts else map(_without_texts, read_predictions(path))
        found: dict[tuple[str, int], Mapping[str, Any]] = {(p["id"], p["permutation"]): p for p in lines}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        what, mend = "has no predictions that can be read", "Run it to its end"
        raise InputError(Problem(str(path), what, mend=mend)) from None
    return Run(path.name, described, found, read_open_scores(path), read_contamination(path))


def read_runs(paths: Sequence[Path], with_texts: bool = False) -> list[Run]:
    """Reads runs and looks whether they can be compared.

    Args:
        paths: Their folders.
        with_texts: Whether predictions keep what was said; scores need much less memory without.

    Raises:
        InputError: One is no run, their records differ, or predictions are missing.
    """
    runs = [_read(path, with_texts) for path in paths]
    names = Counter(run.name for run in runs)
    problems = [
        Problem(str(path), f"{times} runs are called {path.name}", "a name for each", "Rename their folders")
        for path, times in ((path, names[path.name]) for path in paths)
        if times > 1
    ]
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


_ASKED = ("id", "source", "group_id", "subject", "type", "origin", "permutation", "gold", "options")
_ANSWERED = ("letters", "own_letters", *CHOICE_SCORES)


def _without_texts(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared, which for seven runs of a whole test split fits into memory."""
    slim = {name: _once(prediction[name]) for name in _ASKED}
    slim["outputs"] = {
        _once(protocol): {name: _once(output[name]) for name in _ANSWERED if name in output}
        for protocol, output in prediction["outputs"].items()
    }
    return slim


def _once(value: Any) -> Any:
    """The same string, held once however often it was read."""
    return sys.intern(value) if type(value) is str else value


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


class _Draws:
    """Draws of cases; runs on the same records share them."""

    def __init__(self, resamples: int) -> None:
        self._resamples = resamples
        self._groups: list[str] = []
        self._drawn: Resampled | None = None

    def of(self, predictions: Sequence[Mapping[str, Any]]) -> Resampled:
        groups = [p["group_id"] for p in predictions]
        if self._drawn is None or groups != self._groups:
            self._groups, self._drawn = groups, Resampled(groups, self._resamples)
        return self._drawn


def choice_rows(runs: Sequence[Run], resamples: int = 2_000) -> list[Row]:
    """Every run under every protocol that it has."""
    rows = []
    draws = _Draws(resamples)
    for run in runs:
        predictions = run.answered()
        if not predictions:
            continue
        resampled = draws.of(predictions)
        parts = _parts(predictions, run.contamination.records if run.contamination else {})
        outputs = {protocol: _outputs(predictions, protocol) for protocol in run.described["protocols"]}
        values = {
            f"{protocol} {score}": _scores(own, score)
            for protocol, own in outputs.items()
            for score in CHOICE_SCORES
        }
        found = resampled.intervals(values, parts)
        for protocol, own in outputs.items():
            intervals = {
                score: {part: found[f"{protocol} {score}", part] for part in parts} for score in CHOICE_SCORES
            }
            rows.append(_row(run, protocol, predictions, own, intervals))
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


Outputs = list[Mapping[str, Any] | None]


def _outputs(predictions: Sequence[Mapping[str, Any]], protocol: str) -> Outputs:
    return [p["outputs"].get(protocol) for p in predictions]


def scores_of(predictions: Sequence[Mapping[str, Any]], protocol: str, score: str) -> Any:
    """A score of each prediction; one that was not asked has 0."""
    return _scores(_outputs(predictions, protocol), score)


def _scores(outputs: Outputs, score: str) -> Any:
    return np.array([out[score] if out else 0.0 for out in outputs])


def _row(
    run: Run,
    protocol: str,
    predictions: Sequence[Mapping[str, Any]],
    outputs: Outputs,
    intervals: dict[str, dict[str, Interval]],
) -> Row:
    for score in CHOICE_SCORES:
        of_sources = [i.mean for part, i in intervals[score].items() if part.startswith("source ")]
        macro = float(np.mean(of_sources))
        intervals[score]["macro"] = Interval(macro, math.nan, math.nan, len(predictions), len(of_sources))
    letters = [out["letters"] if out else None for out in outputs]
    answers = Counter((each, p["gold"], p["options"]) for each, p in zip(letters, predictions, strict=True))
    read = Counter(each for each in letters if each is not None)
    refused = outputs.count(None)
    return Row(
        run.name,
        protocol,
        intervals,
        (letters.count(None) - refused) / len(outputs),
        refused,
        (
            sum(len(each) * times for each, times in read.items()) / read.total() if read else math.nan,
            sum(len(gold.split(",")) * times for (_, gold, _), times in answers.items()) / len(outputs),
        ),
        score_labels(answers.elements()),
        *_orders(run, protocol, outputs),
    )


def _orders(run: Run, protocol: str, outputs: Outputs) -> tuple[list[float], float]:
    """Exact match of records that have all orders, in each; and how many keep their answer."""
    if not run.described["permutations"]:
        asked = [out["exact_match"] for out in outputs if out]
        return ([float(np.mean(asked))] if asked else []), math.nan
    whole = [each for each in zip(*(_outputs(own, protocol) for own in run.orders), strict=True) if all(each)]
    if not whole:
        return [], math.nan
    means = [float(np.mean([out["exact_match"] for out in own])) for own in zip(*whole, strict=True)]
    letters = [{out["own_letters"] for out in each} for each in whole]
    return means, float(np.mean([len(each) == 1 and None not in each for each in letters]))


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
