"""CSV and TSV, with and without quotes and header, and what is said of broken ones."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medinjection_fr.errors import InputError
from medinjection_fr.sources.readers import read_csv, read_json_entries, read_text


def put(folder: Path, content: str | bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
        ("\ufeffa,b\n", [["a", "b"]]),
        ("\n\na,b\n\nc,d\n\n", [["a", "b"], ["c", "d"]]),
        ('"x, y","1\n\n2"\r\n"a ""b""",\n', [["x, y", "1\n\n2"], ['a "b"', ""]]),
        ("a,b,c\nd,e\n", [["a", "b", "c"], ["d", "e"]]),
        ("<5 mg,>5 mg\n", [["<5 mg", ">5 mg"]]),
        ("[sic],b\n", [["[sic]", "b"]]),
        ('a "b" c,d\n', [['a "b" c', "d"]]),
    ],
)
def test_without_a_header(content: str, rows: list[list[str]], tmp_path: Path) -> None:
    assert list(read_csv(put(tmp_path, content))) == list(enumerate(rows, 1))


def test_with_a_header(tmp_path: Path) -> None:
    path = put(tmp_path, "id;x;text\n1;;un\n2;deux\n3;;trois\n")
    assert list(read_csv(path, ["text", "id"], delimiter=";")) == [
        (1, {"text": "un", "id": "1"}),
        (2, ["2", "deux"]),
        (3, {"text": "trois", "id": "3"}),
    ]


def test_without_quoting_a_quote_is_text(tmp_path: Path) -> None:
    path = put(tmp_path, 'id\ttext\n1\t"un\n2\tdeux"\n')
    assert [row for _, row in read_csv(path, ["id", "text"], delimiter="\t", quoting=False)] == [
        {"id": "1", "text": '"un'},
        {"id": "2", "text": 'deux"'},
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\n", "is empty"),
        (b"<!doctype HTML><html></html>", "is an HTML page"),
        (b"<html>", "is an HTML page"),
        (b'{"id": 1}\n', "holds JSON"),
        (b'[\n {"id": 1}]\n', "holds JSON"),
        (b"id,text\n1,caf\xe9\n", "is not UTF-8 (byte 0xE9)"),
        (b"id,text\n1,caf\xc3", "ends inside a character"),
        (b"id,text\n1,un\n2", "ends inside record 2"),
        (b'id,text\n1,un\n2,"deu', "ends inside the quotes of record 2"),
        (b'id,text\n1,"un"x\n', "record 1 is not CSV"),
        (b"id,texte\n1,un\n", "its header lacks or repeats text"),
        (b"id;text\n1;un\n", "its header lacks or repeats id, text"),
        (b"id,text,text\n1,un,deux\n", "its header lacks or repeats text"),
        (b"id,text\n1,un\rdeux\n", "record 1 is not CSV"),
        (b'id,text\n1,"' + b"x" * 140_000 + b'"\n', "field larger than field limit"),
    ],
)
def test_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = put(tmp_path, content)
    with pytest.raises(InputError) as caught:
        list(read_csv(path, ["id", "text"]))
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    assert words in problem.what


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_csv(tmp_path / "file"))


def test_only_a_header(tmp_path: Path) -> None:
    assert list(read_csv(put(tmp_path, "id,text"), ["id", "text"])) == []


def test_reading_is_lazy(tmp_path: Path) -> None:
    rows = read_csv(put(tmp_path, "a,b\n" * 20_000 + '"cut'))
    assert next(rows) == (1, ["a", "b"])


_FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(_FIELD, min_size=2, max_size=3), min_size=1, max_size=5), crlf=st.booleans())
def test_what_csv_writes_is_read(
    rows: list[list[str]], crlf: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n" if crlf else "\n").writerows([["é", "b"], *rows])
    path = put(tmp_path_factory.mktemp("csv"), written.getvalue())
    assert [row for _, row in read_csv(path)] == [["é", "b"], *rows]


def test_cut_at_every_byte(tmp_path: Path) -> None:
    content = 'id,text\n1,"é, ""un"""\n2,deux\n'.encode()
    for length in range(len(content)):
        path = put(tmp_path, content[:length])
        try:
            rows = [row for _, row in read_csv(path, ["id", "text"])]
        except InputError:
            continue
        # What is read of a cut file is whole records; only the end of the last field can go unseen.
        whole = [{"id": "1", "text": 'é, "un"'}, {"id": "2", "text": "deux"}]
        assert len(rows) <= 2
        assert all(
            isinstance(row, dict) and row["id"] == full["id"] and full["text"].startswith(row["text"])
            for row, full in zip(rows, whole, strict=False)
        )


# --- one object, one text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["", "\ufeff", " \n"])
def test_entries(start: str, tmp_path: Path) -> None:
    path = put(tmp_path, start + '{"a": {"b": [1]}, "c" :\n"é", "a": null}\n')
    assert list(read_json_entries(path)) == [(1, "a", {"b": [1]}), (2, "c", "é"), (3, "a", None)]


def test_no_entries(tmp_path: Path) -> None:
    assert list(read_json_entries(put(tmp_path, "{ }"))) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<html></html>", "is an HTML page"),
        (b'[{"a": 1}]', "does not begin with an object"),
        (b"id,text\n", "does not begin with an object"),
        (b'{"a": 1, 2: 3}', "record 2 is not JSON"),
        (b'{"a" 1}', "record 1 is not JSON"),
        (b'{"a": 1 "b": 2}', "record 1 is not JSON"),
        (b'{"a": x, "b": 2}', "record 1 is not JSON"),
        (b'{"a": 1} {"b": 2}', "has text after its end"),
        (b'{"a": "\xe9"}', "is not UTF-8"),
        (b'{"a": ' + b"[" * 100_000, "record 1 is not JSON"),
    ],
)
def test_entries_refused(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(read_json_entries(put(tmp_path, content)))
    assert words in caught.value.problems[0].what


def test_entries_cut_at_every_byte(tmp_path: Path) -> None:
    content = '{"a": {"b": [1, 2]}, "c": "é", "d": true}'.encode()
    for length in range(len(content)):
        with pytest.raises(InputError):
            list(read_json_entries(put(tmp_path, content[:length])))


def test_text(tmp_path: Path) -> None:
    assert read_text(put(tmp_path, "\ufeffUn cas : <5 mg\r\n")) == "Un cas : <5 mg\r\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b" \n", "is empty"), (b"<!DOCTYPE html>", "is an HTML page"), (b"caf\xe9 au", "is not UTF-8")],
)
def test_text_refused(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text(put(tmp_path, content))
    assert words in caught.value.problems[0].what
