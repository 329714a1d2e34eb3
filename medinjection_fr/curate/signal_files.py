"""Signals of every batch of every part, each in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from medinjection_fr.curate.signals import SIGNALS_SCHEMA, compute_signals
from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.processes import Count, raise_mistakes
from medinjection_fr.sources.parts import read_batches
from medinjection_fr.workspace import Workspace


def write_signals(parts: Sequence[Path], workspace: Workspace, engine: Engine) -> list[pa.RecordBatch]:
    """Computes the signals of every batch of every part; what is there already is not done again.

    Args:
        parts: Folders of the parts.
        workspace: Where the signals are kept.
        engine: Where it runs.
    """
    tasks = [(part, number, workspace) for part in parts for number in range(len(read_batches(part)))]
    missing = [task for task in tasks if not _folder(*task).exists()]
    runner = engine if len(missing) > 1 else IN_THIS_PROCESS
    raise_mistakes(runner.run(_write_batch, missing, "looking at", workspace.root))
    return [_read(_folder(*task)) for task in tasks]


def read_signals(part: Path, workspace: Workspace) -> list[pa.RecordBatch]:
    """The signals of a part, batch by batch, memory-mapped."""
    return [_read(_folder(part, number, workspace)) for number in range(len(read_batches(part)))]


def _folder(part: Path, number: int, workspace: Workspace) -> Path:
    return workspace.step_folder(f"signals-{part.name}-{number:05d}")


def _write_batch(task: tuple[Path, int, Workspace], count: Count) -> None:
    part, number, workspace = task
    batch = read_batches(part)[number]
    with workspace.step(_folder(*task).name) as folder:
        signals = compute_signals(batch)
        path = str(folder / "signals.arrow")
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, SIGNALS_SCHEMA) as writer:
            writer.write_batch(signals)
    count(batch.num_rows)


def _read(folder: Path) -> pa.RecordBatch:
    with pa.memory_map(str(folder / "signals.arrow")) as source, pa.ipc.open_stream(source) as reader:
        return reader.read_next_batch()
