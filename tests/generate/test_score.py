"""A translator's score: known scores, sacrebleu's own command, intervals, files with mistakes, a model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import invoke, refused, run, start
from generate.memories import memory
from generate.translator import QUESTIONS
from models.killed import kill_while_asking
from models.proxy import Fault, Proxy

from medinjection_fr.errors import InputError
from medinjection_fr.generate.score import comet, command
from medinjection_fr.generate.score.metrics import score
from medinjection_fr.models.apertium import Apertium

PAIRS = [(question, traduction) for question, traduction, *_ in QUESTIONS]
FRENCH = [french for _, french in PAIRS]
BIN = Path(sys.executable).parent


@pytest.fixture
def tmx(tmp_path: Path) -> Path:
    """Our questions, after a heading and before a unit that is the same in both languages."""
    same = "SARS-CoV-2, COVID-19 (Inserm, 2020)"
    return memory(tmp_path, ("Results", "Résultats"), *PAIRS, (same, same))


def scored(tmx: Path, *options: object) -> dict[str, Any]:
    done = invoke("translate", "score", "--pairs", tmx, "--json", *options)
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def written(folder: Path, *lines: str, name: str = "hypotheses.txt") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


# --- scores ----------------------------------------------------------------------------------------------


def test_known_scores_by_hand() -> None:
    """Four words of which one is other, with a stop: 4/5, 2/4, 1/3 n-grams and none of four, smoothed to 1/4."""
    reference, hypothesis = "la toux est sèche.", "la toux est grasse."
    bleu = 100 * (4 / 5 * 2 / 4 * 1 / 3 * 1 / 4) ** 0.25
    found = score({"same": [reference], "other": [hypothesis], "none": [""]}, [reference], 100)
    assert found.systems["other"]["BLEU"].score == pytest.approx(bleu)
    for metric in ("BLEU", "chrF++"):
        assert found.systems["same"][metric][:3] == pytest.approx((100, 100, 100))
        assert found.systems["none"][metric][:3] == (0, 0, 0)
    assert found.signatures["BLEU"].startswith("nrefs:1|bs:100|seed:12345|case:mixed|eff:no|tok:13a")
    assert "nc:6|nw:2" in found.signatures["chrF++"]


def test_the_same_scores_as_the_command_of_sacrebleu(tmx: Path, tmp_path: Path) -> None:
    lines = [text.replace("médicament", "remède").replace("os", "bones") for text in FRENCH]
    report = scored(tmx, "--hypotheses", written(tmp_path, *lines), "--save", tmp_path / "texts")
    texts = tmp_path / "texts"
    told = run(
        [
            *(BIN / "sacrebleu", texts / "reference.txt", "-i", texts / "hypothesis.txt"),
            *("-m", "bleu", "chrf", "--chrf-word-order", "2", "--confidence", "-w", "4"),
        ]
    )
    figures = report["systems"]["hypotheses.txt"]
    for theirs, ours in zip(json.loads(told.stdout), (figures["BLEU"], figures["chrF++"]), strict=True):
        assert ours["score"] == pytest.approx(theirs["score"], abs=1e-4)
        assert (ours["low"] + ours["high"]) / 2 == pytest.approx(theirs["confidence_mean"], abs=1e-3)
        assert (ours["high"] - ours["low"]) / 2 == pytest.approx(theirs["confidence_var"], abs=1e-3)


def test_what_is_left_out_is_counted_and_a_copy_stands_beside(tmx: Path, tmp_path: Path) -> None:
    report = scored(tmx, "--hypotheses", written(tmp_path, *FRENCH))
    assert report["pairs"] == {
        "file": "pairs.tmx",
        "units": 8,
        "excluded": {"unreadable": 0, "misaligned": 0, "identical": 1, "label": 1},
        "not_drawn": 0,
        "scored": 6,
        "entities": 0,
    }
    assert report["systems"]["hypotheses.txt"]["BLEU"]["score"] == pytest.approx(100)
    assert report["systems"][command.COPY]["BLEU"]["score"] < 10
    assert report["systems"][command.COPY]["BLEU"]["p_value"] is None
    assert report["systems"]["hypotheses.txt"]["BLEU"]["p_value"] < 0.05
    assert report["comet"] == comet.NOT_ASKED
    assert "another test set" in report["published"]["note"]
    assert [row["BLEU"] for row in report["published"]["systems"]] == [51.01, 53.72, 53.54]


def test_entities_are_read_and_counted(tmx: Path, tmp_path: Path) -> None:
    spoiled = [text.replace("'", "&#39;") for text in FRENCH]
    report = scored(tmx, "--hypotheses", written(tmp_path, *spoiled))
    assert report["systems"]["hypotheses.txt"]["BLEU"]["score"] == pytest.approx(100)
    assert report["translations"]["entities"] == sum("'" in text for text in FRENCH) > 0


def test_the_table_says_it_in_a_terminal(tmx: Path, tmp_path: Path) -> None:
    done = invoke("translate", "score", "--pairs", tmx, "--hypotheses", written(tmp_path, *FRENCH))
    for text in (
        "6 pairs of pairs.tmx",
        command.COPY,
        "100.0 (100.0–100.0)",
        "not comparable row by row",
        "2603.06905",
    ):
        assert text in done.output
    assert "left out: 1 a section label" in done.output and "COMET not computed" in done.output


def test_intervals_cover_the_true_score_as_often_as_they_say() -> None:
    """Test sets drawn from a large one: the interval holds the large one's score about 95 times in 100."""
    random = np.random.default_rng(7)
    words = np.array([f"mot{number}" for number in range(200)])
    references = [" ".join(random.choice(words, 12)) for _ in range(2_000)]
    hypotheses = [
        " ".join(w if random.random() < right else "faux" for w in text.split())
        for text, right in zip(references, random.beta(6, 3, 2_000), strict=True)
    ]
    true = score({"all": hypotheses}, references, 100).systems["all"]
    held = dict.fromkeys(true, 0)
    for _ in range(60):
        drawn = random.integers(0, 2_000, 80)
        found = score({"some": [hypotheses[n] for n in drawn]}, [references[n] for n in drawn], 200)
        for metric, figure in found.systems["some"].items():
            held[metric] += figure.low <= true[metric].score <= figure.high
    assert all(52 <= number <= 60 for number in held.values()), held


# --- files of translations -------------------------------------------------------------------------------


def rows(*pairs: tuple[str, str]) -> list[str]:
    return [json.dumps({"id": name, "translation": text}) for name, text in pairs]


def test_lines_for_all_units_and_objects_in_any_order(tmx: Path, tmp_path: Path) -> None:
    whole = written(tmp_path, "", *FRENCH, "")
    named = [(f"u:{number}", text) for number, text in enumerate(FRENCH, 2)]
    objects = written(tmp_path, *rows(*named[::-1], ("u:1", "Résultats")), name="hypotheses.jsonl")
    for path in (whole, objects):
        assert scored(tmx, "--hypotheses", path)["systems"][path.name]["BLEU"]["score"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("lines", "messages"),
    [
        (FRENCH[:4], ["4 lines; expected 6, a line for each scored pair, or 8, for each unit"]),
        ([*FRENCH[:3], " "], ["4 lines", "line 4 is empty"]),
        ([FRENCH[0], "", *FRENCH[2:5], ""], ["lines 2, 6 are empty"]),
    ],
)
def test_lines_with_mistakes(tmx: Path, tmp_path: Path, lines: list[str], messages: list[str]) -> None:
    told = refused(invoke("translate", "score", "--pairs", tmx, "--hypotheses", written(tmp_path, *lines)))
    assert all(message in told for message in messages), told


def test_every_mistake_of_objects_is_told_at_once(tmx: Path, tmp_path: Path) -> None:
    lines = [*rows(("u:2", "a"), ("u:2", "b"), ("u:3", " "), ("x", "c")), "{", '{"id": 3}']
    path = written(tmp_path, *lines, name="h.jsonl")
    told = refused(invoke("translate", "score", "--pairs", tmx, "--hypotheses", path))
    for message in (
        "lines 5, 6 are no such object",
        "stand twice: u:2",
        "no unit has: x",
        "without a translation: u:4, u:5, u:6, u:7",
        "empty translations: u:3",
    ):
        assert message in told
    assert len(told.splitlines()) == 5


def test_mistakes_of_the_command(tmx: Path, tmp_path: Path) -> None:
    told = refused(invoke("translate", "score", "--pairs", tmx, "--model", "apertium", "--hypotheses", "h"))
    assert "stands beside --hypotheses" in told and "--journal: is missing" in told
    assert "nothing is given to score" in refused(invoke("translate", "score", "--pairs", tmx))
    headings = memory(tmp_path, ("Results", "Résultats"), name="headings.tmx")
    told = refused(invoke("translate", "score", "--pairs", headings, "--hypotheses", "h"))
    assert "no pair to score" in told and "label 1" in told


def test_comet_is_looked_for_before_anything_is_done(
    tmx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    options = ("--hypotheses", "absent", "--comet", tmp_path / "no.ckpt")
    told = refused(invoke("translate", "score", "--pairs", tmx, *options))
    assert "comet-score is not installed" in told and "none is downloaded" in told


def test_without_sacrebleu(tmx: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'sacrebleu' else find(name, *rest)\n"
    )
    env = {"PYTHONPATH": str(tmp_path)}
    told = refused(start("translate", "score", "--pairs", tmx, "--hypotheses", "h", env=env))
    assert 'pip install "medinjection-fr[generate]"' in told


def test_texts_to_translate_elsewhere(tmx: Path, tmp_path: Path) -> None:
    done = invoke("translate", "score", "--pairs", tmx, "--save", tmp_path / "texts", "--limit", 3)
    assert done.exit_code == 0, done.output
    source = (tmp_path / "texts" / "source.txt").read_text(encoding="utf-8").splitlines()
    reference = (tmp_path / "texts" / "reference.txt").read_text(encoding="utf-8").splitlines()
    assert len(source) == 3 and set(zip(source, reference, strict=True)) <= set(PAIRS)
    assert sorted(path.name for path in (tmp_path / "texts").iterdir()) == ["reference.txt", "source.txt"]


# --- a model ---------------------------------------------------------------------------------------------


def english_of(body: dict[str, Any]) -> str:
    return str(json.loads(body["messages"][-1]["content"])["context"])


@pytest.fixture
def ask(server: Proxy, tmx: Path) -> list[object]:
    journal = tmx.parent / "journal.sqlite"
    return ["--pairs", tmx, "--model", "small@1", "--endpoint", server.url, "--journal", journal]


def test_a_model_through_the_journal(server: Proxy, tmx: Path, ask: list[object]) -> None:
    report = scored(tmx, *ask[2:])
    assert report["systems"]["small@1"]["BLEU"]["score"] == pytest.approx(100)
    assert report["translations"]["template"].startswith("translate-item-1@")
    server.forget()
    assert scored(tmx, *ask[2:]) == report
    assert server.asked == []


def test_a_larger_limit_has_all_of_a_smaller_one(server: Proxy, tmx: Path, ask: list[object]) -> None:
    for limit in (2, 4):
        assert scored(tmx, *ask[2:], "--limit", limit)["pairs"]["not_drawn"] == 6 - limit
    assert len(server.asked) == 4


def test_an_answer_of_no_use_counts_as_empty(server: Proxy, tmx: Path, ask: list[object]) -> None:
    server.spoil(Fault(reply=lambda text: "Voici.", only=lambda body: "insulin" in english_of(body)))
    report = scored(tmx, *ask[2:])
    assert report["translations"]["unusable"] == {"reply-not-json": 1}
    assert report["systems"]["small@1"]["BLEU"]["score"] < 95


def test_pairs_without_an_answer_are_no_score(server: Proxy, tmx: Path, ask: list[object]) -> None:
    server.spoil(Fault(status=500, only=lambda body: "insulin" in english_of(body)))
    told = refused(invoke("translate", "score", *ask))
    assert "1 of 6 pairs have no translation yet (server-error 1)" in told
    server.mend()
    server.forget()
    scored(tmx, *ask[2:])
    assert len(server.asked) == 1


def test_killed_and_taken_up_again(server: Proxy, tmx: Path, ask: list[object]) -> None:
    arguments = [str(BIN / "medinjection-fr"), "translate", "score", *map(str, ask), "--at-once", "1"]
    kill_while_asking(server, arguments, answered=3, at_once=1)
    server.forget()
    report = scored(tmx, *ask[2:])
    assert len(server.asked) == 3  # the one that was under way, and the two after it
    assert report["systems"]["small@1"]["BLEU"]["score"] == pytest.approx(100)


# --- the real file ---------------------------------------------------------------------------------------


def test_apertium_on_the_real_file(data: Path, tmp_path: Path) -> None:
    try:
        name = Apertium().name
    except InputError as error:
        pytest.skip(str(error))
    options = ("--model", "apertium", "--journal", tmp_path / "j.sqlite", "--limit", 60)
    report = scored(data / "tico-19" / "all.en-fr.tmx", *options, "--resamples", 200)
    assert report["pairs"]["excluded"]["misaligned"] == 299
    ours, copy = report["systems"][name], report["systems"][command.COPY]
    assert 8 < ours["BLEU"]["low"] < ours["BLEU"]["high"] < 25
    assert 38 < ours["chrF++"]["low"] < ours["chrF++"]["high"] < 52
    assert copy["BLEU"]["high"] < 5 and copy["chrF++"]["high"] < 30
