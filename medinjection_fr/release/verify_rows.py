"""Every record of a release again: its own rules, shard by shard; then what ties records together, by key.

A task for each shard leaves its faults and the keys of its records (map); a task for each range of keys
finds those that stand twice (group). No process holds the keys of all records.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from medinjection_fr.configs import Shard
from medinjection_fr.curate.equal_keys import first_of_equals, key_array, row_keys
from medinjection_fr.curate.spans import Span, cut_spans
from medinjection_fr.engine import IN_THIS_PROCESS, Engine, scratch_beside
from medinjection_fr.errors import Problem
from medinjection_fr.processes import Count, raise_mistakes
from medinjection_fr.record import ID_SCHEME, record_id, validate
from medinjection_fr.release.layout import order_keys
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import open_shard
from medinjection_fr.whole import whole_folder, write_whole

_FAULTS_TOLD_PER_SHARD = 20
_ROWS_WORTH_PROCESSES = 20_000
_ROWS_PER_SPAN = 2_000_000

_TIES = {
    "_id_key": "its id stands twice in the release",
    "_source_key": "its source and source_id stand twice",
    "_group_key": "its group stands in two splits",
}
"""What two records of the same key have in common, for each kind of key."""
_OUT_OF_ORDER = "stands out of order"
_SOUND = np.dtype([("row", np.int64), ("id", "S32")])


class _Fault(NamedTuple):
    row: int
    id: str
    what: str
    expected: str = ""


def row_faults(release: Release, engine: Engine) -> Iterator[Problem]:
    """Yields what is wrong with the records of a release, whose files are whole.

    Args:
        release: The release.
        engine: Where it runs.

    Raises:
        InputError: The engine cannot do it.
    """
    if sum(shard.rows for shard in release.shards) < _ROWS_WORTH_PROCESSES:
        engine = IN_THIS_PROCESS
    sources = release.manifest["sources"]
    lenient = frozenset(name for name in sources if sources[name]["facts"]["lineage"] == "unknown")
    with scratch_beside(release.folder, engine) as scratch:
        shards = [(number, release.folder / shard.path) for number, shard in enumerate(release.shards)]
        raise_mistakes(engine.run(partial(_check_shard, lenient, scratch), shards, "records", scratch))
        ties = _ties(release.shards, engine, scratch)
        yield from _told(release, scratch, ties)


def _ties(shards: Sequence[Shard], engine: Engine, scratch: Path) -> dict[int, list[tuple[int, str]]]:
    """For each shard the places among its sound records of those that clash with an earlier one, and how."""
    spans = cut_spans(max(1, round(sum(shard.rows for shard in shards) / _ROWS_PER_SPAN)))
    splits = tuple(shard.cell.split for shard in shards)
    runner = engine if len(spans) > 1 else IN_THIS_PROCESS
    tasks = list(enumerate(spans))
    raise_mistakes(runner.run(partial(_find_ties, splits, scratch), tasks, "comparing", scratch))
    found: dict[int, list[tuple[int, str]]] = {}
    for number, _ in tasks:
        for kind, shard, place in json.loads((scratch / f"ties-{number}.json").read_bytes()):
            found.setdefault(shard, []).append((place, _TIES[kind]))
    return found


def _told(
    release: Release, scratch: Path, ties: Mapping[int, Iterable[tuple[int, str]]]
) -> Iterator[Problem]:
    last_of_cell: dict[Any, list[Any]] = {}
    for number, shard in enumerate(release.shards):
        checked = json.loads((scratch / str(number) / "checked.json").read_bytes())
        faults = [_Fault(*fault) for fault in checked["faults"]]
        if checked["first"]:
            sound = np.load(scratch / str(number) / "rows.npy", mmap_mode="r")
            clashes = [*ties.get(number, ())]
            if checked["first"] < last_of_cell.get(shard.cell, []):
                clashes.append((0, _OUT_OF_ORDER))
            for place, what in clashes:
                row, id_ = sound[place].tolist()
                faults.append(_Fault(row, id_.decode(), what))
            last_of_cell[shard.cell] = checked["last"]
        faults.sort()
        path = release.folder / shard.path
        for fault in faults[:_FAULTS_TOLD_PER_SHARD]:
            where = f"{path}, row {fault.row} (id {fault.id})"
            yield Problem(where, fault.what, fault.expected)
        if len(faults) > _FAULTS_TOLD_PER_SHARD:
            yield Problem(str(path), f"and {len(faults) - _FAULTS_TOLD_PER_SHARD} faults more")


def _check_shard(lenient: frozenset[str], scratch: Path, task: tuple[int, Path], count: Count) -> None:
    """Writes the faults of a shard's records, and the keys of those that keep the rules."""
    number, path = task
    faults: list[_Fault] = []
    keys: dict[str, list[bytes]] = {kind: [] for kind in _TIES}
    sound: list[tuple[int, str]] = []
    first: list[Any] = []
    last: list[Any] = []
    begin = 1
    with open_shard(path) as (_, batches):
        for batch in batches:
            numbered = list(enumerate(batch.to_pylist(), begin))
            begin += batch.num_rows
            rows = []
            for place, row in numbered:
                broken = [_Fault(place, row["id"], f"{v.rule}: {v.evidence}") for v in validate(row)]
                faults += broken
                if not broken:
                    rows.append((place, row))
            for (place, row), order in zip(rows, order_keys(row["id"] for _, row in rows), strict=True):
                key = [int(order), row["id"]]
                faults += [_Fault(place, row["id"], *told) for told in _own_faults(row, lenient)]
                if key < last:
                    faults.append(_Fault(place, row["id"], _OUT_OF_ORDER))
                first, last = first or key, key
                sound.append((place, row["id"]))
                for kind, own in row_keys(row).items():
                    keys[kind].append(own)
            count(batch.num_rows)
    with whole_folder(scratch / str(number)) as found:
        np.save(found / "rows.npy", np.array(sound, _SOUND))
        for kind, values in keys.items():
            np.save(found / f"{kind}.npy", key_array(values))
        checked = {"faults": faults, "first": first, "last": last}
        (found / "checked.json").write_text(json.dumps(checked), encoding="utf-8")


def _own_faults(row: Mapping[str, Any], lenient: frozenset[str]) -> Iterator[tuple[str, ...]]:
    if record_id(row) != row["id"]:
        yield "its id is not that of its content", ID_SCHEME
    if "lineage-unknown" in row["flags"] and row["source"] not in lenient:
        yield ("lineage-unknown, but its source knows the lineage",)


def _find_ties(splits: Sequence[str], scratch: Path, task: tuple[int, Span], count: Count) -> None:
    """Writes the records of a range of keys that clash with an earlier one."""
    number, span = task
    codes = np.unique(np.array(splits), return_inverse=True)[1]
    found: list[tuple[str, int, int]] = []
    for kind in _TIES:
        keys, places = [np.empty((0, 2), np.uint64)], [np.empty((0, 2), np.int64)]
        for shard in range(len(splits)):
            own = np.load(scratch / str(shard) / f"{kind}.npy", mmap_mode="r")
            inside = np.flatnonzero(span.holds(own[:, 0]))
            keys.append(own[inside])
            places.append(np.stack([np.full_like(inside, shard), inside], axis=1))
        place = np.concatenate(places)
        first = first_of_equals(np.concatenate(keys))
        if kind == "_group_key":
            split = codes[place[:, 0]]
            clashing = np.flatnonzero(split[first] != split)
        else:
            clashing = np.flatnonzero(first != np.arange(len(first)))
        found += [(kind, shard, row) for shard, row in place[clashing].tolist()]
    write_whole(scratch / f"ties-{number}.json", json.dumps(found).encode("utf-8"))
