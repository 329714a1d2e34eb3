"""Every record's way back: release → source → upstream file → the record that it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import invoke
from recipes import question, source_facts, write_frenchmedmcqa, write_lines, write_recipe
from releases import manifest_of, read_rows

from medinjection_fr.build import build
from medinjection_fr.curate.ledger import read_ledger
from medinjection_fr.curate.normalise import normalise_text
from medinjection_fr.recipe import load_recipe
from medinjection_fr.release.lookup import look_up
from medinjection_fr.release.manifest import read_release
from medinjection_fr.resources import PACKAGE

SAMPLE = [f"medinjection-fr-sample-{origin}" for origin in ("native", "synthetic", "translated")]
MOST_ROWS = 25
"""Of each source, so many rows are followed."""


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# Readers of upstream files for this test alone: record by place, identifier and question of a record.


@dataclass(frozen=True)
class Upstream:
    """How a source's files are looked into without its adapter."""

    records: Callable[[Path], list[Any]]
    question: Callable[[Any], str]
    id_key: str | None = None

    def find(self, path: Path, source_id: str) -> list[Any]:
        """The records of a file that an identifier names: their own, or the place in the file."""
        records = self.records(path)
        if self.id_key is not None and any(self.id_key in record for record in records):
            return [record for record in records if record.get(self.id_key) == source_id]
        return [records[int(source_id.rpartition("#")[2]) - 1]]


UPSTREAM = {
    "frenchmedmcqa": Upstream(
        lambda path: json.loads(path.read_bytes()), lambda record: record["question"], "id"
    ),
    **dict.fromkeys(SAMPLE, Upstream(lines_of, lambda record: record["instruction"], "source_id")),
    "our-named": Upstream(lines_of, lambda record: record["instruction"], "source_id"),
    "our-nameless": Upstream(lines_of, lambda record: record["instruction"]),
    "medinjection-fr-published": Upstream(
        lambda path: pq.read_table(path).to_pylist(),
        lambda record: record["instruction"].partition("\n\nChoix de réponses :")[0],
    ),
}


def write_published(folder: Path) -> None:
    folder.mkdir()
    for split, number in {"train": 6, "test": 2}.items():
        rows = [
            {
                "instruction": f"Quel germe du flacon {split} {n} ?\n\nChoix de réponses :\n(A) Staphylocoque"
                "\n(B) Streptocoque",
                "context": None,
                "answer": "B",
                "type": "mcqu",
                "origin": ["Native", "Synthetic", "Translated"][n % 3],
            }
            for n in range(number)
        ]
        rows.insert(1, {**rows[0], "instruction": "Sans options."})  # to be dropped: places are not counts
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}.parquet")


def write_upstream(folder: Path, frenchmedmcqa: Path) -> Path:
    """A recipe of every way in which a record can name its upstream record; its files beside it."""
    write_published(folder / "published")
    named = [question(f"q {n}", "mcq") for n in range(4)]
    write_lines(folder / "our-named" / "a" / "named.jsonl", named)
    nameless = [question(f"nameless {n}", split=["train", "test"][n % 2]) for n in range(4)]
    for record in nameless:
        del record["source_id"]
    write_lines(folder / "our-nameless" / "one.jsonl", [*nameless[:2], {}, *nameless[2:]])
    other = [{**record, "instruction": f"{record['instruction']} Et ensuite ?"} for record in nameless]
    write_lines(folder / "our-nameless" / "two.jsonl", other)
    catalogue = {
        "our-named": source_facts("translated", files={"train": ["*/*.jsonl"]}),
        "our-nameless": source_facts("native"),
    }
    sources = [
        {"source": "frenchmedmcqa", "path": str(frenchmedmcqa)},
        {"source": "medinjection-fr-published", "path": "published"},
        *({"source": name} for name in (*SAMPLE, *catalogue)),
    ]
    return write_recipe(folder, {}, catalogue=catalogue, sources=sources)


@dataclass(frozen=True)
class Built:
    """A release, and where the files of each of its sources are."""

    release: Path
    folders: Mapping[str, Path]


def build_from(folder: Path, frenchmedmcqa: Path) -> Built:
    recipe = write_upstream(folder, frenchmedmcqa)
    release = build(recipe, folder / "out").release.folder
    return Built(release, {source.name: place for source, place, _ in load_recipe(recipe).sources})


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("ours")
    return build_from(folder, write_frenchmedmcqa(folder / "questions"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Built:
    return build_from(tmp_path_factory.mktemp("real"), data / "frenchmedmcqa")


@pytest.fixture(params=["ours", "real"])
def built(request: pytest.FixtureRequest) -> Built:
    """A release whose FrenchMedMCQA is of our own making, or the real one."""
    chosen: Built = request.getfixturevalue(request.param)
    return chosen


def rows_to_follow(release: Path, source: str) -> list[dict[str, Any]]:
    rows = [row for row in read_rows(release) if row["source"] == source]
    return rows[:: max(1, -(-len(rows) // MOST_ROWS))]


def follow(built: Built, row: Mapping[str, Any]) -> Any:
    """Goes from a row's id to its upstream record, and checks every step."""
    found = look_up(read_release(built.release), row["id"])
    assert found["record"] == row
    assert {dropped["id"] for dropped in found["ledger"]} <= {row["id"]}  # others of the same content
    lineage = found["lineage"]
    assert row in read_rows(built.release, [lineage["shard"]])
    assert f"({row['source']})" in lineage["source"]
    assert lineage["upstream identifier"] == row["source_id"]
    source = manifest_of(built.release)["sources"][row["source"]]
    assert lineage["location"] == source["facts"]["location"]
    listed = {f"{file['path']} (sha256 {file['sha256']})": file for file in source["files"]}
    named = [listed[name] for name in lineage["upstream files"]]
    assert {file["split"] for file in named} <= {lineage["shard"].split("/")[2], "in-record"}
    records = []
    for file in named:
        path = built.folders[row["source"]] / file["path"]
        data = path.read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        records += UPSTREAM[row["source"]].find(path, row["source_id"])
    questions = {normalise_text(UPSTREAM[row["source"]].question(record)) for record in records}
    assert questions == {row["instruction"]}
    return records[0]


def check_sources(built: Built) -> None:
    """The manifest names all the files that were read, and no other."""
    for name, source in manifest_of(built.release)["sources"].items():
        assert source["files"]
        for file in source["files"]:
            assert not Path(file["path"]).is_absolute()
            assert (built.folders[name] / file["path"]).is_file()


@pytest.mark.parametrize("source", UPSTREAM)
def test_every_row_walks_back_to_its_upstream_record(built: Built, source: str) -> None:
    check_sources(built)
    rows = rows_to_follow(built.release, source)
    assert len(rows) >= 4
    for row in rows:
        follow(built, row)


def test_frenchmedmcqa_gold_is_that_of_the_upstream_record(built: Built) -> None:
    for row in rows_to_follow(built.release, "frenchmedmcqa"):
        record = follow(built, row)
        gold = [row["choices"]["ABCDE".index(letter)] for letter in row["answer"].split(",")]
        assert gold == [
            normalise_text(record["answers"][label]) for label in sorted(record["correct_answers"])
        ]


def test_place_in_a_file_leads_to_the_file_that_holds_it(ours: Built) -> None:
    rows = [row for row in read_rows(ours.release) if row["source"] == "our-nameless"]
    assert sorted(row["source_id"] for row in rows) == [
        *(f"one.jsonl#{n}" for n in (1, 2, 4, 5)),
        *(f"two.jsonl#{n}" for n in (1, 2, 3, 4)),
    ]
    for row in rows:
        [file] = look_up(read_release(ours.release), row["id"])["lineage"]["upstream files"]
        assert file.startswith(row["source_id"].partition("#")[0] + " (sha256 ")


MATERIALS = {
    "medinjection-fr-sample-documents": PACKAGE / "sample" / "documents.jsonl",
    "medinjection-fr-sample-items": PACKAGE / "sample" / "items.jsonl",
}


def material_of(row: Mapping[str, Any]) -> Any:
    """The document or item that a generated row of the sample names."""
    name, _, id = row["derived_from"].partition("/")
    [material] = [material for material in lines_of(MATERIALS[name]) if material["id"] == id]
    return material


def sample_rows(release: Path, origin: str) -> list[dict[str, Any]]:
    rows = [row for row in read_rows(release) if row["source"] == f"medinjection-fr-sample-{origin}"]
    assert len(rows) >= 60
    return rows


def test_synthetic_sample_comes_from_documents_that_ship(sample_release: Path) -> None:
    for row in sample_rows(sample_release, "synthetic"):
        document = material_of(row)
        assert row["context"] in normalise_text(document["text"])
        assert row["group_id"] == f"{row['source']}/{document['id']}"
        assert row["generator"]
        assert document["license"] == row["license"]


def test_translated_sample_comes_from_items_that_ship(sample_release: Path) -> None:
    for row in sample_rows(sample_release, "translated"):
        item = material_of(row)
        assert (row["type"], len(row["choices"])) == (item["type"], len(item["options"]))
        if row["choices"]:
            assert row["answer"] == item["answer"]
        assert row["generator"]
        assert item["license"] == row["license"]


def test_native_sample_comes_from_nothing_else(sample_release: Path) -> None:
    for row in sample_rows(sample_release, "native"):
        assert (row["derived_from"], row["generator"]) == (None, None)
        lineage = look_up(read_release(sample_release), row["id"])["lineage"]
        assert (lineage["derived from"], lineage["generator"]) == ("–", "–")


def test_dropped_records_are_found_in_their_files(built: Built) -> None:
    followed = 0
    for path in sorted((built.release / "dropped").glob("*.jsonl")):
        for dropped in read_ledger(path):
            records = UPSTREAM[dropped.source].records(built.folders[dropped.source] / dropped.file)
            record = records[dropped.position - 1]
            if dropped.source == "frenchmedmcqa":
                assert record["id"] == dropped.source_id
            else:
                assert dropped.source_id == f"{dropped.file}#{dropped.position}"
            if dropped.id is not None:
                found = look_up(read_release(built.release), dropped.id)
                assert dropped._asdict() in found["ledger"]
            followed += 1
    counted = manifest_of(built.release)["sources"].values()
    assert followed == sum(sum(source["dropped"].values()) for source in counted) > 0


def test_command_line_shows_the_way(ours: Built) -> None:
    [row, *_] = rows_to_follow(ours.release, "our-named")
    shown = json.loads(invoke("show", row["id"], "--release", ours.release, "--json").stdout)
    assert shown == look_up(read_release(ours.release), row["id"])
    text = invoke("show", row["id"][:12], "--release", ours.release).stdout
    assert "a/named.jsonl (sha256 " in text
    assert row["derived_from"] in text
