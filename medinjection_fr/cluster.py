"""Independent tasks on a Ray cluster. Ray starts them, and starts them again elsewhere if a node dies.

Tasks and their results go through files on a disk that all nodes share; Ray carries the tasks only.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.processes import OUT_OF_MEMORY, Count
from medinjection_fr.progress import row_counter
from medinjection_fr.resources import library_versions, source_digest

_PATIENCE_FOR_AN_ANSWER_S = 5.0  # of a cluster
_PATIENCE_FOR_A_NODE_S = 60.0  # for one to be started, or to come back
_RETRIES = 3
_GO_ON = "Run the command again afterwards: it goes on where it stopped"
_MORE_MEMORY = f"Give each task more: fewer CPUs for each node (`ray start --num-cpus`). {_GO_ON}"
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": str(_RETRIES),  # Ray's own number is: for ever
}

Task = TypeVar("Task")


class _Done(NamedTuple):
    """What a task came to.

    Attributes:
        mistake: Of its input: those of all tasks are told together.
        fault: Of the node or its disk: it ends the run.
        rows: How many it told.
    """

    mistake: InputError | None = None
    fault: InputError | OSError | None = None
    rows: int = 0


class _Marker(NamedTuple):
    """A file by which a node shows that it sees a folder, and not one of its own under the same path."""

    path: Path
    content: str

    def is_seen(self) -> bool:
        try:
            return self.path.read_text(encoding="utf-8") == self.content
        except OSError:
            return False


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that this process is connected to."""

    def run(
        self,
        function: Callable[[Task, Count], None],
        tasks: Sequence[Task],
        what: str,
        folder: Path,
        gpus: int = 0,
    ) -> list[InputError | None]:
        """Runs a function on every task (see ``engine.Engine.run``)."""
        import ray

        # max_calls=0: or Ray ends a process after each task on a card, and the next opens its model again.
        remote = ray.remote(max_retries=_RETRIES, num_gpus=gpus, max_calls=0)(_run_on_node)
        here = versions()
        with _marker(folder) as marker, row_counter(what) as show:
            references = [remote.remote(function, task, marker, Path.cwd(), here) for task in tasks]
            waiting, results, placeable = references, {}, time.monotonic()
            try:
                while waiting:
                    done, waiting = ray.wait(waiting, num_returns=len(waiting), timeout=0.5)
                    results.update({reference: _result(reference, what) for reference in done})
                    if done or _has_node(gpus):
                        placeable = time.monotonic()
                    elif time.monotonic() - placeable > _PATIENCE_FOR_A_NODE_S:
                        raise InputError(_no_node(what, gpus))
                    show(sum(result.rows for result in results.values()))
            except BaseException:
                for reference in waiting:
                    ray.cancel(reference)
                raise
            return [results[reference].mistake for reference in references]


def _has_node(gpus: int) -> bool:
    """Whether a task can run anywhere: Ray itself would wait for ever, and say so in its own log only."""
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    living = [node["Resources"] for node in nodes if node["Alive"]]
    return any(has.get("CPU", 0) >= 1 and has.get("GPU", 0) >= gpus for has in living)


def _no_node(what: str, gpus: int) -> Problem:
    needed = f"a CPU and {gpus} GPU" if gpus else "a CPU"
    mend = f"Add one: `ray start --address HOST:6379 --num-cpus 1`, or more. {_GO_ON}"
    return Problem(f"--engine ray, {what}", f"no living node has {needed} for a task", mend=mend)


@contextmanager
def open_cluster(jobs: int | None, address: str | None) -> Iterator[Cluster]:
    """Connects to a cluster, or starts one on this machine for as long as the block runs.

    Ray tells what it does again on the standard output, which is for results: that is put away.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        mend = 'Install it with: pip install "medinjection-fr[ray]"'
        raise InputError(Problem("--engine ray", "Ray is not installed", mend=mend)) from None
    with contextlib.redirect_stdout(io.StringIO()):
        if ray.is_initialized():
            yield Cluster()
            return
        _connect(jobs, address)
        try:
            yield Cluster()
        finally:
            ray.shutdown()


def _connect(jobs: int | None, address: str | None) -> None:
    import logging

    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        own: dict[str, Any] = {"num_cpus": jobs or os.cpu_count() or 1, "object_store_memory": 128 << 20}
        ray.init(address="local", include_dashboard=False, **own, **quiet)
        return
    where = f"--address {address}"
    if address != "auto" and not _answers(address):  # Ray itself would wait for minutes
        mend = "Start one (`ray start --head`), or correct the address"
        raise InputError(Problem(where, "no Ray cluster answers there", "host:port, or auto", mend))
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        what = f"this process cannot join a Ray cluster there ({' '.join(str(error).split())[:300]})"
        mend = "Run the command on a node of the cluster, with its versions of Ray and Python"
        raise InputError(Problem(where, what, mend=mend)) from None


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _PATIENCE_FOR_AN_ANSWER_S).close()
    except (OSError, ValueError):
        return False
    return True


def versions() -> dict[str, str]:
    """What must be the same on every node, or the bytes would not be."""
    return {"medinjection-fr": source_digest()[:12], **library_versions()}


@contextmanager
def _marker(folder: Path) -> Iterator[_Marker]:
    marker = _Marker(folder / ".shared", uuid.uuid4().hex)
    marker.path.write_text(marker.content, encoding="utf-8")
    try:
        yield marker
    finally:
        marker.path.unlink(missing_ok=True)


def _run_on_node(
    function: Callable[[Any, Count], None], task: Any, marker: _Marker, place: Path, wanted: dict[str, str]
) -> _Done:
    """Runs in a worker, in the folder where the command was given: paths may be relative to it.

    Errors that a person can mend are returned; a bug is raised, with Ray's traceback.
    """
    node, rows = f"node {socket.gethostname()}", 0

    def count(more: int) -> None:
        nonlocal rows
        rows += more

    with contextlib.suppress(OSError):  # paths that are not relative are found nevertheless
        os.chdir(place)
    if problems := list(_faults_of_node(node, marker, wanted)):
        return _Done(fault=InputError(problems))
    try:
        function(task, count)
    except InputError as error:
        return _Done(mistake=error, rows=rows)
    except MemoryError:
        problem = Problem(node, "has too little memory for a task", mend=_MORE_MEMORY)
        return _Done(fault=InputError(problem))
    except FileNotFoundError as error:
        return _Done(fault=InputError(_unseen(node, error.filename or str(error))))
    except OSError as error:
        where = f"{node}, {error.filename or 'its disk'}"
        return _Done(fault=OSError(error.errno, error.strerror or str(error), where))
    return _Done(rows=rows)


def _unseen(node: str, path: object) -> Problem:
    mend = "Put sources and output on a disk that is mounted everywhere"
    return Problem(node, f"does not see {path}", "what all nodes share, under one path", mend)


def _faults_of_node(node: str, marker: _Marker, wanted: dict[str, str]) -> Iterator[Problem]:
    if not marker.is_seen():
        yield _unseen(node, marker.path.parent)
    for name, version in versions().items():
        if version != wanted.get(name):
            mend = "Install the same versions on all nodes: others may give other bytes"
            yield Problem(node, f"has {name} {version}", f"{wanted.get(name)}", mend)


def _result(reference: Any, what: str) -> _Done:
    """What a task came to.

    Raises:
        InputError: The cluster, or a node, could not run it.
        OSError: Of the node's disk.
    """
    import ray
    from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError

    try:
        done: _Done = ray.get(reference)
    except RayTaskError as error:
        missing = getattr(error, "client_exc", None)  # why a node could not unpack the task
        if not isinstance(missing, ModuleNotFoundError):
            raise
        told = f"a node cannot import the task ({missing})"
        mend = "Run the command in a folder that all nodes share"
        expected = "the same installation, or the same checkout under one path, on every node"
        raise InputError(Problem(f"--engine ray, {what}", told, expected, mend)) from None
    except OutOfMemoryError:
        told = "a node's memory was nearly full, and Ray ended a task there"
        raise InputError(Problem(f"--engine ray, {what}", told, mend=_MORE_MEMORY)) from None
    except WorkerCrashedError:
        raise InputError(Problem(f"--engine ray, {what}", OUT_OF_MEMORY, mend=_MORE_MEMORY)) from None
    except RayError as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}".splitlines()[0]
        told = f"the cluster could not run a task ({reason})"
        raise InputError(Problem(f"--engine ray, {what}", told, mend=f"See `ray status`. {_GO_ON}")) from None
    if done.fault:
        raise done.fault
    return done
