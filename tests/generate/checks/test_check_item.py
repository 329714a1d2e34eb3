"""A whole question: its texts, its options together, its language."""

from __future__ import annotations

from typing import Any

from medinjection_fr.generate.checks import check_item, load_glossary

GLOSSARY = load_glossary()
ENGLISH: dict[str, Any] = {
    "instruction": "Which drug is given first in a child with fever?",
    "context": "",
    "choices": ["Aspirin 10 mg/kg", "Paracetamol 15 mg/kg", "Blood group A+", "Blood group A-"],
    "answer": "B",
    "explanation": None,
    "facts": [],
    "type": "mcqu",
}
FRENCH = {
    **ENGLISH,
    "instruction": "Quel médicament donne-t-on en premier chez un enfant qui a de la fièvre ?",
    "choices": ["Aspirine 10 mg/kg", "Paracétamol 15 mg/kg", "Groupe sanguin A+", "Groupe sanguin A-"],
}


def found(**changed: Any) -> set[str]:
    return {fault.rule for fault in check_item(ENGLISH, {**FRENCH, **changed}, GLOSSARY)}


def test_faithful() -> None:
    assert found() == set()


def test_options_are_lost() -> None:
    assert found(choices=FRENCH["choices"][:3]) == {"option-count"}


def test_options_became_the_same() -> None:
    assert "options-merged" in found(choices=[*FRENCH["choices"][:3], "groupe sanguin : A+"])


def test_a_dose_is_changed_in_an_option() -> None:
    faults = check_item(
        ENGLISH, {**FRENCH, "choices": ["Aspirine 1 mg/kg", *FRENCH["choices"][1:]]}, GLOSSARY
    )
    assert [(fault.rule, fault.evidence) for fault in faults] == [
        ("number-changed", "option A: 10 missing; 1 new")
    ]


def test_left_in_english() -> None:
    assert "not-french" in found(instruction=ENGLISH["instruction"], choices=ENGLISH["choices"])
