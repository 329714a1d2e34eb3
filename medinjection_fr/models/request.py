"""What a model is asked, and what it replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from medinjection_fr.release.digests import digest_json


@dataclass(frozen=True)
class Request:
    """One question to a model.

    Attributes:
        messages: Turns with ``role`` (system, user or assistant) and ``content``.
        schema: JSON Schema (2020-12) that the reply must satisfy. The order of its properties
            counts: a server that enforces the schema lets the model write them in that order.
        parameters: Sampling parameters as the endpoint names them: ``temperature``, ``max_tokens``,
            ``seed``, ``top_p`` …
        template: Name and hash of the template that the messages were made from.
    """

    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""

    def key(self, model: str) -> str:
        """What the journal knows this request by: 64 hex digits, the SHA-256 of all that may change the reply.

        The order of the parameters, and of the fields of a message, does not count.
        """
        return digest_json(
            {
                "model": model,
                "template": self.template,
                "parameters": {name: self.parameters[name] for name in sorted(self.parameters)},
                "schema": self.schema,
                "messages": self._plain_messages(),
            }
        )

    def messages_digest(self) -> str:
        """SHA-256 of the messages alone: tells whether two models were asked the same."""
        return digest_json(self._plain_messages())

    def _plain_messages(self) -> list[list[str]]:
        return [[message["role"], message["content"]] for message in self.messages]


@dataclass(frozen=True)
class Reply:
    """What came back.

    Attributes:
        text: The reply as the model wrote it.
        finish: Why it ended: ``stop``, ``length`` (``max_tokens`` were used up: the text is not
            whole), ``refusal`` or ``content_filter``.
        input_tokens: Tokens of the messages.
        output_tokens: Tokens of the text.
        seconds: Time from sending to the end of the reply.
        estimated: Whether the tokens are an estimate, because the server did not count them.
        served_by: The model as the server names it, which may tell the revision; empty if it does not.
    """

    text: str
    finish: str
    input_tokens: int
    output_tokens: int
    seconds: float
    estimated: bool = False
    served_by: str = ""

    def as_row(self) -> dict[str, Any]:
        """Its fields by name, as the journal stores them."""
        return asdict(self)
