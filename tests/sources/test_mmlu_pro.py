"""MMLU-Pro: questions of ours in the Hub's Parquet. No real file was at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from examples import read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.mmlu_pro import find_files, read

SOURCE = load_catalogue()["mmlu-pro"]
FIXTURE = Path(__file__).with_name("fixtures") / "mmlu-pro"
SCHEMA = pa.schema(
    {
        "question_id": pa.int64(),
        "question": pa.string(),
        "options": pa.list_(pa.string()),
        "answer": pa.string(),
        "answer_index": pa.int64(),
        "category": pa.string(),
        "cot_content": pa.string(),
        "src": pa.string(),
    }
)


def rows_of(split: str) -> list[dict[str, Any]]:
    lines = (FIXTURE / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Path:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def test_fixture(tmp_path: Path) -> None:
    for split in ("validation", "test"):
        write(tmp_path / "data" / f"{split}-00000-of-00001.parquet", rows_of(split))
    (conditioning,), (vitamin, eggs, letter, index) = (
        read_outcomes(file.path, SOURCE, file.split, file.name) for file in find_files(tmp_path, SOURCE)
    )
    assert (letter, index) == ("answer-unparsed", "answer-unparsed")
    assert vitamin == vitamin | {
        "source": "mmlu-pro",
        "source_id": "5001",
        "answer": "J",
        "type": "mcqu",
        "subject": "health",
        "explanation": None,
        "split": "test",
        "license": "MIT",
    }
    assert len(vitamin["choices"]) == 10
    assert (eggs["subject"], len(eggs["choices"])) == ("biology", 3)
    assert conditioning["explanation"].startswith("A: Let's think step by step.")
    assert conditioning["split"] == "validation"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"question_id": None}, "record-unreadable"),
        ({"options": None}, "record-unreadable"),
        ({"answer": None}, "answer-unparsed"),
        ({"answer": "j"}, "answer-unparsed"),
        ({"answer_index": 8}, "answer-unparsed"),
        ({"answer_index": -1}, "answer-unparsed"),
        ({"answer_index": None}, "answer-unparsed"),
        ({"answer": "K", "answer_index": 10, "options": [str(n) for n in range(11)]}, "answer-unparsed"),
        ({"answer": "A", "answer_index": 0, "options": [str(n) for n in range(11)]}, "choices-count"),
        ({"answer": "A", "answer_index": 0, "options": ["Only"]}, "choices-count"),
        ({"options": [f"{n}" for n in range(9)] + [""]}, "choice-empty"),
        ({"options": [f"{n}" for n in range(9)] + [None]}, "field-type"),
        ({"question": ""}, "instruction-empty"),
        ({"question": None}, "field-type"),
    ],
)
def test_others_survive_a_refused_record(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    vitamin = rows_of("test")[0]
    path = write(tmp_path / "test.parquet", [{**vitamin, **changes}, vitamin])
    refused, kept = read_outcomes(path, SOURCE)
    assert refused == rule
    assert kept["source_id"] == "5001"


def test_other_categories_are_not_read(tmp_path: Path) -> None:
    vitamin = rows_of("test")[0]
    rows = [{**vitamin, "category": name} for name in ("law", "Health", "health")]
    assert len(read_outcomes(write(tmp_path / "test.parquet", rows), SOURCE)) == 1


def test_every_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    "content", [b"", b"<html></html>", b"PAR1", b'{"question_id": 1}\n', None, b"a column"]
)
def test_whole_file(content: bytes | None, tmp_path: Path) -> None:
    path = write(tmp_path / "test.parquet", rows_of("test"))
    if content is None:  # cut
        path.write_bytes(path.read_bytes()[:-20])
    elif content == b"a column":
        write(path, rows_of("test"), SCHEMA.remove(4))
    else:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(read(InputFile(path, "test.parquet", "test"), SOURCE))
    (problem,) = caught.value.problems
    assert problem.where == str(path)
