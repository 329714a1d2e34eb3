"""Two generators compared where their answers are equally long: what a judge's preference owes to length."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from evaluation.agreement.figures import estimates_as_json
from evaluation.agreement.paired import Paired
from evaluation.statistics import RESAMPLES, Floats, Statistic

WITHIN = 1.2
"""Lengths, 1 + words, of which the longer is at most so many times the shorter, are like lengths."""


def compare_generators(paired: Paired, resamples: int = RESAMPLES) -> list[dict[str, Any]]:
    """Second minus first of every two runs, over records where both answers were rated and scored.

    Over all such pairs of answers, and over those of like length: means of the judge's verdict (or score),
    and of the share of people that say equivalent.
    """
    found = []
    for first, second in combinations(dict.fromkeys(paired.runs), 2):
        a, b = _same_records(paired, first, second)
        longer = np.abs(np.log1p(b.words) - np.log1p(a.words))
        alike = longer <= np.log(WITHIN)
        differences = {"judge": b.says() - a.says(), "people": b.people - a.people}
        row: dict[str, Any] = {"first": first, "second": second, "pairs": len(a.ids)}
        row |= _means(differences, a.groups, resamples)
        of_like_length = [group for group, held in zip(a.groups, alike, strict=True) if held]
        row["like_length"] = {"pairs": len(of_like_length)} | _means(
            {who: values[alike] for who, values in differences.items()}, of_like_length, resamples
        )
        found.append(row)
    return found


def _same_records(paired: Paired, first: str, second: str) -> tuple[Paired, Paired]:
    """Scored answers of two runs to the same records, in the same order."""
    scored = paired.part(~np.isnan(paired.says()))
    places: dict[str, dict[str, int]] = {first: {}, second: {}}
    for place, (run, id) in enumerate(zip(scored.runs, scored.ids, strict=True)):
        places.get(run, {})[id] = place
    shared = [id for id in places[first] if id in places[second]]
    return scored.at([places[first][id] for id in shared]), scored.at([places[second][id] for id in shared])


def _means(differences: dict[str, Floats], groups: Sequence[str], resamples: int) -> dict[str, Any]:
    statistics = {f"{who}_difference": _mean(values) for who, values in differences.items()}
    return estimates_as_json(statistics, groups, resamples, "no record has two such answers")


def _mean(values: Floats) -> Statistic:
    return Statistic(lambda weights: (weights @ values) / weights.sum(1), "no items")
