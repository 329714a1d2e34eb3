"""From reviews to what people say of each answer, and judges beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.agreement.checks import CANNOT_JUDGE
from evaluation.agreement.paired import Paired
from evaluation.agreement.people import NO_VERDICT, Ratings

VERDICTS = ("different", "equivalent")
Answer = tuple[str, str]
"""A run and a record."""
Said = tuple[float, int]
"""A judge's value and its class, as in ``Paired``."""


@dataclass(frozen=True)
class RatedAnswers:
    """Answers that somebody rated, in order.

    Attributes:
        answers: The run and the record of each.
        ratings: What people say.
        words: Of each answer.
    """

    answers: Sequence[Answer]
    ratings: Ratings
    words: Sequence[int]

    def beside(self, said: Mapping[Answer, Said]) -> Paired:
        """The answers that a judge was asked about."""
        held = [place for place, answer in enumerate(self.answers) if answer in said]
        answers = [self.answers[place] for place in held]
        counts = self.ratings.counts()[held]
        values = np.array([said[answer] for answer in answers], np.float64).reshape(-1, 2)
        return Paired(
            [run for run, _ in answers],
            [id for _, id in answers],
            [self.ratings.groups[place] for place in held],
            counts[:, 1] / counts.sum(1),
            np.where(counts[:, 0] == counts[:, 1], NO_VERDICT, counts.argmax(1)),
            values[:, 0],
            values[:, 1].astype(np.int64),
            np.array([self.words[place] for place in held], np.float64),
        )


def rated_answers(reviews: Sequence[Mapping[str, Any]]) -> RatedAnswers:
    """Verdicts by answer and annotator; who cannot judge gives none."""
    annotators = sorted({review["annotator"] for review in reviews})
    codes: dict[Answer, list[int]] = {}
    groups, words = {}, {}
    for review in reviews:
        for run, verdict in review["verdicts"].items():
            answer = (run, review["id"])
            groups[answer], words[answer] = review["group_id"], review["words"][run]
            row = codes.setdefault(answer, [NO_VERDICT] * len(annotators))
            if verdict != CANNOT_JUDGE:
                row[annotators.index(review["annotator"])] = VERDICTS.index(verdict)
    answers = sorted(answer for answer, row in codes.items() if set(row) != {NO_VERDICT})
    of_answers = np.array([codes[answer] for answer in answers])
    ratings = Ratings([groups[answer] for answer in answers], annotators, VERDICTS, of_answers)
    return RatedAnswers(answers, ratings, [words[answer] for answer in answers])
