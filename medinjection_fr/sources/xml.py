"""XML from outside, element by element: no entities, no document type of its own, bounded memory."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.parsers import expat

from medinjection_fr.errors import InputError, Problem

_CHUNK = 1 << 16
_DEEPEST = 100
_CUT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}


def read_xml(path: Path, tag: str) -> Iterator[tuple[int, Element]]:
    """Yields ``(number from 1, element)`` of every element of a name, whole; one in memory at a time.

    Raises:
        InputError: The file is empty, HTML, cut, mis-encoded or not well-formed, declares entities, or
            has no such element.
    """
    try:
        with path.open("rb") as file:
            yield from parse_xml(file, str(path), tag)
    except FileNotFoundError:
        mend = "Check the source's `path:` in the recipe"
        raise InputError(Problem(str(path), "no such file", mend=mend)) from None


def parse_xml(file: IO[bytes], where: str, tag: str) -> Iterator[tuple[int, Element]]:
    """The same of an open file, which messages call ``where``.

    Elements of that name inside one another come as one. The attribute ``xml:lang`` is called
    ``{http://www.w3.org/XML/1998/namespace}lang`` by the standard library.
    """
    _check_prolog(file, where)
    file.seek(0)
    number, inside = 0, 0
    path: list[Element] = []
    try:
        for event, element in iterparse(file, ("start", "end")):
            if event == "start":
                path.append(element)
                inside += element.tag == tag
                if len(path) > _DEEPEST:
                    raise _problem(where, f"is nested deeper than {_DEEPEST} elements", "a data file")
                continue
            path.pop()
            if element.tag == tag:
                inside -= 1
                if not inside:
                    number += 1
                    yield number, element
            if not inside and path:
                del path[-1][:]
    except ParseError as error:
        raise _not_well_formed(file, where, error) from None
    if not number:
        raise _problem(where, f"holds no <{tag}>", f"XML with <{tag}>", "Check the source's `files:`")


class _Root(Exception):
    """The root element was met: the prolog is over."""


def _check_prolog(file: IO[bytes], where: str) -> None:
    """Reads as far as the root element; a document type can stand only before it."""

    def doctype(name: str, system: str | None, public: str | None, has_internal_subset: int) -> None:
        if name.lower() == "html":
            raise _html(where)
        if has_internal_subset:
            mend = "Take the declarations out, if you trust the file"
            raise _problem(where, "declares entities or a document type of its own", "plain XML", mend)

    def root(name: str, attributes: dict[str, str]) -> None:
        if name.lower() == "html":
            raise _html(where)
        raise _Root

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = root
    blank = True
    # Where it is not well-formed, the reading itself says what is wrong, and where.
    with contextlib.suppress(_Root, expat.ExpatError):
        while chunk := file.read(_CHUNK):
            blank = blank and not chunk.strip()
            parser.Parse(chunk)
    if blank:
        raise _problem(where, "is empty", "XML", "Fetch it again")


def _not_well_formed(file: IO[bytes], where: str, error: ParseError) -> InputError:
    line = error.position[0]
    if error.code in _CUT:
        return _problem(where, f"ends inside an element, line {line}", "a whole file", _CUT_MEND)
    if (byte := _first_byte_that_is_not_utf8(file)) is not None:
        mend = "Convert it, or declare its encoding in its first line"
        return _problem(where, f"is not UTF-8 (byte 0x{byte:02X})", "UTF-8", mend)
    reason = expat.ErrorString(error.code)
    return _problem(where, f"is not well-formed XML ({reason}, line {line})", "XML", "Fetch it again")


_CUT_MEND = "The file was cut: fetch it again"


def _first_byte_that_is_not_utf8(file: IO[bytes]) -> int | None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
    except UnicodeDecodeError as error:
        return error.object[error.start]
    return None


def _html(where: str) -> InputError:
    mend = "A server answered with an error or login page: fetch the file again"
    return _problem(where, "is an HTML page, not data", "XML", mend)


def _problem(where: str, what: str, expected: str, mend: str = "") -> InputError:
    return InputError(Problem(where, what, expected, mend))
