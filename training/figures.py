"""What a run took: time, memory, energy. Carried on through a resumed run."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

LOG = "log.jsonl"
LIBRARIES = (
    "medinjection-fr",
    "torch",
    "transformers",
    "tokenizers",
    "trl",
    "peft",
    "accelerate",
    "datasets",
)


class Meter:
    """Time, peak memory and energy of training since it began, kills and pauses left out.

    Args:
        carried: Figures of the checkpoint from which a run goes on.
    """

    def __init__(self, carried: Mapping[str, Any] | None = None) -> None:
        self._carried = carried or {"seconds": 0.0, "peak_memory_bytes": 0, "energy_joules": 0.0}
        self._begun: float | None = None
        self._energy: float | None = None

    def start(self) -> None:
        """Begins to measure."""
        import torch

        self._begun, self._energy = time.monotonic(), _energy_joules()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def read(self) -> dict[str, Any]:
        """The figures now.

        Returns:
            ``seconds``; ``peak_memory_bytes`` of the device, or of this process on a CPU;
            ``energy_joules`` of the GPU, ``None`` if it does not tell.
        """
        now = time.monotonic()
        seconds = now - self._begun if self._begun is not None else 0.0
        energy, before = _energy_joules(), self._carried["energy_joules"]
        told = energy is not None and self._energy is not None and before is not None
        return {
            "seconds": self._carried["seconds"] + seconds,
            "peak_memory_bytes": max(self._carried["peak_memory_bytes"], _peak_memory_bytes()),
            "energy_joules": before + energy - self._energy if told else None,
        }


def _peak_memory_bytes() -> int:
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_reserved())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _energy_joules() -> float | None:
    """The energy counter of this process's GPU; of itself it means nothing."""
    import torch

    if not torch.cuda.is_available():
        return None
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        uuid = torch.cuda.get_device_properties(torch.cuda.current_device()).uuid
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000
    except pynvml.NVMLError:
        return None


class Log(TrainerCallback):  # type: ignore[misc]
    """Writes the curve to a file as it grows, a JSON object a line.

    Args:
        path: The file. A resumed run writes again what its checkpoint holds, and goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Writes what the checkpoint holds."""
        if state.is_world_process_zero:
            self._path.write_text("".join(map(_line, state.log_history)), encoding="utf-8")

    def on_log(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Adds the newest line."""
        if state.is_world_process_zero:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line(state.log_history[-1]))


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry) + "\n"


def loss_of(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The loss at the beginning, and its mean over the last tenth of the lines."""
    losses = [entry["loss"] for entry in history if "loss" in entry]
    last = losses[-max(1, len(losses) // 10) :]
    return {"first": losses[0], "last": sum(last) / len(last)}


def versions() -> dict[str, str]:
    """Versions of Python and of ``LIBRARIES``."""
    import platform

    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
