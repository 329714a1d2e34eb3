"""Files read record by record: whole ones to the last record, broken ones never in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medinjection_fr.errors import InputError
from medinjection_fr.sources import readers
from medinjection_fr.sources.readers import (
    read_json_array,
    read_json_lines,
    read_json_records,
    read_parquet,
)

RECORDS = [
    {"id": "é-1", "options": {"a": 'dit "oui"', "b": "non\\"}, "nombre": 12.5, "vrai": True, "rien": None},
    {"id": "2", "options": {}, "liste": [1, [2, {"β": "😀"}]]},
]
ARRAY = json.dumps(RECORDS, ensure_ascii=False)
LINES = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
NUMBERED = list(enumerate(RECORDS, 1))
Reader = Callable[[Path], Any]


def written(folder: Path, content: str | bytes, name: str = "données.json") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(reader: Reader, path: Path) -> str:
    """The one line by which a file is refused; it names the file first."""
    with pytest.raises(InputError) as caught:
        list(reader(path))
    (problem,) = caught.value.problems
    assert problem.where == str(path)
    return str(problem)


# --- what is whole ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", [read_json_array, read_json_records])
@pytest.mark.parametrize(
    "content",
    [
        ARRAY,
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=4),
        f" \r\n\t{ARRAY} \n\n",
        f"\ufeff{ARRAY}",
        f"\ufeff\n{ARRAY}",
        ARRAY.replace("}, {", "}\r\n,\r\n{"),
        f"{' ' * 10_000}{ARRAY}",
    ],
)
def test_array(reader: Reader, content: str, tmp_path: Path) -> None:
    assert list(reader(written(tmp_path, content))) == NUMBERED


@pytest.mark.parametrize("reader", [read_json_lines, read_json_records])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize(
    "content", [LINES, LINES.rstrip("\n"), LINES.replace("\n", "\r\n"), f"\ufeff{LINES}", f"{LINES}\n \n"]
)
def test_lines(reader: Reader, name: str, content: str, tmp_path: Path) -> None:
    assert list(reader(written(tmp_path, content, name))) == NUMBERED


def test_lines_are_numbered_as_an_editor_does(tmp_path: Path) -> None:
    separators = json.dumps({"texte": "un\u2028deux\u2029trois\x85quatre"}, ensure_ascii=False)
    path = written(tmp_path, f"\n{separators}\n\n{{}}\n")
    assert [number for number, _ in read_json_lines(path)] == [2, 4]


def test_empty_array(tmp_path: Path) -> None:
    assert list(read_json_array(written(tmp_path, "[ \n]"))) == []


def test_reading_is_lazy(tmp_path: Path) -> None:
    """A first record is there before the damage behind it is met."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "_CHUNK", 16)
        items = read_json_array(written(tmp_path, f"{ARRAY[:-1]}, oops"))
        assert [next(items), next(items)] == NUMBERED
        with pytest.raises(InputError, match="record 3"):
            next(items)


# --- the same as json, with any chunk --------------------------------------------------------------------

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(['"', "\\", "]", "}, {", "é😀", "\ud83d"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
spellings = st.sampled_from(
    [{}, {"indent": 1}, {"separators": (",", ":")}, {"separators": (" ,\r\n", "\t: ")}]
)
chunks = st.integers(1, 40)


def read_in_chunks(path: Path, text: str, chunk: int) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "_CHUNK", chunk)
        positions_and_values = list(read_json_array(written(path.parent, text, path.name)))
    assert [position for position, _ in positions_and_values] == [*range(1, len(positions_and_values) + 1)]
    return [value for _, value in positions_and_values]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers") / "données.json"


@settings(max_examples=300)
@given(
    items=st.lists(values, max_size=5), spelling=spellings, chunk=chunks, blanks=st.sampled_from(["", " \n"])
)
def test_any_chunk_gives_what_json_gives(
    path: Path, items: list[Any], spelling: dict[str, Any], chunk: int, blanks: str
) -> None:
    text = blanks + json.dumps(items, **spelling) + blanks * 3
    assert repr(read_in_chunks(path, text, chunk)) == repr(json.loads(text))


@settings(max_examples=500)
@given(
    items=st.lists(values, max_size=3),
    chunk=chunks,
    place=st.floats(0, 1),
    removed=st.integers(0, 3),
    inserted=st.sampled_from(["", *',[]{}"\\:1-.e x\n']),
)
def test_damage_is_read_as_json_reads_it_or_refused(
    path: Path, items: list[Any], chunk: int, place: float, removed: int, inserted: str
) -> None:
    text = json.dumps(items)
    at = 1 + round(place * (len(text) - 1))  # the bracket stays: without it the file is of another format
    text = text[:at] + inserted + text[at + removed :]
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(InputError) as caught:
            read_in_chunks(path, text, chunk)
        assert str(path) in str(caught.value)
    else:
        assert repr(read_in_chunks(path, text, chunk)) == repr(expected)


# --- what is cut -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7, 1 << 22])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_array_cut_at_every_byte(chunk: int, start: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(readers, "_CHUNK", chunk)
    whole = (start + ARRAY).encode()
    for length in range(len(whole)):
        refusal(read_json_records, written(tmp_path, whole[:length]))
    assert list(read_json_records(written(tmp_path, whole))) == NUMBERED


def test_lines_cut_at_every_byte(tmp_path: Path) -> None:
    """A cut between two lines leaves a whole file; no other does."""
    whole = LINES.encode()
    ends = [at for at, byte in enumerate(whole) if byte == ord("\n")]
    read = {length: number for number, at in enumerate(ends, 1) for length in (at, at + 1)}
    for length in range(len(whole) + 1):
        path = written(tmp_path, whole[:length])
        if length in read:
            assert list(read_json_lines(path)) == NUMBERED[: read[length]]
        else:
            refusal(read_json_lines, path)


@pytest.mark.parametrize(("reader", "content"), [(read_json_array, ARRAY), (read_json_lines, LINES)])
@pytest.mark.parametrize("cut", [b'"id": "\xc3', b'"id": "\xc3\xa9-1", "opt', b'"options": {"a": "dit \\'])
def test_a_cut_is_called_a_cut(reader: Reader, content: str, cut: bytes, tmp_path: Path) -> None:
    whole = content.encode()
    message = refusal(reader, written(tmp_path, whole[: whole.index(cut) + len(cut)]))
    assert "ends inside" in message
    assert "fetch it again" in message
    assert "iconv" not in message


# --- what is of another format ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reader", "content", "words"),
    [
        (read_json_array, "", "empty"),
        (read_json_lines, " \n\t\r\n", "empty"),
        (read_json_array, LINES, "JSON Lines"),
        (read_json_array, '{"data": []}', "not an array"),
        (read_json_lines, ARRAY, "holds a JSON array"),
        (read_json_lines, f"\n {ARRAY}", "holds a JSON array"),
        (read_json_array, "id,question\n1,Où ?\n", "not JSON"),
        (read_json_lines, "id,question\n1,Où ?\n", "line 1 is not JSON"),
        (read_json_lines, json.dumps(RECORDS[0], indent=1), "line 1 is not JSON"),
        (read_json_array, "<!DOCTYPE html><html><body>Connexion</body></html>", "HTML"),
        (read_json_lines, "\ufeff\n<html>", "HTML"),
        (read_json_array, "version https://git-lfs.github.com/spec/v1\noid sha256:0f\n", "not JSON"),
        (read_json_array, ARRAY.encode("latin-1", "replace"), "not UTF-8 (byte 0xE9)"),
        (read_json_lines, LINES.encode("latin-1", "replace"), "not UTF-8 (byte 0xE9)"),
        (read_json_array, ARRAY.encode("utf-16"), "not UTF-8 (byte 0xFF)"),
        (read_json_array, f"{ARRAY}]", "text after its end"),
        (read_json_array, f"{ARRAY}{ARRAY}", "text after its end, record 2"),
        (read_json_array, ARRAY + " " * (1 << 23) + "x", "text after its end"),
        (read_json_array, ARRAY.replace(": true", ": vrai"), "record 1 is not JSON"),
        (read_json_array, ARRAY.replace("}, {", "} {"), "record 1 is followed by '{'"),
        (read_json_array, ARRAY.replace("}, {", "}, , {"), "record 2 is not JSON"),
        (read_json_array, ARRAY.replace("12.5", "1" * 5000), "record 1 is not JSON"),
        (read_json_array, "[" * 100_000 + "]" * 100_000, "record 1 is not JSON"),
        (read_json_lines, LINES.replace("12.5", "1" * 5000), "line 1 is not JSON"),
        (read_json_lines, LINES.replace(": true", ": vrai"), "line 1 is not JSON"),
        (read_json_lines, LINES.replace('{"id": "2"', '"id": "2"'), "line 2 is not JSON"),
    ],
)
def test_refused(reader: Reader, content: str | bytes, words: str, tmp_path: Path) -> None:
    assert words in refusal(reader, written(tmp_path, content))


@pytest.mark.parametrize(
    "reader", [read_json_array, read_json_lines, read_json_records, lambda path: read_parquet(path, ["a"])]
)
def test_absent(reader: Reader, tmp_path: Path) -> None:
    assert "no such file" in refusal(reader, tmp_path / "absent")


# --- Parquet ---------------------------------------------------------------------------------------------


def parquet(folder: Path, rows: int) -> Path:
    table = pa.table({"a": [f"é {n}" for n in range(rows)], "b": list(range(rows)), "c": [None] * rows})
    pq.write_table(table, folder / "a.parquet", row_group_size=700)
    return folder / "a.parquet"


def test_parquet(tmp_path: Path) -> None:
    rows = list(read_parquet(parquet(tmp_path, 2500), ["c", "a"]))
    assert rows == [(n + 1, {"c": None, "a": f"é {n}"}) for n in range(2500)]


def test_parquet_cut_at_every_byte(tmp_path: Path) -> None:
    whole = parquet(tmp_path, 3).read_bytes()
    for length in range(len(whole)):
        message = refusal(lambda path: read_parquet(path, ["a"]), written(tmp_path, whole[:length]))
        assert "not whole Parquet" in message


def test_parquet_without_a_column(tmp_path: Path) -> None:
    message = refusal(lambda path: read_parquet(path, ["a", "x", "y"]), parquet(tmp_path, 1))
    assert "lacks the column(s) x, y" in message
