"""What a multiple-choice task is, whatever harness runs it: prompt, allowed answers, scores.

``python -m evaluation tasks`` copies this file with the three that it reads into a package of its own,
so that the tasks run wherever ``medinjection_fr`` is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medinjection_fr.prompts import question_text

from .answer_tree import SEPARATOR, allowed_answers
from .answers import Answer, asks_for_the_false, parse_answer
from .choice_scores import score_choice

__all__ = ["likelihood_answers", "question_text", "read_reply", "score_letters", "score_reply"]

SCORES = ("exact_match", "hamming_score", "hamming_accuracy", "unread")
"""Of each answer, from 0 to 1; ``unread`` is 1 for a reply without an answer."""


def likelihood_answers(record: Mapping[str, Any]) -> dict[str, str]:
    """All answers that a record allows, by their letters: ``{"AC": "A,C", …}``."""
    answers = allowed_answers(record["type"], len(record["choices"]))
    return {letters: SEPARATOR.join(letters) for letters in answers}


def score_letters(record: Mapping[str, Any], letters: str | None) -> dict[str, float]:
    """Scores of chosen letters; ``None`` if a reply has no answer."""
    scores = score_choice(letters, record["answer"], len(record["choices"]))
    return {**scores._asdict(), "unread": float(letters is None)}


def read_reply(record: Mapping[str, Any], reply: str) -> Answer:
    """What a reply chooses."""
    return parse_answer(reply.strip(), record["choices"], asks_for_the_false(record["instruction"]))


def score_reply(record: Mapping[str, Any], reply: str) -> dict[str, float]:
    """Scores of a free reply."""
    return score_letters(record, read_reply(record, reply).letters)
