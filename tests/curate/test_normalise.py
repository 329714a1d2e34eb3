"""The one stored form of a text: what it changes, and what it never touches."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from examples import valid_record
from hypothesis import given, settings
from hypothesis import strategies as st

from medinjection_fr.curate.normalise import normalise_record, normalise_text
from medinjection_fr.record import validate

INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff"

PIECES = [
    *(
        *INVISIBLE,
        "\r",
        "\n",
        "\r\n",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x1f",
        "\x85",
        "\u2028",
        "\u2000",
        "\u00a0",
        "\u202f",
    ),
    *(
        "e",
        "é",
        "\u0301",
        "\u0323",
        "\u212b",
        "\u2126",
        "ᄀ",
        "ᅡ",
        "가",
        "ﬁ",
        "œ",
        "’",
        "²",
        "½",
        "µ",
        "μ",
        "\ufffd",
    ),
    *("60 mg/kg/j", "A+", "A-", "−", "≥", " ", "\t"),
]
texts = st.lists(st.text(st.characters(), max_size=4) | st.sampled_from(PIECES), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ""),
        (" \t\n\u00a0\u202f\u3000\ufeff", ""),
        ("De\u0301ficit  en\u00a0G6PD ", "D\u00e9ficit  en\u00a0G6PD"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("hypo\u00adthyro\u200bïdie\u2060", "hypothyroïdie"),
        ("\ufeffe\u200b\u0301", "\u00e9"),
        ("\u200f\u200e (A) \r\n", "(A)"),
        ("\r\u200b\n", ""),
        ("a\r\u200b\nb", "a\n\nb"),
        ("\u2126 \u212b", "\u03a9 \u00c5"),
        ("A\u030a\u0323", "\u1ea0\u030a"),
    ],
)
def test_stored_form(text: str, stored: str) -> None:
    assert normalise_text(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "60 mg/kg/j",
        "Glycémie\u00a0: 1,26\u202fg/L",
        "L’œdème, l'œdème",
        "A+ / A- / A− / A–",
        "≥ 5 µg (10⁻⁶ g) ; 5 μg ; ½ cp ; H₂O ; x²",
        "ÉTAT, état, Etat",
        "a\u200db\u200cc",
        "deux  espaces\tune tabulation\nune ligne\n\nune autre",
        "ﬁbre ﬂutter",
        "dose \x1c 5 mg",
        "\x1c 5 mg \x1f",
        "un \x00 et un \ufffd",
    ],
)
def test_untouched(text: str) -> None:
    assert normalise_text(text) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("60 mg/kg/j", "6 mg/kg/j"),
        ("0,5 mg", "05 mg"),
        ("5 mg", "5 µg"),
        ("5 µg", "5 μg"),
        ("exacte", "inexacte"),
        ("n'est pas", "est"),
        ("A+", "A-"),
        ("pH > 7", "pH < 7"),
        ("+2", "2"),
        ("10²", "102"),
        ("≥ 5 mg", "5 mg"),
        ("\x1c 5 mg", "5 mg"),
        ("foie", "foié"),
        ("Na", "NA"),
        ("1\u00a0000", "1000"),
    ],
)
def test_kept_apart(one: str, other: str) -> None:
    assert normalise_text(one) != normalise_text(other)


@settings(max_examples=500)
@given(texts)
def test_idempotent(text: str) -> None:
    assert normalise_text(normalise_text(text)) == normalise_text(text)


def visible(text: str) -> Counter[str]:
    """Characters of a text, decomposed, without white space and what shows nothing."""
    return Counter(
        character
        for character in unicodedata.normalize("NFD", text)
        if character not in INVISIBLE and (not character.isspace() or "\x1c" <= character <= "\x1f")
    )


@settings(max_examples=500)
@given(texts)
def test_nothing_visible_is_lost_or_added(text: str) -> None:
    assert visible(normalise_text(text)) == visible(text)


@settings(max_examples=500)
@given(texts)
def test_white_space_inside_stays(text: str) -> None:
    inside = [c for c in f"x{text}x" if c in " \t\u00a0\u202f\u2009"]
    stored = normalise_text(f"x{text}x")
    assert [c for c in stored if c in " \t\u00a0\u202f\u2009"] == inside
    assert stored[0] == "x" or unicodedata.normalize("NFD", stored)[0] == "x"


def is_lost(character: str) -> bool:
    """Whether no stored form can mend it: a surrogate, a control character, U+FFFD."""
    if character in "\t\n\r\x0b\x0c\x85":
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cs", "Cc")


@settings(max_examples=500)
@given(texts)
def test_stored_form_is_valid_but_for_what_is_lost(text: str) -> None:
    broken = {violation.rule for violation in validate(valid_record() | {"context": normalise_text(text)})}
    lost = {"text-not-unicode", "text-control-character", "text-replacement-character"}
    assert bool(broken & lost) == any(map(is_lost, text))
    # The separators U+001C to U+001F are white space to Python, and lost besides.
    assert broken <= lost | {"text-untrimmed"}
    assert broken & lost or not broken


def test_record() -> None:
    record = {
        "instruction": " Où ?\u200b\r\n",
        "context": "\n",
        "choices": ["e\u0301te\u0301 ", "\u00a0", 5, None, ["é "]],
        "facts": ("a ",),
        "explanation": " ",
        "subject": "\ufeff",
        "generator": " ",
        "derived_from": None,
        "answer": 3,
    }
    assert normalise_record(record) == {
        "instruction": "Où ?",
        "context": "",
        "choices": ["été", "", 5, None, ["é "]],
        "facts": ("a ",),
        "explanation": None,
        "subject": None,
        "generator": "",
        "derived_from": None,
        "answer": 3,
    }
    assert record["instruction"] == " Où ?\u200b\r\n"
