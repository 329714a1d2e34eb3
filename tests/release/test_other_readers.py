"""What others read of a release with programs of their own: Croissant with mlcroissant, citations with cffconvert."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cards import CHANGELOG, PUBLICATION
from commands import run
from environments import programs_of
from recipes import built, few_rows, question, source_facts
from releases import read_rows

from medinjection_fr.recipe import find_recipe
from medinjection_fr.release.licences import TERMS
from medinjection_fr.resources import PACKAGE

pytestmark = pytest.mark.slow

READ = """
import json, sys
import mlcroissant

dataset = mlcroissant.Dataset(sys.argv[1])
issues = dataset.metadata.ctx.issues
told = {"errors": sorted(issues.errors), "warnings": sorted(issues.warnings), "rows": []}
if sys.argv[2] == "rows":
    for record in dataset.records("records"):
        text = {key.removeprefix("records/"): value for key, value in record.items()}
        told["rows"].append(json.loads(json.dumps(text, default=lambda value: value.decode("utf-8"))))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def mlcroissant() -> Path:
    return programs_of("mlcroissant-1.1.1", "mlcroissant[parquet]==1.1.1") / "python"


@pytest.fixture(scope="module")
def cffconvert() -> Path:
    return programs_of("cffconvert-2.0.0", "cffconvert==2.0.0") / "cffconvert"


def read(python: Path, croissant: Path, what: str = "description") -> dict[str, Any]:
    done = run([python, "-W", "error::UserWarning", "-c", READ, croissant, what])
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**told, "printed": "WARNING" in done.stderr}


@pytest.fixture(scope="module")
def various(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Parquet release with pictures, several licences and all that a recipe can say of its publication."""
    folder = tmp_path_factory.mktemp("various")
    catalogue = {
        "our-native": source_facts("native", license="LicenseRef-Ours", redistributable=False),
        "our-synthetic": source_facts("synthetic", license="CC-BY-SA-4.0"),
        "our-translated": source_facts("translated", languages=["fr", "en"]),
    }
    more = {"publication": PUBLICATION, "changelog": CHANGELOG, "plots": True}
    return built(folder, few_rows(), "parquet", catalogue=catalogue, **more).folder


def test_croissant_has_neither_errors_nor_warnings(
    mlcroissant: Path, sample_release: Path, various: Path
) -> None:
    for folder in (sample_release, various):
        told = read(mlcroissant, folder / "croissant.json")
        assert told["errors"] == told["warnings"] == []
        assert not told["printed"]


def test_mlcroissant_would_tell_what_is_missing(
    mlcroissant: Path, tiny_release: Path, tmp_path: Path
) -> None:
    # A release whose recipe does not say when it was published.
    told = read(mlcroissant, tiny_release / "croissant.json")
    assert [text for text in told["warnings"] if "datePublished" in text] == told["warnings"] != []
    described = json.loads((tiny_release / "croissant.json").read_text(encoding="utf-8"))
    del described["distribution"][0]["sha256"]
    (tmp_path / "croissant.json").write_text(json.dumps(described), encoding="utf-8")
    done = run([mlcroissant, "-c", READ, tmp_path / "croissant.json", "description"])
    assert done.returncode != 0 and "sha256" in done.stderr


def test_records_of_a_parquet_release_are_read_by_croissant(mlcroissant: Path, various: Path) -> None:
    rows = read(mlcroissant, various / "croissant.json", "rows")["rows"]
    splits = Counter(row.pop("split") for row in rows)
    expected = read_rows(various)
    assert sorted(rows, key=lambda row: str(row["id"])) == sorted(expected, key=lambda row: str(row["id"]))
    assert splits == {"train": 48, "validation": 3, "test": 6}


def test_citations_are_valid(
    cffconvert: Path, sample_release: Path, tiny_release: Path, various: Path
) -> None:
    files = [folder / "CITATION.cff" for folder in (sample_release, tiny_release, various)]
    files += [path for path in [PACKAGE.parent / "CITATION.cff"] if path.exists()]
    for path in files:
        done = run([cffconvert, "--validate", "-i", path])
        assert done.returncode == 0, f"{path}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("license", sorted(TERMS))
def test_every_licence_that_we_know_makes_a_valid_citation(
    cffconvert: Path, tmp_path: Path, license: str
) -> None:
    catalogue = {"our-native": source_facts("native", license=license)}
    folder = built(tmp_path, {"native": [question("q")]}, catalogue=catalogue).folder
    done = run([cffconvert, "--validate", "-i", folder / "CITATION.cff"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_cffconvert_would_tell_what_is_wrong(cffconvert: Path, sample_release: Path, tmp_path: Path) -> None:
    text = (sample_release / "CITATION.cff").read_text(encoding="utf-8")
    (tmp_path / "CITATION.cff").write_text(text.replace("type: dataset", "type: data"), encoding="utf-8")
    assert run([cffconvert, "--validate", "-i", tmp_path / "CITATION.cff"]).returncode != 0


def test_shipped_sample_names_its_day_of_publication() -> None:
    assert "changelog:" in find_recipe("sample")[0].read_text(encoding="utf-8")
