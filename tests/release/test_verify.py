"""A release that says the truth is sound; damaged files and shards are found out, and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from damage import faults, flip, reseal, write_rows, write_table
from recipes import SHARD
from releases import contents, manifest_of, read_rows, shard_paths

from medinjection_fr.engine import Local
from medinjection_fr.record import SCHEMA
from medinjection_fr.release import verify_rows
from medinjection_fr.release.manifest import MANIFEST
from medinjection_fr.release.shards import ROWS_PER_BATCH, write_shard
from medinjection_fr.release.verify import verify


def test_sound_release_has_no_fault(own_release: Path, sample_release: Path) -> None:
    assert verify(own_release, rows=True) == verify(sample_release, rows=True) == []
    reseal(own_release)  # what the tests below do before their lie changes nothing by itself
    assert contents(own_release) != {}
    assert verify(own_release, rows=True) == []


def test_resealing_gives_the_bytes_of_the_build(tiny_release: Path, own_release: Path) -> None:
    reseal(own_release)
    assert contents(own_release) == contents(tiny_release)


# Files


def damage_cut(folder: Path) -> list[str]:
    data = (folder / SHARD).read_bytes()
    (folder / SHARD).write_bytes(data[: len(data) // 2])
    return [SHARD]


def damage_swap(folder: Path) -> list[str]:
    a, b = folder / SHARD, folder / SHARD.replace("00000-of", "00001-of")
    data = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(data)
    return [SHARD, SHARD.replace("00000-of", "00001-of")]


def damage_extra(folder: Path) -> list[str]:
    names = ["notes.txt", "data/native/train/mcqu-00005-of-00005.arrow", ".hidden", "data/.part"]
    for name in names:
        (folder / name).write_bytes(b"")
    return names


def damage_missing(folder: Path) -> list[str]:
    names = sorted(contents(folder).keys() - {MANIFEST})
    for name in names:
        (folder / name).unlink()
    return names


def damage_folder(folder: Path) -> list[str]:
    (folder / "LICENSES.md").unlink()
    (folder / "LICENSES.md").mkdir()
    return ["LICENSES.md"]


def damage_dangling(folder: Path) -> list[str]:
    (folder / "LICENSES.md").unlink()
    (folder / "LICENSES.md").symlink_to(folder / "nowhere")
    return ["LICENSES.md"]


@pytest.mark.parametrize(
    "damage", [damage_cut, damage_swap, damage_extra, damage_missing, damage_folder, damage_dangling]
)
def test_damaged_files_are_all_named(own_release: Path, damage: Callable[[Path], list[str]]) -> None:
    names = damage(own_release)
    found = [problem.where for problem in faults(own_release)]
    assert {str(own_release / name) for name in names} <= set(found)
    assert all(problem.mend for problem in faults(own_release) if problem.where in map(str, names))


def test_release_of_links_to_the_same_files_is_sound(tiny_release: Path, tmp_path: Path) -> None:
    # As the Hub's cache has it: every file a link to a blob.
    for name in contents(tiny_release):
        link = tmp_path / "snapshot" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tiny_release / name)
    assert verify(tmp_path / "snapshot", rows=True) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is not JSON"),
        ("[]", "is of the format None"),
        ('{"format": "medinjection-fr/release/9"}', "is of the format 'medinjection-fr/release/9'"),
        ('{"format": "medinjection-fr/release/1", "name": "\\ud800"}', "is not JSON"),
        ('{"format": "medinjection-fr/release/1", "name": NaN}', "was altered"),
        ("<html>", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
    ids=["empty", "array", "format", "surrogate", "nan", "html", "deep"],
)
def test_file_that_is_no_manifest_is_refused(own_release: Path, text: str, what: str) -> None:
    (own_release / MANIFEST).write_text(text, encoding="utf-8")
    assert [problem.what.startswith(what) for problem in faults(own_release)] == [True]


# Shards whose digests are right


def test_shards_are_what_their_rows_give(sample_release: Path, tmp_path: Path) -> None:
    for name in shard_paths(sample_release):
        rows = read_rows(sample_release, [name])
        table = pa.Table.from_pylist(rows, SCHEMA)
        write_shard(table.to_batches(ROWS_PER_BATCH), tmp_path / "again.arrow")
        assert (tmp_path / "again.arrow").read_bytes() == (sample_release / name).read_bytes()


def as_large(table: pa.Table) -> pa.Table:
    position = table.schema.get_field_index("answer")
    return table.set_column(position, "answer", table["answer"].cast(pa.large_string()))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda table: table.append_column("note", table["answer"]), "adds note"),
        (lambda table: table.drop_columns(["facts"]), "lacks facts"),
        (lambda table: table.rename_columns({"facts": "fact"}), "lacks facts and adds fact"),
        (lambda table: table.select(table.schema.names[::-1]), "has other types, order or metadata"),
        (lambda table: table.replace_schema_metadata({}), "has other types, order or metadata"),
        (as_large, "has other types, order or metadata"),
    ],
)
def test_other_schema_is_found(own_release: Path, change: Callable[[pa.Table], pa.Table], what: str) -> None:
    table = pa.Table.from_pylist(read_rows(own_release, [SHARD]), SCHEMA)
    write_table(own_release / SHARD, change(table))
    reseal(own_release)
    assert [(problem.where, problem.what) for problem in faults(own_release)] == [
        (str(own_release / SHARD), what)
    ]


def test_what_is_no_shard_is_found(own_release: Path) -> None:
    (own_release / SHARD).write_bytes(b"not Arrow at all")
    reseal(own_release)
    (problem,) = [p for p in faults(own_release) if p.where == str(own_release / SHARD)]
    assert problem.what.startswith("is not a whole shard")


@pytest.mark.parametrize(("column", "value"), [("origin", "synthetic"), ("type", "mcq")])
def test_row_in_the_wrong_cell_is_found(own_release: Path, column: str, value: str) -> None:
    rows = read_rows(own_release, [SHARD])
    write_rows(own_release / SHARD, [{**rows[0], column: value}, *rows[1:]])
    reseal(own_release)
    assert any(p.where == str(own_release / SHARD) and value in p.what for p in faults(own_release))


def test_all_faults_come_together(own_release: Path) -> None:
    flip(own_release / SHARD, 99)
    (own_release / "LICENSES.md").unlink()
    (own_release / "notes.txt").write_text("", encoding="utf-8")
    flip(own_release / "dropped" / "our-native.jsonl", 3)
    named = {Path(problem.where).name for problem in faults(own_release)}
    assert named >= {Path(SHARD).name, "LICENSES.md", "notes.txt", "our-native.jsonl"}


def test_ranges_of_keys_in_many_processes_find_the_same(
    own_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = shard_paths(own_release)
    (asked, *_) = read_rows(own_release, [name for name in names if "native/validation" in name])
    for name in (name for name in names if "/train/" in name):
        rows = read_rows(own_release, [name])
        write_rows(own_release / name, [{**rows[-1], "group_id": asked["group_id"]}, *rows[:0:-1]])
    reseal(own_release)
    whole = verify(own_release, rows=True)
    assert {problem.what for problem in whole} == {"stands out of order", *verify_rows._TIES.values()}
    monkeypatch.setattr(verify_rows, "_ROWS_WORTH_PROCESSES", 0)
    monkeypatch.setattr(verify_rows, "_ROWS_PER_SPAN", 10)
    assert verify(own_release, rows=True, engine=Local(2)) == whole


def test_verification_writes_nothing(tiny_release: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tiny_release.rglob("*")}
    verify(tiny_release, rows=True)
    assert {path: path.stat().st_mtime_ns for path in tiny_release.rglob("*")} == before
    assert json.loads((tiny_release / MANIFEST).read_text(encoding="utf-8")) == manifest_of(tiny_release)
