"""MedQA: questions of ours in its format, and its real file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.medqa import find_files

SOURCE = load_catalogue()["medqa-usmle"]
FIXTURE = Path(__file__).with_name("fixtures") / "medqa-usmle"
FILE = "data_clean/questions/US/4_options/phrases_no_exclude_test.jsonl"
ITEM = json.loads((FIXTURE / FILE).read_text(encoding="utf-8").splitlines()[0])
OPTIONS = ITEM["options"]
GONE = object()


def outcomes(folder: Path) -> list[Any]:
    (file,) = find_files(folder, SOURCE)
    return read_outcomes(file.path, SOURCE, file.split, file.name)


def test_fixture() -> None:
    vegan, table, five, contradicted, sixth_gold, six = outcomes(FIXTURE)
    assert [contradicted, sixth_gold, six] == ["answer-unparsed", "answer-unparsed", "choices-unparsed"]
    assert vegan == vegan | {
        "source": "medqa-usmle",
        "source_id": f"{FILE}#1",
        "group_id": f"medqa-usmle/{FILE}#1",
        "type": "mcqu",
        "choices": ["Vitamin B12", "Folate", "Iron", "Vitamin C"],
        "answer": "A",
        "context": "",
        "explanation": None,
        "facts": [],
        "language": "en",
        "split": "test",
        "subject": None,
        "license": "MIT",
    }
    assert table["instruction"].count("\n") == 3
    assert (len(five["choices"]), five["answer"]) == (5, "B")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[({key: GONE}, "record-unreadable") for key in ("question", "options", "answer", "answer_idx")],
        ({"options": list(OPTIONS.values())}, "choices-unparsed"),
        ({"options": {**OPTIONS, "G": "Zinc"}}, "choices-unparsed"),
        ({"options": {"A": "Yes", "B": "No"}}, "choices-unparsed"),
        ({"options": {letter.lower(): text for letter, text in OPTIONS.items()}}, "choices-unparsed"),
        ({"answer_idx": "E"}, "answer-unparsed"),
        ({"answer_idx": "a"}, "answer-unparsed"),
        ({"answer_idx": 0}, "answer-unparsed"),
        ({"answer_idx": ["A"]}, "answer-unparsed"),
        ({"answer_idx": None}, "answer-unparsed"),
        ({"answer": "Iron"}, "answer-unparsed"),
        ({"answer": None}, "answer-unparsed"),
        ({"options": {**OPTIONS, "D": f"{OPTIONS['C']} "}}, "choices-distinct"),
        ({"options": {**OPTIONS, "D": ""}}, "choice-empty"),
        ({"options": {**OPTIONS, "D": None}}, "field-type"),
        ({"question": ""}, "instruction-empty"),
        ({"question": None}, "field-type"),
    ],
)
def test_others_survive_a_refused_record(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}
    path = tmp_path / "test.jsonl"
    path.write_text(f"{json.dumps(item)}\n[]\n{json.dumps(ITEM)}\n", encoding="utf-8")
    refused, no_object, kept = read_outcomes(path, SOURCE)
    assert (refused, no_object) == (rule, "record-unreadable")
    assert kept["answer"] == "A"


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        find_files(tmp_path, SOURCE)


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b'"question"'),
    "an array": whole(b'[{"question": "?"}]'),
    "another format": whole(b"question,answer\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, FILE, damage, tmp_path)


def test_real_file(data: Path) -> None:
    read = outcomes(data / "medqa-usmle")
    assert len(read) == 1273
    assert not [row for row in read if isinstance(row, str)]
    upstream = [json.loads(line) for line in (data / "medqa-usmle" / FILE).open(encoding="utf-8")]
    assert [row["answer"] for row in read] == [item["answer_idx"] for item in upstream]
    assert {len(row["choices"]) for row in read} == {4}
    assert {(row["split"], row["type"]) for row in read} == {("test", "mcqu")}
