"""Items → what is sent and back: gold letters stay at home, structure is kept, neutral texts are not sent."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from medinjection_fr.generate.translation.neutral import in_french
from medinjection_fr.generate.translation.parts import (
    item_in_french,
    parts_of,
    put_back,
    schema_of,
    to_send,
)
from medinjection_fr.generate.translation.refuse import refuse


def item(**changes: Any) -> dict[str, Any]:
    """A question in English, as a source of items gives it."""
    return {
        "id": "0" * 32,
        "instruction": "Which drug is given first?",
        "context": "",
        "choices": ["Aspirin", "0.5 mg", "Heparin", "II"],
        "answer": "C",
        "explanation": "It acts at once.",
        "facts": [],
        "type": "mcqu",
        "language": "en",
        "source": "our-items",
        "source_id": "q-1",
        "group_id": "our-items/q-1",
        "split": "test",
        "subject": None,
        "license": "MIT",
        "flags": [],
        **changes,
    }


OPEN = item(
    type="oeq",
    choices=[],
    answer="Heparin.",
    facts=["It is an anticoagulant.", "It acts at once."],
    context="A woman of 40.",
    explanation=None,
)


def test_gold_letters_are_not_sent() -> None:
    for gold in ("A", "B", "C", "D"):
        assert parts_of(item(answer=gold), explain=True) == parts_of(item(), explain=True)
    assert parts_of(item(type="mcq", answer="A,C"), True) == parts_of(item(), True)


def test_parts_of_a_multiple_choice_item() -> None:
    assert parts_of(item(), explain=True) == {
        "instruction": "Which drug is given first?",
        "options": {"A": "Aspirin", "B": "0.5 mg", "C": "Heparin", "D": "II"},
        "explanation": "It acts at once.",
    }
    assert "explanation" not in parts_of(item(), explain=False)


def test_parts_of_an_open_item() -> None:
    assert parts_of(OPEN, explain=True) == {
        "instruction": "Which drug is given first?",
        "context": "A woman of 40.",
        "answer": "Heparin.",
        "facts": {"1": "It is an anticoagulant.", "2": "It acts at once."},
    }


def test_neutral_options_are_not_sent_and_come_back_in_their_place() -> None:
    parts = parts_of(item(), explain=False)
    sent = to_send(parts)
    assert sent["options"] == {"A": "Aspirin", "C": "Heparin"}
    translated = {"instruction": "Quel médicament ?", "options": {"C": "Héparine", "A": "Aspirine"}}
    french = item_in_french(item(), put_back(parts, translated))
    assert french["choices"] == ["Aspirine", "0,5 mg", "Héparine", "II"]
    assert french["answer"] == "C"
    assert french["explanation"] is None


def test_options_that_are_all_neutral_are_not_sent_at_all() -> None:
    parts = parts_of(item(choices=["1", "2.5", "10 %", "IV"]), explain=False)
    assert to_send(parts) == {"instruction": "Which drug is given first?"}
    french = item_in_french(item(), put_back(parts, {"instruction": "Quel médicament ?"}))
    assert french["choices"] == ["1", "2,5", "10 %", "IV"]


def test_open_item_in_french() -> None:
    parts = parts_of(OPEN, explain=True)
    translated = {
        "instruction": "Quel médicament ?",
        "context": "Une femme de 40 ans.",
        "answer": "L'héparine.",
        "facts": {"2": "Elle agit aussitôt.", "1": "C'est un anticoagulant."},
    }
    french = item_in_french(OPEN, put_back(parts, translated))
    assert french["answer"] == "L'héparine."
    assert french["facts"] == ["C'est un anticoagulant.", "Elle agit aussitôt."]
    assert (french["choices"], french["source_id"], french["split"]) == ([], "q-1", "test")


def test_schema_is_that_of_what_is_sent() -> None:
    sent = to_send(parts_of(item(), explain=True))
    schema = schema_of(sent)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(sent)
    for broken in (
        {**sent, "options": {"A": "Aspirine"}},
        {**sent, "options": {**sent["options"], "E": "Aucune"}},
        {**sent, "instruction": ""},
        {**sent, "note": "Voici la traduction"},
        {name: text for name, text in sent.items() if name != "explanation"},
    ):
        assert not validator.is_valid(broken)
    assert json.dumps(schema).index('"instruction"') < json.dumps(schema).index('"options"')


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("12", "12"),
        ("0.5", "0,5"),
        ("0.5-1.5 mg/kg", "0,5-1,5 mg/kg"),
        ("> 2.5 mmol/L", "> 2,5 mmol/L"),
        ("0.80 ± 0.35mm", "0,80 ± 0,35mm"),
        ("97.8%", "97,8%"),
        ("120/80 mmHg", "120/80 mmHg"),
        ("1:1.5", "1:1,5"),
        ("98.6 °F", "98,6 °F"),
        ("HLA-B27", "HLA-B27"),
        ("CD4", "CD4"),
        ("IX", "IX"),
        ("+", "+"),
        ("A1.2", "A1.2"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_what_reads_the_same_in_french(text: str, french: str) -> None:
    assert in_french(text) == french
    assert in_french(french) == french or "," in french


@pytest.mark.parametrize(
    "text",
    [
        "Aspirin",
        "72 hrs",
        "2 days",
        "1,000",
        "1,5 mg",
        "AIDS",
        "DNA",
        "Stage 1",
        "p53",
        "A and B",
        "5 IU",
        "3 m",
        "5 gm",
    ],
)
def test_what_has_to_be_translated(text: str) -> None:
    assert in_french(text) is None


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"choices": ["A+", "A-", "+", "−"]}, []),
        (
            {
                "choices": [
                    "Figure of eight",
                    "Picture frame",
                    "Diagrams of Lewis",
                    "Image 1 shows a fracture",
                ]
            },
            [],
        ),
        ({"choices": ["Figure 1", "Figure 2"]}, ["item-options-images"]),
        ({"choices": ["<img src='a.png'>", "None"]}, ["item-options-images"]),
        ({"choices": ["Image A", "Image B"]}, ["item-options-images"]),
        ({"choices": ["x_ray_12.jpg", "Normal"]}, ["item-options-images"]),
        ({"choices": ["Yes", "..."]}, ["item-options-empty"]),
        ({"choices": ["Yes", "-"], "language": "es"}, ["item-not-english", "item-options-empty"]),
        ({"choices": ["Figure 2", "—"]}, ["item-options-images", "item-options-empty"]),
    ],
)
def test_what_is_refused(changes: dict[str, Any], rules: list[str]) -> None:
    found = list(refuse(item(**changes)))
    assert [finding.rule for finding in found] == rules
    assert all(finding.attempt == 0 for finding in found)
