"""A release that says the truth is sound; any other is found out, and the file named."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from releases import (
    built,
    contents,
    copy_of,
    faults,
    few_rows,
    flip,
    manifest_of,
    read_rows,
    reseal,
    shard_paths,
    write_rows,
    write_table,
)

from medinjection_fr.engine import Local
from medinjection_fr.record import SCHEMA
from medinjection_fr.release import verify_rows
from medinjection_fr.release.croissant import CROISSANT
from medinjection_fr.release.documents import CITATION, LICENSES
from medinjection_fr.release.manifest import CARD, MANIFEST, Release, read_release
from medinjection_fr.release.script import SCRIPT
from medinjection_fr.release.shards import ROWS_PER_BATCH, write_shard
from medinjection_fr.release.verify import damaged_files, verify

SHARD = "data/native/train/mcqu-00000-of-00005.arrow"


@pytest.fixture
def release(tiny_release: Path, tmp_path: Path) -> Path:
    """A copy of the tiny release, to damage."""
    return copy_of(tiny_release, tmp_path)


def test_sound_release_has_no_fault(release: Path, sample_release: Path) -> None:
    assert verify(release, rows=True) == verify(sample_release, rows=True) == []
    reseal(release)  # what the tests below do before their lie changes nothing by itself
    assert contents(release) != {}
    assert verify(release, rows=True) == []


def test_resealing_gives_the_bytes_of_the_build(tiny_release: Path, release: Path) -> None:
    reseal(release)
    assert contents(release) == contents(tiny_release)


# One byte, anywhere


@pytest.mark.parametrize("where", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_flipped_byte_is_found_in_every_file(sample_release: Path, tmp_path: Path, where: float) -> None:
    folder = copy_of(sample_release, tmp_path)
    files = sorted(contents(folder).keys() - {MANIFEST})
    for name in files:
        flip(folder / name, int(where * ((folder / name).stat().st_size - 1)))
    named = {problem.where for problem in faults(folder)}
    assert {str(folder / name) for name in files} <= named


@pytest.mark.parametrize("name", [SHARD, CARD, SCRIPT, "LICENSES.md", "dropped/our-native.jsonl"])
def test_flipped_byte_is_found_alone(release: Path, name: str) -> None:
    flip(release / name, (release / name).stat().st_size // 3)
    assert str(release / name) in {problem.where for problem in faults(release)}


def flipped_manifest_is_found(release: Path, position: int) -> None:
    path = release / MANIFEST
    whole = path.read_bytes()
    flip(path, position)
    assert any(problem.where.startswith(str(path)) for problem in faults(release)), position
    path.write_bytes(whole)


def test_flipped_byte_of_the_manifest_is_found(release: Path) -> None:
    size = (release / MANIFEST).stat().st_size
    for position in [0, 1, size - 2, size - 1, *random.Random(0).sample(range(size), 60)]:
        flipped_manifest_is_found(release, position)


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
    release = read_release(copy_of(least_release, tmp_path))
    alone = Release(release.folder, {**release.manifest, "files": [release.files[name]]})
    path = release.folder / name
    whole = path.read_bytes()
    assert list(damaged_files(alone)) == []
    for position in range(len(whole)):
        flip(path, position)
        assert [problem.where for problem in damaged_files(alone)] == [str(path)], position
        path.write_bytes(whole)


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
def test_damaged_files_are_all_named(release: Path, damage: Callable[[Path], list[str]]) -> None:
    names = damage(release)
    found = [problem.where for problem in faults(release)]
    assert {str(release / name) for name in names} <= set(found)
    assert all(problem.mend for problem in faults(release) if problem.where in map(str, names))


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
def test_file_that_is_no_manifest_is_refused(release: Path, text: str, what: str) -> None:
    (release / MANIFEST).write_text(text, encoding="utf-8")
    assert [problem.what.startswith(what) for problem in faults(release)] == [True]


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
def test_other_schema_is_found(release: Path, change: Callable[[pa.Table], pa.Table], what: str) -> None:
    table = pa.Table.from_pylist(read_rows(release, [SHARD]), SCHEMA)
    write_table(release / SHARD, change(table))
    reseal(release)
    assert [(problem.where, problem.what) for problem in faults(release)] == [(str(release / SHARD), what)]


def test_what_is_no_shard_is_found(release: Path) -> None:
    (release / SHARD).write_bytes(b"not Arrow at all")
    reseal(release)
    (problem,) = [p for p in faults(release) if p.where == str(release / SHARD)]
    assert problem.what.startswith("is not a whole shard")


@pytest.mark.parametrize(("column", "value"), [("origin", "synthetic"), ("type", "mcq")])
def test_row_in_the_wrong_cell_is_found(release: Path, column: str, value: str) -> None:
    rows = read_rows(release, [SHARD])
    write_rows(release / SHARD, [{**rows[0], column: value}, *rows[1:]])
    reseal(release)
    assert any(p.where == str(release / SHARD) and value in p.what for p in faults(release))


# A manifest or card that lies


def lie_rows(manifest: dict[str, Any]) -> None:
    next(file for file in manifest["files"] if file["path"] == SHARD)["rows"] += 1


def lie_config_list(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["shards"].pop()


def lie_config_order(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["shards"].reverse()


def lie_config_rows(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["rows"] += 1


def lie_config_unknown(manifest: dict[str, Any]) -> None:
    manifest["configs"]["native"]["splits"]["train"]["shards"].append("data/native/train/none.arrow")


def lie_config_gone(manifest: dict[str, Any]) -> None:
    manifest["absent_configs"]["native"] = "the release has no native records"
    del manifest["configs"]["native"]


def lie_absent(manifest: dict[str, Any]) -> None:
    manifest["absent_configs"]["native-matched"] = "no reason"


def lie_study(manifest: dict[str, Any]) -> None:
    manifest["recipe"]["study"]["controlled"] = 12


def lie_version(manifest: dict[str, Any]) -> None:
    manifest["version"] = "1.0.1"


def lie_statistics(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["license"] = {"MIT": sum(manifest["statistics"]["license"].values())}


def lie_flags(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["flags"]["mixed-language"] = 3


def lie_generator(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["generator"]["our-synthetic"] = {"another-model@1": 19}


def lie_material(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["derived_from"] = {}


def lie_task(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["task"] = {"cloze": 57}


def lie_lengths(manifest: dict[str, Any]) -> None:
    manifest["statistics"]["lengths"][0]["max"] += 1


def lie_repeats(manifest: dict[str, Any]) -> None:
    leak = {"rule": "leak", "kind": "near", "split": "train", "other_split": "test", "rows": 1}
    manifest["repeats"].append(leak)


def lie_pairs(manifest: dict[str, Any]) -> None:
    manifest["test_pairs"] = {"near": 1}


def lie_withdrawn(manifest: dict[str, Any]) -> None:
    row = {"id": "0" * 32, "source": "our-native", "source_id": "x", "reason": "none (2026-01-01)"}
    manifest["withdrawn"].append(row)


def lie_croissant_gone(manifest: dict[str, Any]) -> None:
    manifest["files"] = [file for file in manifest["files"] if file["path"] != CROISSANT]


def lie_read(manifest: dict[str, Any]) -> None:
    manifest["sources"]["our-native"]["read"] += 1


def lie_kept(manifest: dict[str, Any]) -> None:
    manifest["sources"]["our-native"]["read"] += 1
    manifest["sources"]["our-native"]["kept"] += 1


def lie_dropped(manifest: dict[str, Any]) -> None:
    manifest["sources"]["our-native"]["dropped"] = {"gold-order": 1}


def lie_source_gone(manifest: dict[str, Any]) -> None:
    del manifest["sources"]["our-native"]


def lie_rows_gone(manifest: dict[str, Any]) -> None:
    del next(file for file in manifest["files"] if file["path"] == SHARD)["rows"]


def lie_licenses(manifest: dict[str, Any]) -> None:
    next(file for file in manifest["files"] if file["path"] == SHARD)["licenses"] = {"MIT": 3}


def lie_licenses_gone(manifest: dict[str, Any]) -> None:
    del next(file for file in manifest["files"] if file["path"] == SHARD)["licenses"]


def lie_place(manifest: dict[str, Any]) -> None:
    manifest["files"].append({"path": "data/x", "bytes": 0, "sha256": "0" * 64, "rows": 0})


def lie_twice(manifest: dict[str, Any]) -> None:
    manifest["files"].append(dict(manifest["files"][0]))


@pytest.mark.parametrize(
    ("lie", "where"),
    [
        (lie_rows, SHARD),
        (lie_config_list, f"{MANIFEST} › configs"),
        (lie_config_order, f"{MANIFEST} › configs"),
        (lie_config_rows, f"{MANIFEST} › configs"),
        (lie_config_unknown, f"{MANIFEST} › configs"),
        (lie_config_gone, f"{MANIFEST} › configs"),
        (lie_config_gone, f"{MANIFEST} › absent_configs"),
        (lie_licenses, SHARD),
        (lie_licenses_gone, MANIFEST),
        (lie_absent, f"{MANIFEST} › absent_configs"),
        (lie_study, f"{MANIFEST} › configs"),
        (lie_version, CARD),
        (lie_version, SCRIPT),
        (lie_statistics, f"{MANIFEST} › statistics › license"),
        (lie_flags, f"{MANIFEST} › statistics › flags"),
        (lie_generator, f"{MANIFEST} › statistics › generator"),
        (lie_material, f"{MANIFEST} › statistics › derived_from"),
        (lie_task, f"{MANIFEST} › statistics › task"),
        (lie_lengths, f"{MANIFEST} › statistics › lengths"),
        (lie_repeats, f"{MANIFEST} › repeats"),
        (lie_pairs, f"{MANIFEST} › test_pairs"),
        (lie_withdrawn, f"{MANIFEST} › withdrawn"),
        (lie_croissant_gone, CROISSANT),
        (lie_version, CROISSANT),
        (lie_version, CITATION),
        (lie_kept, LICENSES),
        (lie_read, f"{MANIFEST} › sources › our-native"),
        (lie_kept, f"{MANIFEST} › sources › our-native"),
        (lie_dropped, "dropped/our-native.jsonl"),
        (lie_source_gone, MANIFEST),
        (lie_rows_gone, MANIFEST),
        (lie_place, MANIFEST),
        (lie_twice, MANIFEST),
    ],
)
def test_sealed_lie_of_the_manifest_is_found(
    release: Path, lie: Callable[[dict[str, Any]], None], where: str
) -> None:
    reseal(release, lie)
    places = [problem.where for problem in faults(release)]
    assert any(place.startswith(str(release / where)) for place in places), places


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| native | mcqu | 8 | 1 | – | 9 |", "| native | mcqu | 8 | 1 | – | 10 |"),
        ("| `native` | 16 | 1 | 2 |", "| `native` | 61 | 1 | 2 |"),
        ("| `native-controlled` | – | 3 / 3 / – |", "| `native-controlled` | – | 6 / – / – |"),
        ("| instruction | native | 19 |", "| instruction | native | 18 |"),
        ("`our-model@1` 19", "`our-model@1` 20"),
        ("`our-model@1`", "`our-model@2`"),
        ("| rows | 57 (", "| rows | 75 ("),
        ("38 of 57 rows were written", "3 of 57 rows were written"),
        ("no physician has read every row", "a physician has read every row"),
        ("license: cc-by-4.0", "license: mit"),
        ("- monolingual", "- multilingual"),
        ("| CC-BY-4.0 | 20 | 19 |", "| CC-BY-4.0 | 19 | 19 |"),
        ("choices-distinct 1", "gold-order 1"),
        ("num_examples: 16", "num_examples: 17"),
        ("description: sha256:", "description: sha256:0"),
        ("- config_name: native\n  version: 1.0.0", "- config_name: native\n  version: 1.0.1"),
        ("config_name: native-matched\n  version", "config_name: native-matchless\n  version"),
        (f"    - {SHARD}\n", ""),
        ("---\nlanguage", "language"),
        ("configs:", "configs: [}"),
        ("configs:", "configs: 3\nothers:"),
        ("dataset_info:", "dataset_info: [3]\nothers:"),
    ],
)
def test_sealed_lie_of_the_card_is_found(release: Path, old: str, new: str) -> None:
    assert old in (release / CARD).read_text(encoding="utf-8")
    reseal(release, card=lambda text: text.replace(old, new, 1))
    assert {problem.where for problem in faults(release)} == {str(release / CARD)}


@pytest.mark.parametrize("name", ["our-native", "our-synthetic"])
@pytest.mark.parametrize("text", ["", '{"source"', None])
def test_ledger_that_does_not_balance_is_found(release: Path, name: str, text: str | None) -> None:
    path = release / "dropped" / f"{name}.jsonl"
    if text is None:
        path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    else:
        path.write_text(text, encoding="utf-8")
    reseal(release)
    assert {problem.where for problem in faults(release)} == {str(path)}


def test_script_of_another_release_is_found(release: Path) -> None:
    reseal(release, script=lambda text: text.replace('"version": "1.0.0"', '"version": "1.0.1"'))
    assert {problem.where for problem in faults(release)} == {str(release / SCRIPT)}


def test_all_faults_come_together(release: Path) -> None:
    flip(release / SHARD, 99)
    (release / "LICENSES.md").unlink()
    (release / "notes.txt").write_text("", encoding="utf-8")
    flip(release / "dropped" / "our-native.jsonl", 3)
    named = {Path(problem.where).name for problem in faults(release)}
    assert named >= {Path(SHARD).name, "LICENSES.md", "notes.txt", "our-native.jsonl"}


def test_ranges_of_keys_in_many_processes_find_the_same(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = shard_paths(release)
    (asked, *_) = read_rows(release, [name for name in names if "native/validation" in name])
    for name in (name for name in names if "/train/" in name):
        rows = read_rows(release, [name])
        write_rows(release / name, [{**rows[-1], "group_id": asked["group_id"]}, *rows[:0:-1]])
    reseal(release)
    whole = verify(release, rows=True)
    assert {problem.what for problem in whole} == {"stands out of order", *verify_rows._TIES.values()}
    monkeypatch.setattr(verify_rows, "_ROWS_WORTH_PROCESSES", 0)
    monkeypatch.setattr(verify_rows, "_ROWS_PER_SPAN", 10)
    assert verify(release, rows=True, engine=Local(2)) == whole


def test_verification_writes_nothing(tiny_release: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tiny_release.rglob("*")}
    verify(tiny_release, rows=True)
    assert {path: path.stat().st_mtime_ns for path in tiny_release.rglob("*")} == before
    assert json.loads((tiny_release / MANIFEST).read_text(encoding="utf-8")) == manifest_of(tiny_release)
