"""A Ray cluster on this machine: nodes of one CPU, which tests add and kill."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import filelock
import pytest

from medinjection_fr.cluster import ENVIRONMENT

_NODE: dict[str, Any] = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 80 << 20}
"""What a node is started with."""


@contextmanager
def running_cluster() -> Iterator[Any]:
    """A cluster of one node; its workers import what this process does."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        running = Cluster()
        try:
            add_node(running, include_dashboard=False)
            yield running
        finally:
            running.shutdown()


def add_node(cluster: Any, **more: Any) -> Any:
    """A node of this machine; Ray's own patience is 30 s, and a busy machine takes longer."""
    node = cluster.add_node(wait=False, **{**_NODE, **more})
    cluster.wait_for_nodes(timeout=300)
    return node


@contextmanager
def hooked(cluster: Any, hook: Callable[[], None]) -> Iterator[None]:
    """Connects this process; every worker calls the hook at its start."""
    import ray

    ray.init(address=cluster.address, log_to_driver=False, runtime_env={"worker_process_setup_hook": hook})
    try:
        yield
    finally:
        ray.shutdown()


class Doom(NamedTuple):
    """How a node that dies in the middle and the others wait for each other, for their hooks.

    Attributes:
        begun: A named pipe: when a worker of the doomed node has written to it, the node is killed.
        never: A lock file that is not free: the doomed worker waits for it.
        dead: A lock file that is free once the node is dead: the others wait for it.
    """

    begun: Path
    never: Path
    dead: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Doom:
        doom = cls(folder / "begun", folder / "never", folder / "dead")
        os.mkfifo(doom.begun)
        return doom


@contextmanager
def doomed(cluster: Any, node: Any, doom: Doom) -> Iterator[list[str]]:
    """Kills a node when it has begun; gives what its worker wrote, complete at the end of the block."""

    def kill() -> None:
        killed.append(doom.begun.read_text())
        cluster.remove_node(node, allow_graceful=False)
        wait.release()

    killed: list[str] = []
    wait = filelock.FileLock(doom.dead, thread_local=False)
    killer = threading.Thread(target=kill, daemon=True)  # waits for ever if the block fails
    with filelock.FileLock(doom.never):
        wait.acquire()
        killer.start()
        yield killed
        killer.join()
