"""What tells two texts apart that a cosine takes for the same."""

from __future__ import annotations

import pytest

from medinjection_fr.curate.compare import comparison_tokens, without_accents
from medinjection_fr.curate.differences import Differences, find_differences


def differences(first: str, second: str) -> Differences:
    return find_differences(
        *([without_accents(token) for token in comparison_tokens(text)] for text in (first, second))
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Quelle est la dose ?", "Quelle n'est pas la dose ?", {"negation": ([], ["n", "pas"])}),
        ("60 mg/kg par prise", "6 mg/kg par prise", {"number": (["60"], ["6"])}),
        ("donner 5 mg", "donner 5 µg", {"unit": (["mg"], ["μg"])}),
        ("pH > 7,35", "pH < 7,35", {"sign": ([">"], ["<"])}),
        ("une fièvre sans toux", "une fièvre avec toux", {"negation": (["sans"], [])}),
        ("laquelle est exacte ?", "laquelle est inexacte ?", {"word": (["exacte"], ["inexacte"])}),
        ("le côté droit", "le côté gauche", {"word": (["droit"], ["gauche"])}),
        ("substance toxique", "substance atoxique", {"word": (["toxique"], ["atoxique"])}),
        (
            "1 comprimé de 500 mg si besoin",
            "2 comprimés de 3 g, sauf la nuit",
            {"number": (["1", "500"], ["2", "3"]), "unit": (["mg"], ["g"]), "negation": ([], ["sauf"])},
        ),
    ],
)
def test_differences_by_kind(first: str, second: str, expected: Differences) -> None:
    found = differences(first, second)
    assert found == expected
    assert {kind: both[::-1] for kind, both in found.items()} == differences(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Quelle est la dose ?", "quelle est la DOSE"),
        ("L'enfant n'a pas de fièvre.", "Les enfants ne présentent pas de fièvre"),
        ("Citer les signes", "Donner les signes"),
        ("A puis B", "B puis A"),
        ("", ""),
    ],
)
def test_no_difference_that_turns_the_meaning(first: str, second: str) -> None:
    assert differences(first, second) == {}


def test_a_token_counts_as_often_as_it_stands() -> None:
    assert differences("5 mg puis 5 mg", "5 mg puis rien") == {
        "number": (["5"], []),
        "unit": (["mg"], []),
        "negation": ([], ["rien"]),
    }
