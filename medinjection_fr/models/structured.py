"""How an endpoint is asked for a schema. Servers differ, and some take the order and ignore it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from medinjection_fr.models.reply_json import is_exactly
from medinjection_fr.models.request import Reply, Request

WAYS = ("json_schema", "json_object", "instruction")
"""OpenAI's, vLLM's and Gemini's own; llama.cpp's; and words, for servers that have neither."""

_INSTRUCTION = (
    "\n\nReply with one JSON value and nothing else: no comment, no code fence. "
    "It must satisfy this JSON Schema:\n"
)


class SchemaOrder:
    """The way that an endpoint is asked for a schema, learned from its answers.

    Args:
        tell: Called, once, with what was found out about the endpoint.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.way = WAYS[0]
        self._works = False
        self._tell = tell

    def ways(self, request: Request) -> tuple[str, ...]:
        """Ways to try a request in, until one is not refused."""
        if request.schema is None:
            return ("",)
        return (self.way,) if self._works else WAYS[WAYS.index(self.way) :]

    def body(self, request: Request, way: str) -> dict[str, Any]:
        """Messages and order of a request, as the endpoint takes them."""
        messages = [dict(message) for message in request.messages]
        if not way:
            return {"messages": messages}
        if way == "instruction":
            messages[-1]["content"] += _INSTRUCTION + json.dumps(request.schema, ensure_ascii=False)
            return {"messages": messages}
        return {"messages": messages, "response_format": _order(way, request.schema)}

    def learn(self, request: Request, way: str, reply: Reply) -> None:
        """Notes whether the endpoint has done as it was ordered."""
        if request.schema is None or (way != self.way and self._works):
            return
        if way == "instruction":
            self._change(way, "has no structured output")
        elif _breaks(reply, request.schema):
            self._change("instruction", f"takes response_format {way} and ignores it")
        elif reply.finish == "stop":
            self._change(way, "takes response_format json_object with a schema, not json_schema")

    def _change(self, way: str, what: str) -> None:
        self._works = True
        if way == self.way:
            return
        self.way = way
        if way == "instruction":
            what += ": the schema is given in words, and replies are parsed with tolerance"
        self._tell(f"The endpoint {what}.")


def _breaks(reply: Reply, schema: Mapping[str, Any]) -> bool:
    """Whether a reply is not what a server that enforces the schema would give; a cut one shows it by its beginning."""
    if reply.finish == "stop":
        return not is_exactly(reply.text, schema)
    begins = reply.text.lstrip().startswith(("{", "<think>"))
    return reply.finish == "length" and schema.get("type") == "object" and bool(reply.text) and not begins


def _order(way: str, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if way == "json_schema":
        return {"type": way, "json_schema": {"name": "reply", "strict": True, "schema": schema}}
    return {"type": way, "schema": schema}
