"""Records that break a rule, their order or what ties them together are found and placed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from damage import reseal, write_rows
from recipes import built, question
from releases import read_rows, shard_paths

from medinjection_fr.record import record_id
from medinjection_fr.release.layout import order_keys
from medinjection_fr.release.verify import verify


def with_id(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": record_id(row)}


def change_first(
    **changes: Any,
) -> Callable[[list[dict[str, Any]], list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda rows, others: [with_id({**rows[0], **changes}), *rows[1:]]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (change_first(answer="D"), "gold-outside-choices: gold D, options are A–C"),
        (change_first(answer="A,B"), "gold-not-single"),
        (change_first(instruction=" Texte secret."), "text-untrimmed"),
        (change_first(context="e\u0301"), "text-not-nfc"),
        (change_first(flags=["privacy-finding", "mixed-language"]), "flags-order"),
        (change_first(flags=["lineage-unknown"]), "lineage-unknown, but its source knows the lineage"),
        (lambda rows, others: [{**rows[0], "id": "0" * 32}, *rows[1:]], "its id is not that of its content"),
        (lambda rows, others: rows[::-1], "stands out of order"),
        (lambda rows, others: [rows[0], rows[0], *rows[2:]], "its id stands twice in the release"),
        (lambda rows, others: [rows[0], rows[0], *rows[2:]], "its source and source_id stand twice"),
        (
            lambda rows, others: [{**rows[0], "source_id": rows[1]["source_id"]}, *rows[1:]],
            "its source and source_id stand twice",
        ),
        (
            lambda rows, others: [{**rows[0], "group_id": others[0]["group_id"]}, *rows[1:]],
            "its group stands in two splits",
        ),
    ],
)
def test_faulty_records_are_found_and_placed(own_release: Path, change: Any, what: str) -> None:
    cell = [name for name in shard_paths(own_release) if "native/train/mcqu" in name]
    shard = next(name for name in cell if len(read_rows(own_release, [name])) > 1)
    others = read_rows(
        own_release, [name for name in shard_paths(own_release) if "native/validation" in name]
    )
    write_rows(own_release / shard, change(read_rows(own_release, [shard]), others))
    reseal(own_release)
    assert verify(own_release) == []  # only a look at the records finds it
    told = [str(problem) for problem in verify(own_release, rows=True)]
    found = [text for text in told if what in text]
    assert found
    place = own_release / "data" / "native" if "two splits" in what else own_release / shard
    assert all(text.startswith(str(place)) and ", row " in text and "(id " in text for text in found)
    assert not any("secret" in text or "réponse" in text for text in told)


def test_row_in_another_shard_of_its_cell_is_out_of_order(own_release: Path) -> None:
    paths = [name for name in shard_paths(own_release) if "native/train/mcqu" in name]
    rows = read_rows(own_release, paths)
    assert order_keys([row["id"] for row in rows]).tolist() == sorted(order_keys([r["id"] for r in rows]))
    sizes = [len(read_rows(own_release, [name])) for name in paths]
    rows.append(rows.pop(0))
    for name, size in zip(paths, sizes, strict=True):
        write_rows(own_release / name, rows[:size])
        del rows[:size]
    reseal(own_release)
    assert verify(own_release) == []
    (problem,) = verify(own_release, rows=True)
    assert problem.where.startswith(str(own_release / paths[-1]))
    assert problem.what == "stands out of order"


def test_many_faults_of_a_shard_are_summed_up(tmp_path: Path) -> None:
    rows = {"native": [question(f"q{n}") for n in range(40)]}
    own_release = built(tmp_path, rows).folder
    (shard,) = shard_paths(own_release)
    write_rows(own_release / shard, [{**row, "id": "0" * 31 + "g"} for row in read_rows(own_release)])
    reseal(own_release)
    problems = verify(own_release, rows=True)
    assert len(problems) == 21
    assert problems[-1].what == "and 20 faults more"
