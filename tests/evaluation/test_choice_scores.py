from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.choice_scores import parse_failure_rate, score_choice, score_labels

SETS = st.sets(st.sampled_from("ABCDE"), min_size=1)


@pytest.mark.parametrize(
    ("letters", "gold", "scores"),
    [
        ("AC", "A,C", (1, 1, 1)),
        ("A", "A,C", (0, 1 / 2, 4 / 5)),
        ("AB", "A,C", (0, 1 / 3, 3 / 5)),
        ("BDE", "A,C", (0, 0, 0)),
        ("ABCDE", "A,C", (0, 2 / 5, 2 / 5)),
        ("", "A,C", (0, 0, 3 / 5)),
        (None, "A,C", (0, 0, 0)),
    ],
)
def test_scores_are_those_of_their_formulas(
    letters: str | None, gold: str, scores: tuple[float, ...]
) -> None:
    assert score_choice(letters, gold, 5) == pytest.approx(scores)


@given(SETS, SETS)
def test_scores_are_shares_and_one_only_for_the_gold_set(chosen: set[str], gold: set[str]) -> None:
    scores = score_choice("".join(sorted(chosen)), ",".join(sorted(gold)), 5)
    assert all(0 <= score <= 1 for score in scores)
    assert {score == 1 for score in scores} == {chosen == gold}


def test_labels_are_counted_apart() -> None:
    labels = score_labels([("AB", "A,C", 5), ("A", "A", 5), (None, "B", 4)])
    assert [label.label for label in labels] == list("ABCDE")
    a, b, c, d, _ = labels
    assert (a.gold, a.chosen, a.precision, a.recall) == (2, 2, 1, 1)
    assert (b.gold, b.chosen, b.precision, b.recall) == (1, 1, 0, 0)
    assert (c.gold, c.chosen, c.recall) == (1, 0, 0) and math.isnan(c.precision)
    assert math.isnan(d.recall)


def test_replies_without_an_answer_are_a_rate() -> None:
    assert parse_failure_rate(["A", None, "", None]) == 0.5
    assert math.isnan(parse_failure_rate([]))
