"""Checkpoints that are whole: a killed run goes on from the newest, with the figures it had."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

MARK = "whole.json"
"""Written into a checkpoint when all its files are there, with their sizes and the figures so far."""


class MarkWhole(TrainerCallback):  # type: ignore[misc]
    """Marks each checkpoint once every process has written its part.

    Args:
        figures: Gives the figures so far.
    """

    def __init__(self, figures: Callable[[], Mapping[str, Any]]) -> None:
        self._figures = figures

    def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Marks the checkpoint of this step."""
        args.distributed_state.wait_for_everyone()
        if state.is_world_process_zero:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
            sizes.pop(MARK, None)
            unfinished = folder / f"{MARK}.part"
            unfinished.write_text(json.dumps({"files": sizes, "figures": self._figures()}), encoding="utf-8")
            unfinished.replace(folder / MARK)
        args.distributed_state.wait_for_everyone()


def find_newest(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    """The newest whole checkpoint, and the figures that stand in it."""
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=_step, reverse=True):
        if (mark := _read_mark(checkpoint)) is not None:
            return checkpoint, mark["figures"]
    return None


def remove_unfinished(folder: Path) -> list[str]:
    """Removes checkpoints that a kill left half-written.

    Returns:
        Their names.
    """
    unfinished = [path for path in sorted(folder.glob("checkpoint-*")) if _read_mark(path) is None]
    for path in unfinished:
        shutil.rmtree(path)
    return [path.name for path in unfinished]


def _read_mark(checkpoint: Path) -> Mapping[str, Any] | None:
    try:
        mark: Mapping[str, Any] = json.loads((checkpoint / MARK).read_text(encoding="utf-8"))
        whole = all((checkpoint / name).stat().st_size == size for name, size in mark["files"].items())
    except (OSError, ValueError):
        return None
    return mark if whole else None


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
