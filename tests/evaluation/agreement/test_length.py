from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy comes with the extras `evaluate` and `dev`")

from length_study import simulate
from scipy.optimize import minimize

from evaluation.agreement.correlations import within_strata
from evaluation.agreement.length import length_effect
from evaluation.agreement.logistic import fit, random_effect_precision
from evaluation.agreement.paired import Paired

FIGURES = ("partial_correlation", "logistic", "matched_difference")


def _effects(paired: Paired, effect: str = "fixed", resamples: int = 200) -> dict[str, Any]:
    found = length_effect(paired, effect, resamples)
    return {name: found[name] for name in FIGURES} | {"logistic": found["logistic"]["length_coefficient"]}


def _holds(figure: dict[str, Any], value: float) -> bool:
    return bool(figure["low"] <= value <= figure["high"])


@pytest.fixture(scope="module")
def without_bias() -> list[dict[str, Any]]:
    return [_effects(simulate(seed, 0.0, 60)) for seed in range(200)]


@pytest.mark.parametrize("name", FIGURES)
def test_without_bias_an_effect_is_found_as_often_as_the_level_says(
    name: str, without_bias: list[dict[str, Any]]
) -> None:
    assert 4 <= sum(not _holds(found[name], 0) for found in without_bias) <= 17
    assert all((found[name]["p"] < 0.05) != _holds(found[name], 0) for found in without_bias)


def test_length_and_verdict_go_together_without_bias_until_people_are_asked() -> None:
    """The simulated studies are no easy ones: a plain correlation would call length the cause."""
    paired = simulate(0, 0.0, 2_000)
    once, lengths = np.ones((1, len(paired.ids))), np.log1p(paired.words)
    assert within_strata(once, lengths, paired.values, [""] * len(paired.ids))[0] > 0.15
    assert abs(_effects(paired, resamples=100)["partial_correlation"]["value"]) < 0.03


def test_a_bias_is_recovered_within_its_interval() -> None:
    large = _effects(simulate(1_000, 1.0, 20_000), resamples=2)
    assert large["logistic"]["value"] == pytest.approx(1.0, abs=0.05)
    truth = {name: large[name]["value"] for name in FIGURES} | {"logistic": 1.0}
    studies = [_effects(simulate(seed, 1.0)) for seed in range(40)]
    for name in FIGURES:
        assert sum(_holds(found[name], truth[name]) for found in studies) >= 34, name
    strong = _effects(simulate(7, 2.5))
    assert all(strong[name]["low"] > 0 and strong[name]["p"] < 0.05 for name in FIGURES)


@pytest.mark.slow
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_a_random_effect_of_the_generator_holds_its_level_too(bias: float) -> None:
    held = [_holds(_effects(simulate(seed, bias), "random")["logistic"], bias) for seed in range(200)]
    assert 4 <= 200 - sum(held) <= 17


def _design(paired: Paired) -> np.ndarray:
    lengths = np.log1p(paired.words)
    second = np.array(paired.runs) == "run 1"
    return np.stack([np.ones(len(lengths)), lengths - lengths.mean(), paired.people, second], axis=1)


def _penalised(design: np.ndarray, verdicts: np.ndarray, prior: np.ndarray) -> np.ndarray:
    def minus(coefficients: np.ndarray) -> float:
        logits = design @ coefficients
        share = 1 / (1 + np.exp(-logits))
        information = design.T @ (design * (share * (1 - share))[:, None]) + np.diag(prior)
        likelihood = (verdicts * logits - np.logaddexp(0, logits)).sum()
        return -(likelihood + np.linalg.slogdet(information)[1] / 2 - (prior * coefficients**2).sum() / 2)

    return minimize(minus, np.zeros(design.shape[1]), method="BFGS", options={"gtol": 1e-7}).x


@pytest.mark.parametrize("prior", [np.zeros(4), np.array([0, 0, 0, 4.0])])
def test_the_regression_maximises_what_it_says(prior: np.ndarray) -> None:
    paired = simulate(3, 1.0, 40)
    design, verdicts = _design(paired), paired.values
    weights = np.random.default_rng(0).integers(0, 3, (3, len(verdicts)))
    found = fit(weights.astype(float), design, verdicts, prior)
    for row, coefficients in zip(weights, found, strict=True):
        drawn = np.repeat(np.arange(len(row)), row)
        assert coefficients == pytest.approx(_penalised(design[drawn], verdicts[drawn], prior), abs=1e-4)


def test_a_judge_that_people_foretell_has_a_finite_coefficient() -> None:
    paired = simulate(5, 0.0)
    verdicts = (paired.people > 0.5).astype(np.int64)
    found = _effects(replace(paired, verdicts=verdicts, values=verdicts.astype(float)))
    assert found["logistic"]["low"] < 0 < found["logistic"]["high"]
    assert found["partial_correlation"]["value"] is None
    assert "neither varies" in found["partial_correlation"]["note"]


def test_the_spread_of_generators_is_found() -> None:
    generator = np.random.default_rng(0)
    of_generator = generator.normal(size=25)
    which = np.repeat(np.arange(25), 60)
    verdicts = (generator.random(len(which)) < 1 / (1 + np.exp(-of_generator[which]))).astype(float)
    design = np.concatenate([np.ones((len(which), 1)), np.eye(25)[which]], axis=1)
    sigma = random_effect_precision(design, verdicts, slice(1, None))[1] ** -0.5
    assert sigma == pytest.approx(of_generator.std(), abs=0.25)
    flat = random_effect_precision(design, generator.integers(0, 2, len(which)).astype(float), slice(1, None))
    assert flat[1] ** -0.5 < 0.25


def test_one_generator_has_no_effect_and_scores_have_no_regression() -> None:
    paired = simulate(6, 1.0)
    one = paired.part(np.array(paired.runs) == "run 0")
    assert length_effect(one, "fixed", 100)["logistic"]["generator_effect"] == "none"
    score = replace(paired, values=np.log1p(paired.words), verdicts=np.full(len(paired.ids), -1))
    found = _effects(score, resamples=100)
    assert found["logistic"]["value"] is None and found["logistic"]["note"] == "gives a score, no verdict"
    assert found["partial_correlation"]["value"] == pytest.approx(1)
    assert found["matched_difference"]["low"] > 0


def test_the_matched_difference_is_that_of_halves() -> None:
    words = np.array([1, 2, 3, 4, 5, 10, 20, 30, 40])
    verdicts = np.array([0, 0, 1, 1, 1, 0, 1, 0, 1])
    people = np.array([1.0] * 5 + [0.0] * 4)
    texts = [str(n) for n in range(9)]
    paired = Paired(
        ["run"] * 9, texts, texts, people, people.astype(int), verdicts * 1.0, verdicts, words * 1.0
    )
    first, second = 1 - 0, 0.5 - 0.5  # the longer minus the shorter two, on either side of the median
    assert _effects(paired, resamples=100)["matched_difference"]["value"] == pytest.approx(
        (first + second) / 2
    )


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"words": np.full(160, 12.0)}, "equally long"),
        ({"verdicts": np.zeros(160, np.int64)}, "always says the same"),
        ({"values": np.full(160, np.nan), "verdicts": np.full(160, -1)}, "no items"),
    ],
)
def test_what_cannot_be_told_is_told(changed: dict[str, Any], note: str) -> None:
    found = _effects(replace(simulate(8, 0.0), **changed))
    for name in FIGURES:
        assert found[name]["value"] is None and note in found[name]["note"]
