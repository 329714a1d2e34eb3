"""FrenchMedMCQA: a small file of ours in its format, records that it could hold, its real files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes

from medinjection_fr.curate.normalise import normalise_text
from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.frenchmedmcqa import find_files, read

SOURCE = load_catalogue()["frenchmedmcqa"]
FIXTURE = Path(__file__).with_name("fixtures") / "frenchmedmcqa"
FILES = {"train": "train.json", "validation": "dev.json", "test": "test.json"}


def outcomes(folder: Path) -> dict[str, list[Any]]:
    return {
        file.split: read_outcomes(file.path, SOURCE, file.split, file.name)
        for file in find_files(folder, SOURCE)
    }


def test_files_of_the_fixture() -> None:
    assert find_files(FIXTURE, SOURCE) == [InputFile(FIXTURE / n, n, split) for split, n in FILES.items()]


def test_every_absent_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text("[]")
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert [p.what.split(" for ")[0] for p in caught.value.problems] == [
        f"no file {tmp_path / name}" for name in ("train.json", "test.json")
    ]


def test_fixture() -> None:
    read = outcomes(FIXTURE)
    assert {split: len(records) for split, records in read.items()} == {
        "train": 5,
        "validation": 2,
        "test": 2,
    }
    vitamin, lactams, repeated, paracetamol, reaction = read["train"]
    assert repeated == "choices-distinct"
    whole = [r for records in read.values() for r in records if r != repeated]
    assert [(r["type"], r["answer"]) for r in whole] == [
        ("mcqu", "E"),
        ("mcq", "A,B,D"),
        ("mcq", "A,B,C,D,E"),
        ("mcqu", "A"),
        ("mcqu", "C"),
        ("mcqu", "A"),
        ("mcq", "A,B,E"),
        ("mcqu", "B"),
    ]
    # The label decides, not the place: upstream has a record in the order a, c, d, e, b.
    assert lactams["choices"] == ["Amoxicilline", "Imipénem", "Gentamicine", "Céfotaxime", "Érythromycine"]
    assert vitamin["instruction"].endswith("coagulation\u00a0?")
    assert reaction["instruction"].splitlines()[1] == "CO2 + H2O ⇌ H2CO3"
    assert paracetamol["choices"][3] == "L’acétylcystéine est l’antidote de son surdosage"
    assert read["validation"][1]["choices"] == ["O-", "O+", "A-", "AB-", "B-"]


def test_what_every_record_has() -> None:
    upstream = json.loads((FIXTURE / "train.json").read_text())
    record = outcomes(FIXTURE)["train"][0]
    identifier = upstream[0]["id"]
    assert record == record | {
        "source_id": identifier,
        "group_id": f"frenchmedmcqa/{identifier}",
        "source": "frenchmedmcqa",
        "license": "Apache-2.0",
        "origin": "native",
        "task": "exam-question",
        "subject": "pharmacie",
        "context": "",
        "explanation": None,
        "facts": [],
        "flags": [],
    }


# --- records that it could hold --------------------------------------------------------------------------

ITEM = json.loads((FIXTURE / "dev.json").read_text())[0]
OPTIONS = ITEM["answers"]
GONE = object()


def outcome(folder: Path, item: Any) -> Any:
    path = folder / "train.json"
    path.write_text(json.dumps([item]))
    (only,) = read_outcomes(path, SOURCE)
    return only


@pytest.mark.parametrize(
    ("changes", "type", "answer"),
    [
        ({}, "mcqu", "C"),
        ({"type": "multiple"}, "mcqu", "C"),
        ({"type": GONE}, "mcqu", "C"),
        ({"type": "simple", "correct_answers": ["c", "a"], "nbr_correct_answers": 2}, "mcq", "A,C"),
        ({"correct_answers": ["C"]}, "mcqu", "C"),
        ({"answers": {"a": "Oui", "b": "Non"}, "correct_answers": ["a"]}, "mcqu", "A"),
        (
            {"answers": {letter: f"n° {letter}" for letter in "edcba"}, "correct_answers": ["e"]},
            "mcqu",
            "E",
        ),
        ({"subject_name": GONE}, "mcqu", "C"),
        ({"subject_name": None}, "mcqu", "C"),
        ({"added_later": 1}, "mcqu", "C"),
    ],
)
def test_read(changes: dict[str, Any], type: str, answer: str, tmp_path: Path) -> None:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}
    record = outcome(tmp_path, item)
    assert (record["type"], record["answer"]) == (type, answer)
    assert record["choices"] == [text for _, text in sorted(item["answers"].items())]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[({key: GONE}, "record-unreadable") for key in ITEM if key not in ("subject_name", "type")],
        ({"answers": ["Oui", "Non"]}, "record-unreadable"),
        ({"answers": None}, "record-unreadable"),
        ({"correct_answers": "c"}, "record-unreadable"),
        ({"answers": {"a": "Oui", "c": "Non"}, "correct_answers": ["a"]}, "choices-unparsed"),
        ({"answers": {"b": "Oui", "c": "Non"}}, "choices-unparsed"),
        ({"answers": {"1": "Oui", "2": "Non"}}, "choices-unparsed"),
        ({"answers": {"A": "Oui", "B": "Non"}}, "choices-unparsed"),
        ({"answers": {**OPTIONS, "": "Vide"}}, "choices-unparsed"),
        ({"answers": {letter: letter for letter in "abcdefghijk"}}, "choices-unparsed"),
        ({"answers": {"a": "Seule"}, "correct_answers": ["a"]}, "choices-count"),
        ({"answers": {}}, "choices-count"),
        ({"answers": {**OPTIONS, "e": " "}}, "choice-empty"),
        ({"answers": {**OPTIONS, "e": None}}, "field-type"),
        ({"answers": {**OPTIONS, "e": 7}}, "field-type"),
        ({"answers": {**OPTIONS, "e": f"{OPTIONS['a']}\u200b "}}, "choices-distinct"),
        ({"correct_answers": ["f"]}, "gold-outside-choices"),
        ({"correct_answers": ["k"]}, "gold-not-letters"),
        ({"correct_answers": ["3"]}, "gold-not-letters"),
        ({"correct_answers": ["cd"]}, "gold-not-letters"),
        ({"correct_answers": [""]}, "answer-empty"),
        ({"correct_answers": [2]}, "answer-unparsed"),
        ({"correct_answers": [None]}, "answer-unparsed"),
        ({"correct_answers": ["a,c"]}, "gold-not-single"),
        ({"correct_answers": ["c", "c"], "nbr_correct_answers": 2}, "gold-order"),
        ({"correct_answers": [], "nbr_correct_answers": 0}, "answer-empty"),
        ({"correct_answers": []}, "answer-unparsed"),
        ({"correct_answers": ["c", "d"]}, "answer-unparsed"),
        ({"nbr_correct_answers": 2}, "answer-unparsed"),
        ({"nbr_correct_answers": "1"}, "answer-unparsed"),
        ({"nbr_correct_answers": None}, "answer-unparsed"),
        ({"question": " \u00a0"}, "instruction-empty"),
        ({"question": None}, "field-type"),
        ({"question": "Une h\ufffdpatite ?"}, "text-replacement-character"),
        ({"question": "Si la glycémie est \x1c 5 ?"}, "text-control-character"),
        ({"question": "Où \ud83d ?"}, "text-not-unicode"),
        ({"id": ""}, "source-id-empty"),
        ({"id": 17}, "field-type"),
        ({"subject_name": ["pharmacie"]}, "field-type"),
    ],
)
def test_refused(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}
    assert outcome(tmp_path, item) == rule


@pytest.mark.parametrize("item", [None, 5, "id", [ITEM], []])
def test_what_is_no_object_is_refused(item: Any, tmp_path: Path) -> None:
    assert outcome(tmp_path, item) == "record-unreadable"


def test_a_refusal_names_its_record(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps([ITEM, {**ITEM, "nbr_correct_answers": 2}, {"id": "x"}, ITEM]))
    _, contradicted, incomplete, _ = read(InputFile(path, "train.json", "train"), SOURCE)
    assert isinstance(contradicted, Refused)
    assert contradicted[:3] == (2, ITEM["id"], "answer-unparsed")
    assert "nbr_correct_answers" in contradicted.evidence
    assert incomplete[:3] == (3, "x", "record-unreadable")


# --- the real files --------------------------------------------------------------------------------------


def test_real_files(data: Path) -> None:
    read = outcomes(data / "frenchmedmcqa")
    assert {split: len(records) for split, records in read.items()} == {
        "train": 2171,
        "validation": 312,
        "test": 622,
    }
    refused = Counter(record for records in read.values() for record in records if isinstance(record, str))
    assert refused == {"choices-distinct": 1}
    seen_orders: Counter[str] = Counter()
    for split, records in read.items():
        upstream = json.loads((data / "frenchmedmcqa" / FILES[split]).read_text(encoding="utf-8"))
        for record, item in zip(records, upstream, strict=True):
            if isinstance(record, str):
                continue
            assert record["source_id"] == item["id"]
            assert record["type"] == ("mcqu" if item["nbr_correct_answers"] == 1 else "mcq")
            assert record["answer"].split(",") == [letter.upper() for letter in item["correct_answers"]]
            assert record["choices"] == [normalise_text(item["answers"][label]) for label in "abcde"]
            assert record["instruction"] == normalise_text(item["question"])
            seen_orders["".join(item["answers"])] += 1
    assert seen_orders == {"abcde": 3103, "acdeb": 1}
