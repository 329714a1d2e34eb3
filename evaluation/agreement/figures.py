"""Estimates as agreement.json holds them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from evaluation.statistics import Estimate, Resampled

_DIGITS = 12  # what does not depend on the order in which a machine adds


def number(value: float) -> float | None:
    """A figure of a JSON file; ``None`` for what is not defined."""
    return None if math.isnan(value) else round(float(value), _DIGITS)


def as_json(estimate: Estimate) -> dict[str, Any]:
    """``value``, ``low`` and ``high``; a ``note`` where one of them is undefined."""
    found: dict[str, Any] = {name: number(getattr(estimate, name)) for name in ("value", "low", "high")}
    return found | ({"note": estimate.note} if estimate.note else {})


def undefined(note: str) -> dict[str, Any]:
    """An estimate that has no value, and why."""
    return {"value": None, "low": None, "high": None, "note": note}


def share(values: Sequence[float], groups: Sequence[Hashable], resamples: int) -> dict[str, Any]:
    """The mean of values that are 0 or 1, as an estimate; Wilson's interval where all are the same."""
    if not len(values):
        return undefined("no items")
    interval = Resampled(groups, resamples).interval(np.array(values))
    return {name: number(value) for name, value in zip(("value", "low", "high"), interval[:3], strict=True)}
