"""A Ray cluster on this machine: nodes of one CPU, which tests add and kill."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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

        running = Cluster(initialize_head=True, head_node_args={**_NODE, "include_dashboard": False})
        try:
            yield running
        finally:
            running.shutdown()


def add_node(cluster: Any, **more: Any) -> Any:
    """Another node, of the same machine."""
    return cluster.add_node(**{**_NODE, **more})


@contextmanager
def hooked(cluster: Any, hook: Callable[[], None]) -> Iterator[None]:
    """Connects this process; every worker calls the hook at its start."""
    import ray

    ray.init(address=cluster.address, log_to_driver=False, runtime_env={"worker_process_setup_hook": hook})
    try:
        yield
    finally:
        ray.shutdown()
