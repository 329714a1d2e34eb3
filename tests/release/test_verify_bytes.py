"""One byte of a release that is other than it was, anywhere: found, and the file named."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from damage import copy_of, faults, flip
from recipes import SHARD, built, few_rows
from releases import contents

from medinjection_fr.release.croissant import CROISSANT
from medinjection_fr.release.manifest import CARD, MANIFEST, Release, read_release
from medinjection_fr.release.script import SCRIPT
from medinjection_fr.release.verify import damaged_files


@pytest.mark.parametrize("where", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_flipped_byte_is_found_in_every_file(sample_release: Path, tmp_path: Path, where: float) -> None:
    folder = copy_of(sample_release, tmp_path)
    files = sorted(contents(folder).keys() - {MANIFEST})
    for name in files:
        flip(folder / name, int(where * ((folder / name).stat().st_size - 1)))
    named = {problem.where for problem in faults(folder)}
    assert {str(folder / name) for name in files} <= named


@pytest.mark.parametrize("name", [SHARD, CARD, SCRIPT, "LICENSES.md", "dropped/our-native.jsonl"])
def test_flipped_byte_is_found_alone(own_release: Path, name: str) -> None:
    flip(own_release / name, (own_release / name).stat().st_size // 3)
    assert str(own_release / name) in {problem.where for problem in faults(own_release)}


def flipped_manifest_is_found(own_release: Path, position: int) -> None:
    path = own_release / MANIFEST
    whole = path.read_bytes()
    flip(path, position)
    assert any(problem.where.startswith(str(path)) for problem in faults(own_release)), position
    path.write_bytes(whole)


def test_flipped_byte_of_the_manifest_is_found(own_release: Path) -> None:
    size = (own_release / MANIFEST).stat().st_size
    for position in [0, 1, size - 2, size - 1, *random.Random(0).sample(range(size), 60)]:
        flipped_manifest_is_found(own_release, position)


@pytest.fixture(scope="module")
def least_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("least")
    return built(folder, {"native": few_rows()["native"]}).folder


@pytest.mark.slow
@pytest.mark.parametrize(("name", "step"), [(MANIFEST, 1), (CARD, 61), (CROISSANT, 97)])
def test_flipped_byte_is_found_wherever_it_is(
    least_release: Path, tmp_path: Path, name: str, step: int
) -> None:
    folder = copy_of(least_release, tmp_path)
    path = folder / name
    whole = path.read_bytes()
    for position in range(0, len(whole), step):
        flip(path, position)
        assert any(problem.where.startswith(str(path)) for problem in faults(folder)), position
        path.write_bytes(whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", [CARD, CROISSANT])
def test_every_flipped_byte_of_a_listed_file_is_found(least_release: Path, tmp_path: Path, name: str) -> None:
    """By the part of ``verify`` that reads bytes: all of ``verify`` would render the card each time."""
    own_release = read_release(copy_of(least_release, tmp_path))
    alone = Release(own_release.folder, {**own_release.manifest, "files": [own_release.files[name]]})
    path = own_release.folder / name
    whole = path.read_bytes()
    assert list(damaged_files(alone)) == []
    for position in range(len(whole)):
        flip(path, position)
        assert [problem.where for problem in damaged_files(alone)] == [str(path)], position
        path.write_bytes(whole)
