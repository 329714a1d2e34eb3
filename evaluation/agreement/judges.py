"""A judge against people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from evaluation.agreement.classes import Codes, balanced_accuracy, cohen_kappa, matthews
from evaluation.agreement.correlations import kendall, pearson, spearman
from evaluation.agreement.figures import estimates_as_json, number, undefined
from evaluation.agreement.paired import Paired
from evaluation.statistics import RESAMPLES, Floats, Statistic

CORRELATIONS = {"pearson": pearson, "spearman": spearman, "kendall": kendall}
OF_CLASSES = {"kappa": cohen_kappa, "mcc": matthews, "balanced_accuracy": balanced_accuracy}
_ONE_CLASS = {
    "kappa": "people and the judge give the same class only: agreement by chance is certain",
    "mcc": "people or the judge give one class only",
    "balanced_accuracy": "people give one class only",
}


def against_people(paired: Paired, classes: int = 2, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Correlations with what people say, and agreement with their majority.

    Correlations compare numbers (the judge's probability or score with the share of people), the others
    classes. Answers without a score count as unscored, and nowhere else. Where people are divided there is
    no majority: such answers count in correlations only.

    Args:
        paired: The answers.
        classes: How many there are.
        resamples: Draws of cases.
    """
    scored = paired.part(~np.isnan(paired.values))
    found = {
        "items": len(scored.ids),
        "ties": int((scored.majority < 0).sum()),
        "people_base_rate": _base_rate(scored.part(scored.majority >= 0).majority),
        "judge_base_rate": _base_rate(scored.part(scored.verdicts >= 0).verdicts),
        "unscored": len(paired.ids) - len(scored.ids),
    }
    return found | _correlations(scored, resamples) | _agreement(scored, classes, resamples)


def _base_rate(codes: Any) -> float | None:
    return number(float((codes == 1).mean())) if len(codes) else None


def _correlations(scored: Paired, resamples: int) -> dict[str, Any]:
    constant = [
        who
        for who, values in (("the judge", scored.values), ("people", scored.people))
        if len(values) and np.ptp(values) == 0
    ]
    why = f"always the same: {' and '.join(constant)}" if constant else ""
    statistics = {
        name: Statistic(partial(of, x=scored.people, y=scored.values), why)
        for name, of in CORRELATIONS.items()
    }
    return estimates_as_json(statistics, scored.groups, resamples, "no answer has both scores")


def _agreement(scored: Paired, classes: int, resamples: int) -> dict[str, Any]:
    if len(scored.ids) and (scored.verdicts < 0).all():
        return {name: undefined("gives a score, no verdict") for name in OF_CLASSES}
    both = scored.part((scored.verdicts >= 0) & (scored.majority >= 0))
    statistics = {
        name: Statistic(_of_both(of, both, classes), _ONE_CLASS[name]) for name, of in OF_CLASSES.items()
    }
    return estimates_as_json(statistics, both.groups, resamples, "no answer has a majority and a verdict")


def _of_both(
    of: Callable[[Floats, Codes, Codes, int], Floats], both: Paired, classes: int
) -> Callable[[Floats], Floats]:
    return lambda weights: of(weights, both.majority, both.verdicts, classes)
