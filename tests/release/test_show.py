"""One record from the command line, with its way back to the upstream file."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import invoke, parsed, refused
from damage import copy_of
from recipes import question, write_recipe
from releases import manifest_of, read_rows, shard_paths

from medinjection_fr.build import build
from medinjection_fr.curate.ledger import read_ledger


def test_show_a_kept_record_with_its_way_back(tiny_release: Path) -> None:
    row = next(row for row in read_rows(tiny_release) if row["origin"] == "synthetic")
    told = parsed("show", row["id"], "--release", tiny_release)
    assert told["record"] == row
    assert told["ledger"] == []
    digest = manifest_of(tiny_release)["sources"]["our-synthetic"]["files"][0]["sha256"]
    assert told["lineage"]["upstream files"] == [f"records.jsonl (sha256 {digest})"]
    assert told["lineage"]["upstream identifier"] == row["source_id"]
    assert told["lineage"]["derived from"] == row["derived_from"]
    assert told["lineage"]["shard"] in shard_paths(tiny_release)
    assert parsed("show", row["id"][:12], "--release", tiny_release) == told
    output = invoke("show", row["id"], "--release", tiny_release).output
    assert row["source_id"] in output and row["derived_from"] in output and digest in output.replace("\n", "")


def test_show_marks_the_gold_options(tiny_release: Path) -> None:
    row = next(row for row in read_rows(tiny_release) if row["answer"] == "A,C")
    output = invoke("show", row["id"], "--release", tiny_release).output
    assert "✔ (A) Fièvre" in output and "✔ (C) Éruption" in output
    assert "  (B) Toux" in output


def test_show_a_dropped_record(tiny_release: Path) -> None:
    (dropped,) = read_ledger(tiny_release / "dropped" / "our-native.jsonl")
    assert dropped.id
    told = parsed("show", dropped.id, "--release", tiny_release)
    assert told["record"] is None
    assert told["ledger"] == [dropped._asdict()]
    output = invoke("show", dropped.id, "--release", tiny_release).output
    assert (
        "ledger: our-native: records.jsonl record 4: choices-distinct: options 1 and 2 are the same" in output
    )


def test_show_a_record_that_stands_in_the_release_and_in_the_ledger(tmp_path: Path) -> None:
    rows = {"native": [question("q1"), {**question("q1"), "source_id": "q2"}]}
    folder = build(write_recipe(tmp_path, rows), tmp_path / "out").release.folder
    (row,) = read_rows(folder)
    told = parsed("show", row["id"], "--release", folder)
    assert told["record"]["source_id"] == "q1"
    assert [(entry["source_id"], entry["rule"]) for entry in told["ledger"]] == [("q2", "same-content")]
    assert (
        "same-content: kept our-native/q1 in train" in invoke("show", row["id"], "--release", folder).output
    )


@pytest.mark.parametrize("id", ["0" * 32, "zz", ".*"])
def test_show_an_unknown_record(tiny_release: Path, id: str) -> None:
    assert f"no record has the id {id}" in refused(invoke("show", id, "--release", tiny_release))


def test_show_an_ambiguous_prefix(tiny_release: Path) -> None:
    firsts = [row["id"][0] for row in read_rows(tiny_release)]
    digit = max(set(firsts), key=firsts.count)
    message = refused(invoke("show", digit, "--release", tiny_release))
    assert f"records begin with {digit}" in message
    assert "60 records begin with" in refused(invoke("show", "", "--release", tiny_release))


def test_show_in_a_damaged_release(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    shard = folder / shard_paths(folder)[0]
    shard.write_bytes(shard.read_bytes()[:500])
    message = refused(invoke("show", read_rows(tiny_release)[-1]["id"], "--release", folder))
    assert str(shard) in message
    shard.unlink()
    message = refused(invoke("show", read_rows(tiny_release)[-1]["id"], "--release", folder))
    assert str(shard) in message
