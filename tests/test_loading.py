"""A release as datasets: the rows of the shards, where they lie, or a clear word."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
from commands import run
from damage import copy_of, flip, reseal, write_rows
from recipes import question, write_recipe
from releases import contents, manifest_of, read_rows, shard_paths

import medinjection_fr
from medinjection_fr.build import build
from medinjection_fr.configs import CONFIG_NAMES, DEFAULT_CONFIG
from medinjection_fr.errors import InputError
from medinjection_fr.record import COLUMNS, LIST_COLUMNS, SCHEMA
from medinjection_fr.release.verify import verify


def expected(release: Path, config: str) -> dict[str, list[dict[str, Any]]]:
    splits = manifest_of(release)["configs"][config]["splits"]
    return {split: read_rows(release, part["shards"]) for split, part in splits.items()}


@pytest.mark.parametrize("name", CONFIG_NAMES)
def test_every_configuration_and_split_is_what_the_shards_hold(sample_release: Path, name: str) -> None:
    rows = expected(sample_release, name)
    whole = medinjection_fr.load(name, path=sample_release)
    assert isinstance(whole, datasets.DatasetDict)
    assert {split: part.to_list() for split, part in whole.items()} == rows
    for split, part in rows.items():
        one = medinjection_fr.load(name, split, sample_release)
        assert isinstance(one, datasets.Dataset)
        assert one.to_list() == part
        streamed = medinjection_fr.load(name, split, sample_release, streaming=True)
        assert isinstance(streamed, datasets.IterableDataset)
        assert list(streamed) == part


def test_other_spellings_load_the_same(sample_release: Path) -> None:
    first = medinjection_fr.load("native+translated", "train", sample_release)
    for name in ("TRAD-NAT", "translated+native", "Native+Translated"):
        assert medinjection_fr.load(name, "train", str(sample_release)).to_list() == first.to_list()


def test_columns_and_types_are_those_of_the_record(sample_release: Path) -> None:
    features = datasets.Features.from_arrow_schema(SCHEMA)
    for streaming in (False, True):
        rows = medinjection_fr.load("native", "train", sample_release, streaming)
        assert rows.features == features
        assert list(rows.features) == list(COLUMNS)
    for name, feature in features.items():
        inner = feature.feature if name in LIST_COLUMNS else feature
        assert inner.dtype == "string"
    assert rows.info.features == features


def test_it_says_which_release_and_configuration_it_is(sample_release: Path) -> None:
    manifest = manifest_of(sample_release)
    rows = medinjection_fr.load("synthetic", "train", sample_release)
    assert rows.info.config_name == "synthetic"
    assert str(rows.info.version) == manifest["version"]
    assert rows.info.description == f"sha256:{manifest['configs']['synthetic']['digest']}"


@pytest.mark.parametrize(
    ("split", "pick"),
    [
        ("train[:5]", lambda rows: rows["train"][:5]),
        ("train[5:8]", lambda rows: rows["train"][5:8]),
        ("train[-3:]", lambda rows: rows["train"][-3:]),
        ("train[:50%]", lambda rows: rows["train"][: round(len(rows["train"]) / 2)]),
        ("validation+test", lambda rows: rows["validation"] + rows["test"]),
        ("test+train[:2]", lambda rows: rows["test"] + rows["train"][:2]),
        ("train[0:0]", lambda rows: []),
    ],
)
def test_slices_and_sums_of_splits(sample_release: Path, split: str, pick: Any) -> None:
    rows = medinjection_fr.load("native+translated", split, sample_release)
    assert rows.to_list() == pick(expected(sample_release, "native+translated"))


def refusal(*arguments: Any, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        medinjection_fr.load(*arguments, **options)
    return str(error.value)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("split", ["validation", "dev", "train[", "", "all", "train[:5]+x"])
def test_unknown_split_is_refused_with_those_there_are(
    sample_release: Path, split: str, streaming: bool
) -> None:
    message = refusal("synthetic", split, path=sample_release, streaming=streaming)
    assert f'"{split}"' in message
    assert "train" in message.split("expected")[1]


def test_slices_of_a_stream_are_refused_with_the_way_out(sample_release: Path) -> None:
    assert "streaming=False" in refusal("native", "train[:5]", path=sample_release, streaming=True)


def test_unknown_configuration_gets_the_nearest(sample_release: Path) -> None:
    assert 'Did you mean "native+translated"?' in refusal("native+translatd", path=sample_release)


def test_absent_configuration_says_why(tmp_path: Path) -> None:
    rows = {"native": [question(f"q{n}") for n in range(4)]}
    release = build(write_recipe(tmp_path, rows), tmp_path / "out").release.folder
    assert "the release has no synthetic records" in refusal("SYN", path=release)
    message = refusal("native-controlled", path=release)
    assert "the recipe has no study.controlled; expected one of native." in message
    assert "has no configuration native+synthetic+translated" in refusal(path=release)
    assert medinjection_fr.load("native", "train", release).num_rows == 4


@pytest.mark.parametrize("streaming", [False, True])
def test_missing_and_cut_shards_are_all_named(tiny_release: Path, tmp_path: Path, streaming: bool) -> None:
    folder = copy_of(tiny_release, tmp_path)
    missing, cut, other = [p for p in shard_paths(folder) if "native/train/mcqu" in p][:3]
    (folder / missing).unlink()
    (folder / cut).write_bytes((folder / cut).read_bytes()[:-100])
    message = refusal("native", path=folder, streaming=streaming)
    assert f"{folder / missing}: is missing" in message
    assert f"{folder / cut}: has " in message
    assert other not in message
    # What is whole can be loaded.
    assert medinjection_fr.load("synthetic", "train", folder).num_rows == 16


def test_cut_shard_of_the_right_size_is_refused(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    shard = folder / shard_paths(folder)[0]
    data = shard.read_bytes()
    shard.write_bytes(data[:100] + b"\1" * (len(data) - 100))
    assert f"{shard}: is not a whole shard" in refusal("native", path=folder)


def test_shard_with_other_rows_than_the_manifest_says_is_refused(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    path = next(p for p in shard_paths(folder) if len(read_rows(folder, [p])) > 1)
    write_rows(folder / path, read_rows(folder, [path])[:1])
    reseal(folder)
    assert f"{folder / path}: has 1 rows" in refusal("native", path=folder)


def test_flipped_byte_is_found_on_request(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    flip(folder / shard_paths(folder)[0], 3000)
    medinjection_fr.load("native", path=folder)
    for streaming in (False, True):
        message = refusal("native", path=folder, verify=True, streaming=streaming)
        assert f"{folder / shard_paths(folder)[0]}: has other bytes" in message
    assert medinjection_fr.load("native", path=tiny_release, verify=True)["train"].num_rows == 16


def test_altered_manifest_is_refused(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    flip(folder / "release.json", 500)
    assert "release.json" in refusal("native", path=folder)


@pytest.mark.parametrize("what", ["nowhere", "empty"])
def test_folder_that_is_no_release_is_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    message = refusal(path=tmp_path / what)
    assert str(tmp_path / what) in message
    assert "Give the folder that `medinjection-fr build` or `demo` wrote" in message


def test_default_is_the_folder_here_and_everything_in_it(
    sample_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample_release.parent)
    whole = medinjection_fr.load()
    assert {split: part.to_list() for split, part in whole.items()} == expected(
        sample_release, DEFAULT_CONFIG
    )
    monkeypatch.chdir(sample_release)
    assert "medinjection-fr: no such folder" in refusal()


def test_shards_are_mapped_and_not_copied(tmp_path: Path) -> None:
    answer = "Une réponse rédigée. " * 500
    rows = {"native": [question(f"q{n}", "oeq", answer=f"{n} {answer}") for n in range(2000)]}
    release = build(write_recipe(tmp_path, rows), tmp_path / "out").release.folder
    size = sum((release / path).stat().st_size for path in shard_paths(release))
    before = pa.total_allocated_bytes()
    loaded = medinjection_fr.load("native", "train", release)
    allocated = pa.total_allocated_bytes() - before
    assert len(loaded) == 2000
    assert size > 20_000_000
    assert allocated < size / 100


def test_maps_and_filters_leave_the_release_as_it_was(sample_release: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_release, tmp_path)
    rows = medinjection_fr.load("native", path=folder)
    rows.map(medinjection_fr.to_messages)
    rows["train"].filter(lambda row: row["type"] == "oeq").sort("id")
    rows["train"].shuffle(seed=1).flatten_indices()
    assert verify(folder) == []
    assert contents(folder) == contents(sample_release)


def test_map_is_not_served_from_an_older_release(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "1", {"native": [question("q", answer="A")]})
    folder = build(recipe, tmp_path / "out").release.folder

    def answers() -> list[str]:
        rows = medinjection_fr.load("native", "train", folder)
        return [row["messages"][1]["content"] for row in rows.map(medinjection_fr.to_messages)]

    assert answers() == ["A"]
    recipe = write_recipe(tmp_path / "2", {"native": [question("q", answer="C")]})
    build(recipe, folder, replace=True)
    assert answers() == ["C"]


def test_parquet_is_not_served_from_an_older_release(tmp_path: Path) -> None:
    found = []
    for number, answer in enumerate("AC"):
        recipe = write_recipe(tmp_path / str(number), {"native": [question("q", answer=answer)]})
        folder = build(recipe, tmp_path / "out", replace=number > 0, format="parquet").release.folder
        for path in shard_paths(folder):
            os.utime(folder / path, (0, 0))
        found.append(medinjection_fr.load("native", "train", folder)["answer"][:])
    assert found == [["A"], ["C"]]


@pytest.mark.parametrize(
    ("place", "matched"), [("été [2026]", "été 2"), ("a b", "a"), ("x*", "xy"), ("x?", "xy"), ("%2B", "+")]
)
@pytest.mark.parametrize("format", ["arrow", "parquet"])
def test_folder_may_have_any_name(tmp_path: Path, place: str, matched: str, format: str) -> None:
    folders = [tmp_path / place / "out", tmp_path / matched / "out"]
    for folder, answer in zip(folders, "AC", strict=True):
        build(
            write_recipe(tmp_path / answer, {"native": [question("q", answer=answer)]}), folder, format=format
        )
    for streaming in (False, True):
        rows = medinjection_fr.load("native", "train", folders[0], streaming)
        assert [row["answer"] for row in rows] == ["A"]


def test_read_only_release_can_be_loaded_and_mapped(sample_release: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_release, tmp_path)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        rows = medinjection_fr.load("native", "train", folder)
        assert len(rows.map(medinjection_fr.to_messages)) == len(rows)
        assert contents(folder) == contents(sample_release)
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)


LOAD_DATASET = """
import json
import sys
from datasets import get_dataset_config_names, load_dataset
import medinjection_fr

assert get_dataset_config_names("medinjection-fr") == json.loads(sys.argv[1])
for name in sys.argv[2:]:
    theirs, ours = load_dataset("medinjection-fr", name), medinjection_fr.load(name)
    assert list(theirs) == list(ours), name
    for split in ours:
        assert theirs[split].to_list() == ours[split].to_list(), (name, split)
        assert theirs[split].features == ours[split].features, (name, split)
        streamed = load_dataset("medinjection-fr", name, split=split, streaming=True)
        assert list(streamed) == ours[split].to_list(), (name, split)
default = load_dataset("medinjection-fr", split="test")
assert default.to_list() == medinjection_fr.load(split="test").to_list()
"""


def test_load_dataset_of_the_folder_gives_the_same(sample_release: Path, tmp_path: Path) -> None:
    names = ["native+translated", "synthetic", "native+synthetic+translated-matched"]
    configs = json.dumps(list(manifest_of(sample_release)["configs"]))
    command = [sys.executable, "-c", LOAD_DATASET, configs, *names]
    done = run(command, sample_release.parent, {"HF_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr


def test_load_dataset_sees_a_rebuilt_release(tmp_path: Path) -> None:
    rows = "load_dataset('medinjection-fr', 'native')['train']"
    script = f"from datasets import load_dataset; print({rows}['answer'][:])"
    found = []
    for number, answer in enumerate("AC"):
        recipe = write_recipe(tmp_path / str(number), {"native": [question("q", answer=answer)]})
        build(recipe, tmp_path / "medinjection-fr", replace=number > 0)
        done = run([sys.executable, "-c", script], tmp_path, {"HF_HOME": str(tmp_path / "cache")})
        found.append(done.stdout.strip())
    assert found == ["['A']", "['C']"]


def test_release_may_move(tiny_release: Path, tmp_path: Path) -> None:
    folder = copy_of(tiny_release, tmp_path)
    first = medinjection_fr.load("native", "train", folder).to_list()
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    assert medinjection_fr.load("native", "train", moved).to_list() == first
