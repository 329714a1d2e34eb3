"""A small HTTP server on 127.0.0.1 that keeps a log and misbehaves as it is told."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from loopback import QuietServer, serving

FOR_EVER = 10**9
HTML = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@dataclass
class Fault:
    """What goes wrong with the next requests of a path.

    Attributes:
        status: Answered instead of the file.
        cut: Bytes of the body after which the connection is closed.
        body: Sent in place of the file's bytes.
        ignores_range: The whole file is sent, whatever part was asked for.
        hold: Bytes of the body after which the server says so (``held``) and waits for ``go_on``.
        times: Requests that it spoils.
    """

    status: int | None = None
    cut: int | None = None
    body: bytes | None = None
    ignores_range: bool = False
    hold: int | None = None
    times: int = FOR_EVER
    held: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Request:
    """One line of the log."""

    method: str
    path: str
    range: str | None


class FaultyServer:
    """Files by path, faults by path, and the log of all requests."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, bytes] = {}
        self.log: list[Request] = []
        self._faults: dict[str, list[Fault]] = {}

    def url(self, path: str) -> str:
        return self.address + path

    def spoil(self, path: str, fault: Fault) -> Fault:
        """Adds a fault after those that the path has."""
        self._faults.setdefault(path, []).append(fault)
        return fault

    def mend(self) -> None:
        """Forgets faults and log."""
        self._faults.clear()
        self.log.clear()

    def next_fault(self, path: str) -> Fault:
        for fault in self._faults.get(path, []):
            if fault.times:
                fault.times -= 1
                return fault
        return Fault()

    def ranges(self, path: str) -> list[str | None]:
        """What part each request of a path asked for."""
        return [request.range for request in self.log if request.path == path]


class _Handler(BaseHTTPRequestHandler):
    hub: FaultyServer

    def do_GET(self) -> None:
        self.hub.log.append(Request(self.command, self.path, self.headers.get("Range")))
        fault = self.hub.next_fault(self.path)
        whole = self.hub.files.get(self.path) if fault.body is None else fault.body
        if fault.status or whole is None:
            self._answer(fault.status or 404, HTML, {})
            return
        start = 0
        if (wanted := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")) and not (
            fault.ignores_range or fault.body is not None
        ):
            start = int(wanted[1])
            if start >= len(whole):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(whole)}"})
                return
        headers = {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"} if start else {}
        self._answer(206 if start else 200, whole[start:], headers, fault)

    def _answer(
        self, status: int, body: bytes, headers: Mapping[str, str], fault: Fault | None = None
    ) -> None:
        fault = fault or Fault()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.hold is not None:
            self.wfile.write(body[: fault.hold])
            fault.held.set()
            fault.go_on.wait()
            body = body[fault.hold :]
        self.wfile.write(body[: fault.cut])

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    handler = type("Handler", (_Handler,), {})
    with QuietServer(("127.0.0.1", 0), handler) as listening, serving(listening) as address:
        handler.hub = FaultyServer(address)
        yield handler.hub


CATALOGUE_OF_OURS = """
import sys, time
from pathlib import Path
from medinjection_fr.sources import catalogue
time.sleep = lambda seconds: None  # pauses before another try
catalogue.ENTRIES, catalogue.ENTRY_FILES = Path(sys.argv.pop(1)), ("ours",)
from medinjection_fr.cli import main
main()
"""
"""The command line with a catalogue of our own: a folder with ``ours.yaml``."""


def command_with_catalogue(folder: Path, entries: Mapping[str, Any], *arguments: object) -> list[str]:
    """The command that runs the command line with a catalogue of our own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ours.yaml").write_text(json.dumps(entries), encoding="utf-8")
    return [sys.executable, "-c", CATALOGUE_OF_OURS, str(folder), *map(str, arguments)]
