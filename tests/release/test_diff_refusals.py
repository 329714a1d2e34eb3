"""Releases that cannot be compared: damaged, without records, with one twice, of another dataset."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from damage import copy_of, describe_again, flip, reseal, write_rows, write_table
from releases import manifest_of, read_rows, shard_paths

from medinjection_fr.errors import InputError
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.diff import diff_releases
from medinjection_fr.release.manifest import MANIFEST, Release, read_release, seal


def problems_of(old: Release, new: Release) -> list[str]:
    with pytest.raises(InputError) as caught:
        diff_releases(old, new)
    return [str(problem) for problem in caught.value.problems]


def test_every_damaged_file_of_both_is_named(old: Release, tmp_path: Path) -> None:
    folders = [copy_of(old.folder, tmp_path / name) for name in ("a", "b")]
    paths = shard_paths(old.folder)
    flip(folders[0] / paths[0], 3000)
    (folders[0] / paths[1]).unlink()
    flip(folders[1] / paths[2], 3000)
    (folders[1] / "README.md").write_text("", encoding="utf-8")
    told = sorted(problems_of(*map(read_release, folders)))
    damaged = [folders[0] / paths[0], folders[0] / paths[1], folders[1] / "README.md", folders[1] / paths[2]]
    assert all(line.startswith(f"{path}: ") for line, path in zip(told, sorted(damaged), strict=True))


def reseal_only_digests(folder: Path, path: str) -> None:
    """Makes the manifest agree with one file, and with nothing that follows from it."""
    manifest = manifest_of(folder)
    describe_again(manifest, folder, path)
    (folder / MANIFEST).write_bytes(seal(manifest))


def test_shards_that_are_none_are_named(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    paths = [shard.path for shard in old.shards]
    table = pa.Table.from_pylist(read_rows(folder, [paths[1]]), SCHEMA)
    write_table(folder / paths[1], table.drop_columns(["source_id"]))
    write_table(folder / paths[2], table.drop_columns(["facts"]))
    reseal(folder)
    (folder / paths[3]).write_bytes(b"not a shard")
    reseal_only_digests(folder, paths[3])
    write_rows(folder / paths[4], read_rows(folder, [paths[4]]) * 2)
    reseal_only_digests(folder, paths[4])
    told = problems_of(old, read_release(folder))
    assert len(told) == 4
    assert "lacks the column source_id" in told[0]
    assert "has other columns than the first shard" in told[1]
    assert "is not a whole shard" in told[2]
    assert f"has {2 * old.shards[4].rows} rows; expected {old.shards[4].rows}" in told[3]
    assert all(line.startswith(f"{folder / path}: ") for line, path in zip(told, paths[1:5], strict=True))


def test_release_without_a_record_is_refused(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    reseal(folder, lambda manifest: manifest.update(files=[], configs={}))
    (told,) = problems_of(old, read_release(folder))
    assert told.startswith(f"{folder}: has no shard; expected one at least")


def test_record_that_stands_twice_is_refused(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    path = old.shards[0].path
    found = read_rows(folder, [path])
    write_rows(folder / path, [*found[:-1], found[0]])
    reseal(folder)
    told = problems_of(old, read_release(folder))
    assert [line.split(": ")[1].split(";")[0] for line in told] == [
        "an id stands twice",
        "a source with source_id stands twice",
    ]


def test_release_of_another_dataset_is_refused(old: Release, tmp_path: Path) -> None:
    folder = copy_of(old.folder, tmp_path)
    reseal(folder, lambda manifest: manifest.update(name="another-dataset"))
    (told,) = problems_of(old, read_release(folder))
    assert 'release.json › name: "another-dataset"; expected "medinjection-fr"' in told
