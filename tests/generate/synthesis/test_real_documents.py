"""The real abstracts of MORFITT and cases of E3C: what stands in them passes, and records are made of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from generate.jobs import exported, figures, lines
from generate.synthesis.jobs import run
from models.proxy import Answer, Body, completion, running_proxy

from medinjection_fr.generate.checks import load_glossary
from medinjection_fr.generate.run import choose_materials, find_materials
from medinjection_fr.generate.synthesis.checks.document import read_document
from medinjection_fr.generate.synthesis.checks.grounded import check_grounded, check_quotes
from medinjection_fr.sources.catalogue import find_source

GLOSSARY = load_glossary()


def sentences_of(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.?!])\s+(?=[A-ZÀ-Ý])", text) if len(one) > 40]


@pytest.mark.parametrize(("source", "kind"), [("morfitt", "abstract"), ("e3c-fr", "clinical-case")])
def test_sentences_of_real_documents_are_grounded(data: Path, source: str, kind: str) -> None:
    inputs = find_materials(find_source(source), data / source, "documents")
    documents = [row for _, row in choose_materials(inputs, 300) if row["kind"] == kind]
    assert len(documents) > 150
    for row in documents:
        document = read_document(row["text"])
        for sentence in sentences_of(row["text"])[:5]:
            found = [*check_grounded([sentence], document, GLOSSARY), *check_quotes([sentence], document)]
            assert found == [], (row["source_id"], sentence)


def extract(body: Body) -> Answer:
    """A model that can only copy: its first sentences, or nothing if there are too few."""
    text = body["messages"][1]["content"]
    sentences = sentences_of(text)
    said = {"possible": len(sentences) > 2, "instruction": "", "quotes": [], "answer": "", "facts": []}
    if said["possible"]:
        said |= {"instruction": "Résumez ce texte en quelques phrases.", "quotes": sentences[:1]}
        said |= {"answer": " ".join(sentences[:3]), "facts": sentences[1:2]}
    return completion(json.dumps(said, ensure_ascii=False), body)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "task"), [("morfitt", "abstract-summary"), ("e3c-fr", "case-note-summary")]
)
def test_real_documents_become_records(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, task: str
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / source).symlink_to(data / source)
    with running_proxy(extract) as server:
        run(server, folder, source, "--tasks", task, "--limit", 50)
    export = exported(folder)
    told = figures(export)
    assert sum(told["units"].values()) == 50
    assert told["units"]["accepted"] > 25
    records = lines(export / "records.jsonl")
    assert {record["derived_from"].split("/")[0] for record in records} == {source}
    allowed = {
        "not-in-document",
        "document-kind",
        "near-copy",
        "not-self-contained",
        "not-plain",
        "not-french",
    }
    assert told["rejected_by_rule"].keys() <= allowed
