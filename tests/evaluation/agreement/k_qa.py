"""Judgements of three physicians on claims: those of K-QA, or as many columns of our own."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from evaluation.agreement.paired import Paired
from evaluation.agreement.people import Ratings

CLASSES = ("Contradiction", "Neutral", "Entailment")


def made_up(seed: int = 0, claims: int = 120) -> Ratings:
    """Three people who often agree, on claims of 30 questions."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(3, claims, p=[0.1, 0.5, 0.4])
    slips = generator.random((claims, 3)) < 0.25
    codes = np.where(slips, generator.integers(0, 3, (claims, 3)), truth[:, None])
    return Ratings([f"question {n % 30}" for n in range(claims)], ["a", "b", "c"], CLASSES, codes)


def read_k_qa(path: Path) -> Ratings:
    """The 399 judgements."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = np.array([[CLASSES.index(row[f"label_{n}"]) for n in range(3)] for row in rows])
    return Ratings([row["Question"] for row in rows], ["label_0", "label_1", "label_2"], CLASSES, codes)


def hold_out(ratings: Ratings, judge: int) -> Paired:
    """One person as the judge; the others as people, who have a majority where they agree."""
    others = np.delete(ratings.codes, judge, axis=1)
    same = (others == others[:, :1]).all(1)
    items = len(others)
    return Paired(
        ["all"] * items,
        [str(n) for n in range(items)],
        ratings.groups,
        others.mean(1),
        np.where(same, others[:, 0], -1),
        ratings.codes[:, judge].astype(float),
        ratings.codes[:, judge],
        np.ones(items),
    )
