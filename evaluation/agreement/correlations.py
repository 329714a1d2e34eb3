"""Correlations over items that each count as often as they were drawn.

Every function takes weights (draws × items) first and gives a value per draw, ``nan`` where one side does
not vary.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from evaluation.agreement.arithmetic import indicators, ratio, sums_by
from evaluation.statistics import Floats

_BLOCK = 1_000  # different pairs that are compared with all others at once


def pearson(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Pearson's correlation."""
    return within_strata(weights, x, y, [""] * len(x))


def within_strata(weights: Floats, x: Floats, y: Floats, strata: Sequence[Hashable]) -> Floats:
    """Partial correlation given the stratum.

    It is Pearson's correlation of what is left of x and y when the mean of their stratum is taken away: of
    the residuals of linear regressions on indicators of the strata.
    """
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.full(len(weights), np.nan)
    x, y = x - x.mean(), y - y.mean()
    inside = indicators(strata)
    xx, yy, xy = (_left(weights, a, b, inside) for a, b in ((x, x), (y, y), (x, y)))
    varies = (xx > 1e-12 * (weights @ x**2)) & (yy > 1e-12 * (weights @ y**2))
    return ratio(xy, np.sqrt(np.where(varies, xx * yy, 0)), 0)


def _left(weights: Floats, a: Floats, b: Floats, inside: Floats) -> Floats:
    """Sum of products of a and b without the means of their strata."""
    of_means: Floats = (weights @ (inside * a[:, None])) * (weights @ (inside * b[:, None]))
    products: Floats = weights @ (a * b)
    left: Floats = products - np.nan_to_num(ratio(of_means, weights @ inside)).sum(1)
    return left


def spearman(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Spearman's correlation: Pearson's of ranks, equal values sharing the mean of theirs."""
    first, second = _centred_ranks(weights, x), _centred_ranks(weights, y)
    spread = (weights * first**2).sum(1) * (weights * second**2).sum(1)
    together = (weights * first * second).sum(1)
    return ratio(together, np.sqrt(spread))


def kendall(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Kendall's tau-b (Kendall 1945): pairs in the same order minus pairs in opposite orders.

    Divided by √((pairs that differ in x) (pairs that differ in y)).
    """
    pairs, place = np.unique(np.stack([x, y], axis=1), axis=0, return_inverse=True)
    times = sums_by(weights, place.ravel())
    net = np.zeros(len(weights))
    for start in range(0, len(pairs), _BLOCK):
        some = pairs[start : start + _BLOCK]
        order = np.sign(some[:, None, 0] - pairs[None, :, 0]) * np.sign(some[:, None, 1] - pairs[None, :, 1])
        net += ((times @ order.T) * times[:, start : start + _BLOCK]).sum(1)
    total = weights.sum(1)
    differing = np.ones(len(weights))
    for values in (x, y):
        same = sums_by(weights, np.unique(values, return_inverse=True)[1])
        differing = differing * (total**2 - (same**2).sum(1))
    return ratio(net, np.sqrt(differing))


def _centred_ranks(weights: Floats, values: Floats) -> Floats:
    """Mean ranks in each draw, minus the mean of all: draws × items."""
    _, place = np.unique(values, return_inverse=True)
    times = sums_by(weights, place)
    ranks = np.cumsum(times, axis=1) - (times - 1) / 2
    return np.take(ranks - (weights.sum(1, keepdims=True) + 1) / 2, place, axis=1)
