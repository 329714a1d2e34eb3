from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy comes with the extra `evaluate`")

from evaluation.statistics import (
    Resampled,
    Statistic,
    compare_models,
    detectable_difference,
    holm,
    wilson,
)


def _clustered(seed: int, cases: int, shift: float = 0.0) -> tuple[np.ndarray, list[int]]:
    """Answers of which those of a case resemble each other, with mean 0.6 + shift."""
    generator = np.random.default_rng(seed)
    of_case = generator.beta(6, 4, cases) + shift
    sizes = generator.integers(1, 6, cases)
    groups = np.repeat(np.arange(cases), sizes)
    return (generator.random(len(groups)) < of_case[groups]).astype(float), groups.tolist()


def test_intervals_of_grouped_records_cover_the_truth() -> None:
    covered = 0
    for seed in range(200):
        values, groups = _clustered(seed, 150)
        interval = Resampled(groups, 400, seed).interval(values)
        covered += interval.low <= 0.6 <= interval.high
    assert 178 <= covered <= 198  # 95 % of 200; of a binomial, 99.9 % lie in 179–197


def test_records_taken_for_independent_would_be_too_sure() -> None:
    values = np.repeat(np.random.default_rng(0).integers(0, 2, 100).astype(float), 10)
    grouped = Resampled(np.repeat(np.arange(100), 10).tolist()).interval(values)
    alone = Resampled(range(1000)).interval(values)
    assert grouped.high - grouped.low > 2.5 * (alone.high - alone.low)


def test_parts_and_scores_have_the_same_draws_and_their_own_counts() -> None:
    values, groups = _clustered(1, 80)
    part = np.arange(len(values)) % 3 == 0
    both = Resampled(groups).intervals({"em": values, "half": values / 2}, {"all": None, "third": part})
    assert both["em", "third"].records == part.sum()
    assert both["em", "all"].mean == pytest.approx(values.mean())
    assert both["half", "third"].high == pytest.approx(both["em", "third"].high / 2)
    assert Resampled(groups).interval(values, part) == both["em", "third"]


def test_a_part_without_records_has_no_mean() -> None:
    interval = Resampled([1, 2]).interval(np.array([0.0, 1.0]), np.array([False, False]))
    assert interval.records == 0 and math.isnan(interval.mean)


def test_scores_that_are_all_the_same_are_not_certain() -> None:
    interval = Resampled(range(20)).interval(np.zeros(20))
    assert (interval.low, interval.high) == pytest.approx(wilson(0, 20))
    assert interval.high == pytest.approx(0.161, abs=1e-3)  # as scipy's binomtest(0, 20) by wilson


def test_two_equal_models_are_called_different_at_the_nominal_rate() -> None:
    called = 0
    for seed in range(200):
        first, groups = _clustered(seed, 100)
        generator = np.random.default_rng(10_000 + seed)
        flip = generator.random(len(first)) < 0.2
        second = np.where(flip, (generator.random(len(first)) < first.mean()).astype(float), first)
        first = np.where(flip, (generator.random(len(first)) < first.mean()).astype(float), first)
        found = compare_models(Resampled(groups, 400, seed), {"a": first, "b": second})
        called += found["a", "b"].called
    assert 2 <= called <= 22


def test_a_better_model_is_called_better() -> None:
    first, groups = _clustered(3, 400)
    second = np.maximum(first, np.random.default_rng(4).random(len(first)) < 0.2)
    found = compare_models(Resampled(groups), {"a": first, "b": second, "c": first.copy()})
    assert found["a", "b"].called and found["a", "b"].interval.low > 0
    assert found["a", "b"].only_first == 0 and found["a", "b"].p < 1e-6
    assert not found["a", "c"].called and found["a", "c"].p == 1
    assert found["b", "c"].interval.high < 0


def test_scores_that_are_not_binary_have_no_mcnemar() -> None:
    generator = np.random.default_rng(0)
    found = compare_models(Resampled(range(50)), {"a": generator.random(50), "b": generator.random(50)})
    assert math.isnan(found["a", "b"].p)


def test_holm_is_as_in_its_definition() -> None:
    assert holm([0.01, 0.04, 0.03, math.nan]) == pytest.approx([0.03, 0.06, 0.06, math.nan], nan_ok=True)
    assert holm([0.5, 0.9]) == [1.0, 1.0]


def test_the_detectable_difference_is_found_with_its_power() -> None:
    difference = detectable_difference(600, 0.2)
    found = 0
    generator = np.random.default_rng(0)
    for seed in range(200):
        kinds = generator.choice(3, 600, p=[(0.2 - difference) / 2, (0.2 + difference) / 2, 0.8])
        first, second = (kinds == 0).astype(float), (kinds == 1).astype(float)
        found += compare_models(Resampled(range(600), 10, seed), {"a": first, "b": second})["a", "b"].p < 0.05
    assert 140 <= found <= 176  # the exact test is a little less sharp than the formula
    assert math.isnan(detectable_difference(10, 0.05))


def test_more_records_detect_less() -> None:
    assert detectable_difference(5000, 0.3) < detectable_difference(500, 0.3) < 0.3


def _mean(values: np.ndarray) -> Statistic:
    return Statistic(lambda weights: (weights @ values) / weights.sum(1), "never")


def test_an_estimate_of_a_mean_is_its_interval_a_little_wider() -> None:
    values, groups = _clustered(5, 40)
    draws = Resampled(groups)
    estimate, interval = draws.estimates({"": _mean(values)})[""], draws.interval(values)
    assert estimate.value == pytest.approx(interval.mean) and not estimate.note
    assert estimate.low < interval.low < interval.high < estimate.high
    assert estimate.high - estimate.low < 1.15 * (interval.high - interval.low)


def test_p_is_below_the_level_where_the_interval_excludes_0() -> None:
    for shift in np.linspace(-0.3, 0.3, 25):
        values = np.random.default_rng(1).normal(shift, 1, 60)
        found = Resampled(range(60), 300).estimates({"": _mean(values)})[""]
        assert (found.p < 0.05) == (found.low > 0 or found.high < 0)


def test_few_cases_make_a_mean_of_none_seem_different_no_more_often_than_the_level_says() -> None:
    called = 0
    for seed in range(400):
        values = np.random.default_rng(seed).normal(size=12)
        called += Resampled(range(12), 400, seed).estimates({"": _mean(values)})[""].p < 0.05
    assert 8 <= called <= 32  # 5 % of 400; 99.9 % of a binomial lie in 8–36


@pytest.mark.parametrize(
    ("of", "note"),
    [
        (lambda weights: np.full(len(weights), np.nan), "why"),
        (lambda weights: np.ones(len(weights)), "the same in every draw"),
        (lambda weights: np.where(weights[:, 0] > 0, weights[:, 1], np.nan), "not defined in"),
    ],
)
def test_what_an_estimate_lacks_it_says(of: Callable[[np.ndarray], np.ndarray], note: str) -> None:
    found = Resampled(range(10), 200).estimates({"": Statistic(of, "why")})[""]
    assert math.isnan(found.low) and math.isnan(found.p) and found.note.startswith(note)
    assert math.isnan(found.value) == (note == "why")


def test_one_case_and_no_items_have_no_interval() -> None:
    one = Resampled(["case"] * 5).estimates({"": _mean(np.arange(5.0))})[""]
    assert one.value == 2 and math.isnan(one.low) and "one case" in one.note
    assert Resampled([]).estimates({"": _mean(np.array([]))})[""].note == "no items"
