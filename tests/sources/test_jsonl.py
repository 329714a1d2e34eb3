"""Anybody's JSON Lines: the mapping of keys, the forms of answers, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from examples import described_source, read_outcomes

from medinjection_fr.errors import InputError
from medinjection_fr.sources.adapter import Draft, InputFile
from medinjection_fr.sources.jsonl import find_files, read

COLUMNS = {
    "instruction": "question",
    "choices": "options",
    "answer": "gold",
    "source_id": "id",
    "type": "kind",
}
ITEM = {
    "question": "Quel organe produit l'insuline ?",
    "options": ["Foie", "Pancréas", "Rate"],
    "gold": "B",
    "id": "q-17",
    "kind": "mcqu",
    "note": "passed over",
}
GONE = object()
MCQ = {"kind": "mcq"}


def outcome(folder: Path, changes: dict[str, Any], split: str = "train", **facts: Any) -> Any:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not GONE}
    path = folder / "cas.jsonl"
    path.write_text(json.dumps(item, ensure_ascii=False) + "\n", encoding="utf-8")
    (only,) = read_outcomes(path, described_source(**{"columns": COLUMNS, **facts}), split)
    return only


def test_mapping(tmp_path: Path) -> None:
    columns = {
        **COLUMNS,
        **{
            "context": "cas",
            "explanation": "pourquoi",
            "facts": "faits",
            "task": "tâche",
            "subject": "matière",
        },
        **{"group_id": "dossier", "derived_from": "de", "generator": "par", "generation_id": "selon"},
    }
    changes = {
        **{"cas": " Un cas. ", "pourquoi": "Les îlots.", "faits": ["Un fait."], "tâche": "cloze"},
        **{"matière": "biologie", "dossier": "d-3", "de": "docs/d-3", "par": "m@1", "selon": "0f"},
    }
    record = outcome(tmp_path, changes, columns=columns, origin="synthetic", license="CC-BY-SA-4.0")
    del record["id"]
    assert record == {
        "instruction": ITEM["question"],
        "context": "Un cas.",
        "choices": ITEM["options"],
        "answer": "B",
        "explanation": "Les îlots.",
        "facts": ["Un fait."],
        "type": "mcqu",
        "origin": "synthetic",
        "task": "cloze",
        "source": "our-source",
        "source_id": "q-17",
        "group_id": "our-source/d-3",
        "subject": "biologie",
        "license": "CC-BY-SA-4.0",
        "derived_from": "docs/d-3",
        "generator": "m@1",
        "generation_id": "0f",
        "flags": [],
    }


def test_what_a_record_lacks(tmp_path: Path) -> None:
    record = outcome(tmp_path, {"id": GONE}, columns={**COLUMNS, "context": "cas", "subject": "matière"})
    assert record["source_id"] == "cas.jsonl#1"
    assert record["group_id"] == "our-source/cas.jsonl#1"
    assert (record["context"], record["subject"], record["task"]) == ("", None, "other")


def test_null_is_absent(tmp_path: Path) -> None:
    columns = {**COLUMNS, "context": "cas", "facts": "faits", "subject": "matière"}
    record = outcome(tmp_path, {"cas": None, "faits": None, "matière": None}, columns=columns)
    assert (record["context"], record["facts"], record["subject"]) == ("", [], None)


def test_constants(tmp_path: Path) -> None:
    facts: dict[str, Any] = {"constants": {"type": "mcq", "task": "cloze", "subject": "biologie"}}
    assert outcome(tmp_path, {"kind": GONE}, **facts)["type"] == "mcq"
    assert outcome(tmp_path, {"kind": None}, **facts)["type"] == "mcq"
    record = outcome(tmp_path, {"kind": "mcqu"}, **facts)
    assert (record["type"], record["task"], record["subject"]) == ("mcqu", "cloze", "biologie")


def test_labels_are_not_mistaken_for_options_that_are_letters(tmp_path: Path) -> None:
    groups = {"options": ["A", "B", "AB", "O"], "gold": "D"}
    assert outcome(tmp_path, groups, answer="labels")["answer"] == "D"
    groups["gold"] = "B"
    assert outcome(tmp_path, groups, answer="labels")["answer"] == "B"
    assert outcome(tmp_path, groups, answer="letters")["answer"] == "B"
    groups["options"] = ["B", "A", "AB", "O"]
    assert outcome(tmp_path, groups, answer="labels")["answer"] == "B"
    assert outcome(tmp_path, groups, answer="letters") == "answer-unparsed"
    assert outcome(tmp_path, {"gold": "b"}, answer="labels") == "gold-not-letters"
    assert outcome(tmp_path, {"gold": 1}, answer="labels") == "answer-unparsed"
    assert outcome(tmp_path, {"gold": ["B"]}, answer="labels")["answer"] == "B"


def test_licence_of_each_record(tmp_path: Path) -> None:
    columns = {**COLUMNS, "license": "licence"}
    assert outcome(tmp_path, {"licence": "CC-BY-NC-4.0"}, columns=columns)["license"] == "CC-BY-NC-4.0"
    assert outcome(tmp_path, {"licence": None}, columns=columns)["license"] == "CC-BY-4.0"
    assert outcome(tmp_path, {"licence": "see the file"}, columns=columns) == "license-format"


def test_origin_of_each_record(tmp_path: Path) -> None:
    facts: dict[str, Any] = {"origin": "mixed", "columns": {**COLUMNS, "origin": "source"}}
    assert outcome(tmp_path, {"source": "native"}, **facts)["origin"] == "native"
    assert outcome(tmp_path, {}, **facts) == "origin-unknown"


def test_unknown_lineage(tmp_path: Path) -> None:
    assert outcome(tmp_path, {}, origin="synthetic") == "lineage-missing"
    assert outcome(tmp_path, {}, origin="synthetic", lineage="unknown")["flags"] == ["lineage-unknown"]
    assert outcome(tmp_path, {}, origin="native", lineage="unknown")["flags"] == []


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_split_of_the_record(split: str, tmp_path: Path) -> None:
    path = tmp_path / "cas.jsonl"
    path.write_text(json.dumps({**ITEM, "part": split}))
    source = described_source(columns={**COLUMNS, "split": "part"}, files={"in-record": ["cas.jsonl"]})
    (file,) = find_files(tmp_path, source)
    assert [item.split for item in read(file, source)] == [split]
    # Where the catalogue gives each split its files, a record that says otherwise is refused.
    (item,) = read(InputFile(path, path.name, "test"), source)
    assert isinstance(item, Draft) == (split == "test")


def test_a_number_may_name_a_record(tmp_path: Path) -> None:
    assert outcome(tmp_path, {"id": 17})["source_id"] == "17"


@pytest.mark.parametrize("split", ["Train", "dev", "", None, 1, ["train"], GONE])
def test_unknown_split(split: Any, tmp_path: Path) -> None:
    columns = {**COLUMNS, "split": "part"}
    assert outcome(tmp_path, {"part": split}, "in-record", columns=columns) == "split-unknown"


@pytest.mark.parametrize(
    ("form", "changes", "answer"),
    [
        ("letters", {"gold": "b"}, "B"),
        ("letters", {"gold": "(B)"}, "B"),
        ("letters", {"gold": "Pancréas"}, "B"),
        ("letters", {"gold": "B. Pancréas"}, "B"),
        ("letters", {"gold": ["B"]}, "B"),
        ("letters", {**MCQ, "gold": ["C", "A"]}, "A,C"),
        ("letters", {**MCQ, "gold": "A et C"}, "A,C"),
        ("letters", {**MCQ, "gold": "AC"}, "A,C"),
        ("index-from-0", {"gold": 1}, "B"),
        ("index-from-0", {"gold": 0}, "A"),
        ("index-from-0", {**MCQ, "gold": [2, 0]}, "A,C"),
        ("index-from-1", {"gold": 1}, "A"),
        ("index-from-1", {**MCQ, "gold": [3, 1]}, "A,C"),
        ("text", {"gold": "Pancréas"}, "B"),
        ("text", {**MCQ, "gold": ["Rate", "Foie"]}, "A,C"),
        ("text", {"options": ["B", "A"], "gold": "A"}, "B"),
        ("text", {"options": ["1", "0"], "gold": "0"}, "B"),
        ("letters", {"options": {"A": "Foie", "B": "Pancréas"}}, "B"),
        ("letters", {"options": {"b": "Pancréas", "a": "Foie"}}, "B"),
        ("text", {"options": {"B": "Pancréas", "A": "Foie"}, "gold": "Pancréas"}, "B"),
        ("index-from-0", {"options": {"B": "Pancréas", "A": "Foie"}, "gold": 1}, "B"),
    ],
)
def test_answer(form: str, changes: dict[str, Any], answer: str, tmp_path: Path) -> None:
    record = outcome(tmp_path, changes, answer=form)
    assert record["answer"] == answer
    assert record["choices"] in (["Foie", "Pancréas", "Rate"], ["Foie", "Pancréas"], ["B", "A"], ["1", "0"])


def test_open_question(tmp_path: Path) -> None:
    changes = {"kind": "oeq", "options": None, "gold": "Les cellules β."}
    assert outcome(tmp_path, changes)["answer"] == "Les cellules β."
    # Whatever the form of the gold answers of others, an open answer is text.
    assert outcome(tmp_path, {**changes, "gold": "B"}, answer="index-from-0")["answer"] == "B"


@pytest.mark.parametrize(
    ("form", "changes", "rule"),
    [
        ("letters", {"gold": "A ou B"}, "answer-unparsed"),
        ("letters", {"gold": "Poumon"}, "answer-unparsed"),
        ("letters", {"gold": 1}, "answer-unparsed"),
        ("letters", {"gold": [1]}, "answer-unparsed"),
        ("letters", {"gold": ["A", ""]}, "answer-unparsed"),
        ("letters", {"gold": ["A", None]}, "answer-unparsed"),
        ("letters", {"gold": {"A": True}}, "answer-unparsed"),
        ("letters", {"options": ["B", "A"], "gold": "A"}, "answer-unparsed"),
        ("letters", {"gold": "E"}, "gold-outside-choices"),
        ("letters", {"gold": ["B", "B"]}, "gold-order"),
        ("letters", {"gold": "A,B"}, "gold-not-single"),
        ("letters", {"gold": ""}, "answer-empty"),
        ("letters", {"gold": None}, "answer-empty"),
        ("letters", {"gold": []}, "answer-empty"),
        ("letters", {"gold": GONE}, "answer-empty"),
        ("index-from-0", {"gold": "1"}, "answer-unparsed"),
        ("index-from-0", {"gold": "B"}, "answer-unparsed"),
        ("index-from-0", {"gold": True}, "answer-unparsed"),
        ("index-from-0", {"gold": 1.0}, "answer-unparsed"),
        ("index-from-0", {"gold": -1}, "answer-unparsed"),
        ("index-from-0", {"gold": 10}, "answer-unparsed"),
        ("index-from-0", {"gold": [0, "1"]}, "answer-unparsed"),
        ("index-from-0", {"gold": 3}, "gold-outside-choices"),
        ("index-from-0", {"gold": [1, 1]}, "gold-order"),
        ("index-from-1", {"gold": 0}, "answer-unparsed"),
        ("index-from-1", {"gold": 11}, "answer-unparsed"),
        ("index-from-1", {"gold": 4}, "gold-outside-choices"),
        ("text", {"gold": "B"}, "answer-unparsed"),
        ("text", {"gold": "pancréas"}, "answer-unparsed"),
        ("text", {"gold": "Foie, Rate"}, "answer-unparsed"),
        ("text", {"gold": ["Foie", "Poumon"]}, "answer-unparsed"),
        ("text", {"options": ["Foie", "Foie"], "gold": "Foie"}, "answer-unparsed"),
        ("text", {"gold": ["Foie", "Foie"]}, "gold-order"),
        ("text", {"options": [str(n) for n in range(11)], "gold": "10"}, "answer-unparsed"),
        ("letters", {"options": "Foie ; Rate"}, "choices-unparsed"),
        ("letters", {"options": ["Foie", 5]}, "choices-unparsed"),
        ("letters", {"options": ["Foie", None]}, "choices-unparsed"),
        ("letters", {"options": [["Foie"], ["Rate"]]}, "choices-unparsed"),
        ("letters", {"options": GONE}, "choices-unparsed"),
        ("letters", {"options": {"A": "Foie", "C": "Rate"}}, "choices-unparsed"),
        ("letters", {"options": {"1": "Foie", "2": "Rate"}}, "choices-unparsed"),
        ("letters", {"options": {"A": "Foie", "a": "Rate"}}, "choices-unparsed"),
        ("letters", {"options": {letter: letter * 2 for letter in "ABCDEFGHIJK"}}, "choices-unparsed"),
        ("letters", {"options": {"A": "Foie", "B": 5}}, "choices-unparsed"),
        ("letters", {"options": None}, "choices-count"),
        ("letters", {"options": []}, "choices-count"),
        ("letters", {"options": ["Foie", "Foie "]}, "choices-distinct"),
        ("letters", {"kind": GONE}, "type-unknown"),
        ("letters", {"kind": None}, "type-unknown"),
        ("letters", {"kind": "QCM"}, "type-unknown"),
        ("letters", {"kind": ["mcq"]}, "field-type"),
        ("letters", {"kind": "oeq"}, "open-with-choices"),
        ("letters", {"kind": "oeq", "options": "Foie"}, "field-type"),
        ("letters", {"kind": "oeq", "options": [], "gold": ["B"]}, "field-type"),
        ("letters", {"question": GONE}, "instruction-empty"),
        ("letters", {"question": 5}, "field-type"),
        ("letters", {"id": ""}, "source-id-empty"),
        ("letters", {"id": None}, "source-id-empty"),
        ("letters", {"id": ["q", 17]}, "field-type"),
    ],
)
def test_refused(form: str, changes: dict[str, Any], rule: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, changes, answer=form) == rule


@pytest.mark.parametrize("line", ["5", "null", '"texte"', "true"])
def test_what_is_no_object_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "cas.jsonl"
    path.write_text(f"{line}\n{json.dumps(ITEM)}\n[]\n")
    source = described_source(columns=COLUMNS)
    first, second, third = read_outcomes(path, source)
    assert (first, third) == ("record-unreadable", "record-unreadable")
    assert second["source_id"] == "q-17"


def test_refusals_name_record_and_place(tmp_path: Path) -> None:
    path = tmp_path / "cas.jsonl"
    path.write_text(f"\n{json.dumps({**ITEM, 'gold': 'K'})}\n{json.dumps({**ITEM, 'id': 5, 'gold': 'K'})}\n")
    refused = list(read(InputFile(path, "deep/cas.jsonl", "train"), described_source(columns=COLUMNS)))
    assert [item[:3] for item in refused] == [
        (2, "q-17", "answer-unparsed"),
        (3, "5", "answer-unparsed"),
    ]


# --- files -----------------------------------------------------------------------------------------------


def test_files_by_pattern(tmp_path: Path) -> None:
    for name in ("train/b.jsonl", "train/a.jsonl", "train/a.txt", "test.jsonl", "train/c.jsonl/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    source = described_source(files={"test": ["test.jsonl"], "train": ["train/*.jsonl"]})
    assert [(file.name, file.split) for file in find_files(tmp_path, source)] == [
        ("test.jsonl", "test"),
        ("train/a.jsonl", "train"),
        ("train/b.jsonl", "train"),
    ]


def test_every_pattern_without_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside.jsonl").touch()
    patterns = ["absent.jsonl", "../outside.jsonl", str(tmp_path / "outside.jsonl"), "a/../../outside.jsonl"]
    with pytest.raises(InputError) as caught:
        find_files(tmp_path / "inside", described_source(files={"train": patterns, "test": ["*.jsonl"]}))
    whats = [problem.what for problem in caught.value.problems]
    assert whats[1:4] == [f'"{pattern}"' for pattern in patterns[1:]]
    assert "absent.jsonl for the split train" in whats[0]
    assert "*.jsonl for the split test" in whats[4]
