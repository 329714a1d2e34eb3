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
from itertools import chain, pairwise
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
_QUESTIONS_PER_TASK = 5_000

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
    name = f"groups-{_digest(wanted, len(spans), parts)}"
    if not workspace.step_folder(name).exists():
        with workspace.step(name) as folder:
            np.savez(folder / "wanted.npz", **wanted._asdict())
    kinds = ["copies", *["probes"] * wanted.embedded]
    tasks = [_Task(kind, place, span) for kind in kinds for place, span in enumerate(spans)]
    search = partial(_search, workspace, name, tuple(parts))
    raise_mistakes(engine.run(search, tasks, "comparing", workspace.root))
    pairs = _read_pairs(workspace, name, "copies", len(spans))
    if wanted.embedded:
        questions = _cut_questions(wanted, len(spans))
        runner = engine if len(questions) > 1 else IN_THIS_PROCESS
        raise_mistakes(runner.run(search, questions, "verifying", workspace.root))
        pairs += _read_pairs(workspace, name, "embedded", len(questions))
    _open.cache_clear()
    return pairs


class _Questions(NamedTuple):
    """Questions from the number ``first`` to before ``following``, whose probes lie in so many ranges."""

    first: int
    following: int
    ranges: int


class _Task(NamedTuple):
    """A range of keys, or of questions that may be embedded; ``place`` is its number among those of its kind."""

    kind: str
    place: int
    what: Span | _Questions


def _cut_questions(wanted: Wanted, ranges: int) -> list[_Task]:
    numbers = np.flatnonzero(wanted.asked & wanted.alive)
    cuts = [*numbers[::_QUESTIONS_PER_TASK].tolist(), len(wanted.asked)]
    return [_Task("embedded", place, _Questions(*cut, ranges)) for place, cut in enumerate(pairwise(cuts))]


def _digest(wanted: Wanted, spans: int, parts: Sequence[Path]) -> str:
    """Of all that decides what is found: the names of parts stand for their files and for our code."""
    names = [part.name for part in parts]
    digest = hashlib.sha256(repr((wanted.near, wanted.embedded, spans, names)).encode())
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
        if isinstance(task.what, _Questions):
            probes = (_place(workspace, name, "probes", place) for place in range(task.what.ranges))
            shared = [_read_shared(folder, task.what) for folder in probes]
            _write_pairs(list(embedded_pairs(candidates(shared, records), records)), folder)
        elif task.kind == "copies":
            _write_pairs(copies_in(records, wanted, task.what), folder)
        else:
            found = shared_probes(records, wanted.alive, wanted.asked, task.what)
            for column, values in found._asdict().items():
                np.save(folder / f"{column}.npy", values.astype(np.uint32))


@functools.lru_cache(maxsize=1)
def _open(workspace: Workspace, name: str, parts: tuple[Path, ...]) -> tuple[Numbered, Wanted]:
    signals = [read_signals(part, workspace) for part in parts]
    records = Numbered(
        list(chain.from_iterable(map(read_batches, parts))), list(chain.from_iterable(signals))
    )
    with np.load(workspace.step_folder(name) / "wanted.npz") as saved:
        wanted = Wanted(saved["alive"], saved["asked"], bool(saved["near"]), bool(saved["embedded"]))
    return records, wanted


def _read_shared(folder: Path, questions: _Questions) -> Shared:
    """What some questions share, in one range; the columns are in the order of the questions."""
    found = Shared(*(np.load(folder / f"{column}.npy", mmap_mode="r") for column in Shared._fields))
    ends = np.array([questions.first, questions.following], np.uint32)
    pairs, asked = (slice(*column.searchsorted(ends)) for column in (found.query, found.asked))
    return Shared(
        found.query[pairs], found.holder[pairs], found.number[pairs], found.asked[asked], found.telling[asked]
    )


def _write_pairs(pairs: Sequence[Pair], folder: Path) -> None:
    (folder / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")


def _read_pairs(workspace: Workspace, name: str, kind: str, number: int) -> list[Pair]:
    folders = [_place(workspace, name, kind, place) for place in range(number)]
    texts = [(folder / "pairs.json").read_text(encoding="utf-8") for folder in folders]
    return [Pair(*pair) for text in texts for pair in json.loads(text)]
