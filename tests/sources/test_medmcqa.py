"""MedMCQA: questions of ours in its two formats, and its real file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from examples import read_outcomes
from whole_files import EMPTY, MIS_ENCODED, check_refusal, cut, whole

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile
from medinjection_fr.sources.catalogue import Source, load_catalogue
from medinjection_fr.sources.medmcqa import find_files, read

SOURCE = load_catalogue()["medmcqa"]
FIXTURE = Path(__file__).with_name("fixtures") / "medmcqa"
FILE = "data/dev.json"
ITEMS = [json.loads(line) for line in (FIXTURE / FILE).read_text(encoding="utf-8").splitlines()]
GONE = object()


def counting(answer: str | None) -> Source:
    facts = {key: value for key, value in SOURCE.facts.items() if key != "answer"}
    return Source(SOURCE.name, {**facts, "answer": answer} if answer else facts)


def outcomes(folder: Path) -> list[Any]:
    (file,) = find_files(folder, SOURCE)
    return read_outcomes(file.path, SOURCE, file.split, file.name)


def test_fixture() -> None:
    liver, glucose, node, beyond, equal, scurvy = outcomes(FIXTURE)
    assert (beyond, equal) == ("answer-unparsed", "choices-distinct")
    assert liver == liver | {
        "source": "medmcqa",
        "source_id": ITEMS[0]["id"],
        "type": "mcqu",
        "answer": "C",
        "choices": [ITEMS[0][key] for key in ("opa", "opb", "opc", "opd")],
        "explanation": ITEMS[0]["exp"],
        "subject": "Physiology",
        "split": "validation",
        "license": "MIT",
    }
    assert [row["answer"] for row in (glucose, node, scurvy)] == ["B", "A", "D"]
    assert [row["explanation"] for row in (glucose, node)] == [None, None]
    assert node["type"] == "mcqu"  # although choice_type says "multi"
    assert node["flags"] == ["option-order-fixed"]


def as_parquet(path: Path, items: list[dict[str, Any]]) -> InputFile:
    pq.write_table(pa.Table.from_pylist(items), path)
    return InputFile(path, path.name, "validation")


def test_the_copy_on_the_hub_counts_from_0(tmp_path: Path) -> None:
    items = [{**item, "cop": item["cop"] - 1} for item in ITEMS if item["cop"] < 5]
    file = as_parquet(tmp_path / "validation-00000-of-00001.parquet", items)
    rows = read_outcomes(file.path, counting("index-from-0"), file.split)
    assert rows == [row for row in outcomes(FIXTURE) if row != "answer-unparsed"]
    with pytest.raises(InputError, match="counts from 0"):
        list(read(file, SOURCE))


def test_the_unlabelled_split_of_the_hub(tmp_path: Path) -> None:
    file = as_parquet(tmp_path / "test.parquet", [{**ITEMS[0], "cop": -1}])
    assert read_outcomes(file.path, counting("index-from-0"), "test") == ["answer-unparsed"]


@pytest.mark.parametrize(("declared", "cop"), [("index-from-1", 0), ("index-from-0", 4)])
def test_a_file_that_counts_from_another_number_is_not_read(declared: str, cop: int, tmp_path: Path) -> None:
    path = tmp_path / "dev.json"
    path.write_text("".join(json.dumps({**ITEMS[0], "cop": place}) + "\n" for place in (1, cop)))
    with pytest.raises(InputError) as caught:
        list(read(InputFile(path, "dev.json", "validation"), counting(declared)))
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    assert f"record 2 has cop {cop}" in problem.what


@pytest.mark.parametrize("answer", [None, "letters"])
def test_an_entry_that_does_not_say_how_it_counts(answer: str | None) -> None:
    with pytest.raises(InputError, match="does not say from which number"):
        list(read(InputFile(FIXTURE / FILE, FILE, "validation"), counting(answer)))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[({key: GONE}, "record-unreadable") for key in ("id", "question", "opd", "cop", "exp")],
        ({"cop": 5}, "answer-unparsed"),
        ({"cop": -1}, "answer-unparsed"),
        ({"cop": "3"}, "answer-unparsed"),
        ({"cop": 3.0}, "answer-unparsed"),
        ({"cop": True}, "answer-unparsed"),
        ({"cop": None}, "answer-unparsed"),
        ({"opd": ""}, "choice-empty"),
        ({"opd": None}, "field-type"),
        ({"question": " "}, "instruction-empty"),
        ({"id": ""}, "source-id-empty"),
    ],
)
def test_others_survive_a_refused_record(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    item = {key: value for key, value in {**ITEMS[0], **changes}.items() if value is not GONE}
    path = tmp_path / "dev.json"
    path.write_text(f"{json.dumps(item)}\nnull\n{json.dumps(ITEMS[1])}\n", encoding="utf-8")
    refused, no_object, kept = read_outcomes(path, SOURCE)
    assert (refused, no_object) == (rule, "record-unreadable")
    assert kept["source_id"] == ITEMS[1]["id"]


DAMAGES = {
    **EMPTY,
    **MIS_ENCODED,
    **cut(b'"subject_name"'),
    "an array": whole(json.dumps(ITEMS).encode()),
    "another format": whole(b"question,cop\n"),
}
DAMAGES["Latin-1"] = lambda content: content.replace(b"glucose", b"gluc\xf4se")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whole_file(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    check_refusal(SOURCE, FIXTURE, FILE, damage, tmp_path)


def test_a_parquet_file_without_a_column(tmp_path: Path) -> None:
    file = as_parquet(tmp_path / "dev.parquet", [{"id": "a", "question": "?"}])
    with pytest.raises(InputError, match="lacks the column"):
        list(read(file, counting("index-from-0")))


def test_real_file(data: Path) -> None:
    read = outcomes(data / "medmcqa")
    assert len(read) == 4183
    assert Counter(row for row in read if isinstance(row, str)) == {"choices-distinct": 21}
    kept = [row for row in read if not isinstance(row, str)]
    assert {row["type"] for row in kept} == {"mcqu"}
    upstream = {
        item["id"]: item for item in map(json.loads, (data / "medmcqa" / FILE).open(encoding="utf-8"))
    }
    assert all("_ABCD"[upstream[row["source_id"]]["cop"]] == row["answer"] for row in kept)
    assert Counter(upstream[row["source_id"]]["choice_type"] for row in kept).keys() == {"single", "multi"}
    assert sum(item["exp"] is None for item in upstream.values()) == 1977
