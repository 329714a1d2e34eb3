from __future__ import annotations

from typing import Any

import numpy as np
import pytest

for library in ("scipy", "sklearn", "krippendorff", "statsmodels"):
    pytest.importorskip(library, reason=f"{library} comes with the extra `dev`")

import krippendorff
from k_qa import hold_out, made_up, read_k_qa
from scipy import stats
from sklearn import metrics
from statsmodels.stats import inter_rater

from evaluation.agreement import classes, correlations
from evaluation.agreement.judges import against_people
from evaluation.agreement.people import NO_VERDICT, Ratings, describe_people

ALIKE = 1e-9


@pytest.fixture(scope="module", params=["ours", "k-qa"])
def ratings(request: pytest.FixtureRequest) -> Ratings:
    if request.param == "ours":
        return made_up()
    return read_k_qa(request.getfixturevalue("data") / "k-qa" / "NLI_medical_annotator.csv")


def _alpha(codes: np.ndarray) -> float:
    data = np.where(codes == NO_VERDICT, np.nan, codes).T
    return krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")


def test_people_agree_as_the_libraries_say(ratings: Ratings) -> None:
    found = describe_people(ratings, 200)
    for pair, (a, b) in zip(found["cohen_kappa"], [(0, 1), (0, 2), (1, 2)], strict=True):
        expected = metrics.cohen_kappa_score(ratings.codes[:, a], ratings.codes[:, b])
        assert pair["value"] == pytest.approx(expected, abs=ALIKE)
        assert pair["low"] < pair["value"] < pair["high"]
    fleiss = inter_rater.fleiss_kappa(ratings.counts())
    assert found["fleiss_kappa"]["value"] == pytest.approx(fleiss, abs=ALIKE)
    assert found["krippendorff_alpha"]["value"] == pytest.approx(_alpha(ratings.codes), abs=ALIKE)
    assert sum(found["base_rates"].values()) == pytest.approx(1)


@pytest.mark.parametrize("judge", [0, 1, 2])
def test_a_physician_as_the_judge_agrees_as_the_libraries_say(ratings: Ratings, judge: int) -> None:
    paired = hold_out(ratings, judge)
    found = against_people(paired, len(ratings.classes), 200)
    both = paired.majority >= 0
    people, judged = paired.majority[both], paired.verdicts[both]
    expected = {
        "pearson": stats.pearsonr(paired.people, paired.values).statistic,
        "spearman": stats.spearmanr(paired.people, paired.values).statistic,
        "kendall": stats.kendalltau(paired.people, paired.values).statistic,
        "kappa": metrics.cohen_kappa_score(people, judged),
        "mcc": metrics.matthews_corrcoef(people, judged),
        "balanced_accuracy": metrics.balanced_accuracy_score(people, judged),
    }
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=ALIKE), name
        assert found[name]["low"] < found[name]["value"] < found[name]["high"], name
    assert found["items"] == len(ratings.groups) and found["ties"] == (~both).sum()


def test_drawn_items_count_as_often_as_they_were_drawn() -> None:
    """What a draw gives is what a library gives on the items written out as often."""
    ratings = made_up(1, 40)
    paired = hold_out(ratings, 0)
    paired = paired.part(paired.majority >= 0)
    generator = np.random.default_rng(2)
    scores = generator.normal(size=len(paired.ids)).round(1)
    weights = generator.integers(0, 4, (5, len(paired.ids))).astype(float)
    counts = ratings.counts()[: len(paired.ids)]
    for row in weights:
        drawn = np.repeat(np.arange(len(row)), row.astype(int))
        x, y = paired.people[drawn], scores[drawn]
        a, b = paired.majority[drawn], paired.verdicts[drawn]
        once: dict[Any, tuple[Any, float]] = {
            "pearson": (
                correlations.pearson(row[None], paired.people, scores),
                stats.pearsonr(x, y).statistic,
            ),
            "spearman": (
                correlations.spearman(row[None], paired.people, scores),
                stats.spearmanr(x, y).statistic,
            ),
            "kendall": (
                correlations.kendall(row[None], paired.people, scores),
                stats.kendalltau(x, y).statistic,
            ),
            "kappa": (
                classes.cohen_kappa(row[None], paired.majority, paired.verdicts, 3),
                metrics.cohen_kappa_score(a, b),
            ),
            "mcc": (
                classes.matthews(row[None], paired.majority, paired.verdicts, 3),
                metrics.matthews_corrcoef(a, b),
            ),
            "balanced": (
                classes.balanced_accuracy(row[None], paired.majority, paired.verdicts, 3),
                metrics.balanced_accuracy_score(a, b),
            ),
            "fleiss": (classes.fleiss_kappa(row[None], counts), inter_rater.fleiss_kappa(counts[drawn])),
        }
        for name, (ours, theirs) in once.items():
            assert ours[0] == pytest.approx(theirs, abs=ALIKE), name


def test_alpha_takes_missing_ratings() -> None:
    ratings = made_up(3)
    missing = np.random.default_rng(3).random(ratings.codes.shape) < 0.3
    codes = np.where(missing, NO_VERDICT, ratings.codes)
    found = describe_people(Ratings(ratings.groups, ratings.annotators, ratings.classes, codes), 200)
    assert found["krippendorff_alpha"]["value"] == pytest.approx(_alpha(codes), abs=ALIKE)
    assert [pair["items"] for pair in found["cohen_kappa"]] == [
        int(((codes[:, a] >= 0) & (codes[:, b] >= 0)).sum()) for a, b in ((0, 1), (0, 2), (1, 2))
    ]


def test_fleiss_kappa_leaves_out_what_was_rated_once() -> None:
    counts = made_up(4).counts()
    once = np.eye(3)[np.zeros(50, int)]
    ours = classes.fleiss_kappa(np.ones((1, len(counts) + 50)), np.concatenate([counts, once]))
    assert ours[0] == pytest.approx(inter_rater.fleiss_kappa(counts), abs=ALIKE)
