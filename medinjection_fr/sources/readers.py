"""Upstream files read record by record, in bounded memory, with clear words for broken ones."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Literal, overload

from medinjection_fr.errors import InputError, Problem

_CHUNK = 1 << 22


def read_json_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Reads a JSON array or JSON Lines, whichever the file holds."""
    return read_json_array(path) if _first_character(path) == "[" else read_json_lines(path)


def read_json_array(path: Path) -> Iterator[tuple[int, Any]]:
    """Yields ``(position from 1, element)`` of a top-level JSON array without holding it whole.

    Raises:
        InputError: The file is empty, HTML, JSON Lines, cut, not JSON or not UTF-8.
    """
    first = _first_character(path)
    if first == "{":
        raise _problem(path, "holds JSON objects, not an array", "a JSON array", _LINES_MEND)
    if first != "[":
        raise _problem(path, "is not JSON", "a JSON array")
    with _open(path) as file:
        yield from _array_elements(path, file)


_LINES_MEND = "If it is JSON Lines, read it with the jsonl adapter, or put its lines into one array"
_BLANKS = " \t\r\n"


def _array_elements(path: Path, file: IO[str]) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    buffer, at, ended = "", 1, False
    while not buffer:  # the first character but blanks is the bracket
        buffer = _read(path, file, _CHUNK).lstrip(_BLANKS)
    position, after_comma = 1, False
    while True:
        while at < len(buffer) and buffer[at] in _BLANKS:
            at += 1
        if at < len(buffer):
            if buffer[at] == "]" and not after_comma:
                rest = buffer[at + 1 :]
                while not rest.strip(_BLANKS):
                    if not (rest := _read(path, file, _CHUNK)):
                        return
                raise _problem(path, f"has text after its end, record {position - 1}", "one array")
            try:
                element, end = decoder.raw_decode(buffer, at)
            except _NOT_JSON as error:
                # Far from the end of what was read, it is a mistake; near it, perhaps only a cut.
                if ended:
                    raise _cut_or_broken(path, position, error, len(buffer)) from None
            else:
                while end < len(buffer) and buffer[end] in _BLANKS:
                    end += 1
                if end < len(buffer) and buffer[end] in ",]":
                    yield position, element
                    position += 1
                    after_comma = buffer[end] == ","
                    at = end + 1 if after_comma else end
                    continue
                # What follows a number may be its decimals, which the buffer does not hold yet.
                if end < len(buffer) and (ended or not isinstance(element, (int, float))):
                    what = f"record {position} is followed by {buffer[end]!r}"
                    raise _problem(path, what, "a comma or the end of the array")
        if ended:
            raise _problem(path, f"ends inside record {position}", "a whole file", _CUT_MEND)
        more = _read(path, file, max(_CHUNK, len(buffer) - at))
        ended = not more
        buffer, at = buffer[at:] + more, 0


_CUT_MEND = "The file was cut: fetch it again"


def _cut_or_broken(path: Path, position: int, error: Exception, length: int) -> InputError:
    if isinstance(error, json.JSONDecodeError) and (
        error.pos >= length - 1 or error.msg.startswith("Unterminated")
    ):
        return _problem(path, f"ends inside record {position}", "a whole file", _CUT_MEND)
    return _problem(path, f"record {position} is not JSON ({_reason(error)})", "valid JSON")


_NOT_JSON = (ValueError, RecursionError)  # beside wrong syntax: a number or a nesting beyond Python's limits


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error).split(";")[0]


def read_json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yields ``(line number from 1, value)``; blank lines are skipped.

    Raises:
        InputError: The file is empty, HTML, an array, cut, not JSON or not UTF-8.
    """
    if _first_character(path) == "[":
        mend = "Write one object per line"
        raise _problem(path, "holds a JSON array", "JSON Lines: one object per line", mend)
    with _open(path) as file:
        try:
            for number, line in enumerate(file, 1):
                if line.isspace():
                    continue
                try:
                    value = json.loads(line)
                except _NOT_JSON as error:
                    if not line.endswith("\n"):
                        what = f"ends inside line {number}"
                        raise _problem(path, what, "a whole file", _CUT_MEND) from None
                    what = f"line {number} is not JSON ({_reason(error)})"
                    raise _problem(path, what, "one object per line") from None
                yield number, value
        except UnicodeDecodeError as error:
            raise _not_utf8(path, error) from None


def read_json_entries(path: Path) -> Iterator[tuple[int, str, Any]]:
    """Yields ``(position from 1, key, value)`` of a top-level JSON object, whose text is held whole.

    A key that is repeated comes again, where ``json`` would keep the last one.

    Raises:
        InputError: The file is empty, HTML, an array, cut, not JSON or not UTF-8.
    """
    text = _whole(path)
    start = text.lstrip(_BLANKS)[:1]
    if start == "<":
        raise _html(path, "JSON")
    if start != "{":
        raise _problem(path, "does not begin with an object", "a JSON object")
    decoder = json.JSONDecoder()
    at, position = _after_blanks(text, text.index("{") + 1), 0
    ended = text[at : at + 1] == "}"
    while not ended:
        try:
            key, at = decoder.raw_decode(text, at)
            at = _after_blanks(text, at)
            if not isinstance(key, str) or text[at : at + 1] not in (":", ""):
                raise json.JSONDecodeError("Expecting a key and a colon", text, at)
            value, at = decoder.raw_decode(text, _after_blanks(text, at + 1))
            at = _after_blanks(text, at)
            if text[at : at + 1] not in (",", "}"):
                raise json.JSONDecodeError("Expecting a comma or the end", text, at)
        except _NOT_JSON as error:
            raise _cut_or_broken(path, position + 1, error, len(text)) from None
        position += 1
        yield position, key, value
        ended = text[at] == "}"
        at = at if ended else _after_blanks(text, at + 1)
    if _after_blanks(text, at + 1) < len(text):
        raise _problem(path, f"has text after its end, record {position}", "one object")


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def read_text(path: Path) -> str:
    """Reads a plain text file.

    Raises:
        InputError: The file is empty, HTML or not UTF-8.
    """
    text = _whole(path)
    _refuse_pages(path, text.lstrip(_BLANKS)[:20], "plain text")
    return text


def read_parquet(path: Path, columns: list[str] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields ``(row number from 1, row)`` of the named columns or all, a thousand rows in memory at a time.

    Raises:
        InputError: The file is not whole Parquet, or lacks one of the columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in columns or () if name not in file.schema_arrow.names]
            if missing:
                expected = f"the columns {', '.join(columns or ())}"
                raise _problem(path, f"lacks the column(s) {', '.join(missing)}", expected)
            position = 0
            for batch in file.iter_batches(batch_size=1000, columns=columns):
                for row in batch.to_pylist():
                    position += 1
                    yield position, row
    except FileNotFoundError:
        raise _absent(path) from None
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise _problem(path, "is not whole Parquet", "a Parquet file", _CUT_MEND) from None


@overload
def read_csv(
    path: Path, columns: None = None, delimiter: str = ..., quoting: bool = ...
) -> Iterator[tuple[int, list[str]]]: ...


@overload
def read_csv(
    path: Path, columns: list[str], delimiter: str = ..., quoting: bool = ...
) -> Iterator[tuple[int, dict[str, str] | list[str]]]: ...


def read_csv(
    path: Path, columns: list[str] | None = None, delimiter: str = ",", quoting: bool = True
) -> Iterator[tuple[int, dict[str, str] | list[str]]]:
    """Yields ``(record number from 1, record)``; blank lines and the header are not counted.

    Args:
        path: The file.
        columns: Names that the header must hold, in any order and among others: a record is the dict
            of these columns, or the list of its fields if it has not as many as the header. Without
            ``columns`` the file has no header, and each record is the list of its fields.
        delimiter: What stands between fields.
        quoting: Whether a field in double quotes may hold the delimiter and line ends; else double
            quotes are text.

    Raises:
        InputError: The file is empty, HTML, JSON, cut, wrongly quoted or not UTF-8, or lacks a column.
    """
    _refuse_pages_and_json(path)
    with _open(path) as file:
        quotes: Literal[0, 3] = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
        rows = filter(None, csv.reader(file, delimiter=delimiter, quoting=quotes, strict=True))
        row: list[str] = []
        position = width = 0
        try:
            pick = None
            if columns is not None:
                header = next(rows)
                pick, width = _picker(path, header, columns), len(header)
            for position, row in enumerate(rows, 1):
                width = width or len(row)
                yield position, pick(row) if pick and len(row) == width else row
            if row and len(row) < width and not _ends_with_line_end(path):
                raise _problem(path, f"ends inside record {position}", "a whole file", _CUT_MEND)
        except UnicodeDecodeError as error:
            raise _not_utf8(path, error) from None
        except csv.Error as error:
            if str(error) == "unexpected end of data":
                what = f"ends inside the quotes of record {position + 1}"
                raise _problem(path, what, "a whole file", _CUT_MEND) from None
            raise _problem(path, f"record {position + 1} is not CSV ({error})", "well-formed CSV") from None


def _picker(path: Path, header: list[str], columns: list[str]) -> Callable[[list[str]], dict[str, str]]:
    """Checks a header; returns what makes the dict of the columns of a row."""
    if missing := [name for name in columns if header.count(name) != 1]:
        raise _problem(
            path, f"its header lacks or repeats {', '.join(missing)}", f"the columns {', '.join(columns)}"
        )
    places = [header.index(name) for name in columns]
    return lambda row: {name: row[place] for name, place in zip(columns, places, strict=True)}


def _refuse_pages_and_json(path: Path) -> None:
    start = _start(path)
    _refuse_pages(path, start, "CSV")
    if start.startswith("{") or (start.startswith("[") and start[1:].lstrip(_BLANKS)[:1] in tuple('{["]')):
        raise _problem(path, "holds JSON", "CSV", "Check the source's `files:`")


def _refuse_pages(path: Path, start: str, expected: str) -> None:
    if start.lower().startswith(("<!doctype", "<html", "<?xml")):
        raise _html(path, expected)


def _ends_with_line_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _open(path: Path) -> IO[str]:
    try:
        return path.open(encoding="utf-8-sig", newline="\n")
    except FileNotFoundError:
        raise _absent(path) from None


def _absent(path: Path) -> InputError:
    return _problem(path, "no such file", mend="Check the source's `path:` in the recipe")


def _read(path: Path, file: IO[str], size: int) -> str:
    try:
        return file.read(size)
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from None


def _not_utf8(path: Path, error: UnicodeDecodeError) -> InputError:
    if error.reason == "unexpected end of data":
        return _problem(path, "ends inside a character", "a whole file", _CUT_MEND)
    what = f"is not UTF-8 (byte 0x{error.object[error.start]:02X})"
    mend = "Convert it, for instance with `iconv -f WINDOWS-1252 -t UTF-8`"
    return _problem(path, what, "UTF-8", mend)


def _first_character(path: Path) -> str:
    first = _start(path)[0]
    if first == "<":
        raise _html(path, "JSON")
    return first


def _whole(path: Path) -> str:
    """All the characters of a small file."""
    with _open(path) as file:
        text = _read(path, file, -1)
    if not text.strip(_BLANKS):
        raise _empty(path)
    return text


def _start(path: Path) -> str:
    """Some characters of the file, from the first that is not blank."""
    with _open(path) as file:
        while start := _read(path, file, 4096):
            if text := start.lstrip(_BLANKS):
                return text
    raise _empty(path)


def _empty(path: Path) -> InputError:
    return _problem(path, "is empty", "records", "Fetch it again")


def _html(path: Path, expected: str) -> InputError:
    mend = "A server answered with an error or login page: fetch the file again"
    return _problem(path, "is an HTML page, not data", expected, mend)


def _problem(path: Path, what: str, expected: str = "", mend: str = "") -> InputError:
    return InputError(Problem(str(path), what, expected, mend))
