"""French stays, English goes, what is mixed or short is marked; always the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes

from medinjection_fr.curate.language import MIXED, SHORT, detect, judge_language
from medinjection_fr.sources.catalogue import find_source
from medinjection_fr.sources.parts import find_adapter

FRENCH = (
    "Une patiente de 34 ans consulte aux urgences pour une douleur thoracique qui dure depuis la "
    "veille. L'examen clinique est sans particularité et la radiographie ne montre pas d'anomalie."
)
ENGLISH = (
    "A 34-year-old woman comes to the emergency department because of chest pain that started the day "
    "before. Physical examination shows no abnormalities and the chest x-ray is normal."
)


def record(
    instruction: str, choices: Sequence[str] = (), answer: str = "", context: str = "", task: str = "other"
) -> dict[str, Any]:
    return {
        "task": task,
        "instruction": instruction,
        "choices": list(choices),
        "answer": answer or ("A" if choices else ""),
        "context": context,
    }


@pytest.mark.parametrize(
    ("row", "drop", "flags"),
    [
        (record(FRENCH, answer="Une pleurésie."), False, []),
        (record("Quel est le traitement ?", answer="Hypokaliémie"), False, []),
        (record("Quelle est la dose de paracétamol chez l'enfant ?", ["60 mg/kg/j", "6 mg/kg/j"]), False, []),
        (record("Quel germe est en cause ?", ["Escherichia coli", "Staphylococcus aureus"]), False, []),
        (record(ENGLISH, answer="Pleural effusion, which is drained."), True, [MIXED]),
        (record(f"{FRENCH} {ENGLISH}"), False, [MIXED]),
        (record(FRENCH, context=ENGLISH), False, [MIXED]),
        (
            record(
                "Lequel de ces signes est présent chez le malade ?",
                ["Increased blood pressure", "Low heart rate", "Swelling of the ankle", "None of these"],
            ),
            False,
            [MIXED, SHORT],
        ),
        (record("IRM ?", answer="42"), False, [SHORT]),
        (record("1 + 1 = ?", answer="2"), False, [SHORT]),
    ],
)
def test_verdicts(row: dict[str, Any], drop: bool, flags: list[str]) -> None:
    verdict = judge_language(row)
    assert verdict.drop is drop, verdict
    if not drop:
        assert list(verdict.flags) == flags


def test_translation_holds_another_language_by_its_nature() -> None:
    row = record(ENGLISH, answer=FRENCH, task="translation")
    assert judge_language(row) == (None, False, (), "a translation")
    assert judge_language({**row, "answer": ENGLISH, "task": "other"}).drop


def test_evidence_quotes_no_text() -> None:
    evidence = judge_language(record(ENGLISH)).evidence
    assert "chest" not in evidence
    assert "en" in evidence


def test_detection_is_always_the_same() -> None:
    texts = ["Amoxicilline", "Choc septique", "Hepatitis", "Troponine I", FRENCH, ENGLISH, "12 %", ""]
    first = [detect(text) for text in texts]
    for _ in range(5):
        assert [detect(text) for text in reversed(texts)] == first[::-1]
    assert first[-1] == (None, 0.0)


def real(data: Path, name: str) -> list[dict[str, Any]]:
    source = find_source(name)
    rows = [
        row
        for file in find_adapter(source).find_files(data / name, source)
        for row in read_outcomes(file.path, source, file.split, file.name)
        if not isinstance(row, str)
    ]
    return [row if "text" not in row else record(row["text"]) for row in rows]


@pytest.mark.parametrize("name", ["frenchmedmcqa", "morfitt"])
def test_french_files_stay(data: Path, name: str) -> None:
    verdicts = [judge_language(row) for row in real(data, name)]
    assert sum(verdict.drop for verdict in verdicts) <= len(verdicts) / 1000
    assert sum(bool(verdict.flags) for verdict in verdicts) <= len(verdicts) / 100
    assert sum("function words" in verdict.evidence for verdict in verdicts) >= 0.99 * len(verdicts)


@pytest.mark.parametrize("name", ["medmcqa", "medqa-usmle"])
def test_english_files_are_caught(data: Path, name: str) -> None:
    rows = [{**row, "task": "other"} for row in real(data, name)]
    verdicts = [judge_language(row) for row in rows]
    assert sum(verdict.drop or bool(verdict.flags) for verdict in verdicts) >= 0.995 * len(rows)
