"""What of a recipe's files is there, and whether what the status says to do helps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused, run
from faulty_server import FaultyServer, command_with_catalogue, faulty_server
from recipes import few_rows, question, source_facts, write_frenchmedmcqa, write_lines, write_recipe

from medinjection_fr.recipe import SHIPPED, load_recipe
from medinjection_fr.sources.catalogue import load_catalogue
from medinjection_fr.sources.fetch import HUB_RECORD, fetch
from medinjection_fr.sources.status import SourceStatus, recipe_status

RECORD = json.dumps(question("q-1"), ensure_ascii=False).encode() + b"\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with faulty_server() as running:
        running.files["/train.jsonl"] = RECORD
        yield running


def recipe_of(folder: Path, location: dict[str, Any], **entry: Any) -> Path:
    """A recipe with one source of our own at a location."""
    facts = source_facts("native", location=location, files={"train": ["*.jsonl"]})
    return write_recipe(
        folder, {}, sources=[{"source": "our-source", **entry}], catalogue={"our-source": facts}
    )


def status_of(recipe: Path, data: Path) -> SourceStatus:
    """The status of a recipe's only source; its own words in tables and JSON are the same."""
    [state] = recipe_status(load_recipe(recipe, data))
    shown = invoke("sources", "status", recipe, "--data", data, "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == [asdict(state)]
    table = invoke("sources", "status", recipe, "--data", data)
    assert table.exit_code == 0
    assert state.source in table.stdout
    assert state.state.split()[0] in table.stdout
    return state


def test_url_source_is_missing_then_there_then_another_version(server: FaultyServer, tmp_path: Path) -> None:
    pin = hashlib.sha256(RECORD).hexdigest()
    location = {
        "kind": "url",
        "files": [{"name": "train.jsonl", "url": server.url("/train.jsonl"), "sha256": pin}],
    }
    recipe = recipe_of(tmp_path, location)
    missing = status_of(recipe, tmp_path)
    assert (missing.state, missing.files) == ("missing", 0)
    [(source, folder, _)] = load_recipe(recipe, tmp_path).sources
    fetch(source, folder)
    assert status_of(recipe, tmp_path) == SourceStatus("our-source", "there", 1, "")
    (folder / "train.jsonl").write_bytes(RECORD.replace(b"q-1", b"q-2"))
    other = status_of(recipe, tmp_path)
    assert (other.state, other.files) == ("other version", 1)
    assert "other bytes than the catalogue pins" in other.to_do
    assert len(server.log) == 1


def test_hub_source_is_there_when_it_was_fetched(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, {"kind": "hub", "repository": "ours/dataset", "revision": "v1"})
    missing = status_of(recipe, tmp_path)
    assert missing.state == "missing"
    assert missing.to_do == f"put the files of ours/dataset@v1 into {tmp_path / 'our-source'}"
    path = write_lines(tmp_path / "our-source" / "train.jsonl", [question("q-1")])
    assert status_of(recipe, tmp_path).state == "other version"  # nobody knows where they come from
    record = {"repository": "ours/dataset", "revision": "v0", "files": {path.name: path.stat().st_size}}
    for revision, state in (("v0", "other version"), ("v1", "there")):
        record["revision"] = revision
        (path.parent / HUB_RECORD).write_text(json.dumps(record), encoding="utf-8")
        assert status_of(recipe, tmp_path).state == state
    write_lines(path, [question("q-1"), question("q-2")])
    assert status_of(recipe, tmp_path).state == "other version"
    for damaged in ("", "{", "[]", '"v1"', "{}", json.dumps({"repository": "ours/dataset"})):
        (path.parent / HUB_RECORD).write_text(damaged, encoding="utf-8")
        assert status_of(recipe, tmp_path).state == "other version"


def test_folder_source_is_there_or_to_be_asked_for(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, {"kind": "folder", "ask": "Ask the authors"})
    missing = status_of(recipe, tmp_path)
    assert (missing.state, missing.to_do) == ("missing", f"Ask the authors ({tmp_path / 'our-source'})")
    write_lines(tmp_path / "our-source" / "a.jsonl", [question("q-1")])
    write_lines(tmp_path / "our-source" / "b.jsonl", [question("q-2")])
    assert status_of(recipe, tmp_path) == SourceStatus("our-source", "there", 2, "")


def test_what_is_missing_beside_what_is_there_is_named(tmp_path: Path) -> None:
    folder = write_frenchmedmcqa(tmp_path / "frenchmedmcqa")
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}])
    # Questions of our own under upstream's names.
    assert status_of(recipe, tmp_path).state == "other version"
    (folder / "dev.json").unlink()
    missing = status_of(recipe, tmp_path)
    assert missing.state == "missing"
    assert f"no file {folder / 'dev.json'} for the split validation" in missing.to_do
    assert "train.json" not in missing.to_do


def test_folder_that_holds_what_cannot_be_used_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "medinjection-fr-published"
    folder.mkdir()
    (folder / "train.parquet").write_bytes(b"")
    (folder / "train.json").write_bytes(b"[]")
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "medinjection-fr-published"}])
    assert "holds both published forms" in status_of(recipe, tmp_path).to_do


def test_real_frenchmedmcqa_is_as_pinned(data: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}])
    assert status_of(recipe, data) == SourceStatus("frenchmedmcqa", "there", 3, "")


def test_command_that_the_status_gives_fetches_where_the_recipe_looks(
    server: FaultyServer, tmp_path: Path
) -> None:
    # With a catalogue that knows the source the command can be followed to the letter.
    location = {
        "kind": "url",
        "files": [{"name": "train.jsonl", "url": server.url("/train.jsonl"), "bytes": len(RECORD)}],
    }
    entries = {"our-source": source_facts("native", location=location, files={"train": ["*.jsonl"]})}
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "our-source"}])
    status = ("sources", "status", recipe, "--data", tmp_path / "data", "--json")
    command = command_with_catalogue(tmp_path / "catalogue", entries, *status)
    [missing] = json.loads(run(command).stdout)
    program, *followed = missing["to_do"].split()
    assert program == "medinjection-fr"
    assert run(command_with_catalogue(tmp_path / "catalogue", entries, *followed)).returncode == 0
    [there] = json.loads(run(command).stdout)
    assert (there["state"], there["to_do"]) == ("there", "")


@pytest.mark.parametrize("path", ["elsewhere", "deep/er"])
def test_source_with_a_path_of_its_own_is_looked_for_there(tmp_path: Path, path: str) -> None:
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa", "path": path}])
    to_do = status_of(recipe, tmp_path).to_do
    assert to_do.endswith(f"into {tmp_path / path}")  # `sources fetch` would put them elsewhere
    assert "sources fetch" not in to_do
    for file in load_catalogue()["frenchmedmcqa"].facts["location"]["files"]:
        assert file["url"] in to_do
    write_frenchmedmcqa(tmp_path / path)
    assert status_of(recipe, tmp_path).files == 3


def test_source_that_the_recipe_describes_is_not_fetched_by_name(tmp_path: Path) -> None:
    file = {"name": "train.jsonl", "url": "http://127.0.0.1:9/train.jsonl", "bytes": 1}
    recipe = recipe_of(tmp_path, {"kind": "url", "files": [file]})
    to_do = status_of(recipe, tmp_path).to_do
    assert to_do == f"put the files of {file['url']} into {tmp_path / 'our-source'}"
    assert "no source is called" in refused(invoke("sources", "fetch", "our-source"))


def test_package_source_is_there(tmp_path: Path) -> None:
    name = "medinjection-fr-sample-native"
    recipe = write_recipe(tmp_path, {}, sources=[{"source": name}])
    assert status_of(recipe, tmp_path) == SourceStatus(name, "there", 1, "")
    elsewhere = write_recipe(tmp_path, {}, sources=[{"source": name, "path": "mine"}])
    assert status_of(elsewhere, tmp_path).to_do == "it ships with the package: leave out its `path:`"


def test_sources_stand_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, few_rows())
    states = recipe_status(load_recipe(recipe))
    assert [state.source for state in states] == ["our-native", "our-synthetic", "our-translated"]
    assert {state.state for state in states} == {"there"}


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_shipped_recipes_load_and_have_a_status(tmp_path: Path, name: str) -> None:
    recipe = load_recipe(SHIPPED / f"{name}.yaml", tmp_path)
    states = recipe_status(recipe)
    assert [state.source for state in states] == [source.name for source, _, _ in recipe.sources]
    kinds = {source.name: source.facts["location"]["kind"] for source, _, _ in recipe.sources}
    for state in states:
        ships = kinds[state.source] == "package"
        assert state.state == ("there" if ships else "missing")
        assert bool(state.to_do) == (not ships)
    shown = invoke("sources", "status", name, "--data", tmp_path, "--json")
    assert json.loads(shown.stdout) == [asdict(state) for state in states]
    assert invoke("sources", "status", name, "--data", tmp_path).exit_code == 0


def test_every_source_of_the_catalogue_has_a_status(tmp_path: Path) -> None:
    # Materials and records alike; none of them is there, except those that ship.
    recipe = write_recipe(tmp_path, {}, sources=[{"source": name} for name in load_catalogue()])
    for state in recipe_status(load_recipe(recipe, tmp_path / "data")):
        ships = load_catalogue()[state.source].facts["location"]["kind"] == "package"
        assert state.state == ("there" if ships else "missing"), state
        assert ships or str(tmp_path / "data") in state.to_do


def test_status_of_no_recipe_is_refused(tmp_path: Path) -> None:
    assert "no such recipe" in refused(invoke("sources", "status", tmp_path / "absent.yaml"))
