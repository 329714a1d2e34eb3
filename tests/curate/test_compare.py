"""The form of comparison: what goes, what stays, what keeps two texts apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.curate.compare import (
    comparison_tokens,
    differ_by_a_prefix,
    guarded,
    without_accents,
)


def plain(text: str) -> list[str]:
    return [without_accents(token) for token in comparison_tokens(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("L'hépatite B n'est pas aiguë.", ["hépatite", "b", "n", "est", "pas", "aiguë"]),
        ("60 mg/kg/j", ["60", "mg", "kg", "j"]),
        ("1 500,5 UI", ["1500.5", "ui"]),
        ("A+ ou A-", ["a", "+", "ou", "a", "-"]),
        ("pH < 7,35 ; ≥ 38 °C", ["ph", "<", "7.35", "≥", "38", "°", "c"]),
        ("sous-cutané", ["sous", "cutané"]),
        ("10-15 %", ["10", "-", "15", "%"]),
        ("−4 ± 2", ["-", "4", "±", "2"]),
        ("Qu'est-ce jusqu'à présent ?", ["est", "ce", "à", "présent"]),
        ("vitamine D, 5 l ou 5 m", ["vitamine", "d", "5", "l", "ou", "5", "m"]),
        ("", []),
        ("… ?!", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert comparison_tokens(text) == tokens


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Quelle est la dose ?", "QUELLE EST LA DOSE"),
        ("L'œdème", "L’OEDÈME"),
        ("ŒDÈME", "œdème"),
        ("« Oui »", '"oui"'),
        ("37\u00a0% ; 5\u202fmg", "37 % ; 5 mg"),
        ("12 000 UI", "12000 UI"),
        ("12\u202f000 UI", "12000 UI"),
        ("0,5 mg", "0.5 mg"),
        ("tissu sous\u2011cutané", "tissu sous-cutané"),
        ("5 µg", "5 μg"),
        ("n° 3…", "n° 3"),
        (unicodedata.normalize("NFD", "péché"), "péché"),
    ],
)
def test_texts_that_are_equal(first: str, second: str) -> None:
    assert comparison_tokens(first) == comparison_tokens(second)


DISTINCT = [
    ("60 mg/kg/j", "6 mg/kg/j"),
    ("60 mg/kg/j", "60 mg/kg"),
    ("60 mg/kg/j", "60 µg/kg/j"),
    ("0,5 g", "5 g"),
    ("1,5", "15"),
    ("12 345", "12 34"),
    ("exacte", "inexacte"),
    ("vraies", "fausses"),
    ("A+", "A-"),
    ("A+", "A"),
    ("CD4+ CD8-", "CD4- CD8+"),
    ("p < 0,05", "p > 0,05"),
    ("x = 3", "x ≠ 3"),
    ("hépatite B", "hépatite C"),
    ("hépatite C", "hépatite D"),
    ("vitamine C", "vitamine D"),
    ("à droite puis à gauche", "à gauche puis à droite"),
    ("hyponatrémie", "hypernatrémie"),
    ("tachycardie", "bradycardie"),
    ("souffle systolique", "souffle diastolique"),
    ("le traitement est indiqué", "le traitement n'est pas indiqué"),
    ("avec fièvre", "sans fièvre"),
    ("par la morphine", "par la naloxone"),
    ("du paracétamol", "de l'ibuprofène"),
    ("de l'amiodarone", "de l'adénosine"),
    ("du riluzole", "du baclofène"),
    ("au foie", "au rein"),
    ("un asthme", "un lupus"),
    ("une acidose", "une alcalose"),
    ("la veine porte", "l'artère porte"),
    ("chez l'adulte", "chez l'enfant"),
    ("un résultat normal", "un résultat anormal"),
]


@pytest.mark.parametrize(("first", "second"), DISTINCT)
def test_meanings_that_are_kept_apart(first: str, second: str) -> None:
    assert plain(first) != plain(second)
    assert guarded(plain(first)) != guarded(plain(second))


def test_an_accent_makes_another_word() -> None:
    assert comparison_tokens("pêche") != comparison_tokens("péché")
    assert plain("pêche") == plain("péché") == ["peche"]
    assert without_accents("≠") == "≠"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("le patient présente", "le malade montre"),
        ("notamment", "en particulier"),
        ("également", "aussi"),
        ("cependant", "toutefois"),
        ("une question difficile", "un problème difficile"),
        ("cela permet", "cela autorise"),
        ("sur la base de", "sur le fondement de"),
        ("à la suite", "à l'issue"),
        ("principalement", "essentiellement"),
    ],
)
def test_everyday_words_may_differ(first: str, second: str) -> None:
    assert guarded(plain(first)) == guarded(plain(second)) == []


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        (["exacte"], ["inexacte"], True),
        (["toxique"], ["atoxique"], True),
        (["regulier"], ["lent", "irregulier"], True),
        (["malade"], ["patient"], False),
        (["mise"], ["prise"], False),
        ([], ["inexacte"], False),
        (["exacte"], ["exacte"], False),
    ],
)
def test_prefix_that_turns_a_word(first: list[str], second: list[str], differ: bool) -> None:
    assert differ_by_a_prefix(first, second) is differ
    assert differ_by_a_prefix(second, first) is differ


@given(st.text(max_size=60))
def test_form_knows_no_case_of_unicode(text: str) -> None:
    tokens = comparison_tokens(text)
    assert comparison_tokens(unicodedata.normalize("NFD", text)) == comparison_tokens(
        unicodedata.normalize("NFC", text)
    )
    assert all(tokens)
    assert not any(token.isspace() for token in tokens)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_are_equal_only_if_they_are(a: int, b: int) -> None:
    assert (plain(f"dose de {a} mg") == plain(f"dose de {b} mg")) == (a == b)
    assert plain(f"{a:,}".replace(",", "\u202f")) == [str(a)]
