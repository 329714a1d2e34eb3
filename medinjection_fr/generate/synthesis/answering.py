"""The second request: the question with the document and without its answer, to the same model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medinjection_fr.generate.attempts import sent_parameters
from medinjection_fr.generate.checks import Fault
from medinjection_fr.generate.outcome import Ask
from medinjection_fr.generate.templates import Template
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.reply_json import ReplyError, parse_reply
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.rules import LETTERS

_RULE = "not-answered-alike"


async def ask_without_gold(
    ask: Ask,
    template: Template,
    parameters: Mapping[str, Any],
    document: str,
    instruction: str,
    choices: Sequence[str],
    gold: str,
) -> list[Fault]:
    """Asks a question without its answer, and compares what comes back with the answer.

    Args:
        ask: As for any request: what the journal has is not asked again.
        template: Of the request.
        parameters: Of the job.
        document: What the question was made from, whether or not the record gives it.
        instruction: The question.
        choices: Its options, in the record's order.
        gold: Its answer: ``A,C``.

    Returns:
        A fault if the letters differ in any way, or if there is no usable reply.

    Raises:
        ModelError: There is no reply this time.
    """
    labelled = "\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, choices, strict=False))
    values = {"document": document, "instruction": instruction, "options": labelled}
    sent, reason = sent_parameters(
        {**template.content["parameters"], **parameters}, template.content["longest"]
    )
    if reason:
        return [Fault(_RULE, f"not asked: {reason}")]
    request = Request(template.messages(values), template.content["output"], sent, template.reference)
    try:
        reply = await ask(request)
    except ModelError as error:
        if not error.refuses_request:
            raise
        return [Fault(_RULE, f"not answered: {error.rule}")]
    found = _letters(reply, template)
    if found is None:
        return [Fault(_RULE, "no letters came back")]
    if found != gold:
        return [Fault(_RULE, f"it found {found or 'no answer'}, the answer is {gold}")]
    return []


def _letters(reply: Reply, template: Template) -> str | None:
    if reply.finish != "stop":
        return None
    try:
        came = parse_reply(reply.text, template.content["output"])
    except ReplyError:
        return None
    return ",".join(sorted(set(came["letters"])))
