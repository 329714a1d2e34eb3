"""Estimates as agreement.json holds them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.statistics import Estimate, Resampled, Statistic

_DIGITS = 12  # what does not depend on the order in which a machine adds


def number(value: float) -> float | None:
    """A figure of a JSON file; ``None`` for what is not defined."""
    return None if math.isnan(value) else round(float(value), _DIGITS)


def as_json(estimate: Estimate) -> dict[str, Any]:
    """``value``, ``low`` and ``high``; a ``note`` where one of them is undefined."""
    found: dict[str, Any] = {name: number(getattr(estimate, name)) for name in ("value", "low", "high")}
    return found | ({"note": estimate.note} if estimate.note else {})


def estimates_as_json(
    statistics: Mapping[str, Statistic], groups: Sequence[Hashable], resamples: int, nothing: str
) -> dict[str, Any]:
    """Estimates by name; ``nothing`` says why there are no items, if there are none."""
    if not len(groups):
        return dict.fromkeys(statistics, undefined(nothing))
    found = Resampled(groups, resamples).estimates(statistics)
    return {name: as_json(estimate) for name, estimate in found.items()}


def undefined(note: str) -> dict[str, Any]:
    """An estimate that has no value, and why."""
    return {"value": None, "low": None, "high": None, "note": note}


def shares(
    scores: Mapping[str, Sequence[float]], groups: Sequence[Hashable], resamples: int
) -> dict[str, Any]:
    """Means of scores that are 0 or 1, as estimates by name; Wilson's interval where all are the same."""
    if not len(groups):
        return {name: undefined("no items") for name in scores}
    values = {name: np.array(score) for name, score in scores.items()}
    found = Resampled(groups, resamples).intervals(values, {"": None})
    return {
        name: {"value": number(of.mean), "low": number(of.low), "high": number(of.high)}
        for (name, _), of in found.items()
    }
