"""What every model can do, whatever serves it."""

from __future__ import annotations

from typing import Protocol

from medinjection_fr.models.request import Reply, Request

STOPPING_RULES = {
    "key-missing": "the endpoint wants a key and none is given",
    "key-refused": "the endpoint refuses the key (401, 403)",
    "model-unknown": "the endpoint has no model of this name",
    "endpoint-down": "the endpoint cannot be reached",
    "quota-spent": "the account's quota is spent",
}
"""No request can be answered: the run stops, and goes on from there when it is started again."""

REFUSING_RULES = {
    "context-too-long": "the messages and the reply do not fit into the model's window",
    "content-filtered": "the endpoint refuses the content of the messages",
    "content-crashes": "the content of the messages makes the model's program crash, each time",
}
"""This one request will never be answered, however often it is asked: its item is rejected. Journalled."""

PASSING_RULES = {
    "rate-limited": "the endpoint's rate limit lasted longer than all retries",
    "server-error": "the server failed on every try (5xx)",
    "timeout": "the reply did not come in time on any try",
    "reply-broken": "the server's answer was cut or was no chat completion on every try",
    "request-refused": "the endpoint refuses the request as it is made (400, 422)",
}
"""Not answered this time: the item is left over for the next run."""


class ModelError(Exception):
    """A request that got no reply.

    Args:
        rule: A rule of the three tables above.
        message: What happened and how to mend it; holds no key and no text of the messages.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule
        self.message = message

    @property
    def stops_run(self) -> bool:
        """Whether no other request would fare better."""
        return self.rule in STOPPING_RULES

    @property
    def refuses_request(self) -> bool:
        """Whether this request will never be answered."""
        return self.rule in REFUSING_RULES


class Model(Protocol):
    """Something that answers requests.

    Attributes:
        name: Its identity, with the revision where one is known; goes into records and journal keys.
        window: Its context window in tokens, ``None`` if not known.
    """

    name: str
    window: int | None

    async def ask(self, request: Request) -> Reply:
        """Asks once and pays for it; tries again what is transient.

        Raises:
            ModelError: There is no reply.
        """
        ...

    async def close(self) -> None:
        """Closes connections and processes. The next ``ask`` opens them again."""
        ...
