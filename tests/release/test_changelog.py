"""The changelog entry names what happened, and is a part of a recipe that builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from compared import find
from recipes import STUDY, Rows, built, few_rows, question, source_facts, write_recipe
from releases import read_rows

from medinjection_fr.build import build
from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.recipe import load_recipe
from medinjection_fr.release.changelog import changelog_entry, entry_as_yaml
from medinjection_fr.release.diff import Difference, diff_releases
from medinjection_fr.release.manifest import Release

DATE = "2026-11-25"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return built(tmp_path_factory.mktemp("old"), few_rows(), study=STUDY)


def entry_of(difference: Difference) -> dict[str, Any]:
    entry = changelog_entry(difference, DATE)
    assert entry
    assert entry["date"] == DATE
    return entry


def test_every_kind_of_change_in_words(old: Release, tmp_path: Path, rows: Rows) -> None:
    find(rows, "nat-train-mcqu-0").update(answer="A")
    find(rows, "nat-train-mcqu-1").update(split="test")
    find(rows, "nat-train-oeq-1").update(explanation="Parce que.", subject="ORL")
    find(rows, "tra-train-oeq-1").update(choices=["a", "a"])
    del rows["translated"][0]
    rows["native"] += [question(f"more-{n}") for n in range(7)]
    catalogue = {f"our-{origin}": source_facts(origin) for origin in rows}
    catalogue["our-synthetic"]["license"] = "CC0-1.0"
    catalogue["our-translated"]["redistributable"] = False
    gone = {"source": "our-native", "source_id": "nat-train-mcq-3", "date": "2026-11-23"}
    exclude = [{**gone, "reason": "dose fausse : ×10"}]
    new = built(tmp_path, rows, study=STUDY, catalogue=catalogue, exclude=exclude, version="1.1.0")
    difference = diff_releases(old, new)
    (withdrawn,) = difference.withdrawn
    entry = entry_of(difference)
    assert entry["version"] == "2.0.0"  # 1.1.0 would not be honest
    *told, samples, terms = entry["changes"]
    assert told == [
        f"withdrawn our-native/nat-train-mcq-3 (id {withdrawn['id']}) – dose fausse : ×10 (2026-11-23)",
        "7 records added (our-native 7)",
        "2 records removed (our-translated no longer read 1, our-translated open-with-choices 1)",
        "1 record rewritten (our-native 1; answer 1)",
        "1 record moved (train → test 1)",
        "19 records under another licence (our-synthetic CC-BY-4.0 → CC0-1.0 19)",
        "1 record with other metadata (our-native 1; explanation 1, subject 1)",
        "configurations that vanished – native-matched",
    ]
    entered = difference.configs["native-controlled"].splits["train"].entered
    assert samples.startswith("train rows that are others in a sample (")
    assert f"native-controlled {entered} of 6" in samples
    assert terms == "redistributable of our-translated: true → false"


def test_packaging_is_told_where_it_is_all(old: Release, tmp_path: Path, rows: Rows) -> None:
    parquet = built(tmp_path / "parquet", rows, "parquet", study=STUDY, description="smaller")
    entry = entry_of(diff_releases(old, parquet))
    assert entry["version"] == "1.0.1"
    assert entry["changes"] == ["packaging – shards as parquet; recipe: description"]
    rows["native"].append(question("more"))
    more = built(tmp_path / "more", rows, "parquet", study=STUDY)
    assert not any("packaging" in change for change in entry_of(diff_releases(old, more))["changes"])


def test_version_of_the_new_release_if_it_is_honest(old: Release, tmp_path: Path, rows: Rows) -> None:
    rows["native"].append(question("more", "oeq"))
    versions = {"1.0.0": "1.1.0", "1.0.1": "1.1.0", "1.1.0": "1.1.0", "1.3.0": "1.3.0", "2.0.0": "2.0.0"}
    for given, told in versions.items():
        new = built(tmp_path / given, rows, study=STUDY, version=given)
        assert entry_of(diff_releases(old, new))["version"] == told


def test_withdrawn_record_with_another_in_its_place(tmp_path: Path, rows: Rows) -> None:
    first = rows["native"][0]
    rows["native"] += [{**first, "source_id": "twin"}, {**question("other"), "source_id": "nat-train-mcqu-1"}]
    before = built(tmp_path / "before", rows)
    id = next(row["id"] for row in read_rows(before.folder) if row["source_id"] == "nat-train-mcqu-1")
    exclude = [
        {"source": "our-native", "source_id": first["source_id"], "reason": "one", "date": "2026-11-23"},
        {"id": id, "reason": "two", "date": "2026-11-24"},
    ]
    difference = diff_releases(before, built(tmp_path / "after", rows, exclude=exclude))
    told = [change for change in entry_of(difference)["changes"] if change.startswith("withdrawn")]
    assert len(told) == 2
    (copied,) = [line for line in told if "– one (2026-11-23)" in line]
    (replaced,) = [line for line in told if "– two (2026-11-24)" in line]
    assert copied.startswith(f"withdrawn our-native/{first['source_id']} (id ")
    assert copied.endswith("; a copy of its content stands: our-native/twin")
    assert replaced.startswith(f"withdrawn our-native/nat-train-mcqu-1 (id {id})")
    assert "the source has another record of this name, which stands" in replaced


def test_nothing_to_tell(old: Release, tmp_path: Path, rows: Rows) -> None:
    assert changelog_entry(diff_releases(old, old), DATE) is None
    new = built(tmp_path, rows, study=STUDY, version="1.5.0")
    assert changelog_entry(diff_releases(old, new), DATE) is None


def test_entry_can_be_pasted_into_the_recipe(old: Release, tmp_path: Path, rows: Rows) -> None:
    exclude = [
        {
            "source": "our-native",
            "source_id": "nat-train-mcq-3",
            "reason": 'dose "×10" : fausse #1',
            "date": "2026-11-23",
        }
    ]
    recipe = write_recipe(tmp_path, rows, study=STUDY, exclude=exclude)
    new = build(recipe, tmp_path / "out", jobs=1).release
    entry = entry_of(diff_releases(old, new))
    pasted = recipe.read_text(encoding="utf-8").replace("version: 1.0.0", f"version: {entry['version']}")
    recipe.write_text(pasted + entry_as_yaml(entry), encoding="utf-8")
    assert read_yaml(recipe)["changelog"] == [entry]
    assert load_recipe(recipe).content["changelog"] == [entry]
    again = build(recipe, tmp_path / "again", jobs=1).release
    difference = diff_releases(new, again)
    assert difference.bump == "patch"
    assert difference.packaging == ("recipe: changelog",)
    assert entry_of(diff_releases(old, again)) == entry


def test_entry_is_plain_yaml() -> None:
    entry = {"version": "1.10.0", "date": DATE, "changes": ["1 record added (our-native 1)", "é: « à »"]}
    assert entry_as_yaml(entry) == (
        "changelog:\n"
        "- version: 1.10.0\n"
        f"  date: '{DATE}'\n"
        "  changes:\n"
        "  - 1 record added (our-native 1)\n"
        "  - 'é: « à »'\n"
    )
    assert yaml.safe_load(entry_as_yaml(entry)) == {"changelog": [entry]}
