"""Any OpenAI-compatible endpoint: vLLM, OpenAI's and Gemini's own, llama.cpp, Ollama, transformers serve."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medinjection_fr.models.faults import Fault, fault_of
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.structured import SchemaOrder
from medinjection_fr.models.throttle import Throttle

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_TOKENS = 2048
"""Of a reply, where the request does not say: no reply is endless."""

CHARACTERS_PER_TOKEN = 3.0
"""Estimate on the safe side: French and English prose has 3.3 to 4.5 in the usual tokenizers."""

_FAILURES_OF_A_WAY = 3
"""A server that does not know a way may answer 500 (llama.cpp to ``json_schema``), as one that is out of breath."""

_FEWEST_LETTERS_PER_TOKEN = 8
"""No tokenizer packs prose this tightly: a server that counts fewer tokens has cut the messages."""
_LONG_ENOUGH_TO_TELL = 2000
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Patience:
    """How long transient faults are borne.

    Attributes:
        tries: Times that a request is sent at most; refusals for too many requests do not count.
        pause: Seconds before the second try; doubled each time, a quarter of it by chance.
        longest_pause: Where doubling ends.
        timeout: Seconds for one try, from sending to the last byte.
        rate_limit: Seconds that an endpoint may refuse everybody for too many requests.
    """

    tries: int = 6
    pause: float = 1.0
    longest_pause: float = 60.0
    timeout: float = 600.0
    rate_limit: float = 900.0

    def before(self, attempt: int) -> float:
        """Seconds to wait before an attempt, the first being 0."""
        pause = min(self.pause * 2.0 ** min(attempt - 1, 30), self.longest_pause)
        return pause * (1 - random.random() / 4)


class Endpoint:
    """A model at an OpenAI-compatible endpoint.

    Args:
        name: The model's identity in records and in the journal.
        url: Base address, with ``/v1`` or what stands for it.
        served_as: What the server calls the model, if that is another name (a path, for instance).
        key: Goes to the server and nowhere else.
        window: Context window in tokens. A server that does not refuse what is too long needs it.
        patience: For faults that pass.
        per_minute: Requests in a minute at most, if the account has such a limit.
        tell: Called with what the user should know of the endpoint, each thing once.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        served_as: str | None = None,
        key: str | None = None,
        window: int | None = None,
        patience: Patience | None = None,
        per_minute: float | None = None,
        tell: Callable[[str], None] = print,
    ) -> None:
        self.name = name
        self.url = url
        self.window = window
        self._served_as = served_as or name
        self._key = key
        self._patience = patience or Patience()
        self._per_minute = per_minute
        self._tell = tell
        self._schema_order = SchemaOrder(tell)
        self._tokens_field = "max_tokens"
        self._counts_told = False
        self._connection: _Connection | None = None

    async def ask(self, request: Request) -> Reply:
        """Asks; see ``Model.ask``."""
        self._check_window(request)
        if self._connection is None:
            self._connection = _Connection(self.url, self._key, self._patience.timeout, self._per_minute)
        connection, attempt = self._connection, 0
        while True:
            reply = await self._try(connection, request, attempt)
            if isinstance(reply, Reply):
                connection.answered()
                self._check_not_cut(reply, request)
                return reply
            if not reply.transient:
                raise self._error(reply)
            if reply.rule == "rate-limited":
                wait = self._patience.before(1) if reply.wait is None else reply.wait
                if connection.silent_for() + wait > self._patience.rate_limit:
                    raise self._error(reply)
                connection.throttle.slow_down(wait)
                continue
            attempt += 1
            if attempt >= self._patience.tries:
                raise self._error(reply, attempt)
            await asyncio.sleep(max(self._patience.before(attempt), reply.wait or 0))

    async def close(self) -> None:
        """Closes the connections; what was learned of the endpoint stays."""
        if self._connection is not None:
            await self._connection.client.close()
            self._connection = None

    async def _try(self, connection: _Connection, request: Request, attempt: int) -> Reply | Fault:
        """One try. An order of the schema that is refused, or fails again and again, is put in another way."""
        persistent = attempt >= min(_FAILURES_OF_A_WAY, self._patience.tries) - 1
        first: Fault | None = None
        for way in self._schema_order.ways(request):
            reply = await self._send(connection, request, way)
            if isinstance(reply, Reply):
                self._schema_order.learn(request, way, reply)
                return reply
            first = first or reply
            if reply.rule != "request-refused" and not (reply.status == 500 and persistent):
                break
        assert first is not None
        return first

    async def _send(self, connection: _Connection, request: Request, way: str) -> Reply | Fault:
        parameters = dict(request.parameters)
        parameters[self._tokens_field] = parameters.pop("max_tokens", MAX_TOKENS)
        body = {"model": self._served_as, **self._schema_order.body(request, way), **parameters}
        async with connection.throttle:
            start = time.monotonic()
            try:
                answer = await connection.post(body)
            except Exception as error:
                fault = fault_of(error, has_key=self._key is not None)
            else:
                return self._read(answer, request, time.monotonic() - start)
        if "max_completion_tokens" in fault.message and self._tokens_field == "max_tokens":
            self._tokens_field = "max_completion_tokens"
            return await self._send(connection, request, way)
        return fault

    def _read(self, answer: Any, request: Request, seconds: float) -> Reply | Fault:
        try:
            choice = answer["choices"][0]
            message = choice["message"]
            refusal = message.get("refusal")
            text = _unicode(refusal or message.get("content") or "")
            finish = "refusal" if refusal else str(choice.get("finish_reason") or "stop")
            usage = answer.get("usage") or {}
            sent, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
            served_by = str(answer.get("model") or "")
        except (TypeError, KeyError, IndexError, AttributeError):
            return Fault("reply-broken", "the answer is no chat completion", transient=True)
        if isinstance(sent, int) and isinstance(written, int):
            return Reply(text, finish, sent, written, seconds, served_by=served_by)
        if not self._counts_told:
            self._counts_told = True
            self._tell("The endpoint does not count tokens: they are estimated, one for 3 characters.")
        estimates = tokens_of(_characters(request)), tokens_of(len(text))
        return Reply(text, finish, *estimates, seconds, True, served_by)

    def _check_window(self, request: Request) -> None:
        need = tokens_of(_characters(request)) + request.parameters.get("max_tokens", MAX_TOKENS)
        if self.window is not None and need > self.window:
            what = f"messages and reply need about {need:,} tokens, the window has {self.window:,}"
            raise ModelError("context-too-long", what)

    def _check_not_cut(self, reply: Reply, request: Request) -> None:
        if reply.estimated or _characters(request) < _LONG_ENOUGH_TO_TELL:
            return
        words = (word for message in request.messages for word in _WORD.findall(message["content"]))
        if reply.input_tokens * _FEWEST_LETTERS_PER_TOKEN < (letters := sum(map(len, words))):
            what = f"the server read {reply.input_tokens:,} tokens of {letters:,} letters"
            raise ModelError("context-too-long", f"{what}: it has cut the messages")

    def _error(self, fault: Fault, tries: int = 1) -> ModelError:
        message = f"{self.url}: {fault.message}" + (f", {tries} times" if tries > 1 else "")
        mend = _MEND.get(fault.rule, "").format(model=self._served_as)
        if self._key:
            message = message.replace(self._key, "…")
        return ModelError(fault.rule, f"{message}. {mend}".strip().rstrip("."))


_MEND = {
    "key-missing": "Put the key into the environment and name the variable with --key-from",
    "key-refused": "Look at the key in the environment, and at what it may use",
    "model-unknown": "Look at the name of the model ({model}) and at the address of the endpoint",
    "endpoint-down": "Look at the address, and whether the server runs",
    "quota-spent": "Look at the account; then run again, it goes on from there",
}


class _Connection:
    """What belongs to one event loop: the client with its connections, and the throttle."""

    def __init__(self, url: str, key: str | None, timeout: float, per_minute: float | None) -> None:
        self.client = _client(url, key, timeout)
        self.throttle = Throttle(per_minute)
        self._timeout = timeout
        self._last_answer = time.monotonic()

    async def post(self, body: dict[str, Any]) -> Any:
        """The endpoint's answer as JSON; raises what the client or the JSON decoder raises."""
        import httpx2

        async with asyncio.timeout(self._timeout):
            response = await self.client.post("/chat/completions", body=body, cast_to=httpx2.Response)
        return json.loads(response.content)

    def answered(self) -> None:
        self._last_answer = time.monotonic()
        self.throttle.speed_up()

    def silent_for(self) -> float:
        """Seconds since the last reply to anybody."""
        return time.monotonic() - self._last_answer


def _client(url: str, key: str | None, timeout: float) -> AsyncOpenAI:
    import httpx2
    import openai

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    return openai.AsyncOpenAI(
        base_url=url,
        api_key=key or "none",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(
            limits=limits, timeout=httpx2.Timeout(timeout, connect=min(timeout, 10.0))
        ),
    )


def tokens_of(characters: int) -> int:
    """Estimated tokens of so many characters."""
    return -int(-characters // CHARACTERS_PER_TOKEN)


def _characters(request: Request) -> int:
    return sum(len(message["content"]) for message in request.messages)


def _unicode(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which no file can hold."""
    return _SURROGATE.sub("\ufffd", text)
