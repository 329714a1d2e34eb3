"""Ask, check, and ask once more with the faults named: the same for every template."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.outcome import Ask, Finding
from medinjection_fr.generate.rules import FINAL, told
from medinjection_fr.generate.templates import Template
from medinjection_fr.models.endpoint import tokens_of
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request

Result = TypeVar("Result")
Check = Callable[[Reply], Awaitable[tuple[Result | None, list[Fault]]]]

SPARE = "spare_tokens"
"""Our own parameter, which is not sent: tokens that a reply may have beyond what its text needs. A model that
thinks before it answers needs thousands."""


def sent_parameters(parameters: Mapping[str, Any], answer: int) -> tuple[dict[str, Any], str]:
    """What goes with a request: no null, and no more ``max_tokens`` than needed, so that an endless reply ends.

    Args:
        parameters: Of the job.
        answer: Characters of the longest answer that is expected.

    Returns:
        The parameters, and why the request should not be sent: its answer would be cut. Empty if not.
    """
    sent = {name: value for name, value in parameters.items() if value is not None and name != SPARE}
    most = sent.get("max_tokens")
    if not most:
        return sent, ""
    need = tokens_of(answer) + (parameters.get(SPARE) or 0)
    reason = f"the reply may need {need:,} tokens, max_tokens is {most:,}" if need > most else ""
    return {**sent, "max_tokens": min(most, need)}, reason


async def ask_until_sound(
    ask: Ask, request: Request, template: Template, check: Check[Result]
) -> tuple[Result | None, list[Finding]]:
    """Asks, and if the reply is not sound, asks once more with the faults named.

    Args:
        ask: Pays for a reply, or finds it in the journal.
        request: The first request.
        template: Says how faults are told, if they are.
        check: A reply → what is made of it, and its faults. It may ask, too.

    Returns:
        What the first sound reply gave, or ``None``; and the findings of all others.

    Raises:
        ModelError: There is no reply this time; one that the endpoint refuses for good is a finding.
    """
    findings: list[Finding] = []
    for attempt in range(1, template.attempts + 1):
        try:
            reply = await ask(request)
        except ModelError as error:
            if not error.refuses_request:
                raise
            return None, [*findings, Finding(error.rule, "no request of this content is answered", attempt)]
        result, faults = await _read(reply, check)
        if not faults:
            return result, findings
        findings += [Finding(fault.rule, fault.evidence, attempt) for fault in faults]
        if {fault.rule for fault in faults} & FINAL.keys():
            break
        if attempt < template.attempts:
            request = _once_more(request, reply, template.notice(told(faults)))
    return None, findings


async def _read(reply: Reply, check: Check[Result]) -> tuple[Result | None, list[Fault]]:
    if reply.finish == "length":
        return None, [Fault("reply-cut", f"still going on after {reply.output_tokens:,} tokens")]
    if reply.finish in ("refusal", "content_filter"):
        return None, [Fault("reply-refused", f"it ended by {reply.finish}")]
    return await check(reply)


def _once_more(request: Request, reply: Reply, notice: str) -> Request:
    """The same request with the reply and its faults; a reply without an end is not repeated."""
    turns: Sequence[Mapping[str, str]] = [*request.messages]
    if reply.finish == "stop" and reply.text.strip():
        turns = [*turns, {"role": "assistant", "content": reply.text}, {"role": "user", "content": notice}]
    else:  # most chat templates refuse two turns of the user on end
        last = turns[-1]
        turns = [*turns[:-1], {**last, "content": f"{last['content']}\n\n{notice}"}]
    return replace(request, messages=tuple(turns))
