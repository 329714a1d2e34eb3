"""A fault proxy on 127.0.0.1 before an OpenAI-compatible server: it spoils replies as told, and counts.

The server is another one (``forward_to``), or a function of ours that makes the reply.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from sources.faulty_server import FOR_EVER, QuietServer, serving

Body = dict[str, Any]
Answer = tuple[int, bytes]
Upstream = Callable[[Body], Answer]


@dataclass
class Fault:
    """What goes wrong with a request.

    Attributes:
        status: Answered instead of the reply.
        headers: Sent with it.
        error: The error's JSON.
        reply: Changes the text of a real reply.
        finish: Changes why it ended.
        fields: Takes these fields of the real answer away.
        cut: Bytes of the body after which the connection is closed.
        raw: Sent in place of the body.
        hold: Waited for before anything is sent.
        only: Which requests it spoils.
        times: How many of them.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, Any] = field(default_factory=dict)
    reply: Callable[[str], str] | None = None
    finish: str | None = None
    fields: tuple[str, ...] = ()
    cut: int | None = None
    raw: bytes | None = None
    hold: threading.Event | None = None
    only: Callable[[Body], bool] = lambda body: True
    times: int = FOR_EVER


class Proxy:
    """Requests in the order in which they came, and those that were answered in full.

    Attributes:
        url: Base address for clients.
        asked: Bodies of all requests.
        keys: The ``Authorization`` header of each.
        paid_so_far: How often each text of messages has got a whole reply; counted after its last byte.
        under_way: Requests that are being answered now.
        most_at_once: The most there were.
    """

    def __init__(self, upstream: Upstream) -> None:
        self.url = ""
        self.asked: list[Body] = []
        self.keys: list[str | None] = []
        self.paid_so_far: Counter[str] = Counter()
        self.under_way = self.most_at_once = self._held = 0
        self._upstream = upstream
        self._faults: list[Fault] = []
        self._changed = threading.Condition()

    def spoil(self, *faults: Fault) -> None:
        """Adds faults; the first one that fits a request and is not used up is taken."""
        self._faults += faults

    def mend(self) -> None:
        """Takes all faults away."""
        self._faults.clear()

    def forget(self) -> None:
        """Empties the log."""
        self.asked, self.keys, self.paid_so_far = [], [], Counter()

    @property
    def paid(self) -> Counter[str]:
        """How often each text of messages got a whole reply; waits for those that nothing holds to be counted."""
        self.wait_for(lambda: self.under_way == self._held)
        return self.paid_so_far

    def answer(self, body: Body, key: str | None) -> tuple[Fault, int, bytes]:
        with self._changed:
            self.asked.append(body)
            self.keys.append(key)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            self._changed.notify_all()
            fault = next((fault for fault in self._faults if fault.times and fault.only(body)), Fault())
            fault.times -= 1
            self._held += fault.hold is not None
        if fault.hold is not None:
            fault.hold.wait()
            with self._changed:
                self._held -= 1
        if fault.status is not None:
            return fault, fault.status, json.dumps({"error": dict(fault.error)}).encode()
        status, data = self._upstream(body)
        return fault, status, _spoiled(fault, data) if status == 200 else data

    def end(self, body: Body, paid: bool) -> None:
        with self._changed:
            self.under_way -= 1
            self.paid_so_far[messages_of(body)] += paid
            self._changed.notify_all()

    def wait_for(self, event: Callable[[], bool]) -> None:
        """Waits until something is so; looked at whenever a request comes or ends."""
        with self._changed:
            assert self._changed.wait_for(event, timeout=300)


def messages_of(body: Body) -> str:
    """What tells a request's messages from others."""
    return json.dumps(body["messages"], ensure_ascii=False)


def _spoiled(fault: Fault, data: bytes) -> bytes:
    if fault.raw is not None:
        return fault.raw
    answer = json.loads(data)
    choice = answer["choices"][0]
    if fault.reply is not None:
        choice["message"]["content"] = fault.reply(choice["message"]["content"])
    if fault.finish is not None:
        choice["finish_reason"] = fault.finish
    for name in fault.fields:
        del answer[name]
    return json.dumps(answer).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if len(sent := self.rfile.read(length)) < length:
            raise ConnectionAbortedError("the client was killed while it was sending")
        body, paid = json.loads(sent), False
        try:
            fault, status, data = self.proxy.answer(body, self.headers.get("Authorization"))
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **fault.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: fault.cut])
            self.close_connection = fault.cut is not None
            paid = status == 200 and fault.cut is None and fault.raw is None
        finally:
            self.proxy.end(body, paid)

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def running_proxy(upstream: Upstream) -> Iterator[Proxy]:
    """Runs a proxy before a server, or before a function that stands for one."""
    handler = type("Handler", (_Handler,), {"proxy": Proxy(upstream)})
    with QuietServer(("127.0.0.1", 0), handler) as listening, serving(listening) as address:
        handler.proxy.url = f"{address}/v1"
        yield handler.proxy


def forward_to(url: str) -> Upstream:
    """Another server's answers."""

    def forward(body: Body) -> Answer:
        request = urllib.request.Request(
            f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    return forward


def completion(text: str, body: Body, finish: str = "stop") -> Answer:
    """A chat completion with this text, as a server makes it; a word is a token."""
    words = sum(len(message["content"].split()) for message in body["messages"])
    message = {"role": "assistant", "content": text}
    return 200, json.dumps(
        {
            "object": "chat.completion",
            "model": "small-2026-11",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": words, "completion_tokens": len(text.split())},
        }
    ).encode()


def echo(body: Body) -> Answer:
    """Says the last message again; with a schema ordered, as ``{"reply": …}``."""
    said = body["messages"][-1]["content"]
    text = json.dumps({"reply": said}, ensure_ascii=False) if "response_format" in body else said
    return completion(text, body)
