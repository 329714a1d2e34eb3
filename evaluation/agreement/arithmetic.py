"""Arithmetic over draws that the figures share."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.statistics import Floats


def ratio(above: Floats, below: Floats, least: float = 1e-12) -> Floats:
    """The quotient, ``nan`` where its divisor is not more than ``least``: 0 but for rounding."""
    found: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > least)
    return found


def indicators(names: Sequence[Hashable]) -> Floats:
    """1 where an item has the name: items × different names, in the order of their first mention."""
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return np.eye(len(places))[[places[name] for name in names]]


def sums_by(weights: Floats, place: NDArray[np.int64]) -> Floats:
    """Weights of the items of each place, counted from 0 without gaps: draws × places."""
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1))
    found: Floats = np.add.reduceat(weights[:, order], starts, axis=1)
    return found
