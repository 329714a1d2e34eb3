"""K-QA: questions of ours in its format, and its real file."""

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
from medinjection_fr.sources.kqa import find_files

SOURCE = load_catalogue()["k-qa"]
FIXTURE = Path(__file__).with_name("fixtures") / "k-qa"
FILE = "questions_w_answers.jsonl"
ITEM = json.loads((FIXTURE / FILE).read_text(encoding="utf-8").splitlines()[0])
GONE = object()


def outcomes(folder: Path) -> list[Any]:
    (file,) = find_files(folder, SOURCE)
    assert file.name == FILE  # questions.jsonl has no answers
    return read_outcomes(file.path, SOURCE, file.split, file.name)


def test_fixture() -> None:
    ulcer, cold, unanswered, incomplete = outcomes(FIXTURE)
    assert (unanswered, incomplete) == ("answer-empty", "record-unreadable")
    assert ulcer == ulcer | {
        "source": "k-qa",
        "source_id": f"{FILE}#1",
        "instruction": "hi can i take ibuprofen with a stomach ulcer??",
        "answer": "No. Ibuprofen can make an ulcer bleed.\nAsk about paracetamol instead.",
        "facts": ["Ibuprofen can make an ulcer bleed"],
        "choices": [],
        "type": "oeq",
        "split": "test",
        "license": "MIT",
    }
    assert cold["facts"] == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[({key: GONE}, "record-unreadable") for key in ("Question", "Free_form_answer", "Must_have")],
        ({"Must_have": None}, "record-unreadable"),
        ({"Must_have": "A statement"}, "record-unreadable"),
        ({"Must_have": ["A statement", 5]}, "record-unreadable"),
        ({"Free_form_answer": ""}, "answer-empty"),
        ({"Free_form_answer": None}, "field-type"),
        ({"Question": " "}, "instruction-empty"),
    ],
)
def test_others_survive_a_refused_record(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}
    (tmp_path / FILE).write_text(f'{json.dumps(item)}\n"?"\n{json.dumps(ITEM)}\n', encoding="utf-8")
    refused, no_object, kept = outcomes(tmp_path)
    assert (refused, no_object) == (rule, "record-unreadable")
    assert kept["source_id"] == f"{FILE}#3"


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        find_files(tmp_path, SOURCE)


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b'"Sources"'),
    "an array": whole(b'[{"Question": "?"}]'),
    "another format": whole(b"Question,Sources\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, FILE, damage, tmp_path)


def test_real_file(data: Path) -> None:
    read = outcomes(data / "k-qa")
    assert len(read) == 201
    assert not [row for row in read if isinstance(row, str)]
    upstream = [json.loads(line) for line in (data / "k-qa" / FILE).open(encoding="utf-8")]
    blank = sum(not text.strip() for item in upstream for text in item["Must_have"])
    assert sum(len(item["Must_have"]) for item in upstream) - blank == sum(len(row["facts"]) for row in read)
    assert all(row["facts"] and all(row["facts"]) for row in read)
