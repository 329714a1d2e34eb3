"""S-Editions: the file that its catalogue entry asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.fetch import fetch
from medinjection_fr.sources.jsonl import find_files

SOURCE = load_catalogue()["s-editions"]
FIXTURE = Path(__file__).with_name("fixtures") / "s-editions"
LINES = [json.loads(line) for line in (FIXTURE / "s-editions.jsonl").read_text(encoding="utf-8").splitlines()]


def test_fixture() -> None:
    (file,) = find_files(FIXTURE, SOURCE)
    several, single, opened = read_outcomes(file.path, SOURCE, file.split, file.name)
    assert [(r["type"], r["answer"]) for r in (several, single)] == [("mcq", "A,C"), ("mcqu", "B")]
    assert opened["type"] == "oeq"
    assert opened["context"].startswith("Une femme de 34 ans")
    assert several == several | {
        "source_id": "cardio-1",
        "subject": "cardiologie",
        "explanation": "Le salbutamol et l'atropine l'accélèrent.",
        "context": "",
        "task": "exam-question",
        "license": "LicenseRef-S-Editions",
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"split": None}, "split-unknown"),
        ({"split": "dev"}, "split-unknown"),
        ({"kind": "qcm"}, "type-unknown"),
        ({"options": None}, "choices-count"),
        ({"answer": "E"}, "gold-outside-choices"),
        ({"answer": "2"}, "answer-unparsed"),
        ({"answer": ""}, "answer-empty"),
        ({"question": ""}, "instruction-empty"),
    ],
)
def test_refused(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    path = tmp_path / "s-editions.jsonl"
    path.write_text(json.dumps({**LINES[0], **changes}) + "\n" + json.dumps(LINES[1]) + "\n")
    refused, kept = read_outcomes(path, SOURCE, "in-record")
    assert (refused, kept["answer"]) == (rule, "B")


def test_it_may_not_be_given_on_and_can_only_be_asked_for(tmp_path: Path) -> None:
    assert SOURCE.facts["redistributable"] is False
    with pytest.raises(InputError, match=r"s-editions\.jsonl"):
        fetch(SOURCE, tmp_path)
