"""The exact search of nearest records, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medinjection_fr.curate.nearest import CERTAIN, keep_best, nearest, no_neighbours

NOTHING_HIDDEN = np.empty((0, 2), np.int64)


def unit_vectors(number: int, seed: int, dimensions: int = 8) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=(number, dimensions)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def plainly(
    questions: NDArray[np.float32], records: NDArray[np.float32], threshold: float, top: int, hidden: Any = ()
) -> list[tuple[int, int, int]]:
    """The same, one question after the other with all its cosines sorted."""
    found = []
    for number, question in enumerate(questions):
        cosines = np.rint(records @ question * CERTAIN).astype(int)
        for place in np.lexsort((np.arange(len(records)), -cosines)).tolist():
            if (number, place) not in hidden and cosines[place] >= round(threshold * CERTAIN):
                found.append((number, place, int(cosines[place])))
                if sum(one[0] == number for one in found) == top:
                    break
    return found


@pytest.mark.parametrize(("threshold", "top"), [(0.7, 3), (0.95, 1), (0.0, 2)])
def test_the_nearest_across_blocks(threshold: float, top: int) -> None:
    questions, records = unit_vectors(1_030, 1), unit_vectors(4_200, 2)
    picked = [0, 1, 1_022, 1_023, 1_024, 1_029]
    found = nearest(questions, records, threshold, top, NOTHING_HIDDEN).tolist()
    expected = plainly(questions[picked], records, threshold, top)
    assert [one for one in found if one[0] in picked] == [(picked[q], r, c) for q, r, c in expected]
    assert expected


def test_hidden_pairs_leave_their_place_to_the_next() -> None:
    questions, records = unit_vectors(1_030, 3), unit_vectors(4_200, 4)
    first = nearest(questions, records, 0.5, 1, NOTHING_HIDDEN)
    hidden = np.stack([first["question"], first["record"]], axis=1)
    second = nearest(questions, records, 0.5, 1, hidden)
    both = nearest(questions, records, 0.5, 2, NOTHING_HIDDEN)
    assert len(first) == len(second) == 1_030
    assert np.array_equal(keep_best(np.concatenate([second, first]), 2), both)


def test_of_equally_near_records_the_first() -> None:
    question = unit_vectors(1, 5)
    records = np.repeat(question, 9_000, axis=0)
    assert nearest(question, records, 1.0, 3, NOTHING_HIDDEN).tolist() == [
        (0, 0, CERTAIN),
        (0, 1, CERTAIN),
        (0, 2, CERTAIN),
    ]


def test_the_threshold_is_of_four_decimals() -> None:
    angle = np.arccos(np.array([0.70004, 0.69996, 0.6999, 0.5]))
    records = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    question = np.array([[1.0, 0.0]], np.float32)
    assert nearest(question, records, 0.7, 9, NOTHING_HIDDEN).tolist() == [(0, 0, 7_000), (0, 1, 7_000)]


def test_nothing_to_compare() -> None:
    some, none = unit_vectors(3, 6), unit_vectors(0, 6)
    assert len(nearest(none, some, 0.1, 3, NOTHING_HIDDEN)) == 0
    assert len(nearest(some, none, 0.1, 3, NOTHING_HIDDEN)) == 0
    assert len(keep_best(no_neighbours(), 3)) == 0
