"""The recipe's changelog: what it may hold, and every mistake at once."""

from __future__ import annotations

from pathlib import Path

from releases import few_rows, invoke, manifest_of, refused, write_recipe

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
