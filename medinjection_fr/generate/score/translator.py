"""Pairs translated by a model, through the journal, for its score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.attempts import sent_parameters
from medinjection_fr.generate.outcome import Ask
from medinjection_fr.generate.pairs import Pair
from medinjection_fr.generate.templates import Template
from medinjection_fr.generate.translation.parts import schema_of
from medinjection_fr.generate.translation.translate import FIELDS, GROWTH
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.reply_json import ReplyError, parse_reply
from medinjection_fr.models.request import Request
from medinjection_fr.models.run import RunReport, run_all
from medinjection_fr.models.session import Session

_PART = "context"
"""The part of an item that a text without a question is sent as."""
_WHOLE = {"type": "object", "properties": {_PART: {"type": "string"}}, "required": [_PART]}


class Translated(NamedTuple):
    """The translation of a pair's English.

    Attributes:
        place: Of the pair among those given.
        text: The translation; empty if there is no use of what came.
        rule: Why there is none; ``None`` if there is one.
    """

    place: int
    text: str
    rule: str | None


def translate_pairs(
    session: Session, pairs: Sequence[Pair], template: Template, parameters: dict[str, Any]
) -> list[Translated]:
    """Translates the English of pairs, each once: what is scored is the model's first answer, unchecked.

    What the journal has is not asked again, so that a run that was stopped goes on.

    Args:
        session: The model with its journal.
        pairs: The pairs.
        template: One of translation.
        parameters: Parameters of every request that change those of the template.

    Returns:
        A translation for each pair, in order.

    Raises:
        InputError: Some pairs have no answer yet, or the model cannot be asked any more; what it answered is kept.
    """
    report = RunReport()

    async def translate(place: int, ask: Ask) -> Translated:
        return Translated(place, *await _translate(pairs[place].english, template, parameters, ask))

    places = range(len(pairs))
    found = list(run_all(session, places, translate, what="Translating", total=len(pairs), report=report))
    if missing := len(pairs) - len(found):
        reasons = [f"{rule} {number:,}" for rule, number in sorted(report.left.items())]
        reasons += (
            [{"budget": "the budget is spent"}.get(report.stopped, "stopped")] if report.stopped else []
        )
        what = f"{missing:,} of {len(pairs):,} pairs have no translation yet ({', '.join(reasons)})"
        mend = "All answers are kept: the same command goes on" + (
            ", with a larger --budget" if report.stopped == "budget" else ""
        )
        raise InputError(Problem(str(session.journal.path), what, "all, for a score", mend))
    return sorted(found)


async def _translate(
    english: str, template: Template, parameters: dict[str, Any], ask: Ask
) -> tuple[str, str | None]:
    sent = {_PART: english}
    source = json.dumps(sent, ensure_ascii=False, indent=1)
    values = dict.fromkeys(FIELDS, "") | {"source": source, "segments": source, _PART: english}
    parameters, reason = sent_parameters(
        {**template.content["parameters"], **parameters}, int(len(source) * GROWTH)
    )
    if reason:
        return "", "too-long"
    request = Request(template.messages(values), schema_of(sent), parameters, template.reference)
    try:
        reply = await ask(request)
        if reply.finish == "length":
            return "", "reply-cut"
        text = parse_reply(reply.text, _WHOLE)[_PART].strip()
    except ReplyError as error:
        return "", error.rule
    except ModelError as error:
        if not error.refuses_request:
            raise
        return "", error.rule
    return text, None if text else "reply-empty"
