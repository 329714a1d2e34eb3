"""A model at an OpenAI-compatible endpoint, or served by vLLM here: asked for replies, each request once.

The server makes the prompt of the messages with the model's own chat template. It gives replies and no
probabilities, so that only the protocols of free replies can be had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.prediction import describe_question, score_free, score_published
from evaluation.protocols import FREE_TOKENS, OPEN_TOKENS, published_tokens
from evaluation.questions import Question
from evaluation.served import Served
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.run import Ask, RunReport
from medinjection_fr.prompts import question_text

ENDPOINT_PROTOCOLS = ("published-greedy", "greedy")
REFUSED = {"context-too-long": "too-long"}


class EndpointModel:
    """A model that is asked through the journal of its run.

    Args:
        served: Who is asked; a parameter ``max_tokens`` holds for ``greedy``.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self.training: dict[str, Any] | None = None
        self.described = served.described
        self.report = RunReport()
        """How the last ``predict`` went."""

    def predict(self, questions: Sequence[Question], protocols: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Predicts questions, and yields each prediction when its replies have come.

        What got no reply this time, or the budget did not allow, is left for the next run; ``report``
        tells how many.

        Raises:
            InputError: The model cannot be asked any more; all that it answered is kept.
        """
        self.report = RunReport()

        async def work(question: Question, ask: Ask) -> dict[str, Any]:
            return await self._predict_one(question, protocols, ask)

        yield from self._served.ask_all(questions, work, "Predicting", self.report)

    async def _predict_one(self, question: Question, protocols: Sequence[str], ask: Ask) -> dict[str, Any]:
        described = describe_question(question)
        wanted = protocols if question.record["choices"] else ["greedy"]
        requests = {protocol: self._request(question, protocol) for protocol in wanted}
        try:
            replies = {protocol: await ask(request) for protocol, request in requests.items()}
        except ModelError as error:
            if not error.refuses_request:
                raise
            return {**described, "refused": REFUSED.get(error.rule, error.rule), "outputs": {}}
        outputs = {protocol: _output(question, protocol, reply) for protocol, reply in replies.items()}
        asked = {"messages_sha256": next(iter(requests.values())).messages_digest()}
        seconds = round(sum(reply.seconds for reply in replies.values()), 4)
        return {**described, **asked, **_counted(replies), "outputs": outputs, "seconds": seconds}

    def _request(self, question: Question, protocol: str) -> Request:
        record = question.record
        limit = FREE_TOKENS if record["choices"] else OPEN_TOKENS
        parameters = {"max_tokens": limit, **self._served.parameters}
        if protocol == "published-greedy":
            parameters["max_tokens"] = published_tokens(record["type"], len(record["choices"]))
        return Request(({"role": "user", "content": question_text(record)},), parameters=parameters)


def _counted(replies: Mapping[str, Reply]) -> dict[str, Any]:
    """What the server says of itself and counts."""
    first = next(iter(replies.values()))
    told: dict[str, Any] = {"served_by": first.served_by} if first.served_by else {}
    return told | ({"tokens_estimated": True} if first.estimated else {"prompt_tokens": first.input_tokens})


def _output(question: Question, protocol: str, reply: Reply) -> dict[str, Any]:
    text = reply.text.strip()
    if protocol == "published-greedy":
        return score_published(question, text)
    counted = {"finish": reply.finish, "tokens": reply.output_tokens}
    return score_free(question, text, **counted) if question.record["choices"] else {"reply": text, **counted}
