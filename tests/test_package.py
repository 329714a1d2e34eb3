"""The package itself: a light import, every file in its place, and a sample that is what it says."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import run

import medinjection_fr
from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.recipe import SHIPPED, find_recipe, load_recipe
from medinjection_fr.record import TYPES
from medinjection_fr.resources import PACKAGE, find_resource, load_schema, loading_script, source_digest
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.version import __version__

ROOT = PACKAGE.parent
in_a_checkout = pytest.mark.skipif(not (ROOT / "setup.cfg").exists(), reason="needs the checkout")

IMPORT = """
import socket, sys

def deny(*arguments, **options):
    raise AssertionError("importing opens a connection")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = deny
import medinjection_fr
assert medinjection_fr.__version__
heavy = {"datasets", "torch", "transformers", "pyarrow", "numpy", "pandas", "huggingface_hub", "ray"}
print(sorted(heavy & sys.modules.keys()))
import medinjection_fr.cli
print(sorted(heavy & sys.modules.keys()))
"""


def test_import_is_light_and_opens_no_connection() -> None:
    done = run([sys.executable, "-c", IMPORT])
    assert done.stdout == "[]\n[]\n", done.stdout + done.stderr


def test_names_of_the_package() -> None:
    assert set(medinjection_fr.__all__) <= {*dir(medinjection_fr), "load", "to_messages"}
    assert callable(medinjection_fr.load) and callable(medinjection_fr.to_messages)
    with pytest.raises(AttributeError, match="has no attribute 'prompt'"):
        medinjection_fr.prompt  # noqa: B018


@in_a_checkout
def test_every_file_of_the_package_is_in_the_wheel() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    packages = setup["options"]["packages"].split()
    places = dict(re.findall(r"^(\S+) = (\S+)$", setup["options"]["package_dir"], re.MULTILINE))
    patterns = {name: value.split(",") for name, value in setup["options.package_data"].items()}
    shipped = set()
    for package in packages:
        own = places.get(package, package.replace(".", "/"))
        folder = ROOT / own
        shipped |= set(folder.glob("*.py")) if own != "." else {ROOT / "medinjection_fr.py"}
        for pattern in patterns.get(package, []):
            shipped |= set(folder.glob(pattern.strip()))
    folders = [PACKAGE, ROOT / "schemas", ROOT / "dataset_card"]
    present = {
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {str(path.relative_to(ROOT)) for path in present - shipped} == set()


@pytest.mark.parametrize("name", ["record", "recipe", "source", "release", "template", "training"])
def test_schemas_are_found_and_are_schemas(name: str) -> None:
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:medinjection-fr:schema:{name}:1"


def test_every_resource_is_found() -> None:
    card = find_resource("dataset_card")
    for name in ("README.md.j2", "LICENSES.md.j2", "CITATION.cff.j2", "limits.md"):
        assert (card / name).read_text(encoding="utf-8")
    assert "RELEASE = " in loading_script().read_text(encoding="utf-8")
    for name in ("sample", "published"):
        path, shipped = find_recipe(name)
        assert shipped
        assert read_yaml(path)["name"] == name
    assert {path.stem for path in SHIPPED.glob("*.yaml")} >= {"sample", "published"}
    assert load_recipe(find_recipe("sample")[0]).study.controlled


@in_a_checkout
def test_source_digest_covers_what_a_build_depends_on(tmp_path: Path) -> None:
    code = "from medinjection_fr.resources import source_digest; print(source_digest())"
    for name in ("medinjection_fr", "schemas", "dataset_card"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "medinjection_fr.py", tmp_path)

    def digest() -> str:
        done = run([sys.executable, "-c", code], tmp_path, {"PYTHONPATH": str(tmp_path)})
        return done.stdout.strip()

    first = digest()
    assert first == source_digest()
    (tmp_path / "medinjection_fr" / "sample" / "native.jsonl").write_text("", encoding="utf-8")
    assert digest() == first  # the sample counts by its own digest, as any source does
    seen = {first}
    for name in (
        "medinjection_fr/record.py",
        "medinjection_fr/curate/normalise.py",
        "schemas/record.schema.json",
        "dataset_card/limits.md",
        "medinjection_fr.py",
    ):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write(" ")
        seen.add(digest())
    assert len(seen) == 6


@in_a_checkout
def test_version_is_told_once() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?(dev|rc|a|b)\d+)?", __version__)
    assert "version = attr: medinjection_fr.version.__version__" in (ROOT / "setup.cfg").read_text(
        encoding="utf-8"
    )
    assert __version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# The sample


def lines(name: str) -> list[dict[str, Any]]:
    text = (PACKAGE / "sample" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["native", "synthetic", "translated"])
def test_sample_has_enough_of_each_provenance_and_type(name: str) -> None:
    rows = lines(name)
    assert len(rows) >= 60
    train = Counter(row["type"] for row in rows if row["split"] == "train")
    assert set(train) == set(TYPES)
    assert train["mcqu"] + train["mcq"] >= 36 and min(train.values()) >= 12  # what its study asks for
    assert len({row["source_id"] for row in rows}) == len(rows)
    splits = Counter((row["group_id"], row["split"]) for row in rows)
    assert len({group for group, _ in splits}) == len(splits)


def test_synthetic_sample_comes_from_its_documents() -> None:
    documents = {f"medinjection-fr-sample-documents/{row['id']}": row for row in lines("documents")}
    used = set()
    for row in lines("synthetic"):
        document = documents[row["derived_from"]]
        used.add(row["derived_from"])
        assert row["group_id"] == document["id"]
        assert row["context"] in ("", document["text"])
    assert used == set(documents)


def test_translated_sample_answers_as_its_originals_do() -> None:
    items = {f"medinjection-fr-sample-items/{row['id']}": row for row in lines("items")}
    for row in lines("translated"):
        item = items.pop(row["derived_from"])
        assert row["type"] == item["type"]
        assert len(row["choices"]) == len(item["options"])
        assert bool(row["context"]) == bool(item["context"])
        if row["type"] != "oeq":
            assert row["answer"] == item["answer"]
        assert row["instruction"] != item["question"]
    assert not items


def test_sample_is_in_the_catalogue_under_its_licence() -> None:
    sources = {name: s for name, s in load_catalogue().items() if name.startswith("medinjection-fr-sample")}
    assert {source.license for source in sources.values()} == {"CC-BY-4.0"}
    assert {row["license"] for name in ("documents", "items") for row in lines(name)} == {"CC-BY-4.0"}
    assert {source.origin for source in sources.values()} >= {"native", "synthetic", "translated"}
