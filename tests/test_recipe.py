"""What a recipe says of its publication: the changelog and more, and every mistake at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused
from recipes import few_rows, write_recipe
from releases import manifest_of

from medinjection_fr.build import build
from medinjection_fr.recipe import load_recipe

ENTRIES = [
    {
        "version": "1.1.0",
        "date": "2026-11-25",
        "changes": ["7 records added (our-native 7)", "une dose : ×10"],
    },
    {"version": "1.0.0", "date": "2026-11-23", "changes": ["the first release"]},
]


def test_changelog_stands_in_the_manifest(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, few_rows(), version="1.1.0", changelog=ENTRIES)
    assert load_recipe(recipe).content["changelog"] == ENTRIES
    release = build(recipe, tmp_path / "out", jobs=1).release
    assert manifest_of(release.folder)["recipe"]["changelog"] == ENTRIES


def test_dates_need_no_quotes(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, few_rows())
    with recipe.open("a", encoding="utf-8") as file:
        file.write("changelog:\n- version: 1.0.0\n  date: 2026-11-25\n  changes: [first]\n")
    assert load_recipe(recipe).content["changelog"][0]["date"] == "2026-11-25"


def test_every_mistake_of_a_changelog_is_told(tmp_path: Path) -> None:
    wrong = [
        {"version": "v1.1.0", "date": "25/11/2026", "changes": []},
        {"version": "1.0.0", "changes": ["first", ""], "author": "N. N."},
    ]
    recipe = write_recipe(tmp_path, few_rows(), changelog=wrong)
    told = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert f'{recipe} › changelog[0] › version: "v1.1.0" is not allowed' in told
    assert f'{recipe} › changelog[0] › date: "25/11/2026" is not allowed' in told
    assert f"{recipe} › changelog[0] › changes: [] is not allowed" in told
    assert f'{recipe} › changelog[1]: the key "date" is missing' in told
    assert f'{recipe} › changelog[1]: unknown key "author"' in told
    assert f'{recipe} › changelog[1] › changes[1]: "" is not allowed' in told
    assert len(told.splitlines()) == 6
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("entries", "place", "what"),
    [
        ([{**ENTRIES[1], "date": "2026-02-30"}], "[0] › date", "2026-02-30 is no day of the calendar"),
        (ENTRIES, "[0] › version", "1.1.0 is after the recipe's own version, 1.0.0"),
        ([ENTRIES[1], ENTRIES[1]], "[1] › version", "1.0.0 stands twice"),
    ],
)
def test_changelog_that_cannot_be_true_is_refused(
    tmp_path: Path, entries: list[dict[str, Any]], place: str, what: str
) -> None:
    recipe = write_recipe(tmp_path, few_rows(), changelog=entries)
    told = refused(invoke("build", recipe, "--output", tmp_path / "out"))
    assert told.startswith(f"error: {recipe} › changelog{place}: {what}")


@pytest.mark.parametrize(
    "publication",
    [{"repository": "no-organisation"}, {"doi": "doi:10.5281/x"}, {"authors": []}, {"where": "here"}],
)
def test_publication_that_cannot_be_true_is_refused(tmp_path: Path, publication: dict[str, Any]) -> None:
    recipe = write_recipe(tmp_path, few_rows(), publication=publication)
    assert f"{recipe} › publication" in refused(invoke("build", recipe, "--output", tmp_path / "out"))
