"""Copies, near copies and embedded questions: of an outside benchmark, and of the release's own later splits."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import invoke, refused, run
from damage import copy_of, flip
from hub.state import Hub
from recipes import question, write_lines, write_recipe
from releases import contents, read_rows, shard_paths

from medinjection_fr.build import build

ASKED = (
    "Chez une patiente de trente ans sans antécédent, quelle est la conduite à tenir devant une douleur "
    "brutale du mollet apparue après un long voyage en avion ?"
)
CASE = (
    "La nuit du retour, le médecin de garde note ceci dans le dossier avant de téléphoner au service. "
    f"{ASKED} Il hésite, relit ses notes et demande un avis."
)


def oeq(name: str, split: str, text: str, answer: str = "Un écho-doppler veineux.", **changes: Any) -> Any:
    return question(name, "oeq", split, instruction=text, answer=answer, **changes)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release, not curated, whose train holds what its later splits ask in every way."""
    rows = [
        oeq("copy", "train", ASKED.upper()),
        oeq("near", "train", ASKED.replace("apparue", "survenue")),
        oeq("embedded", "train", "Résumez cette note.", context=CASE),
        oeq("answer", "train", ASKED.replace(" ?", "?"), "Une radiographie du genou."),
        oeq("other", "train", "Quelle vitamine manque dans le scorbut ?", "La vitamine C."),
        oeq("validation-copy", "validation", ASKED.replace(",", " ,")),
        oeq("test", "test", ASKED),
    ]
    folder = tmp_path_factory.mktemp("leaks")
    return build(write_recipe(folder / "recipe", {"native": rows}), folder / "medinjection-fr").release.folder


def found(release: Path, *options: object) -> Any:
    done = invoke("leaks", release, "--jobs", 1, "--json", *options)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def told(release: Path, leaks: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """(record, question, kind) by the names of the records."""
    names = {row["id"]: row["source_id"] for row in read_rows(release)}
    return {
        (names[leak["id"]], names.get(leak["benchmark_id"], leak["benchmark_id"]), leak["kind"])
        for leak in leaks
    }


def test_later_splits_in_earlier_ones(release: Path) -> None:
    report = found(release)
    kinds = {"copy": "copy", "near": "near", "embedded": "embedded", "answer": "answer"}
    expected = {(name, later, kind) for name, kind in kinds.items() for later in ("test", "validation-copy")}
    assert told(release, report["leaks"]) == {*expected, ("validation-copy", "test", "copy")}
    assert (report["questions"], report["unindexed"]) == (2, {})
    assert {leak["split"] for leak in report["leaks"]} == {"train", "validation"}


def test_an_outside_benchmark_in_all_splits(release: Path, tmp_path: Path) -> None:
    rows = [
        {"id": 7, "question": ASKED, "answer": "Un écho-doppler veineux."},
        {"question": "…", "answer": "x"},
        {"question": "Où ?", "context": ["a", "b"], "answer": "x"},
        {"question": "Lequel ?", "options": ["un", "deux"], "answer": "trois"},
        {"question": "Lequel ?", "options": {"A": 1, "B": 2}, "answer": "A"},
        {"question": "Que dire de \ud83d ?", "answer": "x"},
        {"answer": "x"},
        "un texte",
    ]
    report = found(release, "--against", write_lines(tmp_path / "benchmark.jsonl", map(json.dumps, rows)))
    names = {"copy": "copy", "near": "near", "embedded": "embedded", "answer": "answer", "test": "copy"}
    names["validation-copy"] = "copy"
    assert told(release, report["leaks"]) == {(name, "7", kind) for name, kind in names.items()}
    assert report["questions"] == 1
    assert report["unindexed"] == {
        "no word in the question": 1,
        "a context that is no text": 1,
        "a gold answer that is none of the options": 1,
        "options that are no texts": 1,
        "half a character (a surrogate)": 1,
        "no question": 1,
        "not an object": 1,
    }


def test_the_test_of_another_release(release: Path) -> None:
    report = found(release, "--against", release)
    assert report["questions"] == 1
    assert ("test", "test", "copy") in told(release, report["leaks"])


def test_processes_do_not_matter(release: Path) -> None:
    assert found(release) == found(release, "--jobs", 2)


def test_the_table(release: Path) -> None:
    done = invoke("leaks", release, "--jobs", 1)
    assert "9 pairs with 2 questions" in done.output
    assert ASKED[:20] not in done.output


def test_no_earlier_split(tmp_path: Path) -> None:
    rows = [oeq("one", "test", ASKED)]
    folder = build(write_recipe(tmp_path / "recipe", {"native": rows}), tmp_path / "medinjection-fr")
    message = refused(invoke("leaks", folder.release.folder))
    assert "has only the split test; expected an earlier split and a later one. Give --against" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '[{"text": "a"}]',
            "no row is a question (keys: text); expected instruction: instruction or question",
        ),
        ("[]", "no row is a question (keys: none)"),
        ("", "is empty"),
        (None, "no such file; expected a file, the folder of a release"),
    ],
)
def test_a_benchmark_that_is_none(release: Path, tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "benchmark.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert words in refused(invoke("leaks", release, "--against", path))


def test_a_folder_that_is_no_release(release: Path, tmp_path: Path) -> None:
    assert "is not a release" in refused(invoke("leaks", release, "--against", tmp_path))


@pytest.mark.parametrize("jobs", [1, 2])
def test_damaged_shards_are_named_together(release: Path, tmp_path: Path, jobs: int) -> None:
    damaged = copy_of(release, tmp_path)
    paths = [path for path in shard_paths(damaged) if "test" not in path]
    for path in paths:
        flip(damaged / path, 4)
    rows = write_lines(tmp_path / "benchmark.jsonl", [{"question": ASKED, "answer": "x"}])
    message = refused(invoke("leaks", damaged, "--against", rows, "--jobs", jobs))
    assert len(paths) == 2
    assert all(f"{damaged / path}: is not a whole shard" in message for path in paths)


OPTIONS = ["Un écho-doppler veineux", "Une radiographie", "Un repos", "Une marche"]
ROW = {"id": "q", "question": f"{ASKED} Une réponse.", "answer": "A"}


@pytest.fixture(scope="module")
def closed_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [question("held", "mcqu", instruction=ROW["question"], choices=OPTIONS[::-1], answer="D")]
    folder = tmp_path_factory.mktemp("closed")
    return build(write_recipe(folder / "recipe", {"native": rows}), folder / "medinjection-fr").release.folder


def test_a_benchmark_in_every_form(closed_release: Path, tmp_path: Path) -> None:
    table = pa.table({**{name: [value] for name, value in ROW.items()}, "options": [OPTIONS]})
    pq.write_table(table, tmp_path / "benchmark.parquet")
    spread = {**ROW, **dict(zip("abcd", OPTIONS, strict=True))}
    write_lines(tmp_path / "benchmark.jsonl", [spread])
    for name, delimiter in (("benchmark.csv", ","), ("benchmark.tsv", "\t")):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, spread, delimiter=delimiter)
            writer.writeheader()
            writer.writerow(spread)
    for name in ("benchmark.parquet", "benchmark.jsonl", "benchmark.csv", "benchmark.tsv"):
        report = found(closed_release, "--against", tmp_path / name)
        assert told(closed_release, report["leaks"]) == {("held", "q", "copy")}, name


def test_a_dataset_and_a_release_on_the_hub(hub: Hub, closed_release: Path, tmp_path: Path) -> None:
    table = pa.table({**{name: [value] for name, value in ROW.items()}, "options": [OPTIONS]})
    pq.write_table(table, tmp_path / "t.parquet")
    shard = (tmp_path / "t.parquet").read_bytes()
    pq.write_table(table.set_column(1, "question", [["Une autre question ?"]]), tmp_path / "t.parquet")
    train = (tmp_path / "t.parquet").read_bytes()
    hub.create("our-laboratory/exam").change(
        {"data/test-00000.parquet": shard, "data/train-00000.parquet": train}
    )
    files = {path: (closed_release / path).read_bytes() for path in contents(closed_release)}
    hub.create("our-laboratory/medinjection-fr").change(files, tag="v1.0.0")

    def against(reference: str) -> subprocess.CompletedProcess[str]:
        script = "from medinjection_fr.cli import main; main()"
        command = ["leaks", closed_release, "--jobs", "1", "--json", "--against", reference]
        return run([sys.executable, "-c", script, *command], env={**os.environ, **hub.environment("read")})

    report = json.loads(against("our-laboratory/exam").stdout)
    assert (report["questions"], len(report["leaks"])) == (1, 1)
    assert "its test is empty" in refused(against("our-laboratory/medinjection-fr@v1.0.0"))
    assert "cannot be read from the Hub" in refused(against("our-laboratory/nothing"))
    assert "no such file" in refused(against("benchmark"))
