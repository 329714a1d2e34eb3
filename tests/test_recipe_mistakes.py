"""Mistakes of a recipe: all of them at once, each with its place and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused
from recipes import few_rows, question, source_facts, write_recipe


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
