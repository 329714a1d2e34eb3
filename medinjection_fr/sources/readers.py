"""Upstream files read record by record, in bounded memory, with clear words for broken ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

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
    buffer, at, ended = _read(path, file, _CHUNK), 0, False
    at = buffer.index("[") + 1
    position, after_comma = 1, False
    while True:
        while at < len(buffer) and buffer[at] in _BLANKS:
            at += 1
        if at < len(buffer):
            if buffer[at] == "]" and not after_comma:
                if buffer[at + 1 :].strip(_BLANKS) or _read(path, file, _CHUNK).strip(_BLANKS):
                    raise _problem(path, f"has text after its end, record {position - 1}", "one array")
                return
            try:
                element, end = decoder.raw_decode(buffer, at)
            except json.JSONDecodeError as error:
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
                if end < len(buffer):
                    what = f"record {position} is followed by {buffer[end]!r}"
                    raise _problem(path, what, "a comma or the end of the array")
        if ended:
            raise _problem(path, f"ends inside record {position}", "a whole file", _CUT_MEND)
        more = _read(path, file, max(_CHUNK, len(buffer) - at))
        ended = not more
        buffer, at = buffer[at:] + more, 0


_CUT_MEND = "The file was cut: fetch it again"


def _cut_or_broken(path: Path, position: int, error: json.JSONDecodeError, length: int) -> InputError:
    if error.pos >= length - 1 or error.msg.startswith("Unterminated"):
        return _problem(path, f"ends inside record {position}", "a whole file", _CUT_MEND)
    return _problem(path, f"record {position} is not JSON ({error.msg})", "valid JSON")


def read_json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yields ``(line number from 1, value)``; blank lines are skipped.

    Raises:
        InputError: The file is empty, HTML, an array, cut, not JSON or not UTF-8.
    """
    if _first_character(path) == "[":
        mend = "Write one object per line"
        raise _problem(path, "holds a JSON array", "JSON Lines: one object per line", mend)
    with _open(path) as file:
        number = 0
        while line := _read_line(path, file):
            number += 1
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                if not line.endswith("\n"):
                    raise _problem(path, f"ends inside line {number}", "a whole file", _CUT_MEND) from None
                raise _problem(
                    path, f"line {number} is not JSON ({error.msg})", "one object per line"
                ) from None
            yield number, value


def read_parquet(path: Path, columns: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields ``(row number from 1, row)`` of the named columns, a thousand rows in memory at a time.

    Raises:
        InputError: The file is not whole Parquet, or lacks one of the columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in columns if name not in file.schema_arrow.names]
            if missing:
                expected = f"the columns {', '.join(columns)}"
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


def _read_line(path: Path, file: IO[str]) -> str:
    try:
        return file.readline()
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from None


def _not_utf8(path: Path, error: UnicodeDecodeError) -> InputError:
    what = f"is not UTF-8 (byte 0x{error.object[error.start]:02X})"
    mend = "Convert it, for instance with `iconv -f WINDOWS-1252 -t UTF-8`"
    return _problem(path, what, "UTF-8", mend)


def _first_character(path: Path) -> str:
    with _open(path) as file:
        while True:
            start = _read(path, file, 4096)
            if not start:
                raise _problem(path, "is empty", "records", "Fetch it again")
            if text := start.lstrip(_BLANKS):
                break
    if text.startswith("<"):
        mend = "A server answered with an error or login page: fetch the file again"
        raise _problem(path, "is an HTML page, not data", "JSON", mend)
    return text[0]


def _problem(path: Path, what: str, expected: str = "", mend: str = "") -> InputError:
    return InputError(Problem(str(path), what, expected, mend))
