"""The header of the card: what the Hub takes, and shards and digests as the manifest has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cards import card_of, figures_of, header_of
from recipes import built, question, source_facts
from releases import manifest_of

from medinjection_fr.release.card_tables import read_figures
from medinjection_fr.release.front_matter import read_front_matter, size_category


def test_header_is_what_the_hub_takes(release: Path) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard(card_of(release), ignore_metadata_errors=False)
    assert card.data.to_dict() == header_of(release)
    assert card.text.lstrip().startswith("# Dataset Card for MedInjection-FR")


def test_header_lists_the_shards_of_the_manifest(release: Path) -> None:
    manifest, header = manifest_of(release), header_of(release)
    assert [entry["config_name"] for entry in header["configs"]] == list(manifest["configs"])
    defaults = [entry["config_name"] for entry in header["configs"] if entry.get("default")]
    assert defaults == ["native+synthetic+translated"]
    for entry in header["configs"]:
        config = manifest["configs"][entry["config_name"]]
        assert entry["version"] == manifest["version"]
        # Without the digest datasets would go on serving the rows of an older release.
        assert entry["description"] == f"sha256:{config['digest']}"
        assert {part["split"]: part["path"] for part in entry["data_files"]} == {
            split: part["shards"] for split, part in config["splits"].items()
        }
    sizes = {file["path"]: file["bytes"] for file in manifest["files"]}
    lists = {entry["config_name"]: entry["data_files"] for entry in header["configs"]}
    for entry in header["dataset_info"]:
        for split, part in zip(entry["splits"], lists[entry["config_name"]], strict=True):
            assert split["num_bytes"] == sum(sizes[path] for path in part["path"])
        assert entry["download_size"] == sum(split["num_bytes"] for split in entry["splits"])


def test_every_digest_of_a_configuration_is_its_own(release: Path) -> None:
    digests: dict[str, list[Any]] = {}
    for config in manifest_of(release)["configs"].values():
        # Two configurations share a digest only if they are the same rows.
        digests.setdefault(config["digest"], []).append(config["splits"])
    assert all(splits.count(splits[0]) == len(splits) for splits in digests.values())
    assert len(digests) > 1


def test_two_licences_are_other(tmp_path: Path) -> None:
    catalogue = {
        "our-native": source_facts("native"),
        "our-synthetic": source_facts("synthetic", license="CC-BY-NC-4.0", redistributable=False),
    }
    rows = {origin: [question(origin)] for origin in ("native", "synthetic")}
    folder = built(tmp_path, rows, catalogue=catalogue).folder
    header = header_of(folder)
    assert (header["license"], header["license_name"]) == ("other", "several-one-per-row")
    assert (folder / header["license_link"]).is_file()
    assert "**not allowed as far as is known**" in (folder / "LICENSES.md").read_text(encoding="utf-8")
    head, terms, *table = figures_of(folder, "licenses")
    assert head == ["config", "CC-BY-4.0", "CC-BY-NC-4.0"]
    assert terms == ["*terms*", "at most attribution", "non-commercial"]
    assert ["`native+synthetic`", "1", "1"] in table


@pytest.mark.parametrize("card", ["", "# No header\n", "---\nnever ended: 1\n", "---\n[}\n---\n"])
def test_card_without_a_header(card: str) -> None:
    assert read_front_matter(card) is None
    assert read_figures(card, "composition") is None


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (571_436, "100K<n<1M"), (10**9 - 1, "100M<n<1B")],
)
def test_size_categories_are_those_of_the_hub(rows: int, category: str) -> None:
    assert size_category(rows) == category


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("ODbL-1.0", {"license": "odbl"}),
        ("LicenseRef-Ours", {"license": "other", "license_name": "licenseref-ours"}),
        ("CC-BY-SA-2.0", {"license": "other", "license_name": "cc-by-sa-2.0"}),
    ],
)
def test_a_single_licence_has_the_name_that_the_hub_knows(
    tmp_path: Path, license: str, expected: dict[str, str]
) -> None:
    catalogue = {"our-native": source_facts("native", license=license)}
    header = header_of(built(tmp_path, {"native": [question("q")]}, catalogue=catalogue).folder)
    assert {key: header[key] for key in expected} == expected
    assert ("license_link" in header) == ("license_name" in expected)


def test_creators_languages_and_source_datasets_come_from_the_catalogue(tmp_path: Path) -> None:
    catalogue = {
        "our-native": source_facts(
            "native",
            languages=["fr", "en"],
            annotations_creators=["expert-generated"],
            location={"kind": "hub", "repository": "our-lab/cases", "revision": "0123456789abcdef"},
        ),
        "our-synthetic": source_facts("synthetic"),
    }
    rows = {origin: [question(origin)] for origin in ("native", "synthetic")}
    folder = built(tmp_path, rows, catalogue=catalogue).folder
    header = header_of(folder)
    assert header["language"] == ["fr", "en"] and header["multilinguality"] == ["multilingual"]
    assert header["annotations_creators"] == ["expert-generated", "machine-generated"]
    assert header["language_creators"] == ["found", "machine-generated"]
    assert header["source_datasets"] == ["our-lab/cases", "extended|other-our-synthetic"]
    link = "[our-lab/cases@0123456789ab](https://huggingface.co/datasets/our-lab/cases/tree/0123456789abcdef)"
    assert figures_of(folder, "sources")[1][4] == link
