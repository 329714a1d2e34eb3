"""``medinjection-fr card``: documents written again in place, rows untouched, and never half."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from cards import card_of
from commands import invoke, refused, run
from damage import copy_of, describe_again, flip, reseal
from recipes import built, question
from releases import contents, manifest_of, shard_paths

from medinjection_fr.release.manifest import MANIFEST, seal
from medinjection_fr.release.rewrite import rewrite_documents
from medinjection_fr.release.verify import verify


@pytest.fixture
def release(tiny_release: Path, tmp_path: Path) -> Path:
    """A copy of the tiny release in a folder of its own."""
    return copy_of(tiny_release, tmp_path / "w")


def test_card_of_a_fresh_release_changes_nothing(release: Path, tiny_release: Path) -> None:
    result = invoke("card", release)
    assert result.exit_code == 0
    assert f"Next: medinjection-fr verify {release}" in result.output
    assert contents(release) == contents(tiny_release)
    assert [path.name for path in release.parent.iterdir()] == [release.name]


def test_pictures_come_and_go(release: Path, tiny_release: Path) -> None:
    told = json.loads(invoke("card", release, "--plots", "--json").stdout)
    assert told["digest"] == manifest_of(release)["digest"] != manifest_of(tiny_release)["digest"]
    assert "figures/types.png" in told["files"]
    assert verify(release, rows=True) == []
    with_pictures = contents(release)
    assert {p: with_pictures[p] for p in shard_paths(release)} == {
        p: (tiny_release / p).read_bytes() for p in shard_paths(tiny_release)
    }
    assert invoke("card", release).exit_code == 0
    assert contents(release) == with_pictures  # it stays as it is
    assert invoke("card", release, "--no-plots").exit_code == 0
    assert contents(release) == contents(tiny_release)


@pytest.mark.parametrize("path", [".", "../medinjection-fr/", "data/.."])
def test_release_may_be_named_in_any_way(
    release: Path, tiny_release: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(release)
    assert invoke("card", path).exit_code == 0
    assert contents(release) == contents(tiny_release)
    assert [p.name for p in release.parent.iterdir()] == [release.name]


@pytest.mark.parametrize("name", ["README.md", "CITATION.cff", "LICENSES.md", "croissant.json"])
@pytest.mark.parametrize("damage", ["edit", "remove"])
def test_damaged_document_is_mended(release: Path, tiny_release: Path, name: str, damage: str) -> None:
    if damage == "edit":
        flip(release / name, 40)
    else:
        (release / name).unlink()
    assert verify(release) != []
    rewrite_documents(release)
    assert contents(release) == contents(tiny_release)


def test_damaged_shard_is_not_made_good(release: Path) -> None:
    shard = release / shard_paths(release)[0]
    flip(shard, shard.stat().st_size // 2)
    before = contents(release)
    assert str(shard) in refused(invoke("card", release))
    assert contents(release) == before


def test_file_of_somebody_else_is_not_lost(release: Path) -> None:
    (release / "notes.txt").write_text("ours", encoding="utf-8")
    assert "notes.txt: is not in release.json" in refused(invoke("card", release, "--plots"))
    assert (release / "notes.txt").read_text(encoding="utf-8") == "ours"
    assert not (release / "figures").exists()


def test_release_of_another_package_says_who_wrote_its_card(release: Path, tiny_release: Path) -> None:
    def as_older(manifest: dict) -> None:  # type: ignore[type-arg]
        manifest["package"].update(version="0.9.0", source_digest="0" * 64)

    reseal(release, as_older)
    old = manifest_of(release)
    rewrite_documents(release)
    manifest = manifest_of(release)
    assert manifest["package"] == old["package"]
    assert manifest["documents"]["version"] == manifest_of(tiny_release)["package"]["version"]
    assert "| medinjection-fr | 0.9.0 |" in card_of(release)
    assert verify(release, rows=True) == []


def test_release_of_an_older_package_without_what_is_new_is_sound(release: Path) -> None:
    """As the package wrote releases before it had Croissant and these statistics."""
    manifest = manifest_of(release)
    for name in ("repeats", "test_pairs", "withdrawn"):
        del manifest[name]
    for name in ("task", "generator", "derived_from", "lengths"):
        del manifest["statistics"][name]
    del manifest["package"]["libraries"]
    manifest["package"].update(version="0.9.0", source_digest="0" * 64)
    manifest["files"] = [file for file in manifest["files"] if file["path"] != "croissant.json"]
    (release / "croissant.json").unlink()
    card = card_of(release)
    (release / "README.md").write_text(card.replace("<!-- figures: lengths -->", ""), encoding="utf-8")
    describe_again(manifest, release, "README.md")
    (release / MANIFEST).write_bytes(seal(manifest))
    assert verify(release, rows=True) == []
    rewrite_documents(release, plots=True)
    assert verify(release, rows=True) == []
    assert not (release / "figures" / "lengths.png").exists()  # there are no numbers for it


@pytest.mark.parametrize("place", ["nowhere", "no/such/folder"])
def test_no_release_is_refused_and_leaves_nothing(tmp_path: Path, place: str) -> None:
    assert "no such folder" in refused(invoke("card", tmp_path / place))
    assert list(tmp_path.iterdir()) == []


def test_other_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("ours", encoding="utf-8")
    assert "is not a release" in refused(invoke("card", tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_where_files_cannot_have_two_names_they_are_copied(
    release: Path, tiny_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    rewrite_documents(release)
    assert contents(release) == contents(tiny_release)


# A command that is killed at every so many-th touch of a file.
SWEEP = """
import os, shutil, signal, sys
from pathlib import Path
from medinjection_fr.release.rewrite import rewrite_documents
from medinjection_fr.release.verify import verify

old, new, place = map(Path, sys.argv[1:4])
step = int(sys.argv[4])
EVENTS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.link"}
touches = deadline = 0

def hear(event, arguments):
    global touches
    is_write = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if deadline and (event in EVENTS or is_write):
        touches += 1
        if touches == deadline:
            os.kill(os.getpid(), signal.SIGKILL)

def attempt(n):
    global deadline
    child = os.fork()
    if child == 0:
        deadline = n
        rewrite_documents(place)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"touch {n}: failed"
    return os.WIFSIGNALED(status)

def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

sys.addaudithook(hear)
before, after = files(old), files(new)
assert before != after
n, points = step, 0
while True:
    shutil.rmtree(place.parent, ignore_errors=True)
    shutil.copytree(old, place)
    killed = attempt(n)
    if place.exists():
        assert files(place) in (before, after), f"touch {n}: neither old nor new"
    assert not attempt(0)
    assert files(place) == after, f"touch {n}: other bytes after the second run"
    assert [p.name for p in place.parent.iterdir()] == [place.name], f"touch {n}: left something"
    if not killed:
        break
    points += 1
    n += step
print(points)
"""


@pytest.fixture(scope="module")
def least_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of one record: few files, so that a sweep is short."""
    folder = tmp_path_factory.mktemp("least")
    return built(folder, {"native": [question("q")]}).folder


def sweep(release: Path, tmp_path: Path, step: int) -> int:
    old = copy_of(release, tmp_path / "old")
    (old / "README.md").write_text("damaged", encoding="utf-8")
    place = tmp_path / "place" / "medinjection-fr"
    done = run([sys.executable, "-c", SWEEP, old, release, place, step])
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_killed_card_leaves_the_old_or_the_new_release(least_release: Path, tmp_path: Path) -> None:
    assert sweep(least_release, tmp_path, 9) > 2


@pytest.mark.slow
def test_card_killed_at_every_touch_of_a_file(least_release: Path, tmp_path: Path) -> None:
    assert sweep(least_release, tmp_path, 1) > 30
