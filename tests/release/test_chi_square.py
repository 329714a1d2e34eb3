"""Chi-square, Cramér's V and Cochran's Q: against scipy, published tables and the textbook formulas."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.release.chi_square import (
    Uniformity,
    association,
    position_bias,
    strength,
    survival,
    uniformity,
)


@pytest.mark.parametrize(
    ("statistic", "df", "p"),
    [
        *[(3.841, 1, 0.05), (5.991, 2, 0.05), (7.815, 3, 0.05), (9.488, 4, 0.05), (16.919, 9, 0.05)],
        *[(6.635, 1, 0.01), (10.828, 1, 0.001), (13.816, 2, 0.001), (27.877, 9, 0.001)],
    ],
)
def test_survival_is_that_of_the_printed_tables(statistic: float, df: int, p: float) -> None:
    assert survival(statistic, df) == pytest.approx(p, rel=1e-3)


@given(st.floats(0, 2000), st.integers(1, 20))
def test_survival_is_that_of_scipy(statistic: float, df: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert survival(statistic, df) == pytest.approx(stats.chi2.sf(statistic, df), rel=1e-9, abs=1e-290)


def test_nothing_and_too_much() -> None:
    assert survival(0, 1) == survival(0, 4) == 1
    assert survival(1e6, 3) == 0


TABLES = st.integers(2, 3).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(1, 5000), min_size=columns, max_size=columns), min_size=2, max_size=3
    )
)


@given(TABLES)
def test_association_has_the_chi_square_of_scipy(table: list[list[int]]) -> None:
    contingency = pytest.importorskip("scipy.stats.contingency")
    expected = contingency.chi2_contingency(table, correction=False)
    found = association(table)
    assert found is not None
    assert found.chi_square == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert (found.df, found.p) == (expected.dof, pytest.approx(expected.pvalue, rel=1e-6, abs=1e-290))


@given(TABLES)
def test_correction_lowers_v_and_vanishes_with_more_rows(table: list[list[int]]) -> None:
    plain = math.sqrt(
        association(table).chi_square / sum(map(sum, table)) / (min(len(table), len(table[0])) - 1)
    )
    assert association(table).v <= plain + 1e-9
    many = [[1_000_000 * n for n in row] for row in table]
    assert association(many).v == pytest.approx(plain, abs=1e-3)


def test_v_worked_by_hand() -> None:
    # chi-square 100·(30·40 − 10·20)²/(40·60·50·50) = 16.67; φ² = 0.1667 − 1/99; sides 2 − 1/99
    found = association([[30, 10], [20, 40]])
    assert found.chi_square == pytest.approx(16.6667, abs=1e-4)
    assert found.v == pytest.approx(math.sqrt((1 / 6 - 1 / 99) / (1 - 1 / 99)), abs=1e-12)


def test_independent_types_have_no_v_and_separate_ones_all() -> None:
    assert association([[20, 40], [10, 20], [30, 60]]).v == 0
    assert association([[0, 5000, 0], [7000, 0, 0]]).v == pytest.approx(1)


def test_empty_lines_do_not_count() -> None:
    assert association([[30, 0, 10], [0, 0, 0], [20, 0, 40]]) == association([[30, 10], [20, 40]])


def test_one_provenance_has_nothing_to_compare_and_one_type_no_confound() -> None:
    assert association([[5, 7, 9], [0, 0, 0]]) is None
    assert association([]) is None
    assert association([[5, 0], [9, 0]]) == (0, 0, 0, 1)


def of_questions(questions: Sequence[set[int]], options: int) -> Uniformity:
    letters = [sum(letter in gold for gold in questions) for letter in range(options)]
    return uniformity(letters, Counter(map(len, questions)))


@given(st.lists(st.integers(1, 3000), min_size=2, max_size=10))
def test_single_letters_are_tested_by_pearson(letters: list[int]) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.chisquare(letters)
    found = uniformity(letters, {1: sum(letters)})
    assert found.chi_square == pytest.approx(expected.statistic, abs=1e-9)
    assert found.w == pytest.approx(math.sqrt(expected.statistic / sum(letters)), abs=1e-9)
    if found.p is not None:
        assert found.p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-290)


@given(
    st.integers(3, 6).flatmap(
        lambda options: st.tuples(
            st.just(options),
            st.lists(st.sets(st.integers(0, options - 1), min_size=1), min_size=30, max_size=60),
        )
    )
)
def test_several_letters_are_tested_by_cochran(case: tuple[int, list[set[int]]]) -> None:
    options, questions = case
    columns = [sum(letter in gold for gold in questions) for letter in range(options)]
    lines = [len(gold) for gold in questions]
    mean = sum(columns) / options
    below = options * sum(lines) - sum(n * n for n in lines)
    above = options * (options - 1) * sum((n - mean) ** 2 for n in columns)
    expected = above / below if below else 0.0
    assert of_questions(questions, options).chi_square == pytest.approx(expected, abs=1e-9)


def test_random_letters_of_several_are_rarely_called_biased() -> None:
    random = np.random.default_rng(0)
    ps = []
    for _ in range(400):
        questions = [set(random.choice(5, random.integers(1, 5), replace=False)) for _ in range(80)]
        ps.append(of_questions(questions, 5).p)
    assert np.mean(np.array(ps) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(ps) == pytest.approx(0.5, abs=0.05)


def test_few_questions_are_not_judged() -> None:
    assert uniformity([12, 1, 1, 1, 1], {1: 16}).p is None
    assert position_bias(uniformity([12, 1, 1, 1, 1], {1: 16})) == "too few questions"
    assert position_bias(uniformity([40, 40], {2: 40})) == "too few questions"  # all letters are gold


@pytest.mark.parametrize(
    ("letters", "word"),
    [
        ([250, 250, 250, 250], "none seen"),
        ([25_600, 24_800, 24_800, 24_800], "negligible"),
        ([310, 230, 230, 230], "weak"),
        ([400, 200, 200, 200], "moderate"),
        ([700, 100, 100, 100], "strong"),
    ],
)
def test_bias_is_told_in_a_word(letters: list[int], word: str) -> None:
    assert position_bias(uniformity(letters, {1: sum(letters)})) == word


def test_strengths_are_those_of_cohen() -> None:
    words = {0.0: "none", 0.0999: "none", 0.1: "weak", 0.2999: "weak", 0.3: "moderate", 0.5: "strong"}
    assert {effect: strength(effect) for effect in words} == words
