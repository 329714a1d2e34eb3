"""Builds into a folder where something stands already."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import invoke, refused
from damage import copy_of
from recipes import few_rows, write_recipe
from releases import contents

from medinjection_fr.build import build


def test_build_of_what_stands_there_changes_nothing(tmp_path: Path, tiny_recipe: Path) -> None:
    output = tmp_path / "out"
    assert "Wrote" in invoke("build", tiny_recipe, "--output", output).output
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    again = invoke("build", tiny_recipe, "--output", output)
    assert again.exit_code == 0
    assert "Unchanged" in again.output
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_another_release_is_replaced_on_request_only(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path, small_release: Path
) -> None:
    output = copy_of(small_release, tmp_path)
    message = refused(invoke("build", tiny_recipe, "--output", output))
    assert "--replace" in message
    assert "version 1.0.0 of the recipe tiny" in message
    assert contents(output) == contents(small_release)
    assert invoke("build", tiny_recipe, "--output", output, "--replace").exit_code == 0
    assert contents(output) == contents(tiny_release)


def test_damaged_release_is_not_called_unchanged(
    tmp_path: Path, tiny_recipe: Path, tiny_release: Path
) -> None:
    output = copy_of(tiny_release, tmp_path)
    (output / "LICENSES.md").write_text("", encoding="utf-8")
    message = refused(invoke("build", tiny_recipe, "--output", output))
    assert "LICENSES.md" in message
    assert "--replace" in message
    assert invoke("build", tiny_recipe, "--output", output, "--replace").exit_code == 0
    assert contents(output) == contents(tiny_release)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_output_that_is_no_release_is_left_alone(tmp_path: Path, tiny_recipe: Path, what: str) -> None:
    output = tmp_path / "thesis"
    notes = output if what == "file" else output / "notes.txt"
    notes.parent.mkdir(exist_ok=True)
    notes.write_text("irreplaceable", encoding="utf-8")
    message = refused(invoke("build", tiny_recipe, "--output", output, "--replace"))
    assert "exists and is not a release" in message
    assert notes.read_text(encoding="utf-8") == "irreplaceable"


def test_changed_file_or_recipe_makes_another_release(tmp_path: Path) -> None:
    rows = few_rows()
    first = build(write_recipe(tmp_path / "a", rows), tmp_path / "1").release
    again = build(write_recipe(tmp_path / "b", rows), tmp_path / "2").release
    recipe = build(write_recipe(tmp_path / "c", rows, version="1.0.1"), tmp_path / "3").release
    rows["native"][0]["explanation"] = "Parce que."
    file = build(write_recipe(tmp_path / "d", rows), tmp_path / "4").release
    keys = [release.manifest["key"] for release in (first, again, recipe, file)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
