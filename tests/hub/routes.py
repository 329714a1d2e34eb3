"""How a request finds its endpoint, and what answers are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from hub.faults import Request
from hub.state import Hub
from hub.store import Refused


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Endpoint = Callable[..., Answer]
ROUTES: list[tuple[str, re.Pattern[str], Endpoint]] = []
PLACES = {"{id}": "([^/]+/[^/]+)", "{revision}": "([^/]+)", "{path}": "(.+)", "{sha256}": "([0-9a-f]{64})"}


def route(method: str, pattern: str) -> Callable[[Endpoint], Endpoint]:
    """Makes a function answer a method and a path; it is given what stands in the path's places."""
    for place, regex in PLACES.items():
        pattern = pattern.replace(place, regex)

    def register(endpoint: Endpoint) -> Endpoint:
        ROUTES.append((method, re.compile(pattern), endpoint))
        return endpoint

    return register


def answer(hub: Hub, request: Request) -> Answer:
    """Applies a request and gives its answer."""
    try:
        for method, pattern, endpoint in ROUTES:
            found = pattern.fullmatch(_path_of_kind(request.path))
            if found and re.fullmatch(method, request.method):
                with hub.lock:
                    return endpoint(hub, request, *(unquote(group) for group in found.groups()))
        raise Refused(404, "no such endpoint")
    except Refused as refused:
        return as_json(refused.body, refused.status, refused.headers)


def _path_of_kind(path: str) -> str:
    """A model's path as a dataset's would be: this Hub keeps both in the same way."""
    path = re.sub("^/api/models/", "/api/datasets/", path)
    return re.sub(
        r"^/(?!api/|datasets/|storage/)(?=[^/]+/[^/]+?(\.git/info/lfs|/resolve)/)", "/datasets/", path
    )


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def page(hub: Hub, request: Request, entries: list[Any]) -> Answer:
    """A page of a listing, with the address of the next."""
    start = int(request.query.get("cursor", 0))
    end = start + hub.page_size
    following = f"{hub.endpoint}{request.path}?{urlencode({**request.query, 'cursor': end})}"
    headers = {"Link": f'<{following}>; rel="next"'} if end < len(entries) else {}
    return as_json(entries[start:end], headers=headers)


def part(request: Request, data: bytes, headers: Mapping[str, str]) -> Answer:
    """The bytes that a ``Range`` header asks for, or all."""
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **headers}
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", ""))
    if not wanted:
        return Answer(200, data, headers)
    first, last = wanted.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last) + 1, len(data)) if first and last else len(data)
    if start >= len(data):
        return Answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
    return Answer(206, data[start:end], {**headers, "Content-Range": f"bytes {start}-{end - 1}/{len(data)}"})
