"""Scores of multiple-choice answers.

Of a question with options O, gold set G and chosen set P (of a reply without an answer: none is right):

- exact match: 1 if P = G;
- Hamming score, as the community calls it (DrBenchmark, MediQAl): the Jaccard index |G ∩ P| / |G ∪ P|;
- Hamming accuracy: the share of options that are rightly chosen or rightly left, 1 - |G △ P| / |O|.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from medinjection_fr.record import LETTERS


class ChoiceScores(NamedTuple):
    """Scores of one answer, each from 0 to 1. A reply without an answer has 0 in all."""

    exact_match: float
    hamming_score: float
    hamming_accuracy: float


_NOTHING = ChoiceScores(0.0, 0.0, 0.0)


def score_choice(letters: str | None, gold: str, options: int) -> ChoiceScores:
    """Scores the letters of an answer.

    Args:
        letters: Chosen letters, like ``AC``; ``None`` if the reply has no answer.
        gold: Gold letters as the record has them, ``A,C``; at least one.
        options: How many options the question has.
    """
    if letters is None:
        return _NOTHING
    chosen, right = set(letters), set(gold.split(","))
    return ChoiceScores(
        float(chosen == right),
        len(chosen & right) / len(chosen | right),
        1 - len(chosen ^ right) / options,
    )


@dataclass(frozen=True)
class LabelScores:
    """How often a letter was chosen and right, over many answers.

    Attributes:
        label: The letter.
        gold: Answers in whose gold set it is.
        chosen: Answers that chose it.
        precision: Share of right ones of those that chose it; ``nan`` if none did.
        recall: Share of those that chose it of those in whose gold set it is; ``nan`` if there is none.
    """

    label: str
    gold: int
    chosen: int
    precision: float
    recall: float


def score_labels(answers: Iterable[tuple[str | None, str, int]]) -> list[LabelScores]:
    """Precision and recall of every letter that a question has.

    Args:
        answers: Letters, gold letters and number of options, as ``score_choice`` takes them.
    """
    counts = np.zeros((len(LETTERS), 3), np.int64)  # in gold, chosen, both
    seen = 0
    for (letters, gold, options), times in Counter(answers).items():
        seen = max(seen, options)
        for letter in gold.split(","):
            counts[LETTERS.index(letter), 0] += times
            counts[LETTERS.index(letter), 2] += times * (letters is not None and letter in letters)
        for letter in letters or "":
            counts[LETTERS.index(letter), 1] += times
    return [
        LabelScores(label, int(gold), int(chosen), _share(both, chosen), _share(both, gold))
        for label, (gold, chosen, both) in zip(LETTERS[:seen], counts, strict=False)
    ]


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")


def parse_failure_rate(letters: Sequence[str | None]) -> float:
    """Share of replies without an answer."""
    return sum(each is None for each in letters) / len(letters) if letters else float("nan")
