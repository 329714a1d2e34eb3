"""Pictures of the card: what they draw is what the release holds, and verify knows when it is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cards import card_of
from commands import invoke, refused
from damage import copy_of, describe_again, faults, reseal
from recipes import STUDY, built, few_rows, write_recipe
from releases import contents, manifest_of

from medinjection_fr.build import build
from medinjection_fr.release.card_plots import PLOTS, description, read_description
from medinjection_fr.release.verify import verify

NAMES = [f"figures/{name}.png" for name in ("types", "lengths", "sources")]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with pictures."""
    folder = tmp_path_factory.mktemp("drawn")
    return built(folder, few_rows(), study=STUDY, plots=True).folder


def test_pictures_are_files_of_the_release_and_stand_in_the_card(drawn: Path) -> None:
    assert [f["path"] for f in manifest_of(drawn)["files"] if f["path"].startswith("figures/")] == NAMES
    card = card_of(drawn)
    assert all(f"]({name})" in card for name in NAMES)
    assert "native train 50 % mcqu, 38 % mcq, 12 % oeq" in card
    assert verify(drawn, rows=True) == []


def test_pictures_are_png_wide_enough_for_a_laptop(drawn: Path) -> None:
    from matplotlib.image import imread

    for name in NAMES:
        height, width = imread(drawn / name).shape[:2]
        assert width == 960 and 250 < height < 2000


def test_same_release_has_the_same_pictures(drawn: Path, tmp_path: Path) -> None:
    recipe = drawn.parents[1] / "recipe.yaml"
    assert contents(build(recipe, tmp_path / "again").release.folder) == contents(drawn)


def test_numbers_drawn_are_those_of_the_rows(drawn: Path) -> None:
    manifest = manifest_of(drawn)
    assert PLOTS["types"][0](manifest)[0] == ["native", "train", [8, 6, 2]]
    assert PLOTS["sources"][0](manifest) == [
        [f"our-{o}", o, 19] for o in ("native", "synthetic", "translated")
    ]
    lengths = PLOTS["lengths"][0](manifest)
    assert [row[:2] for row in lengths[:3]] == [
        ["instruction", o] for o in ("native", "synthetic", "translated")
    ]
    assert len(lengths) == 9  # no row has a context


def test_each_picture_says_what_it_draws(drawn: Path) -> None:
    for name, path in zip(PLOTS, NAMES, strict=True):
        assert read_description((drawn / path).read_bytes()) == description(manifest_of(drawn), name)


@pytest.mark.parametrize("png", [b"", b"\x89PNG\r\n\x1a\n", b"not a picture at all, but long enough"])
def test_what_is_no_picture_describes_nothing(png: bytes) -> None:
    assert read_description(png) is None


def test_picture_of_another_release_is_found(drawn: Path, tmp_path: Path) -> None:
    other = built(tmp_path / "other", {"native": few_rows()["native"]}, plots=True)
    folder = copy_of(drawn, tmp_path)
    (folder / NAMES[0]).write_bytes((other.folder / NAMES[0]).read_bytes())

    def keep(manifest: dict) -> None:  # type: ignore[type-arg]
        (folder / NAMES[0]).write_bytes((other.folder / NAMES[0]).read_bytes())

        describe_again(manifest, folder, NAMES[0])

    reseal(folder, keep)
    told = {problem.where: problem.what for problem in faults(folder)}
    assert told[str(folder / NAMES[0])] == "does not draw the numbers of this release"


@pytest.mark.parametrize("command", ["build", "card"])
def test_without_matplotlib_it_says_what_to_install(
    command: str, tiny_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    if command == "build":
        recipe = write_recipe(tmp_path, few_rows(), plots=True)
        message = refused(invoke("build", recipe, "--output", tmp_path / "out"))
        assert not (tmp_path / "out").exists()
    else:
        folder = copy_of(tiny_release, tmp_path)
        message = refused(invoke("card", folder, "--plots"))
        assert contents(folder) == contents(tiny_release)
        assert invoke("card", folder).exit_code == 0  # without pictures there is no need of it
    assert 'pip install "medinjection-fr[report]"' in message


def test_nothing_is_drawn_unless_it_is_asked_for(tiny_release: Path) -> None:
    assert not any(name.startswith("figures/") for name in contents(tiny_release))
    assert "](figures/" not in card_of(tiny_release)
