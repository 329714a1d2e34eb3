from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.judging.interventions import INTERVENTIONS, intervene
from evaluation.judging.sentences import join_sentences, split_sentences
from medinjection_fr.curate.compare import comparison_tokens, without_accents
from medinjection_fr.curate.differences import find_differences
from medinjection_fr.resources import PACKAGE

HARD = [
    "L'amoxicilline est donnée à 60 mg/kg/j en 3 prises, sans dépasser 3 g. Le patient n'a pas de fièvre.",
    "Le sulfate de magnésium (4 g en 20 à 30 min, puis 1 g/h) n'est pas contre-indiqué. La kaliémie est à 2,8 mmol/L.",
    "Le pH est à 7,52. Les bicarbonates sont à 38 mmol/L. Aucun trouble respiratoire n'est associé (PaCO2 48 mmHg).",
    "Selon le Dr. Martin, l'HbA1c est < 7 %. La vitamine C. est inutile, p. ex. i.v. Le rhésus est A+, jamais A-.",
    "Il est important de noter que la dose est de 60 mg/kg/j. En effet, la dose n'est pas de 6 mg/kg/j. Bonjour.",
    "Traitement :\n1. Adrénaline 0,5 mg IM\n2. Remplissage 20 mL/kg\n3. Surveillance 6 h",
    "Le VHB n'est pas le VHC. La dose est de 10 mg. La dose est de 10 mg. La dose est de 100 mg.",
]


def own_answers() -> list[str]:
    rows = [
        json.loads(line)
        for path in sorted((PACKAGE / "sample").glob("[nst]*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [row["answer"] for row in rows if row["type"] == "oeq"]


ANSWERS = [*HARD, *own_answers()]


def tokens(text: str) -> list[str]:
    return [without_accents(token) for token in comparison_tokens(text)]


@pytest.mark.parametrize("variant", INTERVENTIONS)
def test_no_number_unit_negation_or_medical_word_changes(variant: str) -> None:
    changed = {answer: text for answer in ANSWERS if (text := intervene(variant, answer)) is not None}
    for answer, text in changed.items():
        if variant == "shortened":  # what was said twice is said once: no word is new, and none is gone
            assert find_differences(sorted(set(tokens(answer))), sorted(set(tokens(text)))) == {}
            assert not Counter(tokens(text)) - Counter(tokens(answer))
        else:
            assert find_differences(tokens(answer), tokens(text)) == {}, text
        assert text != answer and intervene(variant, answer) == text


def test_most_answers_have_most_variants() -> None:
    had = Counter(variant for variant in INTERVENTIONS for answer in ANSWERS if intervene(variant, answer))
    assert had["padded"] == had["confident"] == had["hesitant"] == len(ANSWERS)
    assert had["reordered"] > 0.8 * len(ANSWERS)


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_added_stands_around_the_answer(answer: str) -> None:
    for variant in ("padded", "confident", "hesitant"):
        assert answer in intervene(variant, answer)
    tones = [intervene(variant, answer) for variant in ("confident", "hesitant")]
    assert len({len(text.split()) for text in tones}) == 1  # or tone would be length
    assert len(intervene("padded", answer).split()) > len(answer.split())


def test_a_short_answer_is_padded_to_half_as_much_again() -> None:
    for answer in ANSWERS[:6]:
        assert len(intervene("padded", answer).split()) >= 1.5 * len(answer.split())


def test_padding_is_taken_off_again() -> None:
    for answer in (answer for answer in ANSWERS if intervene("shortened", answer) is None):
        assert intervene("shortened", intervene("padded", answer)) == answer


def test_fillers_courtesy_and_repetitions_go() -> None:
    answer = (
        "Bonjour. Il est important de noter que l'aspirine est contre-indiquée. En effet, il convient de rappeler "
        "qu'il n'y a pas de fièvre à 38,5 °C. L'aspirine est contre-indiquée. Merci pour votre question !"
    )
    expected = "L'aspirine est contre-indiquée. Il n'y a pas de fièvre à 38,5 °C."
    assert intervene("shortened", answer) == expected
    assert intervene("shortened", expected) is None


def test_what_is_possible_or_rare_is_no_filler() -> None:
    assert intervene("shortened", "Il est possible que la douleur persiste. En général, elle cède.") is None


def test_sentences_are_turned_round_with_those_that_go_on_from_them() -> None:
    answer = (
        "La fièvre est à 39 °C. Elle dure 3 jours. Le scanner est normal. Cet examen suffit. La CRP monte."
    )
    expected = (
        "La CRP monte. Le scanner est normal. Cet examen suffit. La fièvre est à 39 °C. Elle dure 3 jours."
    )
    assert intervene("reordered", answer) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "Une seule phrase, à 60 mg/kg/j.",
        "Oui. Le traitement est arrêté.",
        "D'abord, le SAMU est appelé. Ensuite, le patient est perfusé.",
        "Appelez le 15. Allongez le patient. Donnez 0,5 mg d'adrénaline.",
        "1. Adrénaline 0,5 mg\n2. Remplissage 20 mL/kg",
        "Traitement :\nAdrénaline 0,5 mg.\nRemplissage 20 mL/kg.",
        "La première phrase est entière. La seconde est coupée au milieu de la",
        "",
    ],
)
def test_an_order_that_says_something_is_left(answer: str) -> None:
    assert intervene("reordered", answer) is None


def test_nothing_comes_of_nothing() -> None:
    assert all(intervene(variant, " \n") is None for variant in INTERVENTIONS)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dose : 60 mg/kg/j. Puis 1.5 mg.", ["Dose : 60 mg/kg/j.", "Puis 1.5 mg."]),
        ("Le Dr. Martin dit non. Voir p. ex. Rein.", ["Le Dr. Martin dit non.", "Voir p. ex. Rein."]),
        ("Est-ce grave ? Non ! « Oui. » Bien…", ["Est-ce grave ?", "Non !", "« Oui. »", "Bien…"]),
        ("Une ligne\nUne autre", ["Une ligne", "Une autre"]),
        ("Hépatite B. Le foie.", ["Hépatite B. Le foie."]),  # as well "J. Bruce": it is not split
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in split_sentences(text, {"dr", "p", "ex"})] == sentences


@given(st.text(alphabet="aA1 .!?\n«»-:é", max_size=60))
def test_a_text_is_its_sentences(text: str) -> None:
    sentences = split_sentences(text, {"a"})
    assert join_sentences(sentences) == text.strip()
    assert all(re.search(r"\S", sentence.text) for sentence in sentences)
