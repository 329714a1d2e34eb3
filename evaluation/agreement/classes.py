"""Agreement of classes, over items that each count as often as they were drawn.

Every function takes weights (draws × items) first and gives a value per draw, ``nan`` where the figure is
not defined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.agreement.arithmetic import ratio
from evaluation.statistics import Floats

Codes = NDArray[np.int64]
"""A class of each item, counted from 0."""


def cohen_kappa(weights: Floats, first: Codes, second: Codes, classes: int) -> Floats:
    """Cohen's kappa: (observed - chance) / (1 - chance) (Cohen 1960)."""
    table = _confusion(weights, first, second, classes)
    total = table.sum((1, 2))
    observed = np.trace(table, axis1=1, axis2=2) / total
    chance = (table.sum(2) * table.sum(1)).sum(1) / total**2
    return ratio(observed - chance, 1 - chance)


def matthews(weights: Floats, people: Codes, judge: Codes, classes: int) -> Floats:
    """Matthews' correlation coefficient, for several classes as R_K (Gorodkin 2004)."""
    table = _confusion(weights, people, judge, classes)
    total, right = table.sum((1, 2)), np.trace(table, axis1=1, axis2=2)
    of_people, of_judge = table.sum(2), table.sum(1)
    together = right * total - (of_people * of_judge).sum(1)
    spread = (total**2 - (of_people**2).sum(1)) * (total**2 - (of_judge**2).sum(1))
    return ratio(together, np.sqrt(spread))


def balanced_accuracy(weights: Floats, people: Codes, judge: Codes, classes: int) -> Floats:
    """Mean over the classes that people gave of the share that the judge gave too.

    Not defined where people gave one class only, or where a draw lacks one of theirs.
    """
    given = np.unique(people)
    table = _confusion(weights, people, judge, classes)[:, given]
    if len(given) < 2:
        return np.full(len(weights), np.nan)
    recalls = ratio(table[:, np.arange(len(given)), given], table.sum(2))
    return np.asarray(recalls.mean(1))


def fleiss_kappa(weights: Floats, counts: Floats) -> Floats:
    """Fleiss' kappa (Fleiss 1971), of items with two ratings or more.

    Where items have different numbers of ratings, observed agreement is the mean over items of their pairs
    that agree, and chance comes from the mean share of each class.

    Args:
        weights: Draws × items.
        counts: Items × classes: how many ratings.
    """
    weights, counts, ratings = _rated_twice(weights, counts)
    items = weights.sum(1)
    agreeing = (counts * (counts - 1)).sum(1) / (ratings * (ratings - 1))
    observed = ratio(weights @ agreeing, items)
    shares = ratio(weights @ (counts / ratings[:, None]), items[:, None])
    chance = (shares**2).sum(1)
    return ratio(observed - chance, 1 - chance)


def krippendorff_alpha(weights: Floats, counts: Floats) -> Floats:
    """Krippendorff's alpha of nominal data: 1 - observed / expected disagreement (Krippendorff 2011).

    Items with fewer than two ratings say nothing and do not count.

    Args:
        weights: Draws × items.
        counts: Items × classes: how many ratings.
    """
    weights, counts, ratings = _rated_twice(weights, counts)
    disagreeing = (ratings**2 - (counts**2).sum(1)) / (ratings - 1)
    of_class = weights @ counts
    total = of_class.sum(1)
    expected = total**2 - (of_class**2).sum(1)
    return 1 - ratio((total - 1) * (weights @ disagreeing), expected)


def _rated_twice(weights: Floats, counts: Floats) -> tuple[Floats, Floats, Floats]:
    ratings = counts.sum(1)
    held = ratings >= 2
    return weights[:, held], counts[held], ratings[held]


def _confusion(weights: Floats, first: Codes, second: Codes, classes: int) -> Floats:
    """Draws × classes of the first × classes of the second."""
    cell = np.eye(classes**2)[first * classes + second]
    return np.reshape(weights @ cell, (-1, classes, classes))
