"""Records by Apertium: a first try that works without key or GPU, and that is never published."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from commands import invoke, refused
from generate.jobs import exported, figures, lines
from generate.translator import QUESTIONS, rows, write_source
from releases import read_rows

from medinjection_fr.build import build
from medinjection_fr.errors import InputError
from medinjection_fr.generate.rules import RULES
from medinjection_fr.models.apertium import Apertium
from medinjection_fr.release.verify import verify


@pytest.fixture(autouse=True, scope="module")
def apertium() -> str:
    """The translator's name; the tests need it, and `.ci/run` installs it."""
    try:
        return Apertium().name
    except InputError as error:
        pytest.skip(str(error))


def translate(folder: Path, *options: object) -> Path:
    """Translates the questions in a folder; returns the export."""
    journal = folder.parent / "journal.sqlite"
    done = invoke(
        *(
            "translate",
            "run",
            "medmcqa",
            "--data",
            folder,
            "--journal",
            journal,
            "--model",
            "apertium",
            *options,
        )
    )
    assert done.exit_code == 0, done.output
    return exported(folder)


def test_records_by_apertium_are_marked_and_never_public(tmp_path: Path, apertium: str) -> None:
    export = translate(write_source(tmp_path / "data", rows()))
    records, rejected = lines(export / "records.jsonl"), lines(export / "rejected.jsonl")
    assert len(records) + len(rejected) == len(QUESTIONS)
    assert len(records) >= 3
    assert {record["generator"] for record in records} == {apertium}
    assert apertium.startswith("apertium-")
    assert [name.split("@")[0] for name in figures(export)["job"]["templates"]] == ["translate-apertium-1"]
    assert figures(export)["asked_again"] == {"accepted": 0, "rejected": 0}
    [vitamin] = [record for record in records if record["source_id"] == "q-4"]
    assert vitamin["instruction"].startswith("Quelle vitamine")
    release = build(export / "recipe.yaml", tmp_path / "release").release.folder
    assert verify(release, rows=True) == []
    assert {row["generator"] for row in read_rows(release)} == {apertium}
    recipe = (export / "recipe.yaml").read_text(encoding="utf-8").replace("internal", "public")
    (export / "public.yaml").write_text(recipe, encoding="utf-8")
    told = refused(invoke("build", export / "public.yaml", "--output", tmp_path / "public"))
    assert "medmcqa-translated: generator-first-try: " in told
    assert not (tmp_path / "public").exists()


def test_same_bytes_whatever_is_translated_beside(tmp_path: Path) -> None:
    together = translate(write_source(tmp_path / "together" / "data", rows(2)))
    single = translate(write_source(tmp_path / "single" / "data", rows()), "--at-once", 1)
    expected = {record["source_id"]: record for record in lines(together / "records.jsonl")}
    for record in lines(single / "records.jsonl"):
        assert record == expected[record["source_id"]]


def test_real_questions(data: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    done = invoke(
        *("translate", "run", "medmcqa", "--data", data, "--journal", journal, "--model", "apertium"),
        *("--limit", 16),
    )
    assert done.exit_code == 0, done.output
    export = exported(tmp_path / "data")
    records, rejected = lines(export / "records.jsonl"), lines(export / "rejected.jsonl")
    assert len(records) + len(rejected) == 16
    assert records and rejected
    assert {finding["rule"] for row in rejected for finding in row["findings"]} <= RULES.keys()
    originals = {
        row["id"]: row
        for row in map(json.loads, (data / "medmcqa" / "data" / "dev.json").read_text().splitlines())
    }
    for record in records:
        assert "ABCD".index(record["answer"]) + 1 == originals[record["source_id"]]["cop"]
        assert len(record["choices"]) == 4
    assert Counter(record["split"] for record in records) == {"validation": len(records)}
