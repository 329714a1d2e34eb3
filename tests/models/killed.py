"""Commands in processes of their own that ask a proxy: killed while it answers, or several at once."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from models.proxy import Fault, Proxy


def kill_while_asking(
    server: Proxy,
    command: Sequence[str],
    answered: int,
    at_once: int,
    *faults: Fault,
    cwd: Path | None = None,
) -> None:
    """Kills a command that has its first answers, when all that it may ask at once is held back.

    Nothing is on the way when this returns: the server has answered so many requests, was asked so many more
    that were never paid, and spoils nothing.

    Args:
        server: Whom the command asks.
        command: The command line.
        answered: Answers that it gets; it must want as many more as it may ask at once.
        at_once: Requests that it has under way at most.
        faults: What goes wrong with answers.
        cwd: Where the command runs.
    """
    release = threading.Event()
    server.mend()
    server.spoil(Fault(status=503, only=lambda body: len(server.asked) > answered, hold=release), *faults)
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL) as process:
        try:
            server.wait_for(lambda: len(server.asked) == answered + at_once or process.poll() is not None)
            assert process.poll() is None
        finally:
            process.kill()
            release.set()
    server.wait_for(lambda: server.under_way == 0)
    server.mend()
    assert (len(server.asked), sum(server.paid.values())) == (answered + at_once, answered)


def run_together(*commands: Sequence[str]) -> list[int]:
    """Exit codes of commands that run at the same time; none is left behind."""
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(command)) for command in commands]
        try:
            return [process.wait(600) for process in processes]
        finally:
            for process in processes:
                process.kill()
