"""MediQAl: small files of ours in its format, records and files that it could hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.mediqal import find_files, read

SOURCE = load_catalogue()["mediqal"]
FIXTURE = Path(__file__).with_name("fixtures") / "mediqal"
FILES = [
    ("train", "mcqu/train.json"),
    ("train", "mcqm/train.json"),
    ("validation", "mcqu/validation.json"),
    ("validation", "mcqm/validation.json"),
    ("test", "mcqu/test.json"),
    ("test", "mcqm/test.json"),
    ("test", "oeq/test.json"),
]


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURE / name).read_text(encoding="utf-8").splitlines()]


def outcomes() -> dict[str, list[Any]]:
    return {
        file.name: read_outcomes(file.path, SOURCE, file.split, file.name)
        for file in find_files(FIXTURE, SOURCE)
    }


def test_files() -> None:
    assert [(file.split, file.name) for file in find_files(FIXTURE, SOURCE)] == FILES


def test_every_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert len(caught.value.problems) == len(FILES)


def test_fixture() -> None:
    read = outcomes()
    kinds = [(r["source_id"], r["type"], r["answer"][:3]) for name in read for r in read[name]]
    assert kinds == [
        ("mcqu/train/1204", "mcqu", "A"),
        ("mcqu/train/87", "mcqu", "A"),
        ("mcqu/train/88", "mcqu", "A"),
        ("mcqm/train/1204", "mcq", "A,B"),
        ("mcqu/validation/5", "mcqu", "A"),
        ("mcqm/validation/9", "mcq", "A,C"),
        ("mcqu/test/1204", "mcqu", "B"),
        ("mcqm/test/10", "mcq", "A,B"),
        ("oeq/test/1204", "oeq", "Une"),
        ("oeq/test/1205", "oeq", "L'a"),
        ("oeq/test/7", "oeq", "Le "),
    ]


def test_what_a_record_has() -> None:
    first, second, third = outcomes()["mcqu/train.json"]
    upstream = lines("mcqu/train.json")
    assert second == second | {
        "instruction": upstream[1]["question"],
        "context": upstream[1]["clinical_case"],
        "choices": [upstream[1][f"answer_{letter}"] for letter in "abcde"],
        "subject": "Cardiology",
        "task": "exam-question",
        "source": "mediqal",
        "license": "CC-BY-4.0",
        "origin": "native",
        "explanation": None,
    }
    assert first["context"] == ""
    assert third["choices"] == ["Le tabac", "L'âge", "Le sexe"]


def test_questions_on_one_case_are_one_group_whatever_their_kind_and_file() -> None:
    read = outcomes()
    assert len({r["group_id"] for r in read["mcqu/train.json"]}) == 2
    on_the_child = [read["mcqu/test.json"][0], read["mcqm/test.json"][0], *read["oeq/test.json"][:2]]
    assert len({r["group_id"] for r in on_the_child}) == 1


def test_options_that_are_letters_leave_no_doubt_which_label_is_meant() -> None:
    (groups,) = outcomes()["mcqu/validation.json"]
    assert groups["choices"] == ["AB", "A", "B", "O"]
    assert groups["answer"] == "A"


# --- records that it could hold --------------------------------------------------------------------------

CHOICE, OPEN = lines("mcqm/train.json")[0], lines("oeq/test.json")[0]
GONE = object()


def changed(item: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**item, **changes}.items() if value is not GONE}


def outcome(folder: Path, item: Any) -> Any:
    path = folder / "train.json"
    path.write_text(json.dumps(item) + "\n")
    (only,) = read_outcomes(path, SOURCE)
    return only


@pytest.mark.parametrize(
    ("changes", "type", "answer"),
    [
        ({}, "mcq", "A,B,D"),
        ({"task": "MCQM"}, "mcq", "A,B,D"),
        ({"correct_answers": "a,b,d"}, "mcq", "A,B,D"),
        ({"correct_answers": "D, A"}, "mcq", "A,D"),
        ({"correct_answers": "ABD"}, "mcq", "A,B,D"),
        ({"correct_answers": "C"}, "mcq", "C"),
        ({"task": "QCU", "correct_answers": "c"}, "mcqu", "C"),
        ({"task": "MCQU", "correct_answers": "C"}, "mcqu", "C"),
        ({"answer_f": "Une sixième", "correct_answers": "F"}, "mcq", "F"),
        ({"answer_e": None}, "mcq", "A,B,D"),
        ({"answer_d": "", "answer_e": " ", "correct_answers": "B"}, "mcq", "B"),
        ({"answer_a": "B", "answer_b": "A", "correct_answers": "A"}, "mcq", "A"),
        ({"medical_subject": GONE, "question_type": GONE}, "mcq", "A,B,D"),
        ({"id": 1204}, "mcq", "A,B,D"),
    ],
)
def test_read(changes: dict[str, Any], type: str, answer: str, tmp_path: Path) -> None:
    record = outcome(tmp_path, changed(CHOICE, changes))
    assert (record["type"], record["answer"]) == (type, answer)
    assert record["source_id"].endswith("/train/1204")


@pytest.mark.parametrize(
    ("item", "changes", "rule"),
    [
        *[
            (CHOICE, {key: GONE}, "record-unreadable")
            for key in CHOICE
            if key not in ("medical_subject", "question_type")
        ],
        *[(OPEN, {key: GONE}, "record-unreadable") for key in ("id", "clinical_case", "question", "answer")],
        (CHOICE, {"answer": "A"}, "record-unreadable"),
        (CHOICE, {"id": None}, "record-unreadable"),
        (CHOICE, {"id": " "}, "record-unreadable"),
        (CHOICE, {"id": True}, "record-unreadable"),
        (CHOICE, {"task": "OEQ"}, "record-unreadable"),
        (CHOICE, {"task": None}, "record-unreadable"),
        (CHOICE, {"answer_b": None}, "choices-unparsed"),
        (CHOICE, {"answer_a": " "}, "choices-unparsed"),
        (CHOICE, {"answer_b": "akinésie ", "answer_a": "akinésie"}, "choices-distinct"),
        (CHOICE, {"answer_b": 7}, "field-type"),
        (CHOICE, {f"answer_{letter}": None for letter in "bcde"}, "choices-count"),
        (CHOICE, {f"answer_{letter}": None for letter in "abcde"}, "choices-count"),
        (CHOICE, {"correct_answers": "F"}, "gold-outside-choices"),
        (CHOICE, {"correct_answers": "e", "answer_e": ""}, "gold-outside-choices"),
        (CHOICE, {"correct_answers": "A,A"}, "gold-order"),
        (CHOICE, {"correct_answers": ""}, "answer-empty"),
        (CHOICE, {"correct_answers": None}, "answer-empty"),
        (CHOICE, {"correct_answers": "1"}, "answer-unparsed"),
        (CHOICE, {"correct_answers": "0,2"}, "answer-unparsed"),
        (CHOICE, {"correct_answers": 0}, "answer-unparsed"),
        (CHOICE, {"correct_answers": ["A", "B"]}, "answer-unparsed"),
        (CHOICE, {"correct_answers": "Z"}, "answer-unparsed"),
        (CHOICE, {"correct_answers": "Akinésie"}, "answer-unparsed"),
        (CHOICE, {"task": "QCU"}, "gold-not-single"),
        (CHOICE, {"question": ""}, "instruction-empty"),
        (CHOICE, {"question": None}, "field-type"),
        (CHOICE, {"clinical_case": 5}, "field-type"),
        (OPEN, {"answer": None}, "answer-empty"),
        (OPEN, {"answer": " "}, "answer-empty"),
        (OPEN, {"answer": ["une", "liste"]}, "field-type"),
        (OPEN, {"question": "Une h\ufffdpatite ?"}, "text-replacement-character"),
    ],
)
def test_refused(item: dict[str, Any], changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, changed(item, changes)) == rule


@pytest.mark.parametrize("item", [None, 5, "id", [CHOICE]])
def test_what_is_no_object_is_refused(item: Any, tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps([item, OPEN]))
    assert [o if isinstance(o, str) else "read" for o in read_outcomes(path, SOURCE)] == [
        "record-unreadable",
        "read",
    ]


def test_a_refusal_names_its_record_and_quotes_no_text(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps([CHOICE, changed(CHOICE, {"answer_c": ""}), changed(CHOICE, {"task": GONE})]))
    _, hole, incomplete = read(InputFile(path, "mcqm/train.json", "train"), SOURCE)
    assert hole == Refused(2, "1204", "choices-unparsed", "option C is empty, option E is not")
    assert incomplete == Refused(3, "1204", "record-unreadable", "lacks task")


# --- files that cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>404</html>", "HTML"),
        (json.dumps(CHOICE).encode()[:-20], "ends inside"),
        (json.dumps([CHOICE, OPEN]).encode()[:-20], "ends inside"),
        (json.dumps(CHOICE, ensure_ascii=False).encode("cp1252"), "not UTF-8"),
        (b"id,question\n1,Quoi\n", "not JSON"),
    ],
)
def test_a_broken_file_is_named(content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=what) as caught:
        list(read(InputFile(path, "train.json", "train"), SOURCE))
    assert caught.value.problems[0].where == str(path)
