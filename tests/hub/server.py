"""The project's own Hub, for tests: it serves the real clients on 127.0.0.1, and misbehaves as told.

In a test, with the fixture ``hub``::

    repository = hub.create("our-laboratory/our-dataset")            # or by the client: create_repo
    repository.change({"README.md": b"..."}, tag="v1.0.0")           # or by the client: create_commit
    hub.fault("PUT", "/storage/", status=503, times=2)               # what goes wrong: see ``Fault``
    hub.fault("POST", "/commit/", lost="answer", times=1)            # committed, but nobody hears of it
    hub.fault("POST", "/commit/", before=lambda: repository.change({"a": b"new"}))  # main moves
    run([...], env=hub.environment("write"))                         # a client in a process of its own
    hub.requests("POST", "/commit/")                                 # what it asked: see ``Request``
    repository.find("v1.0.0").files["README.md"].data

A client reads its settings when it is imported, so it needs a process of its own. ``write`` may write
under ``our-laboratory`` and ``a-maintainer``; ``read`` is the same account with a token that only reads.
Large files go to and come from another host, ``localhost``, as on the real Hub: a client takes a redirect
to the same host for one of the Hub's own, and fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from loopback import QuietServer, serving

import hub.downloads
import hub.repositories
import hub.uploads  # noqa: F401  each makes its endpoints known
from hub.faults import Request
from hub.routes import answer
from hub.state import Hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: Hub

    def _serve(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        request = Request(self.command, address.path, query, self.headers)
        fault = self.hub.receive(request)
        request.body = self._read(fault.cut_upload)
        if fault.cut_upload is not None or fault.lost == "request":
            self.close_connection = True
            return
        fault.before()
        if fault.status:
            self._send(request, fault.status, fault.headers, b'{"error": "a fault of the test"}')
            return
        given = answer(self.hub, request)
        fault.after()
        if fault.lost == "answer":
            self.close_connection = True
            return
        self._send(request, given.status, given.headers, fault.alter(given.body), fault.cut_download)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

    def _read(self, cut: int | None) -> bytes:
        """The body of the request, or its first bytes."""
        size = int(self.headers.get("Content-Length", 0))
        return self.rfile.read(size if cut is None else min(cut, size))

    def _send(
        self, request: Request, status: int, headers: Mapping[str, str], body: bytes, cut: int | None = None
    ) -> None:
        request.status = status
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
            self.close_connection = self.close_connection or cut is not None

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def serve_hub(folder: Path) -> Iterator[Hub]:
    """Runs a Hub, whose clients keep their caches in a folder."""

    class Handler(_Handler):
        pass

    with QuietServer(("127.0.0.1", 0), Handler) as listening, serving(listening) as endpoint:
        Handler.hub = Hub(endpoint, folder)
        yield Handler.hub
