"""What a line of ``predictions.jsonl`` is made of, whoever answers: ``schemas/prediction.schema.json``."""

from __future__ import annotations

from typing import Any

from evaluation.choice_scores import score_choice
from evaluation.harness_definition import read_reply
from evaluation.protocols import published_letters
from evaluation.questions import Question


def describe_question(question: Question) -> dict[str, Any]:
    """What was asked: the record, in which order of its options."""
    record = question.record
    head = {name: record[name] for name in ("id", "source", "group_id", "subject", "type", "origin")}
    head |= {"permutation": question.permutation, "order": list(question.order)}
    return head | {"gold": record["answer"] if record["choices"] else None, "options": len(record["choices"])}


def score_free(question: Question, text: str, **more: Any) -> dict[str, Any]:
    """The output of a free reply to multiple choice, read by our parser."""
    answer = read_reply(question.record, text)
    return score_letters(question, answer.letters, rule=answer.rule, reply=text, **more)


def score_published(question: Question, text: str) -> dict[str, Any]:
    """The output of a reply that is read as the study does."""
    return score_letters(question, published_letters(text, question.labels), reply=text)


def score_letters(question: Question, letters: str | None, **more: Any) -> dict[str, Any]:
    """The output of a protocol that chose letters; ``None`` if the reply has no answer."""
    scores = score_choice(letters, question.record["answer"], len(question.record["choices"]))
    return {"letters": letters, "own_letters": question.in_own_order(letters), **scores._asdict(), **more}
