"""Chi-square tests of counts and how strong an effect is. Nothing here needs more than ``math``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LETTERS_EXPECTED_AT_LEAST = 5
"""Expected count of each letter under which a chi-square test is not to be trusted (Cochran 1954)."""
SIGNIFICANT = 0.001
"""Small, because a page shows dozens of tests."""
STRENGTHS = {0.1: "weak", 0.3: "moderate", 0.5: "strong"}
"""From which effect size on an effect is called so: Cohen's small, medium and large.

J. Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed., chapter 7. His sizes
are of w, which is V for a table of two rows or two columns; in a table of three by three, V = w / √2.
"""


class Association(NamedTuple):
    """How far two categories depend on each other.

    Attributes:
        v: Bias-corrected Cramér's V, 0 (independent) to 1.
        chi_square: Pearson's statistic.
        df: Degrees of freedom.
        p: Probability of such a statistic or a larger one if they were independent.
    """

    v: float
    chi_square: float
    df: int
    p: float


class Uniformity(NamedTuple):
    """How far gold letters are from falling on every position equally.

    Attributes:
        chi_square: Cochran's Q; with one gold letter per question it is Pearson's statistic.
        df: Degrees of freedom.
        p: Probability of such a statistic or a larger one if positions did not matter; ``None``
            if there are too few questions to say.
        w: Cohen's w of the shares of the letters; 0 if they are equal.
    """

    chi_square: float
    df: int
    p: float | None
    w: float


def survival(statistic: float, df: int) -> float:
    """Probability that a chi-square variable of ``df`` degrees of freedom exceeds the statistic.

    The finite sums for whole numbers: Abramowitz & Stegun (1964), 26.4.4 and 26.4.5.
    """
    half = statistic / 2
    if df % 2:
        total, term, step = (
            math.erfc(math.sqrt(half)),
            math.exp(-half) * math.sqrt(half) / math.gamma(1.5),
            1.5,
        )
    else:
        total, term, step = 0.0, math.exp(-half), 1.0
    for _ in range(df // 2):
        total += term
        term *= half / step
        step += 1
    return min(total, 1.0)


def association(table: Sequence[Sequence[int]]) -> Association | None:
    """Bias-corrected Cramér's V of a table of counts, with Pearson's test of independence.

    W. Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T, Journal of the Korean
    Statistical Society 42(3). Rows and columns without any count are left out.

    Returns:
        ``None`` if fewer than two rows have counts: there is nothing to compare. With a single
        column the rows are all alike: V is 0, with no degree of freedom.
    """
    rows = [row for row in table if sum(row)]
    columns = [column for column in zip(*rows, strict=True) if sum(column)]
    if len(rows) < 2:
        return None
    if len(columns) < 2:
        return Association(0.0, 0.0, 0, 1.0)
    total = sum(map(sum, rows))
    expected = [[sum(row) * sum(column) / total for column in columns] for row in rows]
    chi_square = sum(
        (column[i] - expected[i][j]) ** 2 / expected[i][j]
        for j, column in enumerate(columns)
        for i in range(len(rows))
    )
    df = (len(rows) - 1) * (len(columns) - 1)
    phi2 = max(0.0, chi_square / total - df / (total - 1))
    sides = [size - (size - 1) ** 2 / (total - 1) for size in (len(rows), len(columns))]
    v = math.sqrt(phi2 / (min(sides) - 1)) if min(sides) > 1 else 0.0
    return Association(min(v, 1.0), chi_square, df, survival(chi_square, df))


def uniformity(letters: Sequence[int], sizes: Mapping[int, int]) -> Uniformity:
    """Tests whether gold letters fall on every position equally.

    A question with several gold letters holds each of them once, so its letters are not independent
    draws; Cochran's Q allows for that. W. G. Cochran (1950), The comparison of percentages in matched
    samples, Biometrika 37.

    Args:
        letters: How often each letter is gold, at least two letters.
        sizes: Number of gold letters → questions with so many.
    """
    options, gold = len(letters), sum(letters)
    mean = gold / options
    squares = sum((count - mean) ** 2 for count in letters)
    variance = sum(n * m * (options - m) for m, n in sizes.items()) / (options * (options - 1))
    chi_square = squares / variance if variance else 0.0
    is_enough = variance and mean >= LETTERS_EXPECTED_AT_LEAST
    p = survival(chi_square, options - 1) if is_enough else None
    return Uniformity(chi_square, options - 1, p, math.sqrt(options * squares) / gold if gold else 0.0)


def strength(effect: float) -> str:
    """``none``, ``weak``, ``moderate`` or ``strong``, by ``STRENGTHS``."""
    return next((word for least, word in reversed(STRENGTHS.items()) if effect >= least), "none")


def position_bias(test: Uniformity) -> str:
    """A plain word: ``too few questions``, ``none seen``, ``negligible``, ``weak`` … ``strong``.

    ``negligible`` is an effect below Cohen's small one, that only the many questions make certain.
    """
    if test.p is None:
        return "too few questions"
    if test.p >= SIGNIFICANT:
        return "none seen"
    word = strength(test.w)
    return "negligible" if word == "none" else word
