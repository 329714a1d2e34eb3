"""Rows straight from a configuration; what must not be trained on is found before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from damage import copy_of, reseal, write_rows
from publishing import REPO, Stage, connected
from recipes import few_rows, write_recipe
from releases import read_rows, shard_paths

from medinjection_fr.build import build
from medinjection_fr.errors import InputError
from training.data import open_source, pack, render_split
from training.examples import NO_LOSS, Renderer


def refused(data: object, config: str) -> str:
    with pytest.raises(InputError) as error:
        open_source(str(data), config)
    return str(error.value)


def test_rows_are_those_of_the_configuration(tiny_release: Path, own_tokenizer: Any) -> None:
    source = open_source(str(tiny_release), "NAT-TRAD")
    assert source.config == "native+translated" and source.test_ids == 6
    examples = render_split(source, "train", Renderer(own_tokenizer, "answer", 512), "a")
    shards = [f"data/{origin}/train" for origin in ("native", "translated")]
    wanted = [
        row
        for path in shard_paths(tiny_release)
        if path.startswith(tuple(shards))
        for row in read_rows(tiny_release, [path])
    ]
    assert examples.records == len(examples.rows) == len(wanted) == 32
    answers = {own_tokenizer.decode([x for x in row["labels"] if x != NO_LOSS]) for row in examples.rows}
    assert answers == {row["answer"] + "<|im_end|>" for row in wanted}
    lengths, learnt = examples.count_tokens()
    assert lengths == [len(row["input_ids"]) for row in examples.rows]
    assert learnt == [sum(x != NO_LOSS for x in row["labels"]) for row in examples.rows]
    assert not examples.shortened and not examples.refused


def test_long_records_are_counted_and_named(tmp_path: Path, own_tokenizer: Any) -> None:
    rows = few_rows()
    rows["native"][0]["context"] = "Une natrémie à 130 mmol/L. " * 60
    rows["native"][1]["choices"] = ["Oui", "Non", "mot " * 600 + "."]
    release = build(write_recipe(tmp_path / "recipe", rows), tmp_path / "medinjection-fr").release
    examples = render_split(
        open_source(str(release.folder), "native"), "train", Renderer(own_tokenizer, "whole", 300), "a"
    )
    ids = {row["source_id"]: row["id"] for row in read_rows(release.folder)}
    names = [row["source_id"] for row in rows["native"][:2]]
    assert examples.shortened == [ids[names[0]]] and examples.refused == [ids[names[1]]]
    assert examples.records == len(examples.rows) == 15
    lengths, learnt = examples.count_tokens()
    assert max(lengths) <= 300 and learnt == [length - 1 for length in lengths]  # the first predicts nothing
    with pytest.raises(InputError, match="no record of train fits into 10 tokens"):
        render_split(
            open_source(str(release.folder), "native"), "train", Renderer(own_tokenizer, "whole", 10), "b"
        )


@pytest.mark.parametrize("loss", ["answer", "whole"])
def test_packing_cuts_and_loses_nothing(tiny_release: Path, own_tokenizer: Any, loss: str) -> None:
    source = open_source(str(tiny_release), "native")
    examples = render_split(source, "train", Renderer(own_tokenizer, loss, 400), "p")
    packed = pack(examples, 400)
    assert packed.records == 16 > len(packed.rows)
    starts = [(row, [0, *row["seq_lengths"]]) for row in packed.rows]
    found = sorted(
        (
            row["input_ids"][sum(ends[:n]) : sum(ends[: n + 1])],
            row["labels"][sum(ends[:n]) : sum(ends[: n + 1])],
        )
        for row, ends in starts
        for n in range(1, len(ends))
    )
    assert found == sorted((row["input_ids"], row["labels"]) for row in examples.rows)
    (lengths, learnt), (before, learnt_before) = packed.count_tokens(), examples.count_tokens()
    assert sum(lengths) == sum(before) and sum(learnt) == sum(learnt_before) and max(lengths) <= 400


def test_a_test_row_in_train_is_found(tiny_release: Path, tmp_path: Path) -> None:
    release = copy_of(tiny_release, tmp_path)
    train, test = release / "data/native/train", release / "data/translated/test"
    path = next(train.glob("mcq-*"))
    rows = read_rows(release, [str(path.relative_to(release))])
    leaked = read_rows(release, [str(next(test.glob("mcq-*")).relative_to(release))])[0]
    write_rows(path, [leaked, *rows[1:]])
    reseal(release)
    said = refused(release, "native")
    assert f"1 ids of train are in test too: {leaked['id']}" in said
    assert f"1 group_ids of train are in test too: {leaked['group_id']}" in said
    open_source(str(release), "synthetic")


def test_configurations_that_cannot_be_trained_on(tmp_path: Path, tiny_release: Path) -> None:
    rows = {"native": [row for row in few_rows()["native"] if row["split"] == "test"]}
    release = build(write_recipe(tmp_path / "recipe", rows), tmp_path / "medinjection-fr").release
    assert "the configuration native has no train split" in refused(release.folder, "native")
    assert "has no configuration synthetic: the release has no synthetic records" in refused(
        release.folder, "synthetic"
    )
    assert 'no configuration is called "natif"' in refused(tiny_release, "natif")
    assert "no such folder" in refused(tmp_path / "absent", "native")


def test_a_release_of_the_hub_by_its_version(stage: Stage) -> None:
    stage.publish("1.0.0")
    with connected(stage.hub):
        for reference in (f"{REPO}@1.0.0", f"{REPO}@v1.0.0"):
            source = open_source(reference, "native")
            assert source.release.version == "1.0.0" and source.reference == f"{REPO}@v1.0.0"
        assert "v9.9.9" in refused(f"{REPO}@9.9.9", "native")
