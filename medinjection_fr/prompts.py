"""A record → chat messages. The only place where a prompt is spelled.

The wording says how many answers are expected, never that a proposition is "correct": many stems ask
for the false one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medinjection_fr.record import LETTERS

CHOICES_HEADER = "Choix de réponses :"
OMISSION = "\n[…]\n"
"""Stands where the middle of a context was left out."""
EXPECTATION = {
    "mcqu": "Une seule réponse est attendue. Répondez uniquement par la lettre de la réponse choisie.",
    "mcq": (
        "Une ou plusieurs réponses sont attendues. Répondez uniquement par les lettres des réponses "
        "choisies, dans l'ordre alphabétique, séparées par des virgules, sans espace."
    ),
}


def question_text(record: Mapping[str, Any]) -> str:
    """What the user asks: context, question, lettered options and the form of the answer.

    Args:
        record: A row of a release; only ``context``, ``instruction``, ``choices`` and ``type`` are
            read.
    """
    parts = [record["context"]] if record["context"] else []
    parts.append(record["instruction"])
    if record["choices"]:
        labelled = [f"({letter}) {text}" for letter, text in zip(LETTERS, record["choices"], strict=False)]
        parts += ["\n".join([CHOICES_HEADER, *labelled]), EXPECTATION[record["type"]]]
    return "\n\n".join(parts)


def to_messages(record: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """A record in TRL's conversational form: ``dataset.map(to_messages)``.

    Returns:
        ``{"messages": [user, assistant]}``; the assistant's content is the record's ``answer``: gold
        letters as ``A,C``, or the reference text.
    """
    return {
        "messages": [
            {"role": "user", "content": question_text(record)},
            {"role": "assistant", "content": record["answer"]},
        ]
    }


def shorten_context(record: Mapping[str, Any], start: int, end: int) -> dict[str, Any]:
    """A record whose context lacks its middle, cut at white space so that no word or number is halved.

    Args:
        record: A row of a release.
        start: First character of the context that goes, with the whole of its word.
        end: First character that stays, but for the rest of its word.

    Returns:
        The record with ``OMISSION`` in place of the middle; nothing else is changed.
    """
    context = record["context"]
    while start > 0 and not context[start - 1].isspace():
        start -= 1
    while end < len(context) and not context[end].isspace():
        end += 1
    return {**record, "context": f"{context[:start].rstrip()}{OMISSION}{context[end:].lstrip()}"}
