"""A judge at an OpenAI-compatible endpoint, or served by vLLM here: its reply is read strictly, or it is no verdict."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from evaluation.endpoint_model import REFUSED
from evaluation.judging.judge_prompt import JudgePrompt
from evaluation.judging.votes import Item, Question, Vote, parse_label
from evaluation.served import Served
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Request
from medinjection_fr.models.run import Ask, RunReport

_LABEL_TOKENS = 64
"""Tokens of a reply at most; a judge that thinks first needs ``--parameter max_tokens=4096``."""


class EndpointJudge:
    """Asks a model through a journal.

    Args:
        served: The judge.
        prompt: What it is told.
        report: Filled with how the asking went.
    """

    method = "parsed"

    def __init__(self, served: Served, prompt: JudgePrompt, report: RunReport) -> None:
        self.described: dict[str, Any] = served.described
        self._served, self._prompt, self._report = served, prompt, report

    def votes(
        self, items: Sequence[Item], done: Container[tuple[Any, ...]]
    ) -> Iterator[tuple[Item, list[Vote]]]:
        """Votes on items as their replies come. What got none this time is left for the next run.

        Raises:
            InputError: The judge cannot be asked any more; all that it answered is kept.
        """
        left = [item for item in items if item.candidate.key not in done]

        async def work(item: Item, ask: Ask) -> tuple[Item, list[Vote]]:
            votes = [await self._vote(item.candidate.record, question, ask) for question in item.questions]
            return item, votes

        yield from self._served.ask_all(left, work, "Judging", self._report)

    async def _vote(self, record: Mapping[str, Any], question: Question, ask: Ask) -> Vote:
        text = self._prompt.text(question.wording, {**question.fields, "context": record["context"]})
        parameters = {"max_tokens": _LABEL_TOKENS, **self._served.parameters}
        messages = ({"role": "user", "content": text},)
        request = Request(messages, parameters=parameters, template=self._prompt.reference)
        digest = request.messages_digest()
        try:
            reply = await ask(request)
        except ModelError as error:
            if not error.refuses_request:
                raise
            return Vote(digest, unscored=REFUSED.get(error.rule, error.rule))
        label, unscored = parse_label(reply.text, reply.finish, list(self._prompt.labels))
        return Vote(digest, label, unscored, reply=reply.text, seconds=round(reply.seconds, 4))
