"""Which records stay of those that clash."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.curate import select as select_module
from medinjection_fr.curate.equal_keys import KEY_FIELDS, row_keys
from medinjection_fr.curate.select import SELECTION_RULES, Selection, select
from medinjection_fr.errors import InputError


class Row(NamedTuple):
    id: str
    source: str
    source_id: str
    group_id: str
    split: str


def row(name: str, split: str = "train", source: str = "a", **changes: str) -> Row:
    return Row(f"id-{name}", source, f"q-{name}", f"{source}/g-{name}", split)._replace(**changes)


def batches_of(rows: list[Row], batch: int = 1_000) -> list[pa.RecordBatch]:
    named = [{**row._asdict(), "_split": row.split} for row in rows]
    texts = [pa.field(name, pa.string()) for name in (*Row._fields, "_split")]
    schema = pa.schema([*texts, *KEY_FIELDS])
    table = pa.Table.from_pylist([{**row, **row_keys(row)} for row in named], schema)
    batches: list[pa.RecordBatch] = table.to_batches(max_chunksize=batch)
    return batches


def chosen(rows: list[Row], exclude: list[dict[str, str]] | None = None) -> Selection:
    return select(batches_of(rows), exclude or [])


@pytest.mark.parametrize(
    ("splits", "kept"),
    [
        (["train", "validation", "test"], 2),
        (["train", "validation"], 1),
        (["test", "train"], 0),
        (["validation", "test", "test"], 1),
        (["train", "train"], 0),
    ],
)
@pytest.mark.parametrize("rule", ["same-content", "same-source-id"])
def test_test_stays_over_validation_over_train_then_the_catalogue_decides(
    rule: str, splits: list[str], kept: int
) -> None:
    same = {"id": "id-x"} if rule == "same-content" else {"source_id": "q-x"}
    rows = [row(str(n), split, **same) for n, split in enumerate(splits)]
    selection = chosen(rows)
    assert selection.kept.tolist() == [kept]
    evidence = f"kept a/{rows[kept].source_id} in {splits[kept]}"
    assert selection.dropped == {n: (rule, evidence) for n in range(len(splits)) if n != kept}


def test_same_identifier_in_another_source_is_another_record() -> None:
    assert chosen([row("1", source="a"), row("1", source="b", id="id-2")]).dropped == {}


def test_group_stays_in_one_split() -> None:
    rows = [
        row("1", "train", group_id="g"),
        row("2", "validation", group_id="g"),
        row("3", "validation", group_id="g"),
        row("4", "train"),
    ]
    selection = chosen(rows)
    assert selection.kept.tolist() == [1, 2, 3]
    assert selection.dropped == {0: ("group-in-two-splits", "g stands in validation")}


def test_dropped_record_no_longer_holds_its_group() -> None:
    # The test record goes as a withdrawal, so its group may stay in train.
    rows = [row("1", "test", group_id="g"), row("2", "train", group_id="g")]
    selection = chosen(rows, [{"id": "id-1", "reason": "wrong dose", "date": "2026-11-23"}])
    assert selection.kept.tolist() == [1]
    assert selection.dropped == {0: ("excluded", "wrong dose (2026-11-23)")}


@pytest.mark.parametrize("name", [{"id": "id-2"}, {"source": "a", "source_id": "q-2"}])
def test_withdrawn_record_goes(name: dict[str, str]) -> None:
    rows = [row("1"), row("2"), row("2", source="b", id="id-3")]
    selection = chosen(rows, [{**name, "reason": "wrong dose", "date": "2026-11-23"}])
    assert selection.dropped == {1: ("excluded", "wrong dose (2026-11-23)")}


def test_withdrawal_by_id_takes_every_copy() -> None:
    rows = [row("1"), row("2", "test", id="id-1"), row("3")]
    selection = chosen(rows, [{"id": "id-1", "reason": "wrong", "date": "2026-11-23"}])
    assert selection.kept.tolist() == [2]
    assert {rule for rule, _ in selection.dropped.values()} == {"excluded"}


def test_withdrawal_of_nothing_is_an_error_and_all_are_told() -> None:
    entry = {"reason": "wrong", "date": "2026-11-23"}
    names = [
        {"id": "id-1"},
        {"id": "id-9"},
        {"source": "a", "source_id": "q-9"},
        {"source": "z", "source_id": "q-1"},
    ]
    with pytest.raises(InputError) as error:
        chosen([row("1")], [{**name, **entry} for name in names])
    assert [problem.where for problem in error.value.problems] == [
        f"recipe › exclude[{n}]" for n in (1, 2, 3)
    ]
    assert "a/q-9 names no valid record" in str(error.value)


def plainly(rows: list[Row], withdrawn: set[str]) -> dict[int, str]:
    """The rules once more, record by record."""
    rank = {"test": 0, "validation": 1, "train": 2}
    dropped = {n: "excluded" for n, row in enumerate(rows) if row.id in withdrawn}
    for rule, same in (
        ("same-content", lambda r: r.id),
        ("same-source-id", lambda r: (r.source, r.source_id)),
    ):
        clashing = defaultdict(list)
        for n, row in enumerate(rows):
            if n not in dropped:
                clashing[same(row)].append(n)
        for members in clashing.values():
            best = min(members, key=lambda n: (rank[rows[n].split], n))
            dropped |= dict.fromkeys(set(members) - {best}, rule)
    splits = defaultdict(set)
    for n, row in enumerate(rows):
        if n not in dropped:
            splits[row.group_id].add(rank[row.split])
    for n, row in enumerate(rows):
        if n not in dropped and rank[row.split] != min(splits[row.group_id]):
            dropped[n] = "group-in-two-splits"
    return dropped


few = st.sampled_from("abcdefg")
some_rows = st.lists(
    st.builds(Row, few, st.sampled_from("xy"), few, few, st.sampled_from(["train", "validation", "test"])),
    min_size=1,
    max_size=30,
)


@given(some_rows, st.sets(few, max_size=2))
def test_selection_is_that_of_a_plain_reading_of_the_rules(rows: list[Row], withdrawn: set[str]) -> None:
    withdrawn &= {row.id for row in rows}
    selection = chosen(rows, [{"id": id, "reason": "r", "date": "d"} for id in sorted(withdrawn)])
    expected = plainly(rows, withdrawn)
    assert {n: rule for n, (rule, _) in selection.dropped.items()} == expected
    assert selection.kept.tolist() == [n for n in range(len(rows)) if n not in expected]
    kept = [rows[n] for n in selection.kept]
    assert len({row.id for row in kept}) == len({(row.source, row.source_id) for row in kept}) == len(kept)
    assert set(expected.values()) <= SELECTION_RULES.keys()


@given(some_rows)
def test_ranges_of_keys_give_the_same(rows: list[Row]) -> None:
    whole = chosen(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(select_module, "_RECORDS_PER_SPAN", 2)
        cut = chosen(rows)
    assert cut.dropped == whole.dropped
    assert cut.kept.tolist() == whole.kept.tolist()


@given(some_rows)
def test_what_stays_stays_when_chosen_again(rows: list[Row]) -> None:
    kept = [rows[n] for n in chosen(rows).kept]
    assert chosen(kept).dropped == {}


@given(some_rows, st.integers(1, 7))
def test_batches_make_no_difference(rows: list[Row], size: int) -> None:
    whole, parted = select(batches_of(rows), []), select(batches_of(rows, size), [])
    assert whole.dropped == parted.dropped
    assert whole.kept.tolist() == parted.kept.tolist()


def test_no_records_at_all() -> None:
    assert select([], []).kept.tolist() == []
