"""Croissant: every file with its digest, every column, and where rows come from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from recipes import built, few_rows, question, source_facts
from releases import contents, manifest_of

from medinjection_fr.record import COLUMNS, LIST_COLUMNS
from medinjection_fr.release.croissant import CROISSANT


def croissant_of(folder: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((folder / CROISSANT).read_text(encoding="utf-8"))
    return described


def files_of(described: dict[str, Any], kind: str = "cr:FileObject") -> list[dict[str, Any]]:
    return [entry for entry in described["distribution"] if entry["@type"] == kind]


def test_every_file_has_its_digest(tiny_release: Path) -> None:
    files = contents(tiny_release)
    listed = {entry["contentUrl"]: entry for entry in files_of(croissant_of(tiny_release))}
    assert listed.keys() == files.keys() - {CROISSANT, "release.json"}
    for name, entry in listed.items():
        assert entry["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert entry["contentSize"] == f"{len(files[name])} B"
        assert entry["@id"] == name and entry["encodingFormat"]


@pytest.mark.parametrize("format", ["arrow", "parquet"])
def test_file_sets_hold_the_shards(tmp_path: Path, format: str) -> None:
    folder = built(tmp_path, few_rows(), format).folder
    described = croissant_of(folder)
    sets = {entry["@id"]: entry for entry in files_of(described, "cr:FileSet")}
    shards = {name for name in contents(folder) if name.startswith("data/")}
    names = ("shards", "shards-native", "shards-synthetic", "shards-translated")
    held = {
        name: {p.relative_to(folder).as_posix() for p in folder.glob(sets[name]["includes"])}
        for name in names
    }
    assert held["shards"] == shards
    for name in names[1:]:
        assert held[name] == {path for path in shards if path.split("/")[1] == name.removeprefix("shards-")}
    types = {"arrow": "application/vnd.apache.arrow.stream", "parquet": "application/x-parquet"}
    assert {entry["encodingFormat"] for entry in sets.values()} == {types[format]}


def test_fields_are_the_columns_and_the_split(tiny_release: Path) -> None:
    splits, records = croissant_of(tiny_release)["recordSet"]
    assert [row["splits/name"] for row in splits["data"]] == ["train", "validation", "test"]
    fields = {field["name"]: field for field in records["field"]}
    assert list(fields) == [*COLUMNS, "split"]
    assert {name for name, field in fields.items() if field.get("isArray")} == LIST_COLUMNS
    assert all(fields[name]["source"]["extract"] == {"column": name} for name in COLUMNS)
    assert fields["generator"]["equivalentProperty"] == "prov:wasAttributedTo"
    assert records["key"] == {"@id": "records/id"}


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a source at a revision, one made from it, and material that nothing was made from."""
    folder = tmp_path_factory.mktemp("traced")
    place = {"kind": "hub", "repository": "our-lab/cases", "revision": "0123abcd"}
    catalogue = {
        "our-native": source_facts("native", location=place),
        "our-synthetic": source_facts("synthetic", license="LicenseRef-Ours"),
    }
    rows = {"native": [question("q")], "synthetic": [question("s", derived_from="our-native/q")]}
    documents = Path(__file__).parent.parent / "sources" / "fixtures" / "morfitt"
    sources = [*({"source": name} for name in catalogue), {"source": "morfitt", "path": str(documents)}]
    changelog = [{"version": "1.0.0", "date": "2026-02-28", "changes": ["First."]}]
    publication = {"repository": "our-lab/medinjection-fr"}
    more = {"sources": sources, "changelog": changelog, "publication": publication}
    return built(folder, rows, catalogue=catalogue, **more).folder


def test_description_says_what_is_known(traced: Path) -> None:
    described = croissant_of(traced)
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert described["version"] == "1.0.0"
    assert described["datePublished"] == "2026-02-28"
    assert described["url"] == "https://huggingface.co/datasets/our-lab/medinjection-fr"
    assert described["license"][0] == "https://spdx.org/licenses/CC-BY-4.0"
    assert described["license"][1]["name"] == "LicenseRef-Ours"
    assert described["citeAs"].startswith("@misc{medinjection-fr-1.0.0,")


def test_provenance_names_revisions_models_and_the_build(traced: Path) -> None:
    described, manifest = croissant_of(traced), manifest_of(traced)
    native, synthetic = described["prov:wasDerivedFrom"]
    assert (native["alternateName"], native["version"]) == ("our-native", "0123abcd")
    assert native["url"] == "https://huggingface.co/datasets/our-lab/cases/tree/0123abcd"
    assert "url" not in synthetic and "version" not in synthetic
    (activity,) = described["prov:wasGeneratedBy"]
    agent = activity["prov:wasAssociatedWith"]
    assert agent["identifier"] == f"sha256:{manifest['package']['source_digest']}"
    assert [used["alternateName"] for used in activity["prov:used"]] == ["morfitt"]
    sets = {entry["@id"]: entry for entry in files_of(described, "cr:FileSet")}
    assert sets["shards-native"]["prov:wasDerivedFrom"] == [{"@id": native["@id"]}]
    assert "prov:wasGeneratedBy" not in sets["shards-native"]
    # Synthetic rows come from their own file, and what that was made from.
    assert sets["shards-synthetic"]["prov:wasDerivedFrom"] == [{"@id": e["@id"]} for e in (native, synthetic)]
    (generation,) = sets["shards-synthetic"]["prov:wasGeneratedBy"]
    assert generation["prov:wasAssociatedWith"]["prov:label"] == "our-model@1"
    assert generation["prov:label"] == "our-model@1 wrote 1 rows of our-synthetic"


def test_other_upstream_files_are_another_entity(tmp_path: Path) -> None:
    found = []
    for answer in "AC":
        rows = {"native": [question("q", answer=answer)]}
        found.append(croissant_of(built(tmp_path / answer, rows).folder))
    first, second = (described["prov:wasDerivedFrom"][0]["@id"] for described in found)
    assert first != second


def test_day_of_publication_is_left_out_while_it_is_not_known(tiny_release: Path) -> None:
    assert not {"datePublished", "url"} & croissant_of(tiny_release).keys()
