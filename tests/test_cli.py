"""The command line: what it prints, its exit codes, and its words for mistakes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from releases import (
    STUDY,
    copy_of,
    few_rows,
    flip,
    invoke,
    manifest_of,
    question,
    read_rows,
    refused,
    shard_paths,
    source_facts,
    start,
    write_recipe,
)

from medinjection_fr import __version__
from medinjection_fr.build import build
from medinjection_fr.cli import main
from medinjection_fr.configs import CONFIG_NAMES
from medinjection_fr.curate.ledger import read_ledger
from medinjection_fr.sources.catalogue import load_catalogue


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield *path, name


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_of_every_command_has_an_example(command: tuple[str, ...]) -> None:
    done = invoke(*command, "--help")
    assert done.exit_code == 0
    assert f"Example: medinjection-fr {' '.join(command)}" in done.output


def test_help_and_version() -> None:
    assert "sources" in invoke("--help").output
    assert __version__ in invoke("--version").output
    assert invoke("-h").output == invoke("--help").output


def parsed(*arguments: object, code: int = 0) -> Any:
    done = invoke(*arguments, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_build_as_json(tmp_path: Path, tiny_recipe: Path) -> None:
    output = tmp_path / "out"
    told = parsed("build", tiny_recipe, "--output", output)
    manifest = manifest_of(output)
    assert told["release"] == str(output)
    assert told["written"] is True
    assert told["digest"] == manifest["digest"]
    assert told["configs"] == list(CONFIG_NAMES)
    assert told["sources"]["our-native"] == {"read": 20, "kept": 19, "dropped": {"choices-distinct": 1}}
    assert parsed("build", tiny_recipe, "--output", output) == {**told, "written": False}


def test_build_says_what_it_read_kept_dropped_and_what_is_next(tmp_path: Path, tiny_recipe: Path) -> None:
    output = invoke("build", tiny_recipe, "--output", tmp_path / "out").output
    assert "choices-distinct 1" in output
    assert "records.jsonl record 4 (id broken): options 1 and 2 are the same" in output
    assert f"Next: medinjection-fr verify {tmp_path / 'out'}" in output


def test_verify(tiny_release: Path, tmp_path: Path) -> None:
    assert parsed("verify", tiny_release) == {"release": str(tiny_release), "sound": True, "problems": []}
    assert (
        "sound. Version 1.0.0, 57 records, every file and record checked"
        in invoke("verify", tiny_release, "--rows").output
    )
    folder = copy_of(tiny_release, tmp_path)
    flip(folder / "LICENSES.md", 3)
    assert "LICENSES.md" in refused(invoke("verify", folder))
    told = parsed("verify", folder, code=2)
    assert told["sound"] is False
    assert told["problems"][0]["where"] == str(folder / "LICENSES.md")


@pytest.mark.parametrize(
    "command", [("verify", "."), ("configs", "--release", "."), ("show", "0f", "--release", ".")]
)
def test_folder_without_a_manifest(command: tuple[str, ...], tmp_path: Path) -> None:
    arguments = [str(tmp_path) if part == "." else part for part in command]
    message = refused(invoke(*arguments))
    assert message == (
        f"error: {tmp_path}: is not a release: it has no release.json. "
        "Give the folder that `medinjection-fr build` or `demo` wrote.\n"
    )


def test_configs(tiny_release: Path, tmp_path: Path) -> None:
    told = parsed("configs", "--release", tiny_release)
    assert list(told["configs"]) == list(CONFIG_NAMES)
    assert told["configs"]["native"]["train"] == {"mcqu": 8, "mcq": 6, "oeq": 2}
    assert told["absent"] == {}
    output = invoke("configs", "--release", tiny_release).output
    assert "8/6/2" in output.replace(" ", "")
    assert "native+synthetic+translated (default)" in output


def test_configs_that_do_not_exist_say_why(tmp_path: Path) -> None:
    folder = build(write_recipe(tmp_path, {"native": [question("q")]}), tmp_path / "out").release.folder
    assert (
        parsed("configs", "--release", folder)["absent"]["synthetic"]
        == "the release has no synthetic records"
    )
    output = invoke("configs", "--release", folder).output
    assert "no native-controlled: the recipe has no study.controlled" in output


def test_show_a_kept_record_with_its_way_back(tiny_release: Path) -> None:
    row = next(row for row in read_rows(tiny_release) if row["origin"] == "synthetic")
    told = parsed("show", row["id"], "--release", tiny_release)
    assert told["record"] == row
    assert told["ledger"] == []
    digest = manifest_of(tiny_release)["sources"]["our-synthetic"]["files"][0]["sha256"]
    assert told["lineage"]["upstream files"] == [f"records.jsonl (sha256 {digest})"]
    assert told["lineage"]["upstream identifier"] == row["source_id"]
    assert told["lineage"]["derived from"] == row["derived_from"]
    assert told["lineage"]["shard"] in shard_paths(tiny_release)
    assert parsed("show", row["id"][:12], "--release", tiny_release) == told
    output = invoke("show", row["id"], "--release", tiny_release).output
    assert row["source_id"] in output and row["derived_from"] in output and digest in output.replace("\n", "")


def test_show_marks_the_gold_options(tiny_release: Path) -> None:
    row = next(row for row in read_rows(tiny_release) if row["answer"] == "A,C")
    output = invoke("show", row["id"], "--release", tiny_release).output
    assert "✔ (A) Fièvre" in output and "✔ (C) Éruption" in output
    assert "  (B) Toux" in output


def test_show_a_dropped_record(tiny_release: Path) -> None:
    (dropped,) = read_ledger(tiny_release / "dropped" / "our-native.jsonl")
    assert dropped.id
    told = parsed("show", dropped.id, "--release", tiny_release)
    assert told["record"] is None
    assert told["ledger"] == [dropped._asdict()]
    output = invoke("show", dropped.id, "--release", tiny_release).output
    assert (
        "ledger: our-native: records.jsonl record 4: choices-distinct: options 1 and 2 are the same" in output
    )


def test_show_a_record_that_stands_in_the_release_and_in_the_ledger(tmp_path: Path) -> None:
    rows = {"native": [question("q1"), {**question("q1"), "source_id": "q2"}]}
    folder = build(write_recipe(tmp_path, rows), tmp_path / "out").release.folder
    (row,) = read_rows(folder)
    told = parsed("show", row["id"], "--release", folder)
    assert told["record"]["source_id"] == "q1"
    assert [(entry["source_id"], entry["rule"]) for entry in told["ledger"]] == [("q2", "same-content")]
    assert (
        "same-content: kept our-native/q1 in train" in invoke("show", row["id"], "--release", folder).output
    )


@pytest.mark.parametrize("id", ["0" * 32, "zz", ".*"])
def test_show_an_unknown_record(tiny_release: Path, id: str) -> None:
    assert f"no record has the id {id}" in refused(invoke("show", id, "--release", tiny_release))


def test_show_an_ambiguous_prefix(tiny_release: Path) -> None:
    firsts = [row["id"][0] for row in read_rows(tiny_release)]
    digit = max(set(firsts), key=firsts.count)
    message = refused(invoke("show", digit, "--release", tiny_release))
    assert f"records begin with {digit}" in message
    assert "60 records begin with" in refused(invoke("show", "", "--release", tiny_release))


def test_show_in_a_damaged_release(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    shard = folder / shard_paths(folder)[0]
    shard.write_bytes(shard.read_bytes()[:500])
    message = refused(invoke("show", read_rows(tiny_release)[-1]["id"], "--release", folder))
    assert str(shard) in message
    shard.unlink()
    message = refused(invoke("show", read_rows(tiny_release)[-1]["id"], "--release", folder))
    assert str(shard) in message


def test_sources() -> None:
    listed = parsed("sources", "list")
    assert list(listed) == list(load_catalogue())
    output = invoke("sources", "list").output
    assert all(name in output.replace("\n", "") or len(name) > 20 for name in listed)
    shown = parsed("sources", "show", "frenchmedmcqa")
    assert shown == listed["frenchmedmcqa"]
    assert shown["license"] == "Apache-2.0"
    assert "qanastek/FrenchMedMCQA" in invoke("sources", "show", "frenchmedmcqa").output
    message = refused(invoke("sources", "show", "frenchmedmqca"))
    assert 'no source is called "frenchmedmqca"' in message
    assert 'Did you mean "frenchmedmcqa"?' in message


def test_all_mistakes_of_a_recipe_come_at_once(tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path,
        few_rows(),
        sources=[{"source": "our-natives"}, {"source": "our-synthetic"}, {"source": "our-synthetic"}],
        study={"matched": {"rows": 18, "types": ["mcqu", "mcq"]}},
        exclude=[{"source": "elsewhere", "source_id": "1", "reason": "r", "date": "2026-11-23"}],
    )
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f'{recipe} › sources[0] › source: "our-natives" is unknown' in message
    assert 'Did you mean "our-native"?' in message
    assert f'{recipe} › sources[2] › source: "our-synthetic" stands twice' in message
    assert f"{recipe} › study › matched › rows: 18; expected a multiple of 12" in message
    assert f'{recipe} › exclude[0] › source: "elsewhere" is not among' in message
    assert len(message.splitlines()) == 4
    assert not (tmp_path / "out").exists()


def test_all_mistakes_of_form_come_at_once(tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path,
        few_rows(),
        version="1.0",
        sources=[
            {"source": "our-native", "split": ["train"]},
            {"source": "our-synthetic", "splits": ["dev"]},
        ],
        study={"controlled": 7},
        exclude=[
            {"id": "0f", "reason": "r", "date": "today"},
            {"source": "our-native", "reason": "r", "date": "x"},
        ],
    )
    message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f'{recipe} › version: "1.0" is not allowed' in message
    assert f'{recipe} › sources[0]: unknown key "split"; expected one of path, source, splits' in message
    assert 'Did you mean "splits"?' in message
    assert (
        f'{recipe} › sources[1] › splits[0]: "dev" is unknown; expected train | validation | test' in message
    )
    assert f"{recipe} › study › controlled: 7 is not allowed" in message
    assert f'{recipe} › exclude[0] › id: "0f" is not allowed' in message
    assert f'{recipe} › exclude[0] › date: "today" is not allowed' in message
    assert f"{recipe} › exclude[1]: neither" in message


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"adapter": "pdf"}, 'catalogue › our-native › adapter: no adapter "pdf"'),
        ({"origin": "nativ"}, 'catalogue › our-native › origin: "nativ" is unknown'),
        ({"columns": {"question": "q"}}, "catalogue › our-native › columns"),
        ({"licence": "MIT"}, 'unknown key "licence"'),
    ],
)
def test_mistakes_of_the_recipes_own_catalogue(tmp_path: Path, changes: dict[str, Any], what: str) -> None:
    catalogue = {"our-native": source_facts("native", **changes)}
    recipe = write_recipe(tmp_path, {"native": [question("q")]}, catalogue=catalogue)
    assert what in refused(invoke("build", recipe, "--output", tmp_path / "out"))


def test_own_source_may_not_take_a_name_of_the_catalogue(tmp_path: Path) -> None:
    catalogue = {"frenchmedmcqa": source_facts("native")}
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}], catalogue=catalogue)
    assert '"frenchmedmcqa" is a source of the package already' in refused(invoke("build", recipe))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name: [", ", line 1, column 8: "),
        ("", "null has the wrong type; expected object"),
        ("- a", "has the wrong type; expected object"),
        ("name: tiny\nversion: 1.0\nsources: []", "› version: 1.0 has the wrong type; expected string"),
        ("name: tiny\nversion: '1.0.0'\nsources: []", "› sources: [] is not allowed"),
        ("name: tiny", 'the key "version" is missing'),
        ("name: tiny", 'the key "sources" is missing'),
        ("nom: caf\u00e9", "not UTF-8"),
    ],
)
def test_file_that_is_no_recipe(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="latin-1")
    message = refused(invoke("build", path, "--output", tmp_path / "out"))
    assert str(path) in message
    assert what in message


def test_recipe_that_is_not_there(tmp_path: Path) -> None:
    message = refused(invoke("build", tmp_path / "recipe.yaml"))
    assert "no such recipe" in message
    assert "published" in message and "sample" in message
    assert "is a folder" in refused(invoke("build", tmp_path))


def test_recipe_of_this_name_here_comes_before_the_one_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recipe(tmp_path, {"native": [question("q")]}).rename(tmp_path / "sample")
    monkeypatch.chdir(tmp_path)
    assert parsed("build", "sample")["sources"] == {"our-native": {"read": 1, "kept": 1, "dropped": {}}}


def test_paths_are_relative_to_the_recipe_or_to_data(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "a", {"native": [question("q")]}, study=STUDY)
    assert invoke("build", recipe, "--output", tmp_path / "1").exit_code == 0
    (tmp_path / "a" / "our-native").rename(tmp_path / "our-native")
    assert "no file" in refused(invoke("build", recipe, "--output", tmp_path / "2"))
    assert invoke("build", recipe, "--data", tmp_path, "--output", tmp_path / "2").exit_code == 0
    assert (tmp_path / "1" / "release.json").read_bytes() == (tmp_path / "2" / "release.json").read_bytes()


def test_demo_shows_a_record_of_each_provenance(tmp_path: Path) -> None:
    for _ in range(2):  # the second one finds the sample there and replaces it
        done = start("demo", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Loaded every configuration" in done.stdout
        for origin in ("native ·", "synthetic ·", "translated ·"):
            assert origin in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["medinjection-fr"]


def test_demo_does_not_replace_another_release(tmp_path: Path, tiny_release: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    assert "--replace" in refused(start("demo", cwd=tmp_path))
    assert manifest_of(folder)["recipe"]["name"] == "tiny"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_terminal_gets_something_to_read(tiny_release: Path, encoding: str) -> None:
    row = read_rows(tiny_release)[0]
    command, env = ("show", row["id"], "--release", tiny_release), {"PYTHONIOENCODING": encoding}
    done = start(*command, env=env)
    assert done.returncode == 0, done.stderr
    assert row["id"] in done.stdout
    # What another program reads is UTF-8 always.
    assert json.loads(start(*command, "--json", env=env).stdout)["record"] == row


def test_pairs_of_test_records_are_told_and_not_dropped(tmp_path: Path) -> None:
    rows = few_rows()
    asked = "Quel est le traitement de première intention de la pyélonéphrite ?"
    rows["native"] += [
        question("premier", split="test", instruction=asked),
        question("second", split="test", instruction=asked.upper()),
    ]
    built = start("build", write_recipe(tmp_path, rows, curate={}), cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert "test-pairs.jsonl" in built.stdout
    release = tmp_path / "medinjection-fr"
    (pair,) = (release / "dropped/test-pairs.jsonl").read_text().splitlines()
    assert json.loads(pair)["kind"] == "typography"
    ids = [row["id"] for row in read_rows(release) if row["source_id"] in ("premier", "second")]
    assert len(ids) == 2
    assert all(start("show", id, cwd=tmp_path).returncode == 0 for id in ids)
    assert start("verify", release, "--rows", cwd=tmp_path).returncode == 0


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny release with a record withdrawn, and seven added."""
    rows = few_rows()
    for records in rows.values():
        records.insert(3, {**records[3], "source_id": "broken", "choices": ["Oui", "Oui"]})
    rows["native"] += [question(f"more-{n}") for n in range(7)]
    withdrawn = {
        "source": "our-native",
        "source_id": "nat-train-oeq-1",
        "reason": "dose fausse",
        "date": "2026-11-23",
    }
    folder = tmp_path_factory.mktemp("next")
    recipe = write_recipe(folder, rows, study=STUDY, exclude=[withdrawn], version="1.1.0")
    return build(recipe, folder / "medinjection-fr", jobs=1).release.folder


def test_diff(tiny_release: Path, next_release: Path) -> None:
    output = invoke("diff", tiny_release, next_release, "--date", "2026-11-25").output
    words = output.replace("\n", " ")
    assert "withdrawn our-native/nat-train-oeq-1 (id " in output
    assert ") – dose fausse (2026-11-23)" in words
    assert "native train oeq" in output
    assert "… and 2 more: --json has them all" in output
    assert "Smallest honest version: 2.0.0 (major). 1.1.0 promises more than is true." in output
    (entry,) = yaml.safe_load(output[output.index("changelog:\n") :])["changelog"]
    assert (entry["version"], entry["date"]) == ("2.0.0", "2026-11-25")
    assert entry["changes"][1] == "7 records added (our-native 7)"


def test_diff_json_has_every_row(tiny_release: Path, next_release: Path) -> None:
    told = parsed("diff", tiny_release, next_release, "--date", "2026-11-25")
    assert told["old"]["version"] == "1.0.0" and told["new"]["folder"] == str(next_release)
    assert (told["bump"], told["smallest_version"], told["is_honest"]) == ("major", "2.0.0", False)
    assert told["counts"] == {"added": 7, "removed": 1, "content": 0, "moved": 0, "license": 0, "metadata": 0}
    assert [row["kind"] for row in told["rows"]] == ["added"] * 7 + ["removed"]
    assert {row["source_id"] for row in told["rows"][:7]} == {f"more-{n}" for n in range(7)}
    (withdrawn,) = told["withdrawn"]
    assert withdrawn["source_id"] == "nat-train-oeq-1"
    assert withdrawn["reason"] == "dose fausse (2026-11-23)"
    cells = {(cell["origin"], cell["split"], cell["type"]): cell for cell in told["cells"]}
    assert cells["native", "train", "mcqu"]["added"] == 7
    assert cells["native", "train", "oeq"]["removed"] == 1
    train = told["configs"]["native"]["splits"]["train"]
    assert train == {"old": 16, "new": 22, "entered": 7, "left": 1}
    assert told["changelog"]["version"] == "2.0.0"


def test_diff_of_a_release_with_itself(tiny_release: Path) -> None:
    output = invoke("diff", tiny_release, tiny_release).output
    assert "Every record is the same." in output
    assert "Nothing to release: nothing differs from 1.0.0." in output
    told = parsed("diff", tiny_release, tiny_release)
    assert (told["bump"], told["rows"], told["configs"], told["changelog"]) == ("none", [], {}, None)
    assert told["is_honest"] is True


def test_diff_dates_its_entry_today(tiny_release: Path, next_release: Path) -> None:
    before = datetime.date.today()
    dated = datetime.date.fromisoformat(parsed("diff", tiny_release, next_release)["changelog"]["date"])
    assert before <= dated <= datetime.date.today()
    assert "Invalid value for '--date'" in invoke("diff", "a", "b", "--date", "25/11/2026").stderr


def test_diff_tells_what_is_wrong_with_both(tiny_release: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    message = refused(invoke("diff", tmp_path / "empty", tmp_path / "nowhere"))
    assert f"{tmp_path / 'empty'}: is not a release: it has no release.json" in message
    assert f"{tmp_path / 'nowhere'}: no such folder" in message
    folder = copy_of(tiny_release, tmp_path)
    for path in shard_paths(folder)[:2]:
        (folder / path).unlink()
    message = refused(invoke("diff", tiny_release, folder))
    assert all(f"{folder / path}: is missing" in message for path in shard_paths(tiny_release)[:2])
