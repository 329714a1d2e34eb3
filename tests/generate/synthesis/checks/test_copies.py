"""Copies of test sets and of other units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recipes import write_lines

from medinjection_fr.curate.questions import read_benchmark
from medinjection_fr.generate.outcome import Outcome
from medinjection_fr.generate.synthesis.checks.copies import Copies, TestSets, write_questions

OPTIONS = [
    "Une embolie pulmonaire",
    "Un infarctus du myocarde",
    "Une péricardite aiguë",
    "Un zona",
    "Une grippe",
]
ASKED = "Quel diagnostic évoquer devant une douleur thoracique brutale avec un sus-décalage diffus du segment ST ?"


def record(**changes: Any) -> dict[str, Any]:
    return {
        "instruction": ASKED,
        "context": "",
        "choices": OPTIONS,
        "answer": "C",
        "group_id": "ours/1",
        **changes,
    }


def opened(**changes: Any) -> dict[str, Any]:
    return record(
        choices=[], answer="Une péricardite aiguë.", context="Un homme de 40 ans souffre.", **changes
    )


@pytest.fixture
def tests(tmp_path: Path) -> TestSets:
    rows = [
        {"id": "t-1", "question": ASKED, "options": OPTIONS, "answer": "C"},
        {
            "id": "t-2",
            "question": "Combien de lobes compte le poumon droit de l'homme adulte ?",
            "answer": "Trois",
        },
    ]
    path = write_lines(tmp_path / "test.jsonl", rows)
    return TestSets([write_questions(read_benchmark(str(path)))])


@pytest.mark.parametrize(
    ("written", "evidence"),
    [
        (record(), "test.jsonl t-1 (copy 1.00)"),
        (record(choices=OPTIONS[::-1]), "test.jsonl t-1 (copy 1.00)"),
        (record(instruction=ASKED.upper()), "test.jsonl t-1 (copy 1.00)"),
        (record(answer="A"), "test.jsonl t-1 (answer 1.00)"),
    ],
)
def test_copy_of_a_test_set(tests: TestSets, written: dict[str, Any], evidence: str) -> None:
    [fault] = tests.check(written)
    assert (fault.rule, fault.evidence) == ("test-copy", evidence)


def test_near_copy_of_a_test_set(tests: TestSets) -> None:
    nearly = ASKED.replace("Quel", "Alors quel")
    [fault] = tests.check(record(instruction=nearly))
    assert fault.rule == "test-copy" and "(near 0." in fault.evidence


@pytest.mark.parametrize(
    "written",
    [
        record(instruction="Quel traitement donner devant une péricardite aiguë ?"),
        record(choices=[*OPTIONS[:4], "Une angine"]),
        record(instruction=ASKED.replace("diffus", "localisé et sans miroir")),
    ],
)
def test_other_questions_are_no_copies(tests: TestSets, written: dict[str, Any]) -> None:
    assert list(tests.check(written)) == []
    assert list(TestSets([]).check(written)) == []


def judged(*records: dict[str, Any]) -> list[bool]:
    """Whether each stays, in this order."""
    copies = Copies()
    outcomes = [copies.judge(Outcome(f"u-{n}", [one])) for n, one in enumerate(records)]
    for outcome in outcomes:
        assert [finding.rule for finding in outcome.findings] == ["near-copy"] * (not outcome.accepted)
    return [outcome.accepted for outcome in outcomes]


@pytest.mark.parametrize(
    ("first", "second", "is_copy"),
    [
        (record(), record(group_id="ours/2"), True),
        (record(), record(group_id="ours/2", choices=OPTIONS[::-1]), True),
        (record(), record(group_id="ours/2", choices=[*OPTIONS[:4], "Une angine"]), False),
        (record(), record(choices=[*OPTIONS[:4], "Une angine"]), True),
        (record(), record(instruction="Quel traitement donner devant une péricardite ?"), False),
        (opened(), opened(group_id="ours/2"), True),
        (opened(), opened() | {"context": "Une autre.", "group_id": "ours/2"}, False),
        (opened(), opened() | {"instruction": ASKED.replace("Quel diagnostic", "Quel  Diagnostic")}, True),
        (opened(), opened() | {"instruction": ASKED.replace("sus-décalage", "sous-décalage")}, False),
        (record(), opened(), True),
    ],
)
def test_copies_of_other_units(first: dict[str, Any], second: dict[str, Any], is_copy: bool) -> None:
    assert judged(first, second) == [True, not is_copy]


def test_what_was_put_aside_is_no_reason_for_another() -> None:
    one, other = "Quel examen demander d'abord ?", "Quel examen demander d'abord ? "
    assert judged(
        opened(instruction=one), opened(instruction=other), opened(instruction="Quel traitement donner ?")
    ) == [
        True,
        False,
        True,
    ]


def test_rejected_outcome_stays_as_it_is() -> None:
    assert Copies().judge(Outcome("u")) == Outcome("u")
