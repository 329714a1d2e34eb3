"""XML read element by element; what is unsafe or broken is not read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from medinjection_fr.errors import InputError
from medinjection_fr.sources.xml import parse_xml, read_xml


def texts(content: str | bytes) -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    return ["".join(element.itertext()) for _, element in parse_xml(io.BytesIO(data), "file", "b")]


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("<a><b>un</b><c/><b>d<i>eu</i>x</b></a>", ["un", "deux"]),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<!-- <b> -->\n<a><b>é &lt; &#233;</b></a>\n', ["é < é"]),
        ("<a><b><![CDATA[<b>5 & 6</b>]]></b></a>", ["<b>5 & 6</b>"]),
        ("<b>racine</b>", ["racine"]),
        ("<a><b>un<b>deux</b></b></a>", ["undeux"]),
        ('<!DOCTYPE a SYSTEM "a.dtd"><a><b>un</b></a>', ["un"]),
        ("<a><html><b>un</b></html></a>", ["un"]),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a><b>é</b></a>'.encode("latin-1"), ["é"]),
        ("<a><b>é</b></a>".encode("utf-16"), ["é"]),
    ],
)
def test_read(content: str | bytes, read: list[str]) -> None:
    assert texts(content) == read


def test_attributes_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "file.xml"
    path.write_text('<a><b xml:lang="fr" n="1"/><b/></a>')
    (one, first), (two, _) = read_xml(path, "b")
    assert (one, two) == (1, 2)
    assert first.attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "fr", "n": "1"}


def test_memory_is_bounded() -> None:
    content = b"<a>" + b"<b><c>un</c></b><d/>" * 5_000 + b"</a>"
    parents = []
    for number, element in parse_xml(io.BytesIO(content), "file", "b"):
        assert len(element) == 1
        if number == 1:
            parents.append(element)
    assert number == 5_000


_BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;">]><a><b>&y;</b></a>'
_OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><b>&x;</b></a>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("<!DOCTYPE html><html><b>un</b></html>", "is an HTML page"),
        ("<HTML><b>un</b></HTML>", "is an HTML page"),
        (_BOMB, "declares entities"),
        (_OUTSIDE, "declares entities"),
        ("<!DOCTYPE a [<!ELEMENT a ANY>]><a><b>un</b></a>", "declares entities"),
        ('<!DOCTYPE a SYSTEM "a.dtd"><a><b>&nbsp;</b></a>', "undefined entity"),
        ("<a><b>&eacute;</b></a>", "undefined entity"),
        ('{"b": 1}', "is not well-formed XML"),
        ("<a><b>un</a>", "is not well-formed XML"),
        ("<a><b>un</b></a><a/>", "is not well-formed XML"),
        ("<a><b>é</b></a>".encode("latin-1"), "is not UTF-8 (byte 0xE9)"),
        ("<a><c/></a>", "holds no <b>"),
        ("<a>" * 200 + "<b/>" + "</a>" * 200, "nested deeper"),
    ],
)
def test_refused(content: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        texts(content)
    (problem,) = caught.value.problems
    assert problem.where == "file"
    assert words in problem.what


def test_cut_at_every_byte() -> None:
    content = '<?xml version="1.0"?>\n<a n="1"><b>é &amp; <i>un</i></b><b/></a>'.encode()
    for length in range(len(content)):
        with pytest.raises(InputError):
            texts(content[:length])


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_xml(tmp_path / "file.xml", "b"))
