"""The page's server, as the command starts it, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from medinjection_fr.resources import PACKAGE


class Served:
    """A server that can be killed and started again on the same port.

    Args:
        database: The review database.
        log: Where what it says on standard error goes.
    """

    def __init__(self, database: Path, log: Path) -> None:
        self._database = database
        self._log = log
        self._port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "evaluation", "review", "serve", str(self._database)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self._port)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=PACKAGE.parent,
            )
        assert self._process.stdout
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said := self._process.stdout.readline())
        assert found, said
        self._port = int(found[1])

    def kill(self) -> None:
        """As the system kills: without a word."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


@contextmanager
def serve_review(database: Path, log: Path) -> Iterator[Served]:
    """Runs a server that has answered once: it tells its address before it has loaded what makes the page."""
    served = Served(database, log)
    try:
        httpx.get(served.address, timeout=600).raise_for_status()
        yield served
    finally:
        served.kill()
