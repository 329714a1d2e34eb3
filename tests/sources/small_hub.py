"""As much of the Hugging Face Hub as a download of a dataset asks for, on 127.0.0.1."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from loopback import QuietServer, serving


def commit_of(name: str) -> str:
    """The commit that a branch or tag stands for."""
    return hashlib.sha1(name.encode()).hexdigest()


class SmallHub:
    """One dataset repository with revisions, and the log of all requests.

    Attributes:
        address: For ``HF_ENDPOINT``.
        revisions: Branch or tag → path → bytes.
        log: ``METHOD path`` of each request.
        broken: Paths whose body breaks off after the headers.
    """

    repository = "our-laboratory/our-dataset"

    def __init__(self, address: str) -> None:
        self.address = address
        self.revisions: dict[str, Mapping[str, bytes]] = {}
        self.log: list[str] = []
        self.broken: set[str] = set()

    def find(self, revision: str) -> tuple[str, Mapping[str, bytes]] | None:
        """Commit and files of a branch, tag or commit."""
        for name, files in self.revisions.items():
            if revision in (name, commit_of(name)):
                return commit_of(name), files
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: SmallHub

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.log.append(f"{self.command} {path}")
        pattern = r"/(?:api/)?datasets/([^/]+/[^/]+)/(revision|tree|resolve)/([^/]+)(?:/(.+))?"
        match = re.fullmatch(pattern, path)
        if not match or match[1] != self.hub.repository:
            self._send(404, {"X-Error-Code": "RepoNotFound"})
            return
        found = self.hub.find(match[3])
        if not found:
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
            return
        commit, files = found
        if match[2] == "revision":
            siblings = [{"rfilename": name} for name in files]
            self._send_json({"id": match[1], "sha": commit, "siblings": siblings, "tags": []})
        elif match[2] == "tree":
            self._send_json(
                [
                    {"type": "file", "path": name, "size": len(data), "oid": _blob_id(data)}
                    for name, data in files.items()
                ]
            )
        elif match[4] in files:
            data = files[match[4]]
            headers = {"X-Repo-Commit": commit, "ETag": f'"{_blob_id(data)}"'}
            self._send(200, headers, data, breaks_off=match[4] in self.hub.broken)
        else:
            self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})

    do_HEAD = do_GET

    def _send_json(self, value: Any) -> None:
        self._send(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def _send(
        self, status: int, headers: Mapping[str, str], body: bytes = b"", breaks_off: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET" and not breaks_off:
            self.wfile.write(body)
        self.close_connection = breaks_off

    def log_message(self, *arguments: Any) -> None:
        pass


def _blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def small_hub() -> Iterator[SmallHub]:
    handler = type("Handler", (_Handler,), {})
    with QuietServer(("127.0.0.1", 0), handler) as listening, serving(listening) as address:
        handler.hub = SmallHub(address)
        yield handler.hub
