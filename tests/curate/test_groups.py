"""The same pairs from one range of keys as from many, and from tasks that gather theirs from files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from examples import valid_record
from test_pairs import CASE, LONG, QUESTION, closed

from medinjection_fr.curate import groups
from medinjection_fr.curate.embedded import candidates, shared_probes
from medinjection_fr.curate.groups import Wanted, copies_in, find_here, find_on
from medinjection_fr.curate.numbered import Numbered
from medinjection_fr.curate.pairs import Pair
from medinjection_fr.curate.signal_files import write_signals
from medinjection_fr.curate.spans import cut_spans
from medinjection_fr.engine import Local
from medinjection_fr.record import SCHEMA
from medinjection_fr.workspace import Workspace

OTHER = [
    ("également", "aussi"),
    ("notamment", "surtout"),
    ("débuté", "commencé"),
    ("montre", "révèle"),
    ("trouble", "louche"),
]


def rows_of_all_kinds() -> list[dict[str, Any]]:
    """Copies, near copies that meet in some bands only, a question inside a longer text, a contradiction."""
    near = [valid_record("oeq", **{**CASE, "context": LONG.replace(*words)}) for words in OTHER]
    both = LONG
    for words in OTHER:
        both = both.replace(*words)
        near.append(valid_record("oeq", **{**CASE, "context": both}))
    holder = valid_record(
        "oeq", context=f"{LONG} {QUESTION} Une arthroscopie. {LONG}", instruction="Résumez."
    )
    return [closed(), closed(QUESTION.upper()), closed(answer="C"), *near, holder, closed("Et après ?")]


def written(
    rows: Sequence[dict[str, Any]], workspace: Workspace, version: str = "1"
) -> tuple[Numbered, list[Path]]:
    """The rows as two parts of small batches, with their signals beside them."""
    parts = []
    for half, own in (("a", rows[: len(rows) // 2]), ("b", rows[len(rows) // 2 :])):
        name = f"part-{half}{version}"
        with workspace.step(name) as folder:
            path = str(folder / "kept.arrow")
            with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, SCHEMA) as writer:
                writer.write_table(pa.Table.from_pylist(list(own), SCHEMA), max_chunksize=3)
        parts.append(workspace.step_folder(name))
    signals = write_signals(parts, workspace, Local())
    return Numbered([b for part in parts for b in groups.read_batches(part)], signals), parts


def wanted(number: int) -> Wanted:
    return Wanted(np.ones(number, bool), np.arange(number) < 3, near=True, embedded=True)


def test_ranges_of_keys_give_the_pairs_of_the_whole(tmp_path: Path) -> None:
    rows = rows_of_all_kinds()
    records, _ = written(rows, Workspace(tmp_path / "out"))
    whole = find_here(records, wanted(len(rows)))
    assert {pair.kind for pair in whole} == {"verbatim", "typography", "conflict", "near", "embedded"}
    assert len(set(whole)) == len(whole)
    spans = cut_spans(16)
    copies = [copies_in(records, wanted(len(rows)), span) for span in spans]
    assert sum(map(bool, copies)) > 5
    assert sorted(chain.from_iterable(copies)) == sorted(pair for pair in whole if pair.kind != "embedded")
    alive, asked, *_ = wanted(len(rows))
    shared = [shared_probes(records, alive, asked, span) for span in spans]
    assert sum(len(one.query) > 0 for one in shared) > 5
    one = shared_probes(records, alive, asked, cut_spans(1)[0])
    assert candidates(shared, records) == candidates([one], records)


@pytest.mark.parametrize("jobs", [1, 2])
def test_tasks_find_what_one_process_finds(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "_RECORDS_PER_SPAN", 5)
    monkeypatch.setattr(groups, "_QUESTIONS_PER_TASK", 1)
    rows, workspace = rows_of_all_kinds(), Workspace(tmp_path / "out")
    records, parts = written(rows, workspace)
    found = find_on(Local(jobs), workspace, records, parts, wanted(len(rows)))
    assert sorted(found) == sorted(find_here(records, wanted(len(rows))))
    assert all(isinstance(pair, Pair) for pair in found)
    times = {path: path.stat().st_mtime_ns for path in workspace.root.rglob("pairs.json")}
    assert find_on(Local(), workspace, records, parts, wanted(len(rows))) == found
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_what_was_found_in_other_parts_is_not_taken_up(tmp_path: Path) -> None:
    workspace, copies = Workspace(tmp_path / "out"), [closed(), closed(QUESTION.upper())]
    others = [closed(), closed("Et après ?")]
    for version, rows in enumerate((copies, others, copies)):
        records, parts = written(rows, workspace, str(version))
        found = find_on(Local(), workspace, records, parts, wanted(2))
        assert bool(found) == (rows is copies)
