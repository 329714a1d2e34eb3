"""Whether a judge goes by length: its verdicts against the length of answers that people judge alike.

Length is log(1 + words). Answers are compared within strata: those of one generator of which people say the
same. What is left of length in a verdict cannot be what people see, nor the generator's habit.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import numpy as np

from evaluation.agreement.arithmetic import indicators, ratio
from evaluation.agreement.correlations import within_strata
from evaluation.agreement.figures import as_json, number, undefined
from evaluation.agreement.logistic import fit, random_effect_precision
from evaluation.agreement.paired import Paired
from evaluation.statistics import RESAMPLES, Floats, Resampled, Statistic


def length_effect(
    paired: Paired, generator_effect: str = "fixed", resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Three estimates of the same question; 0 in each means that length has no effect.

    - ``partial_correlation`` of verdict and length given the stratum.
    - ``logistic``: the coefficient of length in a logistic regression of the verdict on length, the share
      of people that say equivalent, and the generator.
    - ``matched_difference``: the judge's rate of equivalent among the longer answers of a stratum minus
      that among the shorter ones, strata weighted after Mantel and Haenszel. Longer and shorter than the
      stratum's median, that is.

    Scores that are no verdicts take the place of the verdict, but for the logistic regression.

    Args:
        paired: The answers.
        generator_effect: Of the logistic regression, if there are two generators or more: ``fixed``, an
            indicator each; ``random``, a normal random effect; or ``none``.
        resamples: Draws of cases.
    """
    scored = paired.part(~np.isnan(paired.says()))
    gives_verdicts = not len(scored.ids) or bool((scored.verdicts >= 0).any())
    values, lengths = scored.says(), np.log1p(scored.words)
    effect = generator_effect if len(set(scored.runs)) > 1 else "none"
    found = _estimates(scored, lengths, values, effect if gives_verdicts else None, resamples)
    return {
        "items": len(scored.ids),
        "partial_correlation": found["partial_correlation"],
        "logistic": {"length_coefficient": found["logistic"], "generator_effect": effect},
        "matched_difference": found["matched_difference"],
    }


def _estimates(
    scored: Paired, lengths: Floats, values: Floats, effect: str | None, resamples: int
) -> dict[str, dict[str, Any]]:
    """By name; ``effect`` is ``None`` where the values are no verdicts."""
    if why := _why_undefined(values, lengths):
        return dict.fromkeys(("partial_correlation", "logistic", "matched_difference"), _undefined(why))
    strata = list(zip(scored.runs, scored.people.tolist(), strict=True))
    means = sum(number > 1 for number in Counter(strata).values())
    statistics = {
        "partial_correlation": Statistic(
            partial(within_strata, x=lengths, y=values, strata=strata),
            "neither varies among answers that people judge alike",
            means + 1,
        ),
        "matched_difference": Statistic(
            partial(matched_difference, halves=_halves(scored.words, strata), values=values, strata=strata),
            "no longer and shorter answers that people judge alike",
            2 * means,
        ),
    }
    if effect is not None:
        statistics["logistic"] = _logistic(scored, lengths, values, effect)
    found = Resampled(scored.groups, resamples).estimates(statistics)
    told = {name: as_json(estimate) | {"p": number(estimate.p)} for name, estimate in found.items()}
    return {"logistic": _undefined("gives a score, no verdict")} | told


def _undefined(note: str) -> dict[str, Any]:
    return undefined(note) | {"p": None}


def _why_undefined(values: Floats, lengths: Floats) -> str:
    if not len(values):
        return "no items"
    if np.ptp(values) == 0:
        return "the judge always says the same"
    return "all answers are equally long" if np.ptp(lengths) == 0 else ""


def _logistic(scored: Paired, lengths: Floats, verdicts: Floats, effect: str) -> Statistic:
    scale = float(lengths.std())
    columns = [np.ones(len(verdicts)), (lengths - lengths.mean()) / scale]
    if np.ptp(scored.people) > 0:
        columns.append(scored.people - scored.people.mean())
    fixed = len(columns)
    runs = np.array(scored.runs)
    generators = list(dict.fromkeys(scored.runs))
    if effect != "none":
        columns += [(runs == name).astype(np.float64) for name in generators[effect == "fixed" :]]
    design = np.stack(columns, axis=1)
    precision = random_effect_precision(design, verdicts, slice(fixed, None)) if effect == "random" else None
    return Statistic(
        lambda weights: fit(weights, design, verdicts, precision)[:, 1] / scale,
        "the logistic regression finds no maximum",
        design.shape[1],
    )


def _halves(words: Floats, strata: list[tuple[str, float]]) -> Floats:
    """1 for answers that are longer than their stratum's median, -1 for shorter, 0 for those in the middle."""
    halves = np.zeros(len(words))
    for stratum in dict.fromkeys(strata):
        inside = np.array([s == stratum for s in strata])
        halves[inside] = np.sign(words[inside] - np.median(words[inside]))
    return halves


def matched_difference(
    weights: Floats, halves: Floats, values: Floats, strata: list[tuple[str, float]]
) -> Floats:
    """Mean of the longer minus mean of the shorter answers of a stratum, over strata.

    A stratum weighs n₁n₂ / (n₁ + n₂) (Mantel and Haenszel 1959).

    Args:
        weights: Draws × items.
        halves: 1 for a longer answer, -1 for a shorter one, 0 for neither.
        values: The judge's.
        strata: Of each answer.
    """
    inside = indicators(strata)
    of_long, of_short = (inside * (halves == half)[:, None] for half in (1, -1))
    n_long, n_short = weights @ of_long, weights @ of_short
    both = (n_long > 0) & (n_short > 0)
    n_long, n_short = np.where(both, n_long, 1), np.where(both, n_short, 1)
    differences = (
        weights @ (of_long * values[:, None]) / n_long - weights @ (of_short * values[:, None]) / n_short
    )
    size = np.where(both, n_long * n_short / (n_long + n_short), 0)
    return ratio((differences * size).sum(1), size.sum(1))
