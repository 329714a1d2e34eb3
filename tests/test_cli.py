"""The command line: what it prints, its exit codes, and its words for mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from commands import invoke, parsed, refused, start
from damage import copy_of
from recipes import STUDY, few_rows, question, write_recipe
from releases import manifest_of, read_rows

from medinjection_fr import __version__
from medinjection_fr.cli import main
from medinjection_fr.command_line import Commands, print_json
from medinjection_fr.configs import CONFIG_NAMES


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


@click.group(cls=Commands)
def group() -> None:
    pass


@group.command()
def dose() -> None:
    click.echo("≥ 5 mg")
    print_json({"dose": "≥ 5 mg"})


def test_every_command_line_tells_what_a_terminal_cannot_show() -> None:
    done = CliRunner(charset="cp1252").invoke(group, ["dose"])
    told, _, value = done.stdout_bytes.partition(b"\n")
    assert told == rb"\u2265 5 mg"
    assert json.loads(value) == {"dose": "≥ 5 mg"}


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
