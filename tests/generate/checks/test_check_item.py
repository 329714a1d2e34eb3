"""A whole question: its texts, its options together, its language."""

from __future__ import annotations

from typing import Any

import pytest
from translation_cases import GLOSSARY

from medinjection_fr.curate.language import find_foreign, judge_language
from medinjection_fr.generate.checks import RULES, check_item

ENGLISH: dict[str, Any] = {
    "instruction": "Which drug is given first to a child with fever?",
    "context": "",
    "choices": ["Aspirin 10 mg/kg", "Paracetamol 15 mg/kg", "Blood of group A+", "Blood of group A-"],
    "answer": "B",
    "explanation": None,
    "facts": [],
    "type": "mcqu",
}
FRENCH: dict[str, Any] = {
    **ENGLISH,
    "instruction": "Quel médicament donne-t-on en premier à un enfant qui a de la fièvre ?",
    "choices": ["Aspirine 10 mg/kg", "Paracétamol 15 mg/kg", "Sang du groupe A+", "Sang du groupe A-"],
}
OPEN: dict[str, Any] = {
    **ENGLISH,
    "choices": [],
    "type": "oeq",
    "answer": "It is a viral infection of the liver.",
    "facts": ["It is viral.", "It affects the liver."],
}
OPEN_FRENCH: dict[str, Any] = {
    **OPEN,
    "instruction": FRENCH["instruction"],
    "answer": "C'est une infection virale du foie.",
    "facts": ["Elle est virale.", "Elle touche le foie."],
}
ORGANS = {
    **ENGLISH,
    "choices": ["Anterior pituitary", "Adrenal cortex", "Thyroid gland", "Pancreatic islets", "Kidney"],
}
ORGANS_FRENCH = {
    **FRENCH,
    "choices": [
        "Hypophyse antérieure",
        "Cortex surrénalien",
        "Glande thyroïde",
        "Îlots pancréatiques",
        "Rein",
    ],
}


def found(english: dict[str, Any], french: dict[str, Any], **changed: Any) -> list[tuple[str, str]]:
    faults = check_item(english, {**french, **changed}, GLOSSARY)
    assert {fault.rule for fault in faults} <= RULES.keys()
    return [(fault.rule, fault.evidence) for fault in faults]


def rules(english: dict[str, Any], french: dict[str, Any], **changed: Any) -> set[str]:
    return {rule for rule, _ in found(english, french, **changed)}


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (ENGLISH, FRENCH),
        (OPEN, OPEN_FRENCH),
        (ORGANS, ORGANS_FRENCH),
        ({**ENGLISH, "choices": ["5", "10", "15", "20"]}, {**FRENCH, "choices": ["5", "10", "15", "20"]}),
        ({**ENGLISH, "choices": ["A+", "A-"]}, {**FRENCH, "choices": ["A+", "A-"]}),
        ({**ENGLISH, "choices": ["Atropine", "Lithium"]}, {**FRENCH, "choices": ["Atropine", "Lithium"]}),
        ({**ENGLISH, "choices": ["Liver", "Liver"]}, {**FRENCH, "choices": ["Foie", "Foie"]}),
        ({**ENGLISH, "choices": ["1 mg", "10 mg"]}, {**FRENCH, "choices": ["1 mg", "10 mg"]}),
    ],
)
def test_faithful(english: dict[str, Any], french: dict[str, Any]) -> None:
    assert found(english, french) == []


def test_gold_letters_are_no_text() -> None:
    assert found(ENGLISH, FRENCH, answer="D") == []


@pytest.mark.parametrize(
    "choices",
    [
        FRENCH["choices"][:3],
        FRENCH["choices"][1:],
        FRENCH["choices"][:1],
        [],
        [*FRENCH["choices"], "Aucun de ces choix"],
        [*FRENCH["choices"][:3], ""],
        [*FRENCH["choices"][:3], "  \u00a0"],
    ],
)
def test_options_are_lost_or_added(choices: list[str]) -> None:
    assert "option-count" in rules(ENGLISH, FRENCH, choices=choices)


@pytest.mark.parametrize(
    "last",
    [
        "Glande thyroïde",
        "glande thyroïde.",
        "GLANDE THYROÏDE",
        "La glande thyroïde"[3:],
        "« Glande thyroïde »",
    ],
)
def test_options_became_the_same(last: str) -> None:
    choices = [*ORGANS_FRENCH["choices"][:4], last]
    assert "options-merged" in rules(ORGANS, ORGANS_FRENCH, choices=choices)


@pytest.mark.parametrize(
    ("one", "other"), [("A+", "A-"), ("1 mg", "10 mg"), ("0,5", "5"), ("exacte", "inexacte")]
)
def test_options_that_differ_by_little_are_distinct(one: str, other: str) -> None:
    english = {**ENGLISH, "choices": ["Option one", "Option two"]}
    assert "options-merged" not in rules(english, FRENCH, choices=[one, other])


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, 2), (1, 3), (2, 3)])
def test_options_are_swapped(one: int, other: int) -> None:
    choices = list(ORGANS_FRENCH["choices"])
    choices[one], choices[other] = choices[other], choices[one]
    assert "options-swapped" in rules(ORGANS, ORGANS_FRENCH, choices=choices)


def test_a_dose_is_swapped_between_options() -> None:
    choices = ["Paracétamol 15 mg/kg", "Aspirine 10 mg/kg", *FRENCH["choices"][2:]]
    assert rules(ENGLISH, FRENCH, choices=choices) >= {"number-changed", "drug-lost", "options-swapped"}


def test_evidence_tells_the_place() -> None:
    choices = ["Aspirine 1 mg/kg", *FRENCH["choices"][1:]]
    assert found(ENGLISH, FRENCH, choices=choices) == [("number-changed", "option A: 10 missing; 1 new")]
    assert found(OPEN, OPEN_FRENCH, facts=["Elle est virale.", ""]) == [
        ("text-missing", "fact 2: no translation")
    ]
    assert found(OPEN, OPEN_FRENCH, facts=["Elle est virale."]) == [
        ("text-missing", "fact 2: no translation")
    ]
    assert found(OPEN, OPEN_FRENCH, answer=" ") == [("text-missing", "answer: no translation")]
    assert found(ENGLISH, FRENCH, instruction="") == [("text-missing", "instruction: no translation")]


def test_evidence_tells_how_french_writes_thousands() -> None:
    faults = found({**ENGLISH, "instruction": "1,500 mg"}, FRENCH, instruction="1,500 mg")
    assert faults == [
        (
            "number-changed",
            "instruction: 1500 missing; 1.500 new; French writes 1 000 for 1,000, and 1,5 for 1.5",
        )
    ]


def test_explanation_and_context_are_checked() -> None:
    texts = {"explanation": "It lasts for 3 days.", "context": "He weighs 70 kg."}
    french = {"explanation": "Cela dure 30 jours.", "context": "Il pèse 70 g."}
    assert rules({**ENGLISH, **texts}, FRENCH, **french) == {"number-changed", "unit-changed"}


@pytest.mark.parametrize(
    ("instruction", "choices"),
    [
        (ENGLISH["instruction"], ENGLISH["choices"]),
        (
            "What is the drug of choice in a feverish child?",
            ["Aspirin", "Paracetamol", "Group A+", "Group A-"],
        ),
        (
            "¿Qué medicamento se da primero a un niño que tiene fiebre alta?",
            ["Aspirina", "Paracetamol", "A+", "A-"],
        ),
        (
            "Welches Medikament bekommt ein Kind mit Fieber zuerst, und warum?",
            ["Aspirin", "Ibuprofen", "A+", "A-"],
        ),
        (
            "Quale farmaco si somministra per primo a un bambino con la febbre?",
            ["Aspirina", "Altro", "A+", "A-"],
        ),
    ],
)
def test_not_in_french(instruction: str, choices: list[str]) -> None:
    assert "not-french" in rules(ENGLISH, FRENCH, instruction=instruction, choices=choices)


@pytest.mark.parametrize(
    ("instruction", "choices"),
    [
        (FRENCH["instruction"], ENGLISH["choices"]),
        (ENGLISH["instruction"], FRENCH["choices"]),
        (ENGLISH["instruction"], ENGLISH["choices"]),
        (FRENCH["instruction"], FRENCH["choices"]),
        ("Hypokaliémie", ["Oui", "Non"]),
        ("QT ?", ["1", "2"]),
        ("¿Qué medicamento se da primero a un niño que tiene fiebre alta?", ["Aspirina"]),
    ],
)
def test_language_without_a_detector_is_that_of_curation(instruction: str, choices: list[str]) -> None:
    record = {"task": "other", "context": "", "instruction": instruction, "choices": choices, "answer": "A"}
    parts = [instruction, " ; ".join(choices)]
    words = [["".join(filter(str.isalpha, word)) for word in part.lower().split()] for part in parts]
    words = [[word for word in part if word] for part in words]
    assert (find_foreign(parts, words) is not None) == judge_language(record).drop
