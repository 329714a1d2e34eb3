"""The order of all epochs: each record in each epoch, and the same for any number of processes."""

from __future__ import annotations

from collections import Counter

import pytest

from training.order import plan_order

LENGTHS = [(n * 37) % 211 + 5 for n in range(50)]


@pytest.mark.parametrize("by_length", [False, True])
def test_every_epoch_holds_every_record_and_fills_its_last_step(by_length: bool) -> None:
    order = plan_order(LENGTHS, 8, 3, None, by_length, 42)
    epoch = 7 * 8  # 50 records are seven steps
    assert len(order) == 3 * epoch
    for number in range(3):
        counts = Counter(order[number * epoch : (number + 1) * epoch])
        assert set(counts) == set(range(50)) and max(counts.values()) == 2
    assert order[:50] != order[epoch : epoch + 50]
    assert order == plan_order(LENGTHS, 8, 3, None, by_length, 42)
    assert order != plan_order(LENGTHS, 8, 3, None, by_length, 43)


def test_like_lengths_stand_together() -> None:
    lengths = [(n * 37) % 211 + 5 for n in range(800)]

    def spread(by_length: bool) -> int:
        order = plan_order(lengths, 8, 1, None, by_length, 42)
        steps = [[lengths[place] for place in order[n : n + 8]] for n in range(0, 800, 8)]
        return sum(max(step) - min(step) for step in steps)

    assert 5 * spread(True) < spread(False)
    assert lengths[plan_order(lengths, 8, 1, None, True, 42)[0]] == max(
        lengths
    )  # what does not fit shows at once


def test_steps_are_limited() -> None:
    assert len(plan_order(LENGTHS, 8, 10, 4, False, 0)) == 32
    assert len(plan_order(LENGTHS, 8, 0.5, None, False, 0)) == 4 * 8
    assert len(plan_order(LENGTHS[:3], 8, 1, None, False, 0)) == 8


def test_the_published_number_of_steps() -> None:
    assert len(plan_order([100] * 33_493, 192, 10, None, False, 42)) == 1_750 * 192
