"""A Ray cluster on this machine: nodes of one CPU, which tests add and kill."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from medinjection_fr import cluster as cluster_module


@contextmanager
def running_cluster() -> Iterator[Any]:
    """A cluster of one node; its workers import what this process does."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**cluster_module.ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
        running = Cluster(initialize_head=True, head_node_args=head)
        yield running
        running.shutdown()


def add_node(cluster: Any) -> Any:
    """Another node, of the same machine."""
    return cluster.add_node(num_cpus=1, object_store_memory=80 << 20)


@contextmanager
def hooked(cluster: Any, hook: Callable[[], None]) -> Iterator[None]:
    """Connects this process; every worker calls the hook at its start."""
    import ray

    ray.init(address=cluster.address, log_to_driver=False, runtime_env={"worker_process_setup_hook": hook})
    try:
        yield
    finally:
        ray.shutdown()
