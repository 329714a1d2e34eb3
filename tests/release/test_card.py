"""The card, licences and citation: every figure once more, from the shards."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from releases import manifest_of, question, read_rows, source_facts, write_recipe

from medinjection_fr.build import build
from medinjection_fr.record import COLUMNS, ORIGINS, SPLITS, TYPES
from medinjection_fr.release.card_tables import markdown_table, read_figures
from medinjection_fr.release.front_matter import read_front_matter
from medinjection_fr.release.verify import verify


@pytest.fixture(scope="module", params=["sample_release", "tiny_release"])
def release(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def header_of(folder: Path) -> dict[str, Any]:
    header: dict[str, Any] = read_front_matter(card_of(folder))
    return header


def figures(folder: Path, name: str) -> list[list[str]]:
    table = read_figures(card_of(folder), name)
    assert table
    return table


def shown(number: int) -> str:
    return f"{number:,}" if number else "–"


def test_structure_of_the_sample_card(sample_release: Path) -> None:
    card = card_of(sample_release)
    assert re.findall(r"^#+ .*", card, re.MULTILINE) == [
        "# MedInjection-FR",
        "## How to load it",
        "## What is in it",
        "### Configurations",
        "### Type and provenance of the train rows",
        "### Columns",
        "## Sources and licences",
        "## What was read and not kept",
        "## Limits",
    ]
    names = re.findall(r"<!-- figures: (.*) -->", card)
    assert names == ["composition", "configs", "confound", "sources", "licenses", "ledger"]
    assert re.findall(r"^\| `(\w+)` \|", card.split("### Columns")[1].split("##")[0], re.MULTILINE) == list(
        COLUMNS
    )
    assert 'load_dataset("medinjection-fr", "native+translated")' in card
    assert "not a source of medical advice" in card
    assert "{{" not in card and "{%" not in card and "None" not in card
    assert list(header_of(sample_release)) == [
        "language",
        "license",
        "pretty_name",
        "tags",
        "task_categories",
        "size_categories",
        "configs",
        "dataset_info",
    ]
    assert header_of(sample_release)["language"] == ["fr"]
    assert header_of(sample_release)["license"] == "cc-by-4.0"
    assert header_of(sample_release)["size_categories"] == ["n<1K"]


def rows_of(folder: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Rows of each configuration and split, by the card's own lists."""
    return {
        config["config_name"]: {
            part["split"]: read_rows(folder, part["path"]) for part in config["data_files"]
        }
        for config in header_of(folder)["configs"]
    }


def test_composition_is_what_the_shards_count(release: Path) -> None:
    rows = [
        (row["origin"], row["type"], path.split("/")[2])
        for path in manifest_of(release)["configs"]["native+synthetic+translated"]["splits"].values()
        for path in path["shards"]
        for row in read_rows(release, [path])
    ]
    counts = Counter(rows)
    expected = [["origin", "type", *SPLITS, "total"]]
    for origin in ORIGINS:
        for type in TYPES:
            numbers = [counts[origin, type, split] for split in SPLITS]
            if any(numbers):
                expected.append([origin, type, *map(shown, [*numbers, sum(numbers)])])
    totals = [sum(n for key, n in counts.items() if key[2] == split) for split in SPLITS]
    expected.append(["**all**", "", *map(shown, [*totals, sum(totals)])])
    assert figures(release, "composition") == expected
    assert sum(totals) == len(read_rows(release))


def test_configurations_are_what_their_shards_hold(release: Path) -> None:
    rows = rows_of(release)
    assert figures(release, "configs") == [["config", *SPLITS]] + [
        [
            f"`{name}`" + (" (default)" if name == "native+synthetic+translated" else ""),
            *(shown(len(splits.get(split, []))) for split in SPLITS),
        ]
        for name, splits in rows.items()
    ]
    cells = [(origin, type) for origin in ORIGINS for type in TYPES]
    table = [["config", *(" ".join(cell) for cell in cells)]]
    for name, splits in rows.items():
        counts = Counter((row["origin"], row["type"]) for row in splits["train"])
        table.append([f"`{name}`", *(shown(counts[cell]) for cell in cells)])
    assert figures(release, "confound") == table
    info = {entry["config_name"]: entry["splits"] for entry in header_of(release)["dataset_info"]}
    assert {
        name: {split["name"]: split["num_examples"] for split in splits} for name, splits in info.items()
    } == {name: {split: len(part) for split, part in splits.items()} for name, splits in rows.items()}


def test_header_lists_the_shards_of_the_manifest(release: Path) -> None:
    manifest, header = manifest_of(release), header_of(release)
    assert [entry["config_name"] for entry in header["configs"]] == list(manifest["configs"])
    assert [e["config_name"] for e in header["configs"] if e.get("default")] == [
        "native+synthetic+translated"
    ]
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


def test_every_digest_of_a_configuration_is_its_own(release: Path) -> None:
    digests: dict[str, list[Any]] = {}
    for config in manifest_of(release)["configs"].values():
        # Two configurations share a digest only if they are the same rows.
        digests.setdefault(config["digest"], []).append(config["splits"])
    assert all(splits.count(splits[0]) == len(splits) for splits in digests.values())
    assert len(digests) > 1


def test_sources_ledger_and_licences(release: Path) -> None:
    manifest, rows = manifest_of(release), read_rows(release)
    kept = Counter(row["source"] for row in rows)
    sources, ledger = figures(release, "sources")[1:], figures(release, "ledger")[1:]
    for name, source_row, ledger_row in zip(manifest["sources"], sources, ledger, strict=True):
        path = release / "dropped" / f"{name}.jsonl"
        dropped = len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
        read = kept[name] + dropped
        assert name in source_row[0]
        assert source_row[2:4] == [shown(read), shown(kept[name])]
        assert ledger_row[:3] == [f"`{name}`", shown(read), shown(kept[name])]
        assert ledger_row[3] == (f"choices-distinct {dropped}" if dropped else "–")
    head, terms, *table = figures(release, "licenses")
    assert head == ["config", *sorted({row["license"] for row in rows})]
    assert terms[0] == "*terms*"
    for line, (name, splits) in zip(table, rows_of(release).items(), strict=True):
        counts = Counter(row["license"] for part in splits.values() for row in part)
        assert line == [f"`{name}`", *(shown(counts[license]) for license in head[1:])]


def test_absent_configurations_are_named_with_their_reason(tmp_path: Path) -> None:
    rows = {"native": [question(f"q{n}") for n in range(4)]}
    recipe = write_recipe(tmp_path, rows, study={"controlled": 6}, description="rien que quatre questions")
    card = card_of(build(recipe, tmp_path / "out").release.folder)
    assert "These configurations do not exist in this release:" in card
    assert "- `synthetic`: the release has no synthetic records\n" in card
    assert "- `native-controlled`: native has 4 multiple-choice train rows, 6 are needed\n" in card
    assert "- `native-matched`: the recipe has no study.matched\n" in card
    assert 'load_dataset("medinjection-fr", "native")' in card
    assert "rien que quatre questions" in card
    assert "default" not in header_of(tmp_path / "out")["configs"][0]


def test_citation_is_a_cff_file(release: Path) -> None:
    citation = yaml.safe_load((release / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "dataset"
    assert citation["title"] == "MedInjection-FR"
    assert str(citation["version"]) == manifest_of(release)["version"]
    assert citation["authors"] and citation["message"]


def test_licences_name_every_source_with_its_rows(release: Path) -> None:
    manifest = manifest_of(release)
    text = (release / "LICENSES.md").read_text(encoding="utf-8")
    kept = Counter(row["source"] for row in read_rows(release))
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(sections) == len(manifest["sources"])
    for section, (name, source) in zip(sections, manifest["sources"].items(), strict=True):
        assert section.startswith(f"{source['facts']['title']} (`{name}`)\n")
        assert f"- Licence: {source['facts']['license']}" in section
        assert f"- Rows in this release: {kept[name]}\n" in section
        assert f"- Citation: {source['facts']['citation']}" in section


def test_two_licences_are_other(tmp_path: Path) -> None:
    catalogue = {
        "our-native": source_facts("native"),
        "our-synthetic": source_facts("synthetic", license="CC-BY-NC-4.0", redistributable=False),
    }
    rows = {origin: [question(origin)] for origin in ("native", "synthetic")}
    folder = build(write_recipe(tmp_path, rows, catalogue=catalogue), tmp_path / "out").release.folder
    assert header_of(folder)["license"] == "other"
    assert "**not allowed as far as is known**" in (folder / "LICENSES.md").read_text(encoding="utf-8")
    head, terms, *table = figures(folder, "licenses")
    assert head == ["config", "CC-BY-4.0", "CC-BY-NC-4.0"]
    assert terms == ["*terms*", "–", "non-commercial"]
    assert ["`native+synthetic`", "1", "1"] in table


def test_table_survives_the_way_there_and_back() -> None:
    rows = [["a", "b"], ["x", "1,234"], ["y z", "–"]]
    text = markdown_table(rows)
    assert text.splitlines()[1] == "| --- | ---: |"
    assert read_figures(f"<!-- figures: t -->\n{text}\n<!-- end of figures -->", "t") == rows


@pytest.mark.parametrize("card", ["", "# No header\n", "---\nnever ended: 1\n", "---\n[}\n---\n"])
def test_card_without_a_header(card: str) -> None:
    assert read_front_matter(card) is None
    assert read_figures(card, "composition") is None


def test_text_of_a_catalogue_entry_cannot_break_a_table(tmp_path: Path) -> None:
    catalogue = {"our-native": source_facts("native", title="Cas | cliniques\n  de Lyon")}
    rows = {"native": [question("q")]}
    folder = build(write_recipe(tmp_path, rows, catalogue=catalogue), tmp_path / "out").release.folder
    (head, row) = figures(folder, "sources")
    assert row[0] == "Cas | cliniques de Lyon (`our-native`)"
    assert len(row) == len(head)
    assert verify(folder) == []
