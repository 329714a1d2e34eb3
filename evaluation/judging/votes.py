"""What a judge says once: a label, or the rule by which there is none."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evaluation.judging.candidates import Candidate

UNSCORED = {
    "no-answer": "the judged model gave no answer: it was never asked, or refused",
    "too-long": "question, reference and answer do not fit into the judge's window",
    "content-filtered": "the judge's endpoint refuses the content",
    "content-crashes": "the content makes the judge's program crash",
    "reply-empty": "the judge said nothing",
    "reply-cut": "the judge's reply was broken off",
    "reply-no-label": "the judge's reply is more, or something else, than one label",
    "tied": "two labels are exactly as likely",
}
"""Why there is no verdict. Counted beside the verdicts, and never one of them."""


@dataclass(frozen=True)
class Question:
    """What a judge is asked about a candidate.

    Attributes:
        wording: ``plain`` or ``paraphrase``.
        fields: What the prompt shows, but for the context.
    """

    wording: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Vote:
    """What it says.

    Attributes:
        prompt_sha256: Of what it was shown.
        label: One of the prompt's labels; ``None``: unscored.
        unscored: A rule of ``UNSCORED``, only without a label.
        probabilities: Of each label among the labels, where the judge tells.
        mass: Probability of all labels together, of all that it could have written.
        reply: As it was written, where one was.
        seconds: It took.
    """

    prompt_sha256: str
    label: str | None = None
    unscored: str | None = None
    probabilities: Mapping[str, float] | None = None
    mass: float | None = None
    reply: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Item:
    """A candidate with the questions about it: none if there is no answer, several for its facts."""

    candidate: Candidate
    questions: Sequence[Question]


class Judge(Protocol):
    """Who judges.

    Attributes:
        described: What tells it apart; JSON.
        method: ``likelihood`` or ``parsed``.
    """

    described: dict[str, Any]
    method: str

    def votes(
        self, items: Sequence[Item], done: Container[tuple[Any, ...]]
    ) -> Iterator[tuple[Item, list[Vote]]]:
        """Votes on all items that are not done, with a vote for each of their questions.

        Args:
            items: Variant by variant, always in the same order.
            done: Keys of candidates that have been judged.
        """
        ...


_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_AROUND = " \t\r\n*`_\"'«»“”().:"


def parse_label(reply: str, finish: str, labels: Sequence[str]) -> tuple[str | None, str | None]:
    """Reads a reply strictly: it is one label and nothing more, or it is no verdict.

    Forgiven are thoughts before it, white space, quotes, bold type and a final point. A digit within a
    sentence, as in "diabète de type 1", is no label.

    Args:
        reply: What the judge wrote, without what it was shown.
        finish: Why it ended; ``length`` if it was broken off.
        labels: Those that it may choose.

    Returns:
        The label, or else the rule of ``UNSCORED``.
    """
    if finish == "length":
        return None, "reply-cut"
    said = _THOUGHTS.sub("", reply).strip(_AROUND)
    if not said:
        return None, "reply-empty"
    label = next((label for label in labels if label.casefold() == said.casefold()), None)
    return (label, None) if label is not None else (None, "reply-no-label")
