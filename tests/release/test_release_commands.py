"""The command line on one release: whether it is sound, and its configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import invoke, parsed, refused
from damage import copy_of, flip
from recipes import question, write_recipe

from medinjection_fr.build import build
from medinjection_fr.configs import CONFIG_NAMES


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
