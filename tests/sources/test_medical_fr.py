"""mlabonne/medical-cases-fr and medical-mqca-fr: rows of ours in their columns, and what they could hold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from examples import read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.parts import find_adapter

CASES, QUESTIONS = load_catalogue()["medical-cases-fr"], load_catalogue()["medical-mqca-fr"]
FIXTURES = Path(__file__).with_name("fixtures")
COLUMNS = pa.schema(
    [
        ("Specialite", pa.string()),
        ("Serie", pa.int64()),
        ("Question", pa.int64()),
        ("N_Question", pa.int64()),
        ("Answer", pa.string()),
        ("instruction", pa.string()),
        ("output", pa.string()),
    ]
)
NAMES = {
    "train": "data/train-00000-of-00001-c5bd7ea659fead86.parquet",
    "eval": "data/eval-00000-of-00001-d1de03c97cd4310e.parquet",
}


def written(path: Path, rows: Iterable[dict[str, Any]], schema: pa.Schema = COLUMNS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema), path)
    return path


def rows(name: str) -> dict[str, list[dict[str, Any]]]:
    return json.loads((FIXTURES / name / "rows.json").read_text(encoding="utf-8"))


def fixture(folder: Path, name: str) -> dict[str, list[Any]]:
    """What the files of a source, as the Hub has them, give for each split."""
    source = load_catalogue()[name]
    for split, records in rows(name).items():
        written(folder / NAMES[split], records)
    return {
        file.split: read_outcomes(file.path, source, file.split, file.name)
        for file in find_adapter(source).find_files(folder, source)
    }


def test_cases(tmp_path: Path) -> None:
    read = fixture(tmp_path, "medical-cases-fr")
    assert list(read) == ["train", "validation"]
    diagnosis, tests = read["train"]
    assert diagnosis["type"] == "oeq"
    assert diagnosis["answer"].startswith("Une prééclampsie sévère")
    assert diagnosis["instruction"].startswith("Une femme de 29 ans")
    assert (tests["type"], tests["answer"]) == ("mcq", "A,C")
    assert tests["choices"] == ["Numération des plaquettes", "Coloscopie", "Transaminases", "Scintigraphie"]
    assert tests["instruction"].endswith("Quels examens demandez-vous\u00a0?")
    assert diagnosis["group_id"] == tests["group_id"] == "medical-cases-fr/Gynécologie/3"
    assert tests == tests | {
        "source_id": f"{NAMES['train']}#2",
        "subject": "Gynécologie",
        "task": "exam-question",
        "license": "LicenseRef-none-stated",
        "context": "",
    }
    assert [r["type"] for r in read["validation"]] == ["oeq"]


def test_questions(tmp_path: Path) -> None:
    read = fixture(tmp_path, "medical-mqca-fr")
    assert {split: [(r["type"], r["answer"]) for r in records] for split, records in read.items()} == {
        "train": [("mcq", "A,C,E"), ("mcq", "B")],
        "validation": [("mcq", "A,D")],
    }
    assert read["train"][0]["group_id"] != read["train"][1]["group_id"]


# --- rows that they could hold ---------------------------------------------------------------------------

ROW = rows("medical-mqca-fr")["train"][0]
STEM, OPTIONS = ROW["instruction"].split("\n", 1)
OPEN = rows("medical-cases-fr")["train"][0]


def outcome(folder: Path, source: Any, row: dict[str, Any]) -> Any:
    (only,) = read_outcomes(written(folder / "train.parquet", [row]), source)
    return only


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "A,C,E"),
        ({"Answer": "a, c, e"}, "A,C,E"),
        ({"Answer": "A et C", "output": "La varicelle et le dermatome."}, "A,C"),
        ({"Answer": None}, "A,C,E"),
        ({"Answer": "", "output": "(A), (C)"}, "A,C"),
        ({"output": None}, "A,C,E"),
        ({"output": "C. Il suit un dermatome\nA. Il est dû au virus de la varicelle", "Answer": "AC"}, "A,C"),
        ({"Answer": "Il suit un dermatome", "output": "C"}, "C"),
        ({"instruction": f"{STEM}\nPropositions :\n{OPTIONS}"}, "A,C,E"),
        ({"instruction": f"{STEM}\n{OPTIONS}\nF) Il récidive toujours", "Answer": "F", "output": "F"}, "F"),
    ],
)
@pytest.mark.parametrize("source", [QUESTIONS, CASES], ids=["mqca", "cases"])
def test_read(source: Any, changes: dict[str, Any], answer: str, tmp_path: Path) -> None:
    record = outcome(tmp_path, source, {**ROW, **changes})
    assert (record["type"], record["answer"], record["instruction"]) == ("mcq", answer, STEM)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"instruction": None}, "record-unreadable"),
        ({"instruction": f"{STEM}\nA) Oui\nC) Non"}, "choices-unparsed"),
        ({"instruction": f"{STEM}\nA) Oui\nB) Non\nExpliquez."}, "choices-unparsed"),
        ({"instruction": f"{STEM} A) Oui B) Non"}, "choices-unparsed"),
        ({"instruction": STEM}, "choices-unparsed"),
        ({"instruction": f"{STEM}\nA) Seule", "Answer": "A", "output": "A"}, "choices-count"),
        ({"Answer": "A", "output": "B"}, "answer-unparsed"),
        ({"Answer": "0,2", "output": "voir le cours"}, "answer-unparsed"),
        ({"Answer": "1", "output": "1"}, "answer-unparsed"),
        ({"Answer": "", "output": None}, "answer-empty"),
        ({"Answer": "F", "output": "F"}, "gold-outside-choices"),
    ],
)
@pytest.mark.parametrize("source", [QUESTIONS, CASES], ids=["mqca", "cases"])
def test_refused(source: Any, changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, source, {**ROW, **changes}) == rule


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "oeq"),
        ({"Answer": None}, "oeq"),
        ({"instruction": "Une hépatite A. Que cherchez-vous dans le sang ?"}, "oeq"),
        ({"Serie": None}, "oeq"),
        ({"output": None}, "answer-empty"),
        # signs of options that are not where they could be read
        ({"Answer": "B"}, "choices-unparsed"),
        ({"Answer": "ACD"}, "choices-unparsed"),
        ({"instruction": "Que proposez-vous ?\nPropositions :\nun scanner, une IRM"}, "choices-unparsed"),
        ({"instruction": "Que proposez-vous ? a) un scanner b) une IRM"}, "choices-unparsed"),
        ({"instruction": "(A) Un scanner\nQue proposez-vous ?"}, "choices-unparsed"),
    ],
)
def test_open_questions_of_cases(changes: dict[str, Any], expected: str, tmp_path: Path) -> None:
    found = outcome(tmp_path, CASES, {**OPEN, **changes})
    assert (found if isinstance(found, str) else found["type"]) == expected


def test_a_case_without_a_series_is_a_group_of_its_own(tmp_path: Path) -> None:
    record = outcome(tmp_path, CASES, {**OPEN, "Serie": None})
    assert record["group_id"] == "medical-cases-fr/train.parquet#1"


@pytest.mark.parametrize("source", [QUESTIONS, CASES], ids=["mqca", "cases"])
def test_the_others_survive_a_refused_row(source: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "train.parquet", [ROW, {**ROW, "Answer": "B"}, ROW])
    first, refused, last = find_adapter(source).read(InputFile(path, "train.parquet", "train"), source)
    evidence = "2 readings of Answer and output as labels of 5 options"
    assert refused == Refused(2, "train.parquet#2", "answer-unparsed", evidence)
    assert (first.position, last.position) == (1, 3)


# --- files that cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize("source", [QUESTIONS, CASES], ids=["mqca", "cases"])
@pytest.mark.parametrize("fault", ["empty", "HTML", "cut", "column"])
def test_a_broken_file_is_named(source: Any, fault: str, tmp_path: Path) -> None:
    path = written(tmp_path / "train.parquet", [ROW] * 50)
    if fault == "column":
        written(path, [ROW], pa.schema([field for field in COLUMNS if field.name != "Answer"]))
    else:
        content = {"empty": b"", "HTML": b"<!DOCTYPE html>", "cut": path.read_bytes()[:-100]}[fault]
        path.write_bytes(content)
    with pytest.raises(InputError, match="Answer" if fault == "column" else "whole Parquet") as caught:
        list(find_adapter(source).read(InputFile(path, "train.parquet", "train"), source))
    assert caught.value.problems[0].where == str(path)


def test_absent_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_adapter(CASES).find_files(tmp_path, CASES)
    assert len(caught.value.problems) == 2
