"""PubMedQA: questions of ours in its format, and its real files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.pubmedqa import GROUND_TRUTH, find_files

SOURCE = load_catalogue()["pubmedqa"]
FIXTURE = Path(__file__).with_name("fixtures") / "pubmedqa"
FILE = "ori_pqal.json"
ITEM = json.loads((FIXTURE / FILE).read_text(encoding="utf-8"))["90000001"]
GONE = object()


def outcomes(folder: Path) -> list[Any]:
    records, truth = find_files(folder, SOURCE)
    assert read_outcomes(truth.path, SOURCE, truth.split, truth.name) == []
    return read_outcomes(records.path, SOURCE, records.split, records.name)


def test_fixture() -> None:
    walk, pill, cold, unclear, contradicted, incomplete = outcomes(FIXTURE)
    assert [unclear, contradicted, incomplete] == ["answer-unparsed", "answer-unparsed", "record-unreadable"]
    assert walk == walk | {
        "source": "pubmedqa",
        "source_id": "90000001",
        "type": "mcqu",
        "choices": ["yes", "no", "maybe"],
        "answer": "A",
        "context": "\n".join(ITEM["CONTEXTS"]),
        "explanation": "In this invented study a daily walk lowered blood pressure.",
        "split": "train",
        "license": "MIT",
    }
    assert [(row["split"], row["answer"]) for row in (pill, cold)] == [("test", "B"), ("test", "C")]
    assert len({row["group_id"] for row in (walk, pill, cold)}) == 3


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[
            ({key: GONE}, "record-unreadable")
            for key in ("QUESTION", "CONTEXTS", "final_decision", "LONG_ANSWER")
        ],
        ({"CONTEXTS": "A text"}, "record-unreadable"),
        ({"CONTEXTS": ["A text", None]}, "record-unreadable"),
        ({"final_decision": "Yes"}, "answer-unparsed"),
        ({"final_decision": ""}, "answer-unparsed"),
        ({"final_decision": None}, "answer-unparsed"),
        ({"final_decision": ["yes"]}, "answer-unparsed"),
        ({"QUESTION": ""}, "instruction-empty"),
        ({"LONG_ANSWER": 5}, "field-type"),
    ],
)
def test_others_survive_a_refused_record(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}
    (tmp_path / FILE).write_text(json.dumps({"1": item, "2": [], "3": ITEM}), encoding="utf-8")
    (tmp_path / GROUND_TRUTH).write_text('{"3": "yes"}')
    refused, no_object, kept = outcomes(tmp_path)
    assert (refused, no_object) == (rule, "record-unreadable")
    assert (kept["source_id"], kept["split"]) == ("3", "test")


def test_a_repeated_key_is_two_records(tmp_path: Path) -> None:
    record = json.dumps(ITEM)
    (tmp_path / FILE).write_text(f'{{"1": {record}, "1": {record}}}')
    (tmp_path / GROUND_TRUTH).write_text("{}")
    assert [row["source_id"] for row in outcomes(tmp_path)] == ["1", "1"]


def test_every_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert len(caught.value.problems) == 2


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b'"90000'),
    "an array": whole(b'[{"QUESTION": "?"}]'),
    "another format": whole(b"PMID,QUESTION\n"),
}
DAMAGES["Latin-1"] = lambda content: content.replace(b'"', b'"\xe9 ', 2)


@pytest.mark.parametrize("name", [FILE, GROUND_TRUTH])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(name: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, name, damage, tmp_path)


def test_real_files(data: Path) -> None:
    read = outcomes(data / "pubmedqa")
    assert not [row for row in read if isinstance(row, str)]
    assert Counter(row["split"] for row in read) == {"train": 500, "test": 500}
    assert Counter(row["answer"] for row in read) == {"A": 552, "B": 338, "C": 110}
    truth = json.loads((data / "pubmedqa" / GROUND_TRUTH).read_text())
    assert {row["source_id"] for row in read if row["split"] == "test"} == truth.keys()
    assert len({row["group_id"] for row in read}) == 1000
