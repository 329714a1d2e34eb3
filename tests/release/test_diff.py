"""Two releases side by side: packaging, sources, configurations and columns, with the honest version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from compared import changed
from damage import copy_of, reseal, write_table
from recipes import STUDY, Rows, built, few_rows, question, source_facts
from releases import read_rows, shard_paths

from medinjection_fr.errors import InputError
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.diff import diff_releases
from medinjection_fr.release.manifest import Release, read_release


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


def test_parquet_of_the_same_rows_is_packaging(old: Release, tmp_path: Path, rows: Rows) -> None:
    parquet = built(tmp_path, rows, format="parquet")
    assert all(path.endswith(".parquet") for path in shard_paths(parquet.folder))
    for pair, format in (((old, parquet), "parquet"), ((parquet, old), "arrow")):
        difference = diff_releases(*pair)
        assert (difference.bump, difference.smallest_version()) == ("patch", "1.0.1")
        assert changed(difference) == {} and not difference.configs
        assert difference.packaging == (f"shards as {format}",)


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


def test_right_to_redistribute_is_told(to: Any, rows: Rows) -> None:
    catalogue = {f"our-{origin}": source_facts(origin) for origin in rows}
    catalogue["our-native"]["redistributable"] = False
    difference = to(rows, catalogue=catalogue)
    assert difference.bump == "patch"
    assert difference.terms == (("our-native", "redistributable", True, False),)
    assert "source our-native: facts" in difference.packaging


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
