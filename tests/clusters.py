"""Ray clusters of several nodes on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from medinjection_fr.cluster import ENVIRONMENT

NODE: dict[str, Any] = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 80 << 20}
"""What a node is started with."""


@contextmanager
def running_cluster() -> Iterator[Any]:
    """A cluster of one node of one CPU, which finds the modules of the tests; ``add_node(**NODE)`` adds one."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        running = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        try:
            yield running
        finally:
            running.shutdown()
