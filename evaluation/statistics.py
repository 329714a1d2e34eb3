"""Intervals and comparisons of scores whose records come in cases.

Records of one case (``group_id``) are not independent: cases are drawn again, never records alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2_000
_CHUNK = 2**22  # drawn places at once: 32 MB


class Interval(NamedTuple):
    """A mean with the interval of its level.

    Attributes:
        mean: Of all records.
        low: Lower end.
        high: Upper end.
        records: How many records.
        cases: How many cases they come from.
    """

    mean: float
    low: float
    high: float
    records: int
    cases: int


class Statistic(NamedTuple):
    """A figure of items that each count as often as they were drawn.

    Attributes:
        of: Takes weights (draws × items) and gives a value per draw, ``nan`` where it is not defined.
        undefined: Why it has no value, to be told if it has none over all items.
        parameters: How many numbers it fits, the means of strata among them: they make draws vary less than
            samples do.
    """

    of: Callable[[Floats], Floats]
    undefined: str
    parameters: int = 1


class Estimate(NamedTuple):
    """A statistic of all items with its expanded percentile interval; what is not defined is ``nan``.

    Expanded (Hesterberg 2015, The American Statistician 69:371–386): draws vary less than samples do. Its ends
    are where the normal distribution has √c times the quantile of Student's t with G - 1 degrees of freedom,
    c = G / (G - 1) · (N - 1) / (N - k), for N items of G cases and k parameters (Cameron and Miller 2015,
    Journal of Human Resources 50:317–372).

    Attributes:
        value: Of all items.
        low: Lower end.
        high: Upper end.
        p: The level at which the interval ends at 0: below 0.05 exactly where that of 95 % excludes it. Its
            share of draws beyond 0 is never under 1 / (1 + draws).
        note: Why there is no value or no interval; empty if there are both.
    """

    value: float
    low: float
    high: float
    p: float
    note: str


_UNDEFINED_DRAWS = 0.05  # more of them, and the rest say too little about the spread


class Resampled:
    """Draws of cases, the same for every score and every part of one set of records.

    Scores of two models on the same records are compared over the same draws.

    Args:
        groups: The case of each record.
        resamples: How often as many cases as there are get drawn, with replacement.
        seed: Of the generator (PCG64).
    """

    def __init__(self, groups: Sequence[Hashable], resamples: int = RESAMPLES, seed: int = 0) -> None:
        places: dict[Hashable, int] = {}
        self._case = np.array([places.setdefault(group, len(places)) for group in groups], np.int64)
        self._cases = len(places)
        self._resamples, self._seed = resamples, seed

    def interval(
        self, values: Floats, part: NDArray[np.bool_] | None = None, level: float = 0.95
    ) -> Interval:
        """The mean of the values of a part with its percentile interval."""
        return self.intervals({"": values}, {"": part}, level)["", ""]

    def intervals(
        self,
        scores: Mapping[str, Floats],
        parts: Mapping[str, NDArray[np.bool_] | None],
        level: float = 0.95,
    ) -> dict[tuple[str, str], Interval]:
        """Means of several scores over several parts, from the same draws.

        Where all cases have the same mean, draws show no spread: the interval is Wilson's for as many
        independent records as there are cases, scaled to scores from 0 to 1.

        Args:
            scores: By name, a value for each record.
            parts: By name, which records count; ``None``: all.
            level: Of the intervals.

        Returns:
            By score and part. A part without records has means of ``nan``.
        """
        chosen = {name: np.ones(len(self._case), np.bool_) if p is None else p for name, p in parts.items()}
        keys = [(score, part) for part in chosen for score in scores]
        sums = np.stack(
            [self._by_case(values * part) for part in chosen.values() for values in scores.values()]
        )
        counts = np.stack([self._by_case(part.astype(np.float64)) for part in chosen.values()])
        drawn = self._draw(np.concatenate([sums, counts]))
        of_part = np.repeat(np.arange(len(chosen)), len(scores))
        with np.errstate(invalid="ignore"):
            means = drawn[:, : len(keys)] / drawn[:, len(keys) + of_part]
        results = {}
        for place, key in enumerate(keys):
            count = counts[of_part[place]]
            results[key] = _interval(sums[place], count, means[:, place], level)
        return results

    def _by_case(self, values: Floats) -> Floats:
        return np.bincount(self._case, values, self._cases).astype(np.float64)

    def estimates(self, statistics: Mapping[str, Statistic], level: float = 0.95) -> dict[str, Estimate]:
        """Statistics that are no means, all from the same draws.

        Draws where a statistic is not defined are left out; if they are more than 5 %, there is no interval.
        """
        if not len(self._case):
            return {name: _no_estimate("no items") for name in statistics}
        alone = np.ones((1, len(self._case)))
        values = {name: float(statistic.of(alone)[0]) for name, statistic in statistics.items()}
        defined = [name for name, value in values.items() if not math.isnan(value)]
        drawn: dict[str, list[Floats]] = {name: [] for name in defined}
        if self._cases > 1 and defined:
            for times in self._times(_CHUNK // 8 // len(self._case)):
                weights = times[:, self._case]
                for name in defined:
                    drawn[name].append(statistics[name].of(weights))
        return {
            name: self._estimate(value, drawn[name], level, statistics[name].parameters)
            if name in drawn
            else _no_estimate(statistics[name].undefined)
            for name, value in values.items()
        }

    def _estimate(self, value: float, parts: Sequence[Floats], level: float, parameters: int) -> Estimate:
        if not parts:
            return Estimate(value, math.nan, math.nan, math.nan, "one case: no interval")
        drawn = np.concatenate(parts)
        held = np.sort(drawn[~np.isnan(drawn)])
        undefined = 1 - len(held) / len(drawn)
        if undefined > _UNDEFINED_DRAWS:
            note = f"not defined in {undefined:.0%} of the draws: no interval"
            return Estimate(value, math.nan, math.nan, math.nan, note)
        if np.ptp(held) < 1e-12:
            return Estimate(value, math.nan, math.nan, math.nan, "the same in every draw: no interval")
        items, cases = len(self._case), self._cases
        wider = math.sqrt(cases / (cases - 1) * (items - 1) / max(1, items - parameters))
        return Estimate(value, *_expanded(held, level, wider, cases - 1), "")

    def _draw(self, columns: Floats) -> Floats:
        """Sums of the columns over each draw of cases: resamples × columns."""
        return np.concatenate([times.astype(np.float64) @ columns.T for times in self._kept])

    @cached_property
    def _kept(self) -> list[NDArray[np.uint16]]:
        """All draws, which take longer to draw than to use: 2 bytes hold how often a case was drawn."""
        return [times.astype(np.uint16) for times in self._times(_CHUNK // max(1, self._cases))]

    def _times(self, rows_at_once: int) -> Iterator[Floats]:
        """How often each case was drawn: some draws × cases, until all draws were given."""
        generator = np.random.default_rng(self._seed)
        step = max(1, rows_at_once)
        for start in range(0, self._resamples, step):
            rows = min(step, self._resamples - start)
            drawn = generator.integers(self._cases, size=(rows, self._cases))
            drawn += np.arange(rows)[:, None] * self._cases
            times = np.bincount(drawn.ravel(), minlength=rows * self._cases).reshape(rows, self._cases)
            yield times.astype(np.float64)


def _no_estimate(note: str) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, math.nan, note)


def _expanded(drawn: Floats, level: float, wider: float, freedom: int) -> tuple[float, float, float]:
    """Ends of the expanded percentile interval, and p, of draws in order."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    tail = float(ndtr(wider * stdtrit(freedom, (1 - level) / 2)))
    low, high = np.quantile(drawn, [tail, 1 - tail], method="weibull")
    below = float(np.interp(0, drawn, np.arange(1, len(drawn) + 1) / (len(drawn) + 1)))
    beyond = min(below, 1 - below)
    return float(low), float(high), min(1.0, 2 * float(stdtr(freedom, ndtri(beyond) / wider)))


def _interval(sums: Floats, counts: Floats, means: Floats, level: float) -> Interval:
    held = counts > 0
    cases, records = int(held.sum()), int(counts.sum())
    if not records:
        return Interval(math.nan, math.nan, math.nan, 0, 0)
    mean = float(sums.sum() / records)
    of_cases = sums[held] / counts[held]
    if cases < 2 or np.ptp(of_cases) == 0:
        low, high = wilson(mean, cases, level) if 0 <= mean <= 1 else (math.nan, math.nan)
        return Interval(mean, low, high, records, cases)
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high), records, cases)


def wilson(share: float, records: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (share + z**2 / (2 * records)) / (1 + z**2 / records)
    half = z / (1 + z**2 / records) * math.sqrt(share * (1 - share) / records + z**2 / (4 * records**2))
    return max(0.0, centre - half), min(1.0, centre + half)


class Difference(NamedTuple):
    """Two models on the same records.

    Attributes:
        interval: Of the mean of second minus first, at the level that all comparisons together need.
        only_first: Records that the first model alone has right; 0 if the score is not binary.
        only_second: The same of the second.
        p: McNemar's exact two-sided p, after Holm; ``nan`` if the score is not binary.
        called: Whether the interval excludes 0: only then it is called a difference.
    """

    interval: Interval
    only_first: int
    only_second: int
    p: float
    called: bool


def compare_models(
    resampled: Resampled, scores: Mapping[str, Floats], alpha: float = 0.05
) -> dict[tuple[str, str], Difference]:
    """Compares every two models by paired draws of cases.

    Multiplicity: with m comparisons the intervals have the level 1 - alpha / m (Bonferroni), and the p
    values of McNemar's exact test, which takes records for independent, are Holm's.

    Args:
        resampled: Draws of the records' cases.
        scores: A value for each record, by model.
        alpha: Chance of one or more false calls among all.
    """
    names = list(scores)
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place + 1 :]]
    if not pairs:
        return {}
    differences = {f"{place}": scores[b] - scores[a] for place, (a, b) in enumerate(pairs)}
    intervals = resampled.intervals(differences, {"": None}, 1 - alpha / len(pairs))
    tests = [_mcnemar(scores[a], scores[b]) for a, b in pairs]
    adjusted = holm([p for _, _, p in tests])
    results = {}
    for place, (pair, (only_a, only_b, _), p) in enumerate(zip(pairs, tests, adjusted, strict=True)):
        interval = intervals[f"{place}", ""]
        if not differences[f"{place}"].any():
            interval = interval._replace(low=0.0, high=0.0)
        called = interval.low > 0 or interval.high < 0
        results[pair] = Difference(interval, only_a, only_b, p, called)
    return results


def _mcnemar(first: Floats, second: Floats) -> tuple[int, int, float]:
    from scipy.stats import binomtest

    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        return 0, 0, math.nan
    only_first, only_second = int(np.sum(first > second)), int(np.sum(second > first))
    discordant = only_first + only_second
    p = float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
    return only_first, only_second, p


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for their number by Holm's step-down (Holm 1979); ``nan`` stays and does not count."""
    order = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted, highest = list(p_values), 0.0
    for rank, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p))
        adjusted[place] = highest
    return adjusted


def detectable_difference(records: int, discordant: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest difference of two paired shares that McNemar's test finds with the given power.

    Solves n = (z₁₋α/₂ √d + z_power √(d - Δ²))² / Δ² for Δ (Connor 1987, Biometrics 43:207–211).

    Args:
        records: Number of independent records.
        discordant: Share d of records that exactly one model has right, greater than 0.
        alpha: Two-sided level of the test.
        power: Chance to find the difference.

    Returns:
        The difference, at most ``discordant``; ``nan`` if even that is not found.
    """
    z_alpha, z_power = NormalDist().inv_cdf(1 - alpha / 2), NormalDist().inv_cdf(power)

    def needed(difference: float) -> float:
        left = z_alpha * math.sqrt(discordant) + z_power * math.sqrt(max(0.0, discordant - difference**2))
        return (left / difference) ** 2

    low, high = 1e-9, discordant
    if needed(high) > records:
        return math.nan
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) > records else (low, middle)
    return high
