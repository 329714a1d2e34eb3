"""A model server of our own on this machine, which ends with this process however that ends."""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from medinjection_fr.models.model import ModelError

_LOOK_EVERY_S = 0.2
_LAST_WORDS = 500
_WATCHED = """
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ cat <&3; kill $server; sleep "$GRACE"; kill -9 -$$; } >/dev/null 2>&1 & watcher=$!
wait $server; code=$?
kill $watcher; exit $code
"""
"""Runs a command until it ends, or until the pipe to this process is closed, as a kill closes it too. Some servers
go on with what they are answering when they are asked to end: after a grace, all their processes are killed."""


class LocalServer:
    """Starts a server on a free port of 127.0.0.1.

    Args:
        command: Gives the command for a port. The server must answer ``/health``.
        log: Where its output goes.
        patience: Seconds until it must be ready.
        environment: Added to this process's.
        grace: Seconds that it has to end by itself.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        log: Path,
        patience: float = 1800,
        environment: Mapping[str, str] | None = None,
        grace: float = 20,
    ) -> None:
        self._command = command
        self._log = log
        self._patience = patience
        self._environment = {**os.environ, **(environment or {}), "GRACE": str(grace)}
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None
        self._starting: asyncio.Future[str] | None = None

    async def start(self) -> str:
        """Starts the server unless it runs, waits until it answers, and tells its base address.

        Raises:
            ModelError: It ended, or was not ready in time (``endpoint-down``).
        """
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        if self._starting.done():
            return self._starting.result()
        return await asyncio.shield(self._starting)

    async def _start(self) -> str:
        port = _free_port()
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                ["sh", "-c", _WATCHED, "sh", *self._command(port)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for us: it must still answer what is under way
            )
        atexit.register(self.stop)
        deadline = time.monotonic() + self._patience
        while not await asyncio.to_thread(_is_healthy, port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                last = self._log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:].strip()
                raise ModelError("endpoint-down", f"the server did not start; see {self._log}: …{last}")
            await asyncio.sleep(_LOOK_EVERY_S)
        return f"http://127.0.0.1:{port}/v1"

    def stop(self) -> None:
        """Ends the server with all its processes."""
        process, self._process, self._starting = self._process, None, None
        if process is None:
            return
        atexit.unregister(self.stop)
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=self._grace)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
