"""Options by themselves, and what models put around what they were asked for."""

from __future__ import annotations

import pytest

from medinjection_fr.generate.synthesis.checks.options import check_letters, check_number, check_options
from medinjection_fr.generate.synthesis.checks.written import check_written

OTHERS = ["Une embolie", "Un infarctus", "Une péricardite", "Un pneumothorax"]


def rules(correct: list[str], incorrect: list[str]) -> list[str]:
    return [fault.rule for fault in check_options(correct, incorrect)]


def test_options_that_are_sound() -> None:
    assert rules(["Une dissection aortique"], OTHERS) == []
    assert rules(["10 mg"], ["1 mg", "10 g", "100 mg", "-10 mg"]) == []
    assert (
        rules(["A, puis B selon la vitamine"], ["Vitamine A", "Vitamine B", "Vitamine C", "Vitamine D"]) == []
    )
    assert rules([*OTHERS, "Une dissection"], []) == []


@pytest.mark.parametrize("option", ["Embolie", "l'EMBOLIE.", "une embolie", "Une embolie "])
def test_options_that_say_the_same(option: str) -> None:
    [fault] = check_options([option], OTHERS)
    assert (fault.rule, fault.evidence) == ("options-alike", "options 1 and 2 as written")


@pytest.mark.parametrize(
    "option", ["Toutes ces réponses", "Aucune de ces réponses", "A et C", "Toutes les réponses sont exactes"]
)
def test_options_that_name_others(option: str) -> None:
    assert rules(["Une dissection"], [*OTHERS[:3], option]) == ["options-name-options"]


@pytest.mark.parametrize(
    ("length", "others", "stands_out"),
    [
        (80, 20, True),
        (20, 80, True),
        (45, 25, False),
        (51, 25, True),
        (50, 25, False),
        (26, 1, False),
        (300, 160, False),
    ],
)
def test_gold_that_stands_out(length: int, others: int, stands_out: bool) -> None:
    """2 times as long and 25 characters more is still alike; beyond both is not."""
    incorrect = (
        [f"{letter * (others - 1)}{n}" for n, letter in enumerate("bcde")] if others > 1 else list("bcde")
    )
    assert rules(["a" * length], incorrect) == ["gold-stands-out"] * stands_out


def test_numbers_of_options() -> None:
    assert list(check_number(["a"], ["b", "c", "d", "e"], 1)) == []
    assert list(check_number(["a", "b", "c", "d", "e"], [], 5)) == []
    for correct, incorrect, wanted in (
        (["a"], ["b", "c", "d"], 1),
        (["a", "b"], ["c", "d", "e"], 1),
        (["a", "b", "c", "d", "e"], ["f"], 5),
        ([], ["a", "b", "c", "d", "e"], 1),
        (["a"], ["b", "c", "d", " "], 1),
    ):
        [fault] = check_number(correct, incorrect, wanted)
        assert fault.rule == "options-not-as-asked"


@pytest.mark.parametrize(
    "text",
    [
        "La réponse B est exacte.",
        "Les propositions A et C sont vraies.",
        "A. Une embolie",
        "(C) Une embolie",
        "B) Une embolie",
        "L'option D convient.",
        "La A est fausse.",
    ],
)
def test_letters_that_are_named(text: str) -> None:
    [fault] = check_letters([text])
    assert fault.rule == "letter-named"


@pytest.mark.parametrize(
    "text",
    [
        "La vitamine C",
        "L'hépatite A est bénigne",
        "E. coli",
        "A propos du foie",
        "Les virus A et B",
        "Le groupe AB",
    ],
)
def test_letters_that_are_medicine(text: str) -> None:
    assert list(check_letters([text])) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Voici le résumé :\nLe patient va bien.", "an announcement"),
        ("Bien sûr ! Le patient va bien.", "an announcement"),
        ("```json\nLe patient", "a code fence"),
        ("## Résumé\nLe patient va bien.", "a heading"),
        ("Le patient va **bien**.", "bold"),
        ("<b>Le patient</b>", "a tag"),
        ("<|im_start|>Le patient", "a tag"),
        ('{"answer": "Le patient"}', "JSON"),
        ("Réponse : le patient va bien.", "a label"),
        ("Le patient [nom du patient] va bien.", "a placeholder"),
        ("En tant que modèle de langage, je ne peux pas.", "a model speaking of itself"),
    ],
)
def test_what_models_put_around(text: str, what: str) -> None:
    [fault] = check_written(["Quel est l'état du patient ?", text])
    assert fault.rule == "not-plain"
    assert what in fault.evidence


@pytest.mark.parametrize(
    "text",
    [
        "p < 0,05 et n > 3",
        "Le patient va bien : il sort.",
        "Voici un patient de 40 ans.",
        "- fièvre\n- toux",
        "[1,2–3,4]",
    ],
)
def test_what_is_plain(text: str) -> None:
    assert list(check_written([text])) == []
