"""FrBMedQA: small files of ours in its format, records and files that it could hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from examples import read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import InputFile, Refused
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.frbmedqa import BLANK, INSTRUCTION, find_files, read

SOURCE = load_catalogue()["frbmedqa"]
FIXTURE = Path(__file__).with_name("fixtures") / "frbmedqa"
FILES = {"train": "train.json", "validation": "val.json", "test": "test.json"}


def test_files() -> None:
    assert find_files(FIXTURE, SOURCE) == [InputFile(FIXTURE / n, n, split) for split, n in FILES.items()]


def test_files_in_a_folder_of_the_source(tmp_path: Path) -> None:
    for name in FILES.values():
        (tmp_path / "data" / "splits").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "splits" / name).write_text("[]")
    assert [file.name for file in find_files(tmp_path, SOURCE)] == [
        f"data/splits/{n}" for n in FILES.values()
    ]


def test_fixture() -> None:
    insulin, liver = read_outcomes(FIXTURE / "train.json", SOURCE)
    assert liver["instruction"] == (
        f"{INSTRUCTION}\nAprès le repas, le {BLANK} retire du sang la plus grande part du glucose"
    )
    assert insulin["instruction"].endswith(
        f"Au cours du repas, {BLANK} augmente rapidement sous l'effet de la hausse de la glycémie"
    )
    assert insulin["choices"] == liver["choices"] == ["insuline", "pancréas", "foie", "glycémie"]
    assert (insulin["answer"], liver["answer"]) == ("A", "C")
    # @entity1 is no part of @entity12 and @entity140
    assert insulin["context"].startswith("insuline est une hormone que sécrète le pancréas Elle favorise")
    assert "@" not in insulin["context"] + insulin["instruction"]
    assert insulin["group_id"] == liver["group_id"]
    assert insulin == insulin | {
        "source_id": "train.json#1",
        "type": "mcqu",
        "task": "cloze",
        "source": "frbmedqa",
        "license": "CC-BY-SA-4.0",
        "origin": "native",
        "subject": None,
    }
    assert [r["answer"] for r in read_outcomes(FIXTURE / "val.json", SOURCE)] == ["A"]
    assert [r["answer"] for r in read_outcomes(FIXTURE / "test.json", SOURCE)] == ["B"]


# --- records that it could hold --------------------------------------------------------------------------

ITEM = json.loads((FIXTURE / "train.json").read_text())[0]
ENTITIES = ITEM["entities_list"]
GONE = object()


def outcome(folder: Path, item: Any) -> Any:
    path = folder / "train.json"
    path.write_text(json.dumps([item]))
    (only,) = read_outcomes(path, SOURCE)
    return only


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}


def numbered(count: int) -> list[dict[str, str]]:
    return [{f"@entity{number}": f"terme {number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("changes", "answer", "choices"),
    [
        ({}, "A", 4),
        ({"answer": "@entity3"}, "D", 4),
        ({"entities_list": [{**entity, "semantic_groups": ["CHEM"]} for entity in ENTITIES]}, "A", 4),
        ({"passage": "Le @entity9 bat.", "entities_list": [*ENTITIES, {"@entity9": "cœur"}]}, "A", 5),
        (
            {
                "passage": "Un texte",
                "question": "le @placeholder",
                "entities_list": numbered(10),
                "answer": "@entity9",
            },
            "J",
            10,
        ),
        ({"added_later": 1}, "A", 4),
    ],
)
def test_read(changes: dict[str, Any], answer: str, choices: int, tmp_path: Path) -> None:
    record = outcome(tmp_path, changed(changes))
    assert (record["answer"], len(record["choices"])) == (answer, choices)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *[({key: GONE}, "record-unreadable") for key in ITEM],
        ({"passage": None}, "record-unreadable"),
        ({"passage": " "}, "record-unreadable"),
        ({"question": 3}, "record-unreadable"),
        ({"question": "Une phrase sans blanc"}, "record-unreadable"),
        ({"question": "Deux @placeholder et @placeholder"}, "record-unreadable"),
        ({"passage": "Le @entity77 bat."}, "record-unreadable"),
        ({"question": "le @placeholder du @entity77"}, "record-unreadable"),
        # The scripts find @entity1 in @entity14 and leave the 4.
        ({"question": "la teneur en @placeholder4 du sang"}, "answer-unparsed"),
        ({"answer": "@entity77"}, "answer-unparsed"),
        ({"answer": "insuline"}, "answer-unparsed"),
        ({"answer": "A"}, "answer-unparsed"),
        ({"answer": 0}, "answer-unparsed"),
        ({"answer": ["@entity12"]}, "answer-unparsed"),
        ({"answer": ""}, "answer-empty"),
        ({"answer": None}, "answer-empty"),
        ({"entities_list": {"@entity12": "insuline"}}, "choices-unparsed"),
        ({"entities_list": ["insuline", "foie"]}, "choices-unparsed"),
        ({"entities_list": [{"insuline": "@entity12"}]}, "choices-unparsed"),
        ({"entities_list": [*ENTITIES, {}]}, "choices-unparsed"),
        ({"entities_list": [*ENTITIES, {"@entity12": "autre"}]}, "choices-unparsed"),
        ({"entities_list": [*ENTITIES, {"@entity5": None}]}, "choices-unparsed"),
        ({"entities_list": [{"@entity12": "insuline", "@entity1": "pancréas"}]}, "choices-unparsed"),
        ({"entities_list": numbered(11)}, "choices-unparsed"),
        ({"entities_list": [*ENTITIES, *numbered(12)[5:12]]}, "choices-unparsed"),
        ({"entities_list": [*ENTITIES, {"@entity5": "foie "}]}, "choices-distinct"),
        ({"entities_list": [*ENTITIES, {"@entity5": ""}]}, "choice-empty"),
        (
            {"passage": "Un texte.", "question": "le @placeholder", "entities_list": ENTITIES[:1]},
            "choices-count",
        ),
    ],
)
def test_refused(changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, changed(changes)) == rule


def test_more_candidates_than_labels_are_counted_in_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps([changed({"entities_list": [*ENTITIES, *numbered(12)[5:12]]}), ITEM]))
    refused, read_next = read(InputFile(path, "train.json", "train"), SOURCE)
    assert refused == Refused(
        1, "train.json#1", "choices-unparsed", "11 entities, of which 10 can be labelled"
    )
    assert not isinstance(read_next, Refused)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"<html><body>Sign in</body></html>", "HTML"),
        ((FIXTURE / "train.json").read_bytes()[:-30], "ends inside"),
        (json.dumps([ITEM], ensure_ascii=False).encode("cp1252"), "not UTF-8"),
    ],
)
def test_a_broken_file_is_named(content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=what) as caught:
        list(read(InputFile(path, "train.json", "train"), SOURCE))
    assert caught.value.problems[0].where == str(path)
