from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy comes with the extras `evaluate` and `dev`")

from evaluation.agreement.like_length import WITHIN, compare_generators
from evaluation.agreement.paired import Paired


def _two_runs(records: int = 400) -> Paired:
    """Equally good answers, the second ones often longer; the judge goes by length alone."""
    generator = np.random.default_rng(0)
    short = generator.integers(20, 60, records)
    long = np.round(short * generator.choice([1.0, 2.0], records))
    words = np.concatenate([short, long]).astype(float)
    verdicts = (generator.random(2 * records) < np.clip((words - 10) / 100, 0, 1)).astype(np.int64)
    people = np.tile(generator.integers(0, 2, records), 2).astype(float)
    ids = [f"record {n}" for n in range(records)] * 2
    runs = ["plain"] * records + ["wordy"] * records
    return Paired(runs, ids, ids, people, people.astype(np.int64), verdicts * 1.0, verdicts, words)


def test_what_a_run_owes_to_length_is_gone_at_like_length() -> None:
    (row,) = compare_generators(_two_runs(), 500)
    assert (row["first"], row["second"], row["pairs"]) == ("plain", "wordy", 400)
    assert row["judge_difference"]["low"] > 0.05
    assert row["people_difference"]["value"] == 0
    alike = row["like_length"]
    assert 150 < alike["pairs"] < 250
    assert alike["judge_difference"]["low"] < 0 < alike["judge_difference"]["high"]


def test_the_differences_are_means_over_the_same_records() -> None:
    paired = _two_runs(50)
    paired = replace(paired, verdicts=np.where(np.arange(100) == 3, -1, paired.verdicts))
    held = [n for n in range(50) if n != 3]
    first, second = paired.verdicts[:50], paired.verdicts[50:]
    alike = [n for n in held if (1 + paired.words[50 + n]) <= WITHIN * (1 + paired.words[n])]
    shuffled = paired.at(np.random.default_rng(1).permutation(100).tolist())
    (row,) = compare_generators(shuffled, 200)
    sign = 1 if row["first"] == "plain" else -1
    assert row["pairs"] == 49 and row["like_length"]["pairs"] == len(alike)
    for part, places in ((row, held), (row["like_length"], alike)):
        expected = sign * np.mean(second[places] - first[places])
        assert part["judge_difference"]["value"] == pytest.approx(expected)


def test_one_run_is_compared_with_none() -> None:
    paired = _two_runs(20)
    assert compare_generators(paired.part(np.array(paired.runs) == "plain"), 100) == []


def test_runs_without_an_answer_of_like_length_have_no_difference_there() -> None:
    paired = _two_runs(20)
    paired = replace(paired, words=np.repeat([10.0, 100.0], 20))
    (row,) = compare_generators(paired, 100)
    assert row["like_length"]["pairs"] == 0 and row["like_length"]["judge_difference"]["value"] is None
