"""The dataset as its authors published it: both forms, every spelling, options inside the text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from examples import read_outcomes, valid_record
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.curate.normalise import normalise_text
from medinjection_fr.errors import InputError
from medinjection_fr.record import LETTERS, ORIGINS, SPLITS, TYPES
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.published import COLUMNS, find_files, split_options

SOURCE = load_catalogue()["medinjection-fr-published"]
TYPE_SPELLINGS = {
    "mcqu": ["mcqu", "MCQU", "QCMU", "qcmu", " Mcqu "],
    "mcq": ["mcq", "QCM", "qcm", "MCQM", "Mcq"],
    "oeq": ["oeq", "OEQ", "QRO", "qro", "Oeq\n"],
}
ORIGIN_SPELLINGS = {
    "native": ["native", "Native", "NAT", "nat", "NATIVE"],
    "synthetic": ["synthetic", "Synthetic", "SYN", "syn", "SYNTHETIC"],
    "translated": ["translated", "Translated", "TRAD", "trad", "Translation"],
}


def published_row(type: str, origin: str, number: int = 0, /, **changes: Any) -> dict[str, Any]:
    """A row in the published form; the number decides how its type and origin are spelled."""
    record = valid_record(type, origin)
    options = [f"({letter}) {text}" for letter, text in zip(LETTERS, record["choices"], strict=False)]
    stem = f"{record['instruction']} ({number})"
    return {
        "instruction": "\n".join([stem, "Choix de réponses :", *options]) if options else stem,
        "context": record["context"],
        "answer": record["answer"],
        "type": TYPE_SPELLINGS[type][number % 5],
        "origin": ORIGIN_SPELLINGS[origin][number % 5],
        **changes,
    }


def publish_parquet(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    (folder / "data").mkdir(parents=True)
    for split, records in rows.items():
        pq.write_table(pa.Table.from_pylist(records, schema), folder / f"data/{split}-00000-of-00001.parquet")


def publish_tree(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    for split, records in rows.items():
        for origin, spellings in ORIGIN_SPELLINGS.items():
            for type, types in TYPE_SPELLINGS.items():
                own = [r for r in records if r["type"] in types and r["origin"] in spellings]
                path = folder / origin.capitalize() / split.capitalize() / type / "part.json"
                path.parent.mkdir(parents=True)
                kept = [{k: v for k, v in row.items() if k not in ("type", "origin")} for row in own]
                path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


@pytest.fixture
def rows() -> dict[str, list[dict[str, Any]]]:
    return {
        split: [published_row(t, o, 5 * n + m) for t in TYPES for o in ORIGINS for m in range(5)]
        for n, split in enumerate(SPLITS)
    }


def read_all(folder: Path) -> list[Any]:
    files = find_files(folder, SOURCE)
    return [(f.split, r) for f in files for r in read_outcomes(f.path, SOURCE, f.split, f.name)]


@pytest.mark.parametrize("publish", [publish_parquet, publish_tree])
def test_both_forms_hold_the_same_records(publish: Any, rows: Any, tmp_path: Path) -> None:
    publish(tmp_path, rows)
    expected = {
        (split, type, origin, valid_record(type, instruction=text.splitlines()[0])["id"])
        for split in SPLITS
        for type in TYPES
        for origin in ORIGINS
        for text in [row["instruction"] for row in rows[split] if row["type"] in TYPE_SPELLINGS[type]]
    }
    read = read_all(tmp_path)
    assert len(read) == 135
    assert {(split, r["type"], r["origin"], r["id"]) for split, r in read} == expected
    assert Counter(split for split, _ in read) == dict.fromkeys(SPLITS, 45)
    assert len({record["source_id"] for _, record in read}) == 135
    for _, record in read:
        assert record["flags"] == ([] if record["origin"] == "native" else ["lineage-unknown"])
        assert record["derived_from"] is record["generator"] is None
        assert record["license"] == "LicenseRef-MedInjection-FR-published"


def outcome(folder: Path, row: Any, name: str = "train.json") -> Any:
    path = folder / "given.json"
    path.write_text(json.dumps([row]))
    (only,) = read_outcomes(path, SOURCE, "train", name)
    return only


@pytest.mark.parametrize("form", ["record", "folder", "stem"])
@pytest.mark.parametrize(("type", "spelling"), [(t, s) for t, all in TYPE_SPELLINGS.items() for s in all])
def test_type_in_any_spelling(type: str, spelling: str, form: str, tmp_path: Path) -> None:
    row = published_row(type, "native", type=spelling)
    name = "Train/part.json"
    if form != "record":
        del row["type"]
        name = (
            f"Train/{spelling.strip()}/part.json"
            if form == "folder"
            else f"Train/x_{spelling.strip()}-2.json"
        )
    assert outcome(tmp_path, row, name)["type"] == type


@pytest.mark.parametrize("form", ["record", "folder", "stem"])
@pytest.mark.parametrize(("origin", "spelling"), [(o, s) for o, all in ORIGIN_SPELLINGS.items() for s in all])
def test_origin_in_any_spelling(origin: str, spelling: str, form: str, tmp_path: Path) -> None:
    row = published_row("mcq", origin, origin=spelling)
    name = "Train/part.json"
    if form != "record":
        row["origin"] = None
        name = f"{spelling}/Train/part.json" if form == "folder" else f"Train/{spelling}_0.json"
    assert outcome(tmp_path, row, name)["origin"] == origin


@pytest.mark.parametrize(
    ("changes", "name", "rule"),
    [
        ({"type": None}, "train.json", "type-unknown"),
        ({"type": None}, "train/mcq/mcqu.json", "type-unknown"),
        ({"type": ""}, "train/mcq/x.json", "type-unknown"),
        ({"type": "QCS"}, "train/mcq/x.json", "type-unknown"),
        ({"type": "mcq mcqu"}, "train/mcq/x.json", "type-unknown"),
        ({"type": 5}, "train/mcq/x.json", "field-type"),
        ({"origin": None}, "train.json", "origin-unknown"),
        ({"origin": None}, "Native/train_trad.json", "origin-unknown"),
        ({"origin": "nature"}, "Native/train.json", "origin-unknown"),
        ({"origin": ["native"]}, "Native/train.json", "field-type"),
        ({"answer": None}, "train.json", "answer-empty"),
        ({"answer": " "}, "train.json", "answer-empty"),
        ({"answer": "A ou B"}, "train.json", "answer-unparsed"),
        ({"answer": "H"}, "train.json", "gold-outside-choices"),
        ({"answer": "B,B"}, "train.json", "gold-order"),
        ({"answer": ["B"]}, "train.json", "field-type"),
        ({"answer": 1}, "train.json", "field-type"),
        ({"type": "mcqu", "answer": "A,B"}, "train.json", "gold-not-single"),
        ({"instruction": None}, "train.json", "field-type"),
        ({"instruction": "Sans options ?"}, "train.json", "choices-unparsed"),
        ({"instruction": "Où ?\nChoix :\n(A) Foie"}, "train.json", "choices-count"),
        ({"instruction": "Où ?\nChoix :\n(A) Foie\n(B)"}, "train.json", "choice-empty"),
        ({"instruction": "Où ?\nChoix :\n(A) Foie\n(B) Foie"}, "train.json", "choices-distinct"),
        ({"instruction": "Choix :\n(A) Foie\n(B) Rate"}, "train.json", "instruction-empty"),
        ({"instruction": "Si \x1c 5 ?\nChoix :\n(A) a\n(B) b"}, "train.json", "text-control-character"),
        ({"instruction": "Si \x1c 5 ?\n(A) a\n(B) b"}, "train.json", "text-control-character"),
        ({"instruction": "Où ?\n(A) a\n(B) \x1f 5 mg"}, "train.json", "text-control-character"),
        ({"instruction": "Où ?\n(A) a\n(B) 5 mg \x1d"}, "train.json", "text-control-character"),
        ({"instruction": "O\ufffd ?\n(A) a\n(B) b"}, "train.json", "text-replacement-character"),
        ({"instruction": "O\ud800 ?\n(A) a\n(B) b"}, "train.json", "text-not-unicode"),
        ({"context": 5}, "train.json", "field-type"),
        ({"type": "oeq", "instruction": ""}, "train.json", "instruction-empty"),
    ],
)
def test_refused(changes: dict[str, Any], name: str, rule: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, published_row("mcq", "native", **changes), name) == rule


@pytest.mark.parametrize("row", [None, 5, [], "texte", {}, {"instruction": "Où ?"}, {"answer": "A"}])
def test_what_is_no_row_is_refused(row: Any, tmp_path: Path) -> None:
    assert outcome(tmp_path, row) == "record-unreadable"


def test_absent_context_is_empty(tmp_path: Path) -> None:
    row = published_row("mcq", "native")
    assert outcome(tmp_path, {**row, "context": None})["context"] == ""
    del row["context"]
    assert outcome(tmp_path, row)["context"] == ""


def test_open_questions_keep_their_text(tmp_path: Path) -> None:
    text = "Commentez :\n(A) la dose\n(B) la voie"
    record = outcome(tmp_path, published_row("oeq", "native", instruction=text, answer="A et B sont justes."))
    assert (record["instruction"], record["choices"]) == (text, [])
    assert record["answer"] == "A et B sont justes."


def test_rows_of_one_context_are_one_group(tmp_path: Path) -> None:
    one, other = (outcome(tmp_path, published_row("mcq", "native", number)) for number in (1, 2))
    assert one["group_id"] == other["group_id"]
    alone = outcome(tmp_path, published_row("mcq", "native", context=""))
    assert alone["group_id"] == "medinjection-fr-published/train.json#1"


# --- files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.parquet", "train"),
        ("data/train-00000-of-00002.parquet", "train"),
        ("default/train/0000.parquet", "train"),
        ("validation.parquet", "validation"),
        ("data/Validation/0.parquet", "validation"),
        ("dev.parquet", "validation"),
        ("valid_0.parquet", "validation"),
        ("native-val.parquet", "validation"),
        ("TEST.parquet", "test"),
        ("Native/Train/mcq/native_mcq.json", "train"),
        ("Translated/Validation/mcqu/medqa.json", "validation"),
        ("Native/Test/oeq/test.jsonl", "test"),
        ("TRAIN/OEQ/a.json", "train"),
        ("synthetic_train_mcq.json", "train"),
    ],
)
def test_split_of_a_path(name: str, split: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    (file,) = find_files(tmp_path, SOURCE)
    assert (file.path, file.name, file.split) == (path, name, split)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ["no .parquet and no .json file"]),
        (["train.csv", ".cache/train.json", "dataset_infos.json"], ["no .parquet and no .json file"]),
        (["data/train-0.parquet", "Native/Train/mcq/a.json"], ["holds both published forms"]),
        (["data/train-0.parquet", "train.jsonl"], ["holds both published forms"]),
        (
            ["all.json", "train.json", "Native/mcq/0.json"],
            ["Native/mcq/0.json: no split", "all.json: no split"],
        ),
        (
            ["training/0.parquet", "trainer.parquet", "train.parquet"],
            ["trainer.parquet", "training/0.parquet"],
        ),
        (["Train/mcq/test.json"], ["Train/mcq/test.json: no split in its path, or several"]),
        (["train-validation.parquet"], ["train-validation.parquet"]),
    ],
)
def test_files_that_cannot_be_used(names: list[str], words: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(InputError) as caught:
        find_files(tmp_path, SOURCE)
    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) == len(words)
    assert all(expected in problem for expected, problem in zip(words, sorted(problems), strict=True))


def test_metadata_beside_the_files_is_no_data(tmp_path: Path) -> None:
    for name in ("train.json", "dataset_info.json", "state.json", ".huggingface/test.json", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [file.name for file in find_files(tmp_path, SOURCE)] == ["train.json"]


def test_parquet_without_a_column_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"instruction": ["Où ?"], "answer": ["A"]}), tmp_path / "train.parquet")
    with pytest.raises(InputError, match=r"lacks the column\(s\) context, type, origin"):
        read_all(tmp_path)


# --- options inside the text -----------------------------------------------------------------------------

FOIE_RATE = ["Foie", "Rate"]


@pytest.mark.parametrize(
    ("text", "stem", "choices"),
    [
        ("Où ?\nChoix de réponses :\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nChoix de réponse:\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nCHOIX DE REPONSES\u00a0:\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nChoix de re\u0301ponses :\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nChoix :\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\n  Options :  \n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nPropositions :\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nRéponses possibles :\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\r\nChoix :\r\n(A) Foie\r\n(B) Rate\r\n", "Où ?", FOIE_RATE),
        ("Où ?\u2028Choix :\u2028(A) Foie\u2028(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nChoix :\n\n(A) Foie\n \n(B) Rate\n\n", "Où ?", FOIE_RATE),
        ("Où ?\n(A) Foie\n(B) Rate", "Où ?", FOIE_RATE),
        ("Où ?\n\n(A) Foie\n\n(B) Rate", "Où ?\n", FOIE_RATE),
        ("Où ?\n(a) Foie\n(b) Rate", "Où ?", FOIE_RATE),
        ("Où ?\n(A)Foie\n(B)Rate", "Où ?", FOIE_RATE),
        ("Où ?\n  (A)\u00a0Foie \n\t(B)\tRate\u200b", "Où ?", FOIE_RATE),
        ("Où ?\nA) Foie\nB) Rate", "Où ?", FOIE_RATE),
        ("Où ?\na) Foie\nb) Rate", "Où ?", FOIE_RATE),
        ("Où ?\nA. Foie\nB. Rate", "Où ?", FOIE_RATE),
        ("Où ?\nA : Foie\nB : Rate", "Où ?", FOIE_RATE),
        ("Où ?\nA: Foie\nB: Rate", "Où ?", FOIE_RATE),
        ("Où ?\nA - Foie\nB - Rate", "Où ?", FOIE_RATE),
        ("Où ?\nA – Foie\nB – Rate", "Où ?", FOIE_RATE),
        ("Cas :\nfièvre\nToux\nOù ?\nChoix :\n(A) Foie\n(B) Rate", "Cas :\nfièvre\nToux\nOù ?", FOIE_RATE),
        (
            "(A) puis (B) ?\nA. Foie\nC. Rein\nChoix :\n(A) Foie\n(B) Rate",
            "(A) puis (B) ?\nA. Foie\nC. Rein",
            FOIE_RATE,
        ),
        ("Où ?\n(A) (B)\n(B) (A)", "Où ?", ["(B)", "(A)"]),
        ("Où ?\n(A) A. Foie\n(B) B. Rate", "Où ?", ["A. Foie", "B. Rate"]),
        ("Où ?\n(A) 60 mg/kg/j\n(B) 6 mg/kg/j", "Où ?", ["60 mg/kg/j", "6 mg/kg/j"]),
        ("Où ?\n(A) A+\n(B) A-", "Où ?", ["A+", "A-"]),
        ("Où ?\n(A) - 5\n(B) + 5", "Où ?", ["- 5", "+ 5"]),
        ("Où ?\n(A) Foie\n(B)", "Où ?", ["Foie", ""]),
        ("Choix :\n(A) Foie\n(B) Rate", "", FOIE_RATE),
        ("Où ?\n(A) Foie", "Où ?", ["Foie"]),
        (f"Où ?\n{chr(10).join(f'({c}) n° {c}' for c in LETTERS)}", "Où ?", [f"n° {c}" for c in LETTERS]),
        ("Où ?\n(A) \x1f 5 mg\n(B) 5 mg", "Où ?", ["\x1f 5 mg", "5 mg"]),
    ],
)
def test_options_read(text: str, stem: str, choices: list[str]) -> None:
    assert split_options(text) == (stem, choices)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no line announces options and 0 lines are labelled A"),
        ("Où ?", "no line announces options and 0 lines are labelled A"),
        ("Où ?\nFoie\nRate", "no line announces options and 0 lines are labelled A"),
        ("Où ? (A) Foie (B) Rate", "0 lines are labelled A"),
        ("Où ? Choix : (A) Foie (B) Rate", "0 lines are labelled A"),
        ("Où ?\n1. Foie\n2. Rate", "0 lines are labelled A"),
        ("Où ?\n(B) Foie\n(C) Rate", "0 lines are labelled A"),
        ("Où ?\n[A] Foie\n[B] Rate", "0 lines are labelled A"),
        ("Où ?\na. Foie\nb. Rate", "0 lines are labelled A"),
        ("Où ?\nA.Foie\nB.Rate", "0 lines are labelled A"),
        ("Où ?\nA-Foie\nB-Rate", "0 lines are labelled A"),
        ("Où ?\nA Foie\nB Rate", "0 lines are labelled A"),
        ("Où ?\n• Foie\n• Rate", "0 lines are labelled A"),
        ("A. Un cas\nOù ?\nA. Foie\nB. Rate", "2 lines are labelled A"),
        ("A. Un cas\nOù ?\n(A) Foie\n(B) Rate", "2 lines are labelled A"),
        ("Où ?\nChoix :\n(A) Foie\nOptions :\n(B) Rate", "2 lines announce options"),
        ("Où ?\nChoix :", "no labelled option"),
        ("Où ?\nChoix :\n\n", "no labelled option"),
        ("Où ?\nChoix :\nFoie\nRate", "no labelled option"),
        ("Où ?\nChoix :\nl'organe\n(A) Foie\n(B) Rate", "no labelled option"),
        ("Où ?\nChoix :\n1. Foie\n2. Rate", "no labelled option"),
        ("Où ?\nChoix :\n(B) Foie\n(C) Rate", "line 3 is not option A"),
        ("Où ?\nChoix :\n(A) Foie\n(C) Rate", "line 4 is not option B"),
        ("Où ?\nChoix :\n(A) Foie\n(A) Rate", "line 4 is not option B"),
        ("Où ?\nChoix :\n(B) Rate\n(A) Foie", "line 3 is not option A"),
        ("Où ?\nChoix :\n(A) Foie\n(B) Rate\n(A) Rein", "line 5 is not option C"),
        ("Où ?\nChoix :\n(A) Foie\nB. Rate", "line 4 is not option B"),
        ("Où ?\nChoix :\n(A) Foie\nB) Rate", "line 4 is not option B"),
        ("Où ?\nChoix :\nA. Foie\nB - Rate", "line 4 is not option B"),
        ("Où ?\nChoix :\n(A) Le foie\net la rate\n(B) Rein", "line 4 is not option B"),
        ("Où ?\nChoix :\n(A) Foie\n(B) Rate\net rein", "line 5 is not option C"),
        ("Où ?\n(A) Foie\n(B) Rate\nRéponse :", "line 4 is not option C"),
        ("Où ?\n(A) Foie\n(B) Rate\nJustifiez.", "line 4 is not option C"),
        ("Où ?\n(A) Foie (B) Rate\n(C) Rein (D) Cœur", "line 3 is not option B"),
        (f"Où ?\n{chr(10).join(f'({c}) n° {c}' for c in LETTERS)}\n(K) Rein", "line 12 is not option J"),
        ("Où ?\nA.\nB. Foie", "0 lines are labelled A"),
    ],
)
def test_options_refused(text: str, reason: str) -> None:
    found = split_options(text)
    assert isinstance(found, str)
    assert reason in found


plain = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=15).map(normalise_text)


@given(
    stem=plain,
    choices=st.lists(plain.filter(bool), min_size=1, max_size=10),
    style=st.sampled_from(["({}) ", "{}) ", "{}. ", "{} : ", "{} - ", "{} – "]),
    header=st.sampled_from(["Choix de réponses :\n", "Options :\n\n", ""]),
)
def test_what_is_written_is_read(stem: str, choices: list[str], style: str, header: str) -> None:
    stem = f"Question {stem}".rstrip()
    lines = [style.format(letter) + text for letter, text in zip(LETTERS, choices, strict=False)]
    assert split_options(f"{stem}\n{header}" + "\n".join(lines)) == (stem, choices)
