from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewing import HOSTILE

from evaluation.review.review_files import read_reviews, write_reviews
from evaluation.review.review_set import CRITERIA
from evaluation.review.spreadsheet import defuse, restore
from medinjection_fr.errors import InputError
from medinjection_fr.resources import load_schema

RUNS = ("=base", "native")


def review(**changed: Any) -> dict[str, Any]:
    return {
        "set": "a" * 64,
        "item": "q00001",
        "kind": "answers",
        "id": "b" * 32,
        "group_id": "source/cas-1",
        "annotator": "anne",
        "verdicts": {"=base": "different"},
        "words": {"=base": 12, "native": 0},
        "preference": None,
        "remark": "",
        "at": "2026-11-25T22:00:00Z",
    } | changed


def row_review(**changed: Any) -> dict[str, Any]:
    made = review(kind="row", item="r00001", verdicts={"correct": "yes", "fluent": "no"})
    return {key: value for key, value in made.items() if key not in ("words", "preference")} | changed


@pytest.mark.parametrize("format", ["jsonl", "csv"])
@pytest.mark.parametrize(
    "remark",
    [
        "",
        HOSTILE,
        "=1+1",
        "+33 1",
        "-2",
        "@A1",
        "\t=1",
        "\r=1",
        "'=1",
        "''",
        'a;"=cmd()";b\n-c',
        "dose : 5 mg,=B1\r\nfin",
        "\ufeff=1",
        "\u2028é",
    ],
)
def test_what_is_written_is_read_back(format: str, remark: str, tmp_path: Path) -> None:
    reviews = [
        review(remark=remark),
        review(item="q00002", preference="=base", remark=remark),
        review(annotator="basile", verdicts={}, preference="none"),
    ]
    path = tmp_path / f"reviews.{format}"
    path.write_bytes(write_reviews(reviews, format, RUNS).encode("utf-8"))
    assert read_reviews(path) == reviews
    for line in reviews:
        jsonschema.validate(line, load_schema("review"))


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_reviews_of_rows_are_read_back(format: str, tmp_path: Path) -> None:
    reviews = [row_review(), row_review(annotator="basile", verdicts={}, remark="-")]
    path = tmp_path / f"reviews.{format}"
    path.write_bytes(write_reviews(reviews, format, CRITERIA).encode("utf-8"))
    assert read_reviews(path) == reviews


def test_nobody_rated_anything(tmp_path: Path) -> None:
    for format in ("jsonl", "csv"):
        path = tmp_path / f"reviews.{format}"
        path.write_bytes(write_reviews([], format, RUNS).encode("utf-8"))
        assert read_reviews(path) == []


@given(st.text(alphabet="=+-@\t\r\n;,\"' aé1", max_size=12))
def test_no_cell_begins_a_formula_and_each_is_read_back(text: str) -> None:
    cell = defuse(text)
    assert restore(cell) == text
    assert cell[:1] not in set("=+-@\t\r")
    for piece in re.split('[;,\t\r\n"]', cell):  # whatever the spreadsheet takes for its separator
        assert piece[:1] not in set("=+-@")


def test_every_cell_of_a_csv_is_safe_whatever_the_separator() -> None:
    text = write_reviews([review(remark='x;"=1+1";\t+2')], "csv", RUNS).removeprefix("\ufeff")
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert all(cell[:1] not in set("=+-@\t\r") for cell in row)


def test_a_spreadsheet_may_save_with_its_own_separator(tmp_path: Path) -> None:
    reviews = [review(remark="a, b; c\nd"), review(annotator="basile")]
    rows = csv.reader(io.StringIO(write_reviews(reviews, "csv", RUNS).removeprefix("\ufeff"), newline=""))
    path = tmp_path / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    assert read_reviews(path) == reviews


def test_every_mistake_of_a_file_is_told_at_once_and_no_remark_quoted(tmp_path: Path) -> None:
    wrong = [
        review(verdicts={"=base": "equal"}),
        review(item="0001"),
        review(verdicts={"other": "different"}),
        review(preference="other"),
        review(item="q00002", remark="secret " * 1_000),
        review(item="q00003"),
        review(item="q00003"),
        row_review(verdicts={"useful": "yes"}),
        {"set": "x"},
        [],
    ]
    path = tmp_path / "reviews.jsonl"
    lines = [json.dumps(line) for line in wrong]
    path.write_text("\n".join([*lines, "{no json", ""]), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_reviews(path)
    told = [str(problem) for problem in error.value.problems]
    for number in (1, 2, 3, 4, 5, 7, 8, 9, 10, 11):
        assert any(f"line {number}" in text for text in told), number
    assert not any("line 6" in text.split(":")[0] for text in told)
    assert "secret" not in str(error.value)


def test_columns_that_are_not_ours_are_told(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("set,item,item,verdict,remark\na,b,c,d,e\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_reviews(path)
    told = str(error.value)
    assert 'column "verdict": is no column' in told and 'column "at": is missing' in told
    assert 'column "item": stands twice' in told


def test_a_file_that_a_spreadsheet_saved_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes(write_reviews([review(remark="déjà")], "csv", RUNS)[1:].encode("cp1252"))
    with pytest.raises(InputError, match="UTF-8"):
        read_reviews(path)
    with pytest.raises(InputError, match="no such file"):
        read_reviews(tmp_path / "absent.csv")
