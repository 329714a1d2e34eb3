from __future__ import annotations

import answer_cases as cases
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.answers import UNREAD, asks_for_the_false, parse_answer
from medinjection_fr.record import LETTERS

OF_CHOICES = [
    *cases.LETTERS_ALONE,
    *cases.CONCLUSIONS,
    *cases.LABELLED,
    *cases.ALL_AND_NONE,
    *cases.TEXTS,
    *cases.NO_ANSWER,
]


@pytest.mark.parametrize(("reply", "letters"), OF_CHOICES)
def test_a_reply_is_read(reply: str, letters: str | None) -> None:
    assert parse_answer(reply, cases.CHOICES).letters == letters


@pytest.mark.parametrize(("reply", "choices", "letters"), cases.OWN_CHOICES)
def test_a_reply_is_read_beside_its_options(
    reply: str, choices: tuple[str, ...], letters: str | None
) -> None:
    assert parse_answer(reply, choices).letters == letters


@pytest.mark.parametrize(("reply", "letters"), cases.OF_THE_FALSE)
def test_a_reply_to_a_question_for_the_false_is_read(reply: str, letters: str) -> None:
    assert parse_answer(reply, cases.CHOICES, asks_false=True).letters == letters


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Parmi les propositions suivantes, laquelle est fausse ?", True),
        ("Quelle est la réponse inexacte ?", True),
        ("Indiquer les propositions inexactes.", True),
        ("Tous les signes suivants évoquent une appendicite, sauf un :", True),
        ("Tous ces médicaments sont des antibiotiques sauf :", True),
        ("Cochez toutes les réponses exactes, à l'exception de celles qui…", True),
        ("Parmi les propositions suivantes, laquelle est exacte ?", False),
        ("Quelle est la dose de paracétamol, sauf insuffisance hépatique, chez l'adulte ?", False),
        ("Une fausse couche impose :", False),
        ("Devant une fausse route, que faire ?", False),
    ],
)
def test_a_question_for_the_false_is_known(question: str, asks: bool) -> None:
    assert asks_for_the_false(question) is asks


@pytest.mark.parametrize(
    ("reply", "rule"),
    [("", "empty"), ("A ou B", "undecided"), ("F", "no-such-option"), ("Je ne sais pas.", "no-answer")],
)
def test_why_a_reply_has_no_answer_is_told(reply: str, rule: str) -> None:
    assert rule in UNREAD
    assert parse_answer(reply, cases.CHOICES).rule == rule


@given(st.text())
def test_any_text_is_read_or_refused(reply: str) -> None:
    answer = parse_answer(reply, cases.CHOICES)
    if answer.letters is None:
        assert answer.rule in UNREAD
    else:
        assert answer.letters == "".join(sorted(set(answer.letters)))
        assert set(answer.letters) <= set("ABCDE")


@given(
    st.integers(2, 10).flatmap(
        lambda size: st.tuples(
            st.just(size), st.sets(st.sampled_from(LETTERS[:size]), min_size=1, max_size=size)
        )
    ),
    st.sampled_from([",", ", ", "; ", " et ", "/", "\n"]),
    st.sampled_from(
        ["{}", "Réponse : {}", "Les bonnes réponses sont {}.", "**{}**", "La réponse est donc {}"]
    ),
)
def test_every_set_in_every_form_comes_back(drawn: tuple[int, set[str]], joint: str, form: str) -> None:
    size, chosen = drawn
    choices = [f"Proposition numéro {n}" for n in range(size)]
    letters = "".join(sorted(chosen))
    if joint == "\n" and form != "{}":
        joint = ", "
    assert parse_answer(form.format(joint.join(letters)), choices).letters == letters
