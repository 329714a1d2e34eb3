"""The chat form, letter for letter."""

from __future__ import annotations

from typing import Any

import datasets
import pytest
from examples import valid_record

import medinjection_fr
from medinjection_fr.prompts import question_text, shorten_context, to_messages
from medinjection_fr.record import LETTERS

CASE = "Une patiente de 34 ans, enceinte de 12 SA, consulte pour une fièvre à 38,5 °C."

ONE = """\
Une patiente de 34 ans, enceinte de 12 SA, consulte pour une fièvre à 38,5 °C.

Quel est l'antibiotique à privilégier ?

Choix de réponses :
(A) Amoxicilline
(B) Doxycycline
(C) Ofloxacine
(D) Cotrimoxazole

Une seule réponse est attendue. Répondez uniquement par la lettre de la réponse choisie."""

SEVERAL = """\
Parmi les propositions suivantes, lesquelles sont fausses ?

Choix de réponses :
(A) La varicelle est bénigne chez l'adulte
(B) Le β-hCG s'élève
(C) La SpO₂ est ≥ 94 %

Une ou plusieurs réponses sont attendues. Répondez uniquement par les lettres des réponses choisies, dans \
l'ordre alphabétique, séparées par des virgules, sans espace."""

OPEN = """\
Une patiente de 34 ans, enceinte de 12 SA, consulte pour une fièvre à 38,5 °C.

Que lui répondez-vous, en mots simples ?"""


def record(**changes: Any) -> dict[str, Any]:
    return valid_record(**changes)


@pytest.mark.parametrize(
    ("row", "question", "answer"),
    [
        (
            record(
                type="mcqu",
                context=CASE,
                instruction="Quel est l'antibiotique à privilégier ?",
                choices=["Amoxicilline", "Doxycycline", "Ofloxacine", "Cotrimoxazole"],
                answer="A",
            ),
            ONE,
            "A",
        ),
        (
            record(
                type="mcq",
                context="",
                instruction="Parmi les propositions suivantes, lesquelles sont fausses ?",
                choices=["La varicelle est bénigne chez l'adulte", "Le β-hCG s'élève", "La SpO₂ est ≥ 94 %"],
                answer="A,C",
            ),
            SEVERAL,
            "A,C",
        ),
        (
            record(
                type="oeq",
                context=CASE,
                instruction="Que lui répondez-vous, en mots simples ?",
                answer="Vous pouvez prendre du paracétamol : 1 g, au plus 3 fois par jour.",
            ),
            OPEN,
            "Vous pouvez prendre du paracétamol : 1 g, au plus 3 fois par jour.",
        ),
    ],
    ids=["mcqu", "mcq-negative", "oeq"],
)
def test_messages(row: dict[str, Any], question: str, answer: str) -> None:
    assert to_messages(row) == {
        "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    }


def test_ten_options_are_lettered_a_to_j() -> None:
    row = record(type="mcq", choices=[f"Choix {n}" for n in range(10)], answer="A,J")
    text = question_text(row)
    assert (
        [line[1] for line in text.splitlines() if line.startswith("(")] == list("ABCDEFGHIJ") == list(LETTERS)
    )
    assert "(J) Choix 9\n" in text


@pytest.mark.parametrize("type", ["mcqu", "mcq"])
def test_the_wording_never_says_which_answers_are_correct(type: str) -> None:
    # Many stems ask for the false proposition.
    added = question_text(record(type=type, instruction="", context="", choices=["", ""], answer="A")).lower()
    for word in ("correct", "exact", "vrai", "juste", "bonne"):
        assert word not in added


def test_question_does_not_depend_on_what_the_model_must_not_see() -> None:
    row = record(type="mcq")
    hidden = {"answer": "A", "explanation": "Parce que B.", "facts": ["B"], "id": "0" * 32, "subject": "x"}
    assert question_text({**row, **hidden}) == question_text(row)


@pytest.mark.parametrize(("start", "end"), [(9, 33), (12, 34), (13, 36)])
def test_the_middle_of_a_context_goes_by_whole_words(start: int, end: int) -> None:
    context = "Natrémie à 130,5 mmol/L, fièvre à 38,5 °C."
    row = record(context=context)
    shorter = shorten_context(row, start, end)
    assert {name for name in row if shorter[name] != row[name]} == {"context"}
    before, _, after = shorter["context"].partition("\n[…]\n")
    words = context.split()
    assert before.split() == words[: len(before.split())] and after.split() == words[-len(after.split()) :]
    assert len(before) <= start and len(context) - len(after) >= end


def test_map_gives_the_conversational_form(sample_release: Any) -> None:
    rows = medinjection_fr.load(split="train", path=sample_release)
    assert isinstance(rows, datasets.Dataset)
    mapped = rows.map(medinjection_fr.to_messages)
    assert mapped["messages"][:] == [to_messages(row)["messages"] for row in rows]
    assert set(mapped.column_names) == {*rows.column_names, "messages"}
    streamed = medinjection_fr.load(split="train", path=sample_release, streaming=True)
    assert next(iter(streamed.map(to_messages)))["messages"] == mapped[0]["messages"]
