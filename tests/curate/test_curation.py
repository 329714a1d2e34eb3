"""Who stays of those that say the same: by split, licence and catalogue; and the build that does it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from commands import run, start
from examples import valid_record
from recipes import few_rows, question, write_recipe
from releases import contents, manifest_of, read_rows
from test_pairs import CASE, LONG, QUESTION, closed

from medinjection_fr.build import build
from medinjection_fr.curate.curation import CURATION_RULES, Curation, Verdicts, curate
from medinjection_fr.curate.signals import compute_signals
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.verify import verify

PLACED = SCHEMA.append(pa.field("_split", pa.string())).append(pa.field("_position", pa.int64()))


def judged(
    rows: Sequence[tuple[str, dict[str, Any]]],
    kept: Sequence[int] | None = None,
    materials: dict[str, str] | None = None,
    **settings: Any,
) -> Verdicts:
    """Verdicts on (split, record): the records are numbered as sources of a catalogue would be."""
    placed = [
        {**row, "source_id": f"q-{n}", "_split": split, "_position": n} for n, (split, row) in enumerate(rows)
    ]
    batches = [pa.RecordBatch.from_pylist(placed[at : at + 3], PLACED) for at in range(0, len(placed), 3)]
    numbers = np.arange(len(rows)) if kept is None else np.array(kept, dtype=np.int64)
    signals = [compute_signals(batch) for batch in batches]
    return curate(batches, signals, numbers, Curation(**settings), materials)


def rules(rows: Sequence[tuple[str, dict[str, Any]]], **settings: Any) -> dict[int, str]:
    return {n: rule for n, (rule, _) in judged(rows, **settings).dropped.items()}


NEAR = valid_record("oeq", **{**CASE, "context": LONG.replace("également", "aussi")})
HOLDER = valid_record("oeq", context=f"{LONG} {QUESTION} Une arthroscopie. {LONG}", instruction="Résumez.")
UNACCENTED = QUESTION.translate(str.maketrans("éàë", "eae"))
COPIES = {
    "verbatim": (closed(), closed()),
    "typography": (closed(), closed(QUESTION.upper())),
    "accents": (closed(), closed(UNACCENTED)),
    "permuted": (
        closed(choices=["Un repos", "Une marche", "Un plâtre"]),
        closed(choices=["Un plâtre", "Une marche", "Un repos"]),
    ),
    "near": (valid_record("oeq", **CASE), NEAR),
    "embedded": (closed(), HOLDER),
    "answer": (valid_record("oeq"), valid_record("oeq", answer="Le clotrimazole, en ovule.")),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("splits", [("test", "train"), ("validation", "train"), ("test", "validation")])
def test_every_kind_is_a_leak_across_splits(kind: str, splits: tuple[str, str]) -> None:
    asked, copy = COPIES[kind]
    for order in (0, 1):
        rows = [(splits[0], asked), (splits[1], copy)]
        dropped = judged(rows[::-1] if order else rows).dropped
        ((number, (rule, evidence)),) = dropped.items()
        assert number == 1 - order
        assert rule == "leak"
        assert evidence.startswith(f"kept our-source/q-{order} in {splits[0]}; {kind}; similarity ")


@pytest.mark.parametrize("kind", COPIES)
def test_kinds_within_train(kind: str) -> None:
    expected = {"near": {1: "near-duplicate"}, "embedded": {}, "answer": {}}.get(kind, {1: "duplicate"})
    assert rules([("train", row) for row in COPIES[kind]]) == expected


def test_pairs_within_test_are_reported_and_stay() -> None:
    verdicts = judged([("test", row) for row in COPIES["permuted"]])
    assert verdicts.dropped == {}
    assert [tuple(pair) for pair in verdicts.reported] == [
        ("our-source/q-0", "our-source/q-1", "permuted", 1.0)
    ]


def test_validation_is_deduplicated_and_loses_to_test_only() -> None:
    rows = [
        ("train", closed()),
        ("validation", closed()),
        ("validation", closed()),
        ("test", closed("Autre ?")),
    ]
    assert rules(rows) == {0: "leak", 2: "duplicate"}
    assert rules([*rows, ("test", closed())]) == {0: "leak", 1: "leak", 2: "leak"}


def test_more_open_licence_stays_then_the_catalogue_decides() -> None:
    closed_licence, opened = closed(license="CC-BY-NC-4.0"), closed(license="CC-BY-4.0")
    assert rules([("train", closed_licence), ("train", opened)]) == {0: "duplicate"}
    assert rules([("train", opened), ("train", closed_licence)]) == {1: "duplicate"}
    assert rules([("train", opened), ("train", opened)]) == {1: "duplicate"}
    assert rules([("test", closed_licence), ("train", opened)]) == {1: "leak"}


def test_conflict_drops_all_sides_even_the_test() -> None:
    rows = [("train", closed()), ("test", closed(answer="A")), ("train", closed(answer="C"))]
    verdicts = judged(rows)
    assert {rule for rule, _ in verdicts.dropped.values()} == {"conflict"}
    assert sorted(verdicts.dropped) == [0, 1, 2]
    assert verdicts.dropped[0][1].startswith("another gold answer in our-source/q-")
    assert rules(rows, conflicts="keep") == {}


def test_lineage_is_a_leak() -> None:
    made = valid_record("oeq", "synthetic", derived_from="our-source/q-0", instruction="Que dire ?")
    assert rules([("test", closed()), ("train", made)]) == {1: "leak"}
    siblings = [
        (
            split,
            valid_record("oeq", "synthetic", derived_from="our-docs/7", instruction=f"Que dire, {split} ?"),
        )
        for split in ("test", "train", "validation")
    ]
    assert rules(siblings) == {1: "leak", 2: "leak"}
    assert rules([("train", row) for _, row in siblings]) == {}


def test_lineage_goes_through_what_was_made_in_between() -> None:
    translated = valid_record(
        "oeq", "translated", derived_from="our-source/q-2", instruction="Et en français ?"
    )
    made = valid_record("oeq", "synthetic", derived_from="our-docs/7", instruction="Que dire ?")
    asked = valid_record("oeq", "synthetic", derived_from="our-docs/7", instruction="Qu'en dire ?")
    assert rules([("test", asked), ("train", translated), ("train", made)]) == {1: "leak", 2: "leak"}
    loop = [valid_record("oeq", "synthetic", derived_from=f"our-source/q-{1 - n}") for n in (0, 1)]
    loop[1]["instruction"] = "Une autre question ?"
    assert rules([("train", row) for row in loop]) == {}


def test_what_is_made_from_an_asked_document_is_a_leak() -> None:
    rows = [
        (split, valid_record("oeq", "synthetic", derived_from="our-docs/7", instruction=f"Que dire, {n} ?"))
        for n, split in enumerate(("test", "train", "validation"))
    ]
    alone = [rows[1]]
    assert rules(alone, materials={"our-docs/8": "test"}) == {}
    assert rules(alone, materials={"our-docs/7": "validation"}) == {0: "leak"}
    assert rules(alone, materials={"our-docs/7": "validation"}, leaks=False) == {}
    verdicts = judged(rows, materials={"our-docs/7": "test"})
    assert verdicts.dropped == {
        n: ("leak", "kept our-docs/7 in test; lineage; similarity 1.00") for n in (1, 2)
    }


def test_steps_can_be_left_out() -> None:
    rows = [("test", closed()), ("train", closed()), ("train", closed("Autre question ?"))]
    rows.append(("train", rows[-1][1]))
    assert rules(rows) == {1: "leak", 3: "duplicate"}
    assert rules(rows, leaks=False) == {3: "duplicate"}
    assert rules(rows, duplicates=False) == {1: "leak"}
    assert rules(rows, duplicates=False, leaks=False) == {}


def test_foreign_record_goes_and_holds_nobody_back() -> None:
    english = valid_record(
        "oeq",
        context="",
        instruction="Which of the following is the most appropriate treatment of this infection by a virus?",
        answer="Acyclovir is the drug that should be given.",
    )
    assert rules([("test", english), ("train", english)]) == dict.fromkeys((0, 1), "foreign-language")
    assert rules([("test", english), ("train", english)], language=False) == {1: "leak"}


def test_records_that_the_selection_dropped_do_not_count() -> None:
    rows = [("test", closed()), ("train", closed())]
    assert judged(rows, kept=[1]).dropped == {}
    assert judged(rows, kept=[]).dropped == {}


def test_all_identical() -> None:
    verdicts = judged([("train", closed())] * 150)
    assert sorted(verdicts.dropped) == list(range(1, 150))
    assert all("q-0 in train" in evidence for _, evidence in verdicts.dropped.values())


def test_one_word_and_a_hundred_thousand_letters() -> None:
    short = valid_record("oeq", context="", instruction="Pouls ?", answer="Oui.")
    long = valid_record("oeq", context=LONG * 250, instruction=QUESTION)
    assert len(long["context"]) > 100_000
    assert rules([("test", short), ("test", long), ("train", short), ("train", long)]) == {
        2: "leak",
        3: "leak",
    }
    shorter = {**short, "instruction": "?!"}
    assert rules([("test", short), ("train", shorter)]) == {}


def test_verdicts_do_not_depend_on_the_batches() -> None:
    rows = [("train", row) for copies in COPIES.values() for row in copies]
    rows += [("test", row) for row, _ in COPIES.values()]
    again = judged(rows)
    assert judged(rows) == again
    assert set(rule for rule, _ in again.dropped.values()) <= CURATION_RULES.keys()


# ---------------------------------------------------------------- builds


def planted_recipe(folder: Path, **curation: Any) -> Path:
    rows = few_rows()
    rows["native"] += [
        question("test-1", split="test", instruction=QUESTION),
        question("test-2", split="test", instruction=QUESTION.upper()),
        question("copy", instruction=UNACCENTED),
        question("conflict-1", instruction="Le foie est-il un organe de la digestion ?", answer="A"),
        question("conflict-2", instruction="Le foie est-il un organe de la digestion ?", answer="C"),
    ]
    return write_recipe(folder, rows, curate=curation)


def ledger(release: Path, name: str = "our-native") -> list[dict[str, Any]]:
    path = release / "dropped" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_build_with_curation_balances_and_names_who_stays(tmp_path: Path) -> None:
    release = build(planted_recipe(tmp_path), tmp_path / "out", jobs=1).release.folder
    found = {row["source_id"]: (row["rule"], row["evidence"]) for row in ledger(release)}
    assert found["copy"][0] == "leak"
    assert "kept our-native/test-" in found["copy"][1]
    assert {found[name][0] for name in ("conflict-1", "conflict-2")} == {"conflict"}
    reported = [
        json.loads(line) for line in (release / "dropped" / "test-pairs.jsonl").read_text().splitlines()
    ]
    assert reported == [
        {"first": "our-native/test-1", "second": "our-native/test-2", "kind": "typography", "similarity": 1.0}
    ]
    counted = manifest_of(release)["sources"]["our-native"]
    assert counted["read"] == counted["kept"] + sum(counted["dropped"].values())
    assert {"test-1", "test-2"} <= {row["source_id"] for row in read_rows(release)}
    assert verify(release, rows=True) == []


def test_build_drops_from_train_what_was_made_of_a_test_abstract(tmp_path: Path) -> None:
    abstracts = Path(__file__).parents[1] / "sources" / "fixtures" / "morfitt"
    shutil.copytree(abstracts, tmp_path / "morfitt")
    asked, free = (
        (abstracts / name).read_text().split("\n")[1].split("\t")[0] for name in ("test.tsv", "train.tsv")
    )
    rows = [
        question("of-test", derived_from=f"morfitt/{asked}"),
        question("of-train", derived_from=f"morfitt/{free}"),
    ]
    recipe = write_recipe(tmp_path, {"synthetic": rows}, curate={})
    content = yaml.safe_load(recipe.read_text())
    content["sources"].append({"source": "morfitt"})
    recipe.write_text(yaml.safe_dump(content))
    release = build(recipe, tmp_path / "out", jobs=1).release.folder
    dropped = {row["source_id"]: (row["rule"], row["evidence"]) for row in ledger(release, "our-synthetic")}
    assert dropped["of-test"] == ("leak", f"kept morfitt/{asked} in test; lineage; similarity 1.00")
    assert "of-train" not in dropped


def test_same_bytes_from_one_process_and_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = planted_recipe(tmp_path)
    build(recipe, tmp_path / "one", jobs=1)
    build(recipe, tmp_path / "two", jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_empty_test_split(tmp_path: Path) -> None:
    rows = {"native": [question(f"t-{n}") for n in range(4)]}
    release = build(write_recipe(tmp_path, rows, curate={}), tmp_path / "out", jobs=1).release
    assert {row["source_id"] for row in read_rows(release.folder)} == {f"t-{n}" for n in range(4)}


KILLED = """
import os, signal, sys
from medinjection_fr.cli import main

finished = 0

def kill_in_the_third(event, arguments):
    global finished
    if event == "os.rename" and "/signals-" in str(arguments[1]) and not str(arguments[1]).endswith(".part"):
        finished += 1
        if finished == 3:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill_in_the_third)
main()
"""


def test_signals_of_a_killed_build_are_not_computed_again(tmp_path: Path) -> None:
    recipe = planted_recipe(tmp_path)
    assert build(recipe, tmp_path / "whole", jobs=1).written
    command = [sys.executable, "-c", KILLED, "build", recipe, "--jobs", 1]
    assert run(command, tmp_path).returncode == -9
    workspace = tmp_path / ".medinjection-fr.build"
    done = {path: path.stat().st_mtime_ns for path in workspace.glob("signals-*[0-9]/signals.arrow")}
    assert len(done) == 2
    assert run(command, tmp_path).returncode != -9  # one of three was missing
    assert contents(tmp_path / "medinjection-fr") == contents(tmp_path / "whole")


def test_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    recipe = planted_recipe(tmp_path)
    for seed in ("0", "5"):
        done = start(
            "build", recipe, "--output", tmp_path / seed, "--jobs", 1, "--json", env={"PYTHONHASHSEED": seed}
        )
        assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "0") == contents(tmp_path / "5")


def test_real_frenchmedmcqa(data: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, {}, sources=[{"source": "frenchmedmcqa"}], curate={})
    release = build(recipe, tmp_path / "out", data, jobs=1).release.folder
    found = manifest_of(release)["sources"]["frenchmedmcqa"]["dropped"]
    assert found == {"choices-distinct": 1, "duplicate": 2, "leak": 3, "same-content": 3}
