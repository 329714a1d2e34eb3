"""What several people say of the same items, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from evaluation.agreement.classes import Codes, cohen_kappa, fleiss_kappa, krippendorff_alpha
from evaluation.agreement.figures import estimates_as_json
from evaluation.statistics import RESAMPLES, Floats, Statistic

NO_VERDICT = -1
_ONE_CLASS = "one class only: agreement by chance is certain"


@dataclass(frozen=True)
class Ratings:
    """Verdicts of people.

    Attributes:
        groups: The case of each item.
        annotators: Pseudonyms.
        classes: Names of the classes.
        codes: Items × annotators: place of the class, or ``NO_VERDICT``.
    """

    groups: Sequence[str]
    annotators: Sequence[str]
    classes: Sequence[str]
    codes: Codes

    def counts(self) -> Floats:
        """How many people say so: items × classes."""
        return np.stack([(self.codes == k).sum(1) for k in range(len(self.classes))], axis=1).astype(float)


def describe_people(ratings: Ratings, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Agreement between people: Cohen's kappa of each pair, Fleiss' kappa, Krippendorff's alpha."""
    counts = ratings.counts()
    given = counts.sum()
    rated_twice = counts.sum(1) >= 2
    statistics = {
        "fleiss_kappa": Statistic(partial(fleiss_kappa, counts=counts[rated_twice]), _ONE_CLASS),
        "krippendorff_alpha": Statistic(partial(krippendorff_alpha, counts=counts[rated_twice]), _ONE_CLASS),
    }
    groups = [group for group, twice in zip(ratings.groups, rated_twice, strict=True) if twice]
    return {
        "annotators": list(ratings.annotators),
        "items": int((counts.sum(1) > 0).sum()),
        "judgements": int(given),
        "base_rates": {
            name: round(float(share), 12)
            for name, share in zip(ratings.classes, counts.sum(0) / max(given, 1), strict=True)
        },
        "cohen_kappa": [
            _pair(ratings, a, b, resamples) for a, b in combinations(range(len(ratings.annotators)), 2)
        ],
        **estimates_as_json(statistics, groups, resamples, "no answer has two verdicts"),
    }


def _pair(ratings: Ratings, first: int, second: int, resamples: int) -> dict[str, Any]:
    a, b = ratings.codes[:, first], ratings.codes[:, second]
    both = (a != NO_VERDICT) & (b != NO_VERDICT)
    groups = [group for group, held in zip(ratings.groups, both, strict=True) if held]
    kappa = partial(cohen_kappa, first=a[both], second=b[both], classes=len(ratings.classes))
    statistics = {"kappa": Statistic(kappa, _ONE_CLASS)}
    found = estimates_as_json(statistics, groups, resamples, "no answer has verdicts of both")
    names = {"first": ratings.annotators[first], "second": ratings.annotators[second]}
    return {**names, "items": len(groups), **found["kappa"]}
