"""Two releases side by side: every kind of change is told, each record once, with the honest version."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from releases import (
    STUDY,
    copy_of,
    few_rows,
    flip,
    manifest_of,
    question,
    read_rows,
    reseal,
    shard_paths,
    source_facts,
    write_recipe,
    write_rows,
    write_table,
)

from medinjection_fr.build import build
from medinjection_fr.configs import Cell
from medinjection_fr.errors import InputError
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.changed_rows import KINDS
from medinjection_fr.release.diff import Difference, diff_releases
from medinjection_fr.release.manifest import Release, read_release

Rows = dict[str, list[dict[str, Any]]]


def built(folder: Path, rows: Mapping[str, Sequence[Any]], format: str = "arrow", **changes: Any) -> Release:
    """The release of a recipe of these rows."""
    recipe = write_recipe(folder, rows, **changes)
    return build(recipe, folder / "out" / "medinjection-fr", jobs=1, format=format).release


@pytest.fixture
def rows() -> Rows:
    return few_rows()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release that all others come after: ``few_rows`` without a study."""
    return built(tmp_path_factory.mktemp("old"), few_rows())


@pytest.fixture
def to(old: Release, tmp_path: Path) -> Any:
    """Gives the difference to a release of other rows."""

    def diff(rows: Mapping[str, Sequence[Any]], **changes: Any) -> Difference:
        return diff_releases(old, built(tmp_path, rows, **changes))

    return diff


def changed(difference: Difference) -> dict[str, int]:
    """The kinds that occurred."""
    return {kind: rows for kind, rows in difference.counts.items() if rows}


def listed(difference: Difference) -> list[dict[str, Any]]:
    """The rows, without what is null."""
    return [
        {key: value for key, value in row.items() if value is not None} for row in difference.rows.to_pylist()
    ]


def find(rows: Rows, source_id: str) -> dict[str, Any]:
    return next(row for records in rows.values() for row in records if row["source_id"] == source_id)


def test_a_release_does_not_differ_from_itself(
    old: Release, tiny_release: Path, sample_release: Path
) -> None:
    for release in (old, read_release(tiny_release), read_release(sample_release)):
        difference = diff_releases(release, release)
        assert difference.bump == "none"
        assert difference.smallest_version() == release.version
        assert changed(difference) == {}
        assert not difference.rows.num_rows
        assert not difference.configs and not difference.packaging and not difference.columns
        total = sum(shard.rows for shard in release.shards)
        assert sum(cell["old"] for cell in difference.by_cell().values()) == total
        assert sum(cell["new"] for cell in difference.by_cell().values()) == total


def test_another_version_alone_is_no_difference(to: Any, rows: Rows) -> None:
    difference = to(rows, version="1.0.1")
    assert difference.bump == "none"
    assert difference.packaging == ()


def test_added_record(to: Any, rows: Rows) -> None:
    rows["native"].append(question("one more", "mcq", "test"))
    difference = to(rows)
    assert (difference.bump, difference.smallest_version()) == ("minor", "1.1.0")
    assert changed(difference) == {"added": 1}
    (row,) = listed(difference)
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
    assert changed(difference) == {"removed": 1}
    (row,) = listed(difference)
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
    entry = {
        "source": "our-native",
        "source_id": rows["native"][0]["source_id"],
        "reason": "r",
        "date": "2026-11-23",
    }
    difference = diff_releases(before, built(tmp_path / "after", rows, exclude=[entry]))
    assert changed(difference) == {"metadata": 1}
    (row,) = difference.withdrawn
    assert (row["old_source_id"], row["source_id"]) == (rows["native"][0]["source_id"], "twin")
    assert row["columns"] == ["source_id", "group_id"]
    assert row["reason"] == "r (2026-11-23)"


def test_record_that_a_rule_dropped_is_told_with_the_rule(to: Any, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-3").update(choices=["Oui", "Oui"])
    difference = to(rows)
    assert changed(difference) == {"removed": 1}
    (row,) = listed(difference)
    assert row["rule"] == "choices-distinct"
    assert not difference.withdrawn


def test_rewritten_record(to: Any, old: Release, rows: Rows) -> None:
    find(rows, "syn-train-mcq-1").update(answer="A,B", task="cloze")
    before = next(row for row in read_rows(old.folder) if row["source_id"] == "syn-train-mcq-1")
    difference = to(rows)
    assert difference.bump == "major"
    assert changed(difference) == {"content": 1}
    (row,) = listed(difference)
    assert row["old_id"] == before["id"] != row["id"]
    assert row["columns"] == ["answer", "task"]
    assert difference.by_column() == {"answer": 1, "task": 1}
    assert difference.configs["synthetic"].splits["train"] == (16, 16, 1, 1)


def test_record_of_another_type_counts_where_it_stands_now(to: Any, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-1").update(type="mcq")
    difference = to(rows)
    assert changed(difference) == {"content": 1}
    assert listed(difference)[0]["columns"] == ["type"]
    cells = difference.by_cell()
    assert cells[Cell("native", "train", "mcq")] == {
        "old": 6,
        "new": 7,
        **dict.fromkeys(KINDS, 0),
        "content": 1,
    }
    assert cells[Cell("native", "train", "mcqu")] == {"old": 8, "new": 7, **dict.fromkeys(KINDS, 0)}


def test_moved_record(to: Any, rows: Rows) -> None:
    find(rows, "tra-train-oeq-0").update(split="validation", subject="cardiologie")
    difference = to(rows)
    assert difference.bump == "major"
    assert changed(difference) == {"moved": 1}
    (row,) = listed(difference)
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
    assert changed(difference) == {"metadata": 1}
    (row,) = listed(difference)
    assert row["columns"] == columns
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
    permission = {
        "source": "our-native",
        "license": "CC0-1.0",
        "name": "N. N.",
        "reason": "letter",
        "date": "2026-11-23",
    }
    difference = to(rows, license_override=[permission])
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


def test_right_to_redistribute_is_told(to: Any, rows: Rows) -> None:
    catalogue = {f"our-{origin}": source_facts(origin) for origin in rows}
    catalogue["our-native"]["redistributable"] = False
    difference = to(rows, catalogue=catalogue)
    assert difference.bump == "patch"
    assert difference.terms == (("our-native", "redistributable", True, False),)
    assert "source our-native: facts" in difference.packaging


def test_record_that_comes_from_another_source(to: Any, rows: Rows) -> None:
    moved = rows["native"].pop(0)
    rows["synthetic"].append({**moved, "source_id": "elsewhere"})
    difference = to(rows)
    assert changed(difference) == {"metadata": 1}
    (row,) = listed(difference)
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


def test_parquet_of_the_same_rows_is_packaging(old: Release, tmp_path: Path, rows: Rows) -> None:
    parquet = built(tmp_path, rows, format="parquet")
    assert all(path.endswith(".parquet") for path in shard_paths(parquet.folder))
    for pair, format in (((old, parquet), "parquet"), ((parquet, old), "arrow")):
        difference = diff_releases(*pair)
        assert (difference.bump, difference.smallest_version()) == ("patch", "1.0.1")
        assert changed(difference) == {} and not difference.configs
        assert difference.packaging == (f"shards as {format}",)


def test_changes_are_found_in_parquet_too(old: Release, tmp_path: Path, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-0").update(facts=["Un fait."])
    find(rows, "nat-test-mcq-0").update(instruction="Une autre question ?")
    rows["native"].append(question("more"))
    found = [
        diff_releases(old, built(tmp_path / format, rows, format=format)) for format in ("arrow", "parquet")
    ]
    assert changed(found[0]) == changed(found[1]) == {"added": 1, "content": 1, "metadata": 1}
    assert found[0].rows.equals(found[1].rows)


def test_other_package_is_packaging(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    reseal(folder, lambda manifest: manifest["package"].update(version="1.0.9"))
    difference = diff_releases(old, read_release(folder))
    assert difference.bump == "patch"
    assert difference.packaging == ("built by package 1.0.9, not 1.0.0",)
    reseal(folder, lambda manifest: manifest["package"].update(version="1.0.0", source_digest="0" * 64))
    assert diff_releases(old, read_release(folder)).packaging == ("built by package 1.0.0, in another state",)


def test_other_words_are_packaging(to: Any, old: Release, tmp_path: Path, rows: Rows) -> None:
    difference = to(rows, description="in other words")
    assert difference.bump == "patch"
    assert difference.packaging == ("recipe: description",)
    folder = copy_of(old.folder, tmp_path)
    reseal(folder, card=lambda text: f"{text}\nBy hand.\n")
    assert diff_releases(old, read_release(folder)).packaging == ("documents: README.md",)


def test_other_refused_lines_are_packaging(to: Any, rows: Rows) -> None:
    rows["native"].append(question("broken", choices=["Oui", "Oui"]))
    difference = to(rows)
    assert difference.bump == "patch"
    assert "source our-native: files" in difference.packaging
    assert "ledgers: dropped/our-native.jsonl" in difference.packaging


def test_other_recipe_name_is_told(to: Any, rows: Rows) -> None:
    difference = to(rows, name="another")
    assert difference.bump == "patch"
    assert difference.packaging[0] == "recipe: name"


def test_source_that_appears_or_vanishes(to: Any, old: Release, rows: Rows) -> None:
    del rows["translated"]
    difference = to(rows)
    assert difference.bump == "major"
    assert changed(difference) == {"removed": len(few_rows()["translated"])}
    gone = difference.configs["native+translated"]
    assert (gone.state, gone.reason) == ("vanished", "the release has no translated records")
    assert gone.splits["train"] == (32, 0, 0, 32)
    back = diff_releases(difference.new, old)
    assert back.bump == "minor"
    assert changed(back) == {"added": len(few_rows()["translated"])}
    assert back.configs["native+translated"].state == "appeared"
    assert back.by_source()["our-translated"]["new"] == len(few_rows()["translated"])


def test_sampled_configurations_that_appear_grow_shrink_and_vanish(
    old: Release, tmp_path: Path, rows: Rows
) -> None:
    six = built(tmp_path / "six", rows, study={"controlled": 6})
    twelve = built(tmp_path / "twelve", rows, study={"controlled": 12})
    appeared = diff_releases(old, six)
    assert appeared.bump == "minor"
    assert {name: config.state for name, config in appeared.configs.items()} == {
        name: "appeared" for name in six.manifest["configs"] if name.endswith("controlled")
    }
    grown = diff_releases(six, twelve)
    assert grown.bump == "minor"
    assert grown.configs["native-controlled"].splits["train"] == (6, 12, 6, 0)
    assert diff_releases(twelve, six).bump == "major"
    vanished = diff_releases(six, old)
    assert vanished.bump == "major"
    assert vanished.configs["native-controlled"].reason == "the recipe has no study.controlled"
    # The same rows are cut elsewhere: none of this changes a record.
    assert not any(changed(difference) for difference in (appeared, grown, vanished))


def test_added_records_displace_some_of_a_sample(tmp_path: Path, rows: Rows) -> None:
    before = built(tmp_path / "before", rows, study=STUDY)
    rows["native"] += [question(f"more-{n}") for n in range(20)]
    difference = diff_releases(before, built(tmp_path / "after", rows, study=STUDY))
    sample = difference.configs["native-controlled"].splits["train"]
    assert sample.old == sample.new == 6
    assert sample.entered == sample.left > 0
    assert difference.bump == "minor"


def test_columns_that_come_go_and_change(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    for path in shard_paths(folder):
        table = pa.Table.from_pylist(read_rows(folder, [path]), SCHEMA)
        table = table.drop_columns(["subject"]).append_column(
            "year", pa.array([2026] * len(table), pa.int32())
        )
        place = table.schema.get_field_index("instruction")
        table = table.set_column(place, "instruction", table["instruction"].cast(pa.large_string()))
        write_table(folder / path, table)
    reseal(folder)
    difference = diff_releases(old, read_release(folder))
    assert difference.bump == "major"
    assert set(difference.columns) == {
        ("year", None, "int32"),
        ("subject", "string", None),
        ("instruction", "string", "large_string"),
    }
    assert changed(difference) == {}  # the same text, however it is stored


def test_other_features_of_datasets_are_a_change_of_schema(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    for path in shard_paths(folder):
        rows = pa.Table.from_pylist(read_rows(folder, [path]), SCHEMA.remove_metadata())
        write_table(folder / path, rows)
    reseal(folder)
    difference = diff_releases(old, read_release(folder))
    assert difference.bump == "major"
    assert difference.columns == (("order or metadata of the columns", None, None),)


@pytest.mark.parametrize(
    ("bump", "honest", "too_small"),
    [
        ("none", ["1.2.3", "1.2.4", "2.0.0"], ["1.2.2", "0.9.9"]),
        ("patch", ["1.2.4", "1.2.10", "1.3.0", "2.0.0"], ["1.2.3", "1.2.2", "0.9.0"]),
        ("minor", ["1.3.0", "1.3.1", "1.10.0", "2.0.0"], ["1.2.4", "1.2.3", "1.0.9"]),
        ("major", ["2.0.0", "2.1.0", "10.0.0"], ["1.3.0", "1.2.4", "1.2.3"]),
    ],
)
def test_honest_versions(
    tmp_path: Path, rows: Rows, bump: str, honest: list[str], too_small: list[str]
) -> None:
    before = built(tmp_path / "before", rows, version="1.2.3")
    if bump == "minor":
        rows["native"].append(question("more"))
    if bump == "major":
        rows["native"].pop()
    words = {"description": "new"} if bump == "patch" else {}
    difference = diff_releases(before, built(tmp_path / "after", rows, **words))
    assert difference.bump == bump
    assert difference.smallest_version() == honest[0]
    assert [version for version in honest + too_small if difference.allows(version)] == honest
    with pytest.raises(InputError, match="expected MAJOR"):
        difference.allows("v1.2.4")


def problems_of(old: Release, new: Release) -> list[str]:
    with pytest.raises(InputError) as caught:
        diff_releases(old, new)
    return [str(problem) for problem in caught.value.problems]


def test_every_damaged_file_of_both_is_named(old: Release, tmp_path: Path) -> None:
    folders = [copy_of(old.folder, tmp_path / name) for name in ("a", "b")]
    paths = shard_paths(old.folder)
    flip(folders[0] / paths[0], 3000)
    (folders[0] / paths[1]).unlink()
    flip(folders[1] / paths[2], 3000)
    (folders[1] / "README.md").write_text("", encoding="utf-8")
    told = problems_of(*map(read_release, folders))
    assert len(told) == 4
    for line, path in zip(
        sorted(told),
        sorted(
            [folders[0] / paths[0], folders[0] / paths[1], folders[1] / "README.md", folders[1] / paths[2]]
        ),
        strict=True,
    ):
        assert line.startswith(f"{path}: ")


def test_shards_that_are_none_are_named(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    paths = [shard.path for shard in old.shards]
    table = pa.Table.from_pylist(read_rows(folder, [paths[1]]), SCHEMA)
    write_table(folder / paths[1], table.drop_columns(["source_id"]))
    write_table(folder / paths[2], table.drop_columns(["facts"]))
    reseal(folder)
    (folder / paths[3]).write_bytes(b"not a shard")
    reseal_only_digests(folder, paths[3])
    write_rows(folder / paths[4], read_rows(folder, [paths[4]]) * 2)
    reseal_only_digests(folder, paths[4])
    told = problems_of(old, read_release(folder))
    assert len(told) == 4
    assert "lacks the column source_id" in told[0]
    assert "has other columns than the first shard" in told[1]
    assert "is not a whole shard" in told[2]
    assert f"has {2 * old.shards[4].rows} rows; expected {old.shards[4].rows}" in told[3]
    assert all(line.startswith(f"{folder / path}: ") for line, path in zip(told, paths[1:5], strict=True))


def test_release_without_a_record_is_refused(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    reseal(folder, lambda manifest: manifest.update(files=[], configs={}))
    (told,) = problems_of(old, read_release(folder))
    assert told.startswith(f"{folder}: has no shard; expected one at least")


def reseal_only_digests(folder: Path, path: str) -> None:
    """Makes the manifest agree with one file, and with nothing that follows from it."""
    from medinjection_fr.release.digests import digest_file
    from medinjection_fr.release.manifest import MANIFEST, seal

    manifest = manifest_of(folder)
    file = next(file for file in manifest["files"] if file["path"] == path)
    file.update(bytes=(folder / path).stat().st_size, sha256=digest_file(folder / path))
    (folder / MANIFEST).write_bytes(seal(manifest))


def test_record_that_stands_twice_is_refused(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    path = old.shards[0].path
    found = read_rows(folder, [path])
    write_rows(folder / path, [*found[:-1], found[0]])
    reseal(folder)
    told = problems_of(old, read_release(folder))
    assert [line.split(": ")[1].split(";")[0] for line in told] == [
        "an id stands twice",
        "a source with source_id stands twice",
    ]


def test_release_of_another_dataset_is_refused(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    reseal(folder, lambda manifest: manifest.update(name="another-dataset"))
    (told,) = problems_of(old, read_release(folder))
    assert 'release.json › name: "another-dataset"; expected "medinjection-fr"' in told


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
    return (
        {row["id"] for row in read_rows(release.folder, parts[split]["shards"])} if split in parts else set()
    )
