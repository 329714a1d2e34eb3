"""Pairs of records that say the same, group by group: each task looks at the records of one range of keys.

Signals of each batch (map) → records of equal key (group) → the pairs that the decision needs. No
process holds the keys of all records: those of a range are gathered from the mapped signals.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.embedded import Shared, candidates, embedded_pairs, shared_probes
from medinjection_fr.curate.numbered import Numbered
from medinjection_fr.curate.pairs import Compared, Pair, exact_pairs, near_keys, near_pairs
from medinjection_fr.curate.signal_files import read_signals
from medinjection_fr.curate.signals import BANDS
from medinjection_fr.curate.spans import WHOLE, Span, cut_spans
from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.processes import Count, raise_mistakes
from medinjection_fr.sources.parts import read_batches
from medinjection_fr.workspace import Workspace

_RECORDS_PER_SPAN = 300_000
_CANDIDATES_PER_TASK = 20_000

Alive = NDArray[np.bool_]


class Wanted(NamedTuple):
    """What is looked for.

    Attributes:
        alive: Which records count.
        asked: Which of them are questions that are looked for inside others.
        near, embedded: Whether near copies are wanted, and questions inside other texts.
    """

    alive: Alive
    asked: Alive
    near: bool
    embedded: bool


Find = Callable[[Wanted], list[Pair]]


def find_here(records: Numbered, wanted: Wanted) -> list[Pair]:
    """Finds all pairs in this process, in one range."""
    pairs = copies_in(records, wanted, WHOLE)
    if wanted.embedded:
        found = shared_probes(records, wanted.alive, wanted.asked, WHOLE)
        pairs += embedded_pairs(candidates([found], records), records)
    return pairs


def copies_in(records: Numbered, wanted: Wanted, span: Span) -> list[Pair]:
    """Exact and near copies whose keys lie in a range."""
    pairs = list(exact_pairs(_compared(records, wanted.alive, span), records.row))
    for band in range(BANDS if wanted.near else 0):
        keys, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for signals, start in zip(records.signal_batches, records.starts, strict=False):
            own = near_keys(signals, band)
            places = np.flatnonzero(wanted.alive[start : start + len(own)] & span.holds(own))
            keys.append(own[places])
            numbers.append(places + start)
        pairs += near_pairs(np.concatenate(keys), np.concatenate(numbers), band, records)
    return pairs


def _compared(records: Numbered, alive: Alive, span: Span) -> Compared:
    found: list[list[NDArray[np.generic]]] = [[] for _ in Compared._fields]
    for batch, signals, start in zip(records.batches, records.signal_batches, records.starts, strict=False):
        exact = signals["exact"].to_numpy()
        places = np.flatnonzero(alive[start : start + len(exact)] & span.holds(exact))
        wanted = signals.select(Compared._fields[1:-1]).take(pa.array(places))
        columns = [column.to_numpy(zero_copy_only=False) for column in wanted.columns]
        is_closed = batch["type"].take(pa.array(places)).to_numpy(zero_copy_only=False) != "oeq"
        for column, values in zip(found, [places + start, *columns, is_closed], strict=True):
            column.append(values)
    return Compared(*(np.concatenate(column) for column in found))


def find_on(
    engine: Engine, workspace: Workspace, records: Numbered, parts: Sequence[Path], wanted: Wanted
) -> list[Pair]:
    """Finds all pairs, each range of keys in a task of its own.

    Args:
        engine: Where it runs.
        workspace: Where the signals are; what is found is kept there too.
        records: All records.
        parts: Folders of the parts that they are read from.
        wanted: What is looked for.
    """
    spans = cut_spans(max(1, round(len(records) / _RECORDS_PER_SPAN)))
    if len(spans) == 1:
        engine = IN_THIS_PROCESS
    name = f"groups-{_digest(wanted, len(spans))}"
    if not workspace.step_folder(name).exists():
        with workspace.step(name) as folder:
            np.savez(folder / "wanted.npz", **wanted._asdict())
    kinds = ["copies", *["probes"] * wanted.embedded]
    tasks = [_Task(kind, place, span) for kind in kinds for place, span in enumerate(spans)]
    search = partial(_search, workspace, name, tuple(parts))
    raise_mistakes(engine.run(search, tasks, "comparing", workspace.root))
    pairs = _read_pairs(workspace, name, "copies", len(spans))
    if wanted.embedded:
        shared = [_read_shared(_place(workspace, name, "probes", place)) for place in range(len(spans))]
        pairs += _embedded_on(engine, workspace, name, tuple(parts), candidates(shared, records))
    _open.cache_clear()
    return pairs


class _Task(NamedTuple):
    """A range, or pairs that may be embedded; ``place`` is its number among those of its kind."""

    kind: str
    place: int
    what: Span | list[tuple[int, int]]


def _embedded_on(
    engine: Engine, workspace: Workspace, name: str, parts: tuple[Path, ...], pairs: list[tuple[int, int]]
) -> list[Pair]:
    cuts = range(0, len(pairs), _CANDIDATES_PER_TASK)
    tasks = [
        _Task("embedded", place, pairs[cut : cut + _CANDIDATES_PER_TASK]) for place, cut in enumerate(cuts)
    ]
    runner = engine if len(tasks) > 1 else IN_THIS_PROCESS
    raise_mistakes(runner.run(partial(_search, workspace, name, parts), tasks, "verifying", workspace.root))
    return _read_pairs(workspace, name, "embedded", len(tasks))


def _digest(wanted: Wanted, spans: int) -> str:
    digest = hashlib.sha256(repr((wanted.near, wanted.embedded, spans)).encode())
    digest.update(wanted.alive.tobytes() + wanted.asked.tobytes())
    return digest.hexdigest()[:24]


def _place(workspace: Workspace, name: str, kind: str, place: int) -> Path:
    return workspace.step_folder(f"{name}-{kind}-{place:05d}")


def _search(workspace: Workspace, name: str, parts: tuple[Path, ...], task: _Task, count: Count) -> None:
    target = _place(workspace, name, task.kind, task.place)
    if target.exists():
        return
    records, wanted = _open(workspace, name, parts)
    with workspace.step(target.name) as folder:
        if isinstance(task.what, list):
            _write_pairs(list(embedded_pairs(task.what, records)), folder)
        elif task.kind == "copies":
            _write_pairs(copies_in(records, wanted, task.what), folder)
        else:
            shared = shared_probes(records, wanted.alive, wanted.asked, task.what)
            np.savez(folder / "shared.npz", **shared._asdict())


@functools.lru_cache(maxsize=1)
def _open(workspace: Workspace, name: str, parts: tuple[Path, ...]) -> tuple[Numbered, Wanted]:
    signals = [read_signals(part, workspace) for part in parts]
    records = Numbered(
        list(chain.from_iterable(map(read_batches, parts))), list(chain.from_iterable(signals))
    )
    with np.load(workspace.step_folder(name) / "wanted.npz") as saved:
        wanted = Wanted(saved["alive"], saved["asked"], bool(saved["near"]), bool(saved["embedded"]))
    return records, wanted


def _read_shared(folder: Path) -> Shared:
    with np.load(folder / "shared.npz") as saved:
        return Shared(**saved)


def _write_pairs(pairs: Sequence[Pair], folder: Path) -> None:
    (folder / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")


def _read_pairs(workspace: Workspace, name: str, kind: str, number: int) -> list[Pair]:
    folders = [_place(workspace, name, kind, place) for place in range(number)]
    texts = [(folder / "pairs.json").read_text(encoding="utf-8") for folder in folders]
    return [Pair(*pair) for text in texts for pair in json.loads(text)]
