"""What a server is asked, and what goes wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal

FOR_EVER = 10**9


@dataclass
class Request:
    """One line of the log.

    Attributes:
        method: ``GET``, ``PUT`` …
        path: As it was sent, quoted, without the query.
        query: Parameters of the query.
        headers: Headers by name, in whatever case.
        body: The bytes received.
        status: Of the answer; ``None`` if the connection was closed instead.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    status: int | None = None

    def matches(self, method: str, path: str) -> bool:
        """Whether the method is this one (``"GET|HEAD"`` for either) and the path has the pattern."""
        return bool(re.fullmatch(method, self.method) and re.search(path, self.path))


@dataclass
class Fault:
    """What goes wrong with requests of a kind, or happens at them.

    Attributes:
        method, path: Which requests: see ``Request.matches``.
        skip: Requests of the kind that pass first.
        times: Requests that it spoils after those.
        status: Answered instead; the request has no effect.
        headers: Of that answer.
        lost: ``"request"``: the connection is closed before the request has any effect; ``"answer"``:
            after it had its effect.
        cut_upload: Bytes of the request's body after which the connection is closed; it has no effect.
        cut_download: Bytes of the answer's body after which the connection is closed.
        alter: Makes other bytes of the answer's body.
        before: Called before the request has its effect.
        after: Called when it has had its effect, and nothing was answered yet.
    """

    method: str = ".*"
    path: str = ""
    skip: int = 0
    times: int = FOR_EVER
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: Literal["request", "answer"] | None = None
    cut_upload: int | None = None
    cut_download: int | None = None
    alter: Callable[[bytes], bytes] = lambda body: body
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None

    def takes(self, request: Request) -> bool:
        """Whether the fault strikes a request, which is then counted."""
        if not (self.times and request.matches(self.method, self.path)):
            return False
        struck = self.skip == 0
        self.skip -= not struck
        self.times -= struck
        return struck
