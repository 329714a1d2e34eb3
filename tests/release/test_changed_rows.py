"""Every kind of change of a record is told, each record once, as a plain comparison tells it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from compared import changed, find, listed
from recipes import Rows, built, question, source_facts
from releases import read_rows

from medinjection_fr.configs import Cell
from medinjection_fr.release.changed_rows import KINDS
from medinjection_fr.release.diff import Difference, diff_releases
from medinjection_fr.release.manifest import Release


def the_row(difference: Difference, kind: str) -> dict[str, Any]:
    """The only row that changed, which did so in this way."""
    assert changed(difference) == {kind: 1}
    (row,) = listed(difference)
    return row


def test_added_record(to: Any, rows: Rows) -> None:
    rows["native"].append(question("one more", "mcq", "test"))
    difference = to(rows)
    assert (difference.bump, difference.smallest_version()) == ("minor", "1.1.0")
    row = the_row(difference, "added")
    assert row["kind"] == "added"
    assert (row["source"], row["source_id"]) == ("our-native", "one more")
    assert (row["origin"], row["split"], row["type"]) == ("native", "test", "mcq")
    cell = difference.by_cell()[Cell("native", "test", "mcq")]
    assert cell == {"old": 1, "new": 2, **dict.fromkeys(KINDS, 0), "added": 1}
    assert difference.by_source()["our-native"]["added"] == 1
    assert difference.configs["native"].splits["test"] == (2, 3, 1, 0)
    assert difference.configs["native+synthetic+translated"].splits["test"] == (6, 7, 1, 0)
    assert "synthetic" not in difference.configs


def test_removed_record(to: Any, rows: Rows) -> None:
    gone = rows["native"].pop(0)
    difference = to(rows)
    assert (difference.bump, difference.smallest_version()) == ("major", "2.0.0")
    row = the_row(difference, "removed")
    assert row["source_id"] == gone["source_id"]
    assert "rule" not in row  # its source has it no longer
    assert not difference.withdrawn
    assert difference.by_cell()[Cell("native", "train", "mcqu")]["removed"] == 1
    assert difference.configs["native"].splits["train"] == (16, 15, 0, 1)


@pytest.mark.parametrize("by", ["id", "source_id"])
def test_withdrawn_record_is_named_with_its_reason(to: Any, old: Release, rows: Rows, by: str) -> None:
    gone = read_rows(old.folder)[0]
    name = {"id": gone["id"]} if by == "id" else {"source": gone["source"], "source_id": gone["source_id"]}
    entry = {**name, "reason": "dose reported wrong", "date": "2026-11-23"}
    difference = to(rows, exclude=[entry])
    assert difference.bump == "major"
    assert changed(difference) == {"removed": 1}
    (row,) = difference.withdrawn
    assert (row["id"], row["source"], row["source_id"]) == (gone["id"], gone["source"], gone["source_id"])
    assert row["reason"] == "dose reported wrong (2026-11-23)"


def test_withdrawn_record_whose_copy_takes_its_place(old: Release, tmp_path: Path, rows: Rows) -> None:
    twin = {**rows["native"][0], "source_id": "twin"}
    rows["native"].append(twin)
    before = built(tmp_path / "before", rows)
    gone = rows["native"][0]["source_id"]
    entry = {"source": "our-native", "source_id": gone, "reason": "r", "date": "2026-11-23"}
    difference = diff_releases(before, built(tmp_path / "after", rows, exclude=[entry]))
    assert changed(difference) == {"metadata": 1}
    (row,) = difference.withdrawn
    assert (row["old_source_id"], row["source_id"]) == (gone, "twin")
    assert row["columns"] == ["source_id", "group_id"]
    assert row["reason"] == "r (2026-11-23)"


def test_record_that_a_rule_dropped_is_told_with_the_rule(to: Any, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-3").update(choices=["Oui", "Oui"])
    difference = to(rows)
    row = the_row(difference, "removed")
    assert row["rule"] == "choices-distinct"
    assert not difference.withdrawn


def test_rewritten_record(to: Any, old: Release, rows: Rows) -> None:
    find(rows, "syn-train-mcq-1").update(answer="A,B", task="cloze")
    before = next(row for row in read_rows(old.folder) if row["source_id"] == "syn-train-mcq-1")
    difference = to(rows)
    assert difference.bump == "major"
    row = the_row(difference, "content")
    assert row["old_id"] == before["id"] != row["id"]
    assert row["columns"] == ["answer", "task"]
    assert difference.by_column() == {"answer": 1, "task": 1}
    assert difference.configs["synthetic"].splits["train"] == (16, 16, 1, 1)


def test_record_of_another_type_counts_where_it_stands_now(to: Any, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-1").update(type="mcq")
    difference = to(rows)
    assert the_row(difference, "content")["columns"] == ["type"]
    cells, none = difference.by_cell(), dict.fromkeys(KINDS, 0)
    assert cells[Cell("native", "train", "mcq")] == {"old": 6, "new": 7, **none, "content": 1}
    assert cells[Cell("native", "train", "mcqu")] == {"old": 8, "new": 7, **none}


def test_moved_record(to: Any, rows: Rows) -> None:
    find(rows, "tra-train-oeq-0").update(split="validation", subject="cardiologie")
    difference = to(rows)
    assert difference.bump == "major"
    row = the_row(difference, "moved")
    assert (row["old_split"], row["split"]) == ("train", "validation")
    assert row["columns"] == ["subject"]
    assert difference.moves() == {("train", "validation"): 1}
    assert difference.configs["translated"].splits["train"] == (16, 15, 0, 1)
    assert difference.configs["translated"].splits["validation"] == (1, 2, 1, 0)


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ({"explanation": "Parce que."}, ["explanation"]),
        ({"facts": ["Un fait."]}, ["facts"]),
        ({"facts": ["Un fait.", "Un autre."], "subject": "ORL"}, ["facts", "subject"]),
        ({"group_id": "a case"}, ["group_id"]),
        ({"derived_from": "our-documents/other"}, ["derived_from"]),
        ({"task": "cloze"}, ["task"]),
    ],
)
def test_changed_metadata(to: Any, rows: Rows, change: dict[str, Any], columns: list[str]) -> None:
    find(rows, "tra-test-oeq-0").update(change)
    difference = to(rows)
    assert difference.bump == "major"
    assert the_row(difference, "metadata")["columns"] == columns
    assert not difference.configs  # they hold the same records


def test_values_that_only_look_alike_differ(tmp_path: Path, rows: Rows) -> None:
    def facts(*lines: str) -> Release:
        find(rows, "tra-test-oeq-0")["facts"] = list(lines)
        return built(tmp_path / str(len(list(tmp_path.iterdir()))), rows)

    releases = [facts("un deux", "trois"), facts("un", "deux trois"), facts("trois", "un deux"), facts()]
    for place, one in enumerate(releases):
        for another in releases[place + 1 :]:
            assert changed(diff_releases(one, another)) == {"metadata": 1}


def test_changed_licence(to: Any, rows: Rows) -> None:
    permission = {"source": "our-native", "name": "N. N.", "reason": "letter", "date": "2026-11-23"}
    difference = to(rows, license_override=[{**permission, "license": "CC0-1.0"}])
    number = len(rows["native"])
    assert difference.bump == "major"
    assert changed(difference) == {"license": number}
    assert difference.licenses() == {("our-native", "CC-BY-4.0", "CC0-1.0"): number}
    assert difference.by_column() == {"license": number}
    assert difference.terms == (("our-native", "license", "CC-BY-4.0", "CC0-1.0"),)
    assert difference.by_source()["our-native"]["license"] == number
    assert listed(difference)[0]["old_license"] == "CC-BY-4.0"


def test_licence_of_moved_and_rewritten_records_is_told_too(to: Any, rows: Rows) -> None:
    find(rows, "nat-train-oeq-0").update(split="test")
    find(rows, "nat-train-oeq-1").update(answer="Une autre réponse.")
    catalogue = {f"our-{origin}": source_facts(origin) for origin in rows}
    catalogue["our-native"]["license"] = "MIT"
    difference = to(rows, catalogue=catalogue)
    number = len(rows["native"])
    assert changed(difference) == {"content": 1, "moved": 1, "license": number - 2}
    assert difference.licenses() == {("our-native", "CC-BY-4.0", "MIT"): number}


def test_record_that_comes_from_another_source(to: Any, rows: Rows) -> None:
    moved = rows["native"].pop(0)
    rows["synthetic"].append({**moved, "source_id": "elsewhere"})
    difference = to(rows)
    row = the_row(difference, "metadata")
    assert (row["old_source"], row["old_source_id"]) == ("our-native", moved["source_id"])
    assert (row["source"], row["source_id"], row["origin"]) == ("our-synthetic", "elsewhere", "synthetic")
    assert {"source", "source_id", "origin"} <= set(row["columns"])
    assert difference.configs["native"].splits["train"] == (16, 15, 0, 1)


def test_identifiers_that_changed_hands_are_matched_by_content(to: Any, rows: Rows) -> None:
    one, other = find(rows, "nat-train-mcqu-0"), find(rows, "nat-train-mcqu-1")
    one["source_id"], other["source_id"] = other["source_id"], one["source_id"]
    difference = to(rows)
    assert changed(difference) == {"metadata": 2}
    assert {row["source_id"]: row["old_source_id"] for row in listed(difference)} == {
        "nat-train-mcqu-0": "nat-train-mcqu-1",
        "nat-train-mcqu-1": "nat-train-mcqu-0",
    }


def test_changes_are_found_in_parquet_too(old: Release, tmp_path: Path, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-0").update(facts=["Un fait."])
    find(rows, "nat-test-mcq-0").update(instruction="Une autre question ?")
    rows["native"].append(question("more"))
    found = [diff_releases(old, built(tmp_path / name, rows, format=name)) for name in ("arrow", "parquet")]
    assert changed(found[0]) == changed(found[1]) == {"added": 1, "content": 1, "metadata": 1}
    assert found[0].rows.equals(found[1].rows)


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_are_told_as_a_plain_comparison_tells_them(
    old: Release, tmp_path: Path, rows: Rows, seed: int
) -> None:
    chance = random.Random(seed)
    for records in rows.values():
        for row in chance.sample(records, 12):
            edit = chance.choice(["remove", "rewrite", "move", "explain", "rename", "several"])
            if edit == "remove":
                records.remove(row)
            if edit in ("rewrite", "several"):
                row["instruction"] += " Justifiez."
            if edit in ("move", "several"):
                row["split"] = chance.choice(["train", "validation", "test"])
            if edit in ("explain", "several"):
                row["explanation"] = "Une explication."
            if edit == "rename":
                row["source_id"] += "-bis"
        records += [
            question(f"{records[0]['source_id']}-new-{n}", chance.choice(["mcqu", "oeq"])) for n in range(3)
        ]
    new = built(tmp_path, rows, format=chance.choice(["arrow", "parquet"]))
    difference = diff_releases(old, new)
    assert {(row["kind"], row["source"], row["source_id"]) for row in listed(difference)} == plainly(old, new)
    assert difference.rows.num_rows == len(plainly(old, new))
    for name in new.manifest["configs"]:
        if name not in difference.configs:
            assert ids_of(old, name, "train") == ids_of(new, name, "train")
            continue
        for split, change in difference.configs[name].splits.items():
            was, now = ids_of(old, name, split), ids_of(new, name, split)
            assert change == (len(was), len(now), len(now - was), len(was - now))
    back = diff_releases(new, old).counts
    assert back == {**difference.counts, "added": back["added"], "removed": back["removed"]}
    assert (back["added"], back["removed"]) == (difference.counts["removed"], difference.counts["added"])
    sums = {kind: sum(cell[kind] for cell in difference.by_cell().values()) for kind in KINDS}
    assert sums == difference.counts
    assert sums == {kind: sum(source[kind] for source in difference.by_source().values()) for kind in KINDS}


def plainly(old: Release, new: Release) -> set[tuple[str, str, str]]:
    """What a comparison of dictionaries finds."""
    before, after = (
        {
            row["id"]: (shard.cell.split, row)
            for shard in release.shards
            for row in read_rows(release.folder, [shard.path])
        }
        for release in (old, new)
    )
    found = set()
    gone = {(row["source"], row["source_id"]) for id, (_, row) in before.items() if id not in after}
    for id, (split, row) in after.items():
        pair = row["source"], row["source_id"]
        if id not in before:
            found.add(("content" if pair in gone else "added", *pair))
            gone.discard(pair)
        elif before[id][0] != split:
            found.add(("moved", *pair))
        elif before[id][1] != row:
            found.add(("metadata", *pair))
    return found | {("removed", *pair) for pair in gone}


def ids_of(release: Release, config: str, split: str) -> set[str]:
    parts = release.manifest["configs"][config]["splits"]
    shards = parts[split]["shards"] if split in parts else []
    return {row["id"] for row in read_rows(release.folder, shards)}
