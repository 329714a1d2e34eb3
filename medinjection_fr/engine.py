"""Where a step runs: in this machine's processes, or on a Ray cluster.

A step is a function of one task, which reads files and writes files; what it writes depends on the task
alone. So the bytes are the same whatever runs it, in however many processes and in whatever order.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.processes import Count, run_tasks

ENGINES = ("local", "ray")
Task = TypeVar("Task")


class Engine(Protocol):
    """Runs independent tasks."""

    def run(
        self,
        function: Callable[[Task, Count], None],
        tasks: Sequence[Task],
        what: str,
        folder: Path,
        gpus: int = 0,
    ) -> list[InputError | None]:
        """Runs a function on every task and waits for all.

        Args:
            function: Called with a task and a function to be told how many rows more are done; of the
                top level of a module, or a ``functools.partial`` of one.
            tasks: The tasks.
            what: What is done, for the bar.
            folder: Where the tasks read and write: every process must see it.
            gpus: How many a task needs for itself on its node; this machine's processes see all there are.

        Returns:
            For each task the mistake of its input, or ``None``. Any other error is raised.

        Raises:
            InputError: A process had too little memory, or the cluster cannot do it.
        """


@dataclass(frozen=True)
class Local:
    """This machine's processes.

    Attributes:
        jobs: How many; 1 runs in this one.
    """

    jobs: int = 1

    def run(
        self,
        function: Callable[[Task, Count], None],
        tasks: Sequence[Task],
        what: str,
        folder: Path,
        gpus: int = 0,
    ) -> list[InputError | None]:
        """Runs a function on every task (see ``Engine.run``)."""
        return run_tasks(function, tasks, self.jobs, what)


IN_THIS_PROCESS = Local(1)


@contextmanager
def open_engine(name: str = "local", jobs: int | None = None, address: str | None = None) -> Iterator[Engine]:
    """Opens an engine.

    Args:
        name: One of ``ENGINES``.
        jobs: Processes on this machine; the number of cores if ``None``.
        address: Of a Ray cluster, as ``host:6379``, or ``auto`` for the one that this machine is part of;
            ``None`` starts one on this machine and ends it again.

    Raises:
        InputError: The arguments do not go together, Ray is not installed, or there is no cluster.
    """
    if address and name != "ray":
        raise InputError(Problem("--address", "goes with --engine ray only", mend="Add it, or leave it out"))
    if name == "ray":
        from medinjection_fr.cluster import open_cluster

        with open_cluster(jobs, address) as cluster:
            yield cluster
    else:
        yield Local(jobs or os.cpu_count() or 1)


@contextmanager
def scratch_beside(folder: Path, engine: Engine) -> Iterator[Path]:
    """A folder for what tasks find, gone at the end, where every process of the engine sees it.

    Args:
        folder: What the tasks read: on a cluster, what lies beside it is seen as it is.
        engine: Who runs the tasks.

    Raises:
        InputError: It cannot be made there.
    """
    place = None if isinstance(engine, Local) else folder.resolve().parent
    try:
        scratch = tempfile.TemporaryDirectory(
            dir=place, prefix="medinjection-fr-", ignore_cleanup_errors=True
        )
    except OSError as error:
        what = f"cannot hold what the tasks find ({error.strerror})"
        mend = "Copy what is read to a folder of the shared disk that you may write to"
        raise InputError(Problem(str(place or tempfile.gettempdir()), what, mend=mend)) from None
    with scratch as name:
        yield Path(name)
