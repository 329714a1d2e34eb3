"""MMLU: questions of ours in its format, and its real files."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes
from whole_files import EMPTY, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.mmlu import find_files

SOURCE = load_catalogue()["mmlu-medical"]
FIXTURE = Path(__file__).with_name("fixtures") / "mmlu-medical"
FILE = "test/clinical_knowledge_test.csv"
LINE = "Which drug is an antibiotic?,Amoxicillin,Aspirin,Insulin,Heparin,A\n"


def outcomes(folder: Path) -> dict[str, list[Any]]:
    return {
        file.name: read_outcomes(file.path, SOURCE, file.split, file.name)
        for file in find_files(folder, SOURCE)
    }


def test_files_of_the_six_subjects_in_every_split() -> None:
    files = find_files(FIXTURE, SOURCE)
    assert [(file.name, file.split) for file in files[6:]] == [
        ("val/anatomy_val.csv", "validation"),
        ("dev/anatomy_dev.csv", "train"),
    ]
    assert {file.split for file in files[:6]} == {"test"}
    assert not [file for file in files if "astronomy" in file.name]


def test_fixture() -> None:
    read = outcomes(FIXTURE)
    bone, femur = read["test/anatomy_test.csv"]
    assert bone == bone | {
        "source": "mmlu-medical",
        "source_id": "test/anatomy_test.csv#1",
        "instruction": "Which bone forms the forehead, and the roof of the orbit?",
        "choices": ["Frontal", "Parietal", "Occipital", "Temporal"],
        "answer": "A",
        "type": "mcqu",
        "subject": "anatomy",
        "split": "test",
        "license": "MIT",
    }
    assert femur["instruction"] == "Consider:\n\n1. The femur\n2. The tibia\n\nWhich is longer?"
    assert femur["choices"] == ["1", "2", "They are equal, always", "Neither"]
    heart, false = read[FILE]
    assert false["choices"][0] == 'The "apex" beat is palpable'
    assert heart["choices"][-1] == "220 per minute"
    assert read["test/college_biology_test.csv"][1] == "answer-unparsed"
    assert read["test/medical_genetics_test.csv"][1] == "record-unreadable"
    assert [len(rows) for rows in read.values()] == [2, 2, 2, 2, 2, 1, 1, 1]


def test_a_question_of_two_subjects_is_one_group() -> None:
    read = outcomes(FIXTURE)
    first, second = read[FILE], read["test/college_medicine_test.csv"]
    assert first[0]["id"] == second[0]["id"]
    assert first[0]["source_id"] != second[0]["source_id"]
    assert [row["group_id"] for row in first] == [row["group_id"] for row in second]
    assert first[1]["id"] != second[1]["id"]
    assert first[0]["group_id"] != first[1]["group_id"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Which?,1,2,3,4,E", "answer-unparsed"),
        ("Which?,1,2,3,4,a", "answer-unparsed"),
        ("Which?,1,2,3,4,0", "answer-unparsed"),
        ("Which?,1,2,3,4,", "answer-unparsed"),
        ("Which?,1,2,3,4,5,A", "record-unreadable"),
        ("Which?,1,2,3,A", "record-unreadable"),
        (",1,2,3,4,A", "instruction-empty"),
        ("Which?,1,2,3,,A", "choice-empty"),
        ("Which?,1,2,3,3,A", "choices-distinct"),
    ],
)
def test_others_survive_a_refused_record(line: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "anatomy_test.csv"
    path.write_text(f"{LINE}{line}\n{LINE}")
    first, refused, last = read_outcomes(path, SOURCE)
    assert refused == rule
    assert first["source_id"].endswith("#1") and last["source_id"].endswith("#3")


def test_every_absent_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE / "test", tmp_path / "test")
    (tmp_path / FILE).unlink()
    (tmp_path / "test" / "anatomy_test.csv").unlink()
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert len(caught.value.problems) == 2


DAMAGES = {
    **EMPTY,
    **cut(b"Blood is blue,"),
    "cut in quotes": lambda content: content[: content.rindex(b"apex")],
    "Latin-1": lambda content: content.replace(b"normal", b"norm\xe0l"),
    "another format": whole(b'{"question": "?"}\n'),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, FILE, damage, tmp_path)


def test_real_files(data: Path) -> None:
    read = outcomes(data / "mmlu-medical")
    assert {name.split("/")[1].removesuffix("_test.csv"): len(rows) for name, rows in read.items()} == {
        "anatomy": 135,
        "clinical_knowledge": 265,
        "college_biology": 144,
        "college_medicine": 173,
        "medical_genetics": 100,
        "professional_medicine": 272,
    }
    rows = [row for rows in read.values() for row in rows]
    assert not [row for row in rows if isinstance(row, str)]
    assert {len(row["choices"]) for row in rows} == {4}
    knowledge, medicine = (
        read[f"test/{subject}_test.csv"] for subject in ("clinical_knowledge", "college_medicine")
    )
    # 77 questions stand in both subjects, one of them twice with other options: 78 same items.
    assert len({row["group_id"] for row in knowledge} & {row["group_id"] for row in medicine}) == 77
    assert len({row["id"] for row in knowledge} & {row["id"] for row in medicine}) == 78
    questions = Counter(row["instruction"] for row in rows)
    assert questions["Which of the following statements is false?"] == 4
    assert sum("\n" in row["instruction"] for row in rows) == 17
    assert max(len(row["instruction"]) for row in rows) == 4671
