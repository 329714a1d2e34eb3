from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for library in ("scipy", "sklearn"):
    pytest.importorskip(library, reason=f"{library} comes with the extra `dev`")

from scipy import stats
from sklearn import metrics
from study_files import (
    RECORDS,
    RUNS,
    judgement,
    read_lines,
    review,
    verdict,
    write_judge,
    write_lines,
    write_study,
)

from evaluation.agreement.study import FILE, measure_agreement
from medinjection_fr.resources import PACKAGE

ESTIMATES = ("pearson", "spearman", "kendall", "kappa", "mcc", "balanced_accuracy")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Path]:
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def found(study: tuple[list[Path], Path]) -> dict[str, Any]:
    runs, reviews = study
    return measure_agreement(runs, [reviews], resamples=300)


def _row(rows: list[dict[str, Any]], **wanted: str) -> dict[str, Any]:
    (row,) = (row for row in rows if all(row[key] == value for key, value in wanted.items()))
    return row


def test_every_judge_score_and_the_judge_that_says_no_have_a_row(found: dict[str, Any]) -> None:
    expected = {(j, g) for j in ("good", "chrf", "always no") for g in (*RUNS, "pooled")}
    assert {(row["judge"], row["generator"]) for row in found["judges"]} == expected
    assert {(row["judge"], row["generator"]) for row in found["length"]} == {
        pair for pair in expected if pair[0] != "always no"
    }
    assert {row["judge"]: row["pairs"] for row in found["generators"]} == {
        "good": RECORDS - 1,
        "chrf": RECORDS,
    }
    assert found["people"]["items"] == 2 * RECORDS and found["people"]["judgements"] == 4 * RECORDS
    assert found["people"]["annotators"] == ["claire", "samir"]


def test_a_judge_is_compared_as_the_files_say(study: tuple[list[Path], Path], found: dict[str, Any]) -> None:
    """The pooled row, from the files alone."""
    runs, reviews = study
    said = read_lines(reviews)
    pairs = []
    for run in runs:
        for line in read_lines(run / "judges" / "good" / "judgements.jsonl"):
            verdicts = [r["verdicts"][run.name] == "equivalent" for r in said if r["id"] == line["id"]]
            if line["verdict"] is not None:
                pairs.append((np.mean(verdicts), line["probability"], line["verdict"] == "equivalent"))
    people, probability, judged = map(np.array, zip(*pairs, strict=True))
    row = _row(found["judges"], judge="good", generator="pooled")
    assert row["pearson"]["value"] == pytest.approx(stats.pearsonr(people, probability).statistic, abs=1e-9)
    assert row["kendall"]["value"] == pytest.approx(stats.kendalltau(people, probability).statistic, abs=1e-9)
    majority = people != 0.5
    agreed, said_by_judge = people[majority] > 0.5, judged[majority]
    assert row["kappa"]["value"] == pytest.approx(metrics.cohen_kappa_score(agreed, said_by_judge), abs=1e-9)
    assert row["mcc"]["value"] == pytest.approx(metrics.matthews_corrcoef(agreed, said_by_judge), abs=1e-9)
    assert (row["items"], row["unscored"], row["ties"]) == (2 * RECORDS - 2, 2, int((~majority).sum()))
    assert row["people_base_rate"] == pytest.approx(agreed.mean())
    assert row["judge_base_rate"] == pytest.approx(judged.mean())


def test_the_scatter_shows_what_was_compared(found: dict[str, Any]) -> None:
    points = [point for point in found["scatter"] if point["judge"] == "good"]
    assert len(points) == 2 * RECORDS - 2
    assert {point["people"] for point in points} == {0.0, 0.5, 1.0}
    assert all(0 <= point["score"] <= 1 and point["words"] >= 10 for point in points)


def test_always_no_is_right_by_chance_alone(found: dict[str, Any]) -> None:
    row = _row(found["judges"], judge="always no", generator="pooled")
    assert row["judge_base_rate"] == 0 and row["unscored"] == 0
    assert row["kappa"]["value"] == 0 and row["balanced_accuracy"]["value"] == 0.5
    for name in ("pearson", "spearman", "kendall", "mcc"):
        assert row[name]["value"] is None and row[name]["note"]


def test_scores_have_correlations_and_no_classes(found: dict[str, Any]) -> None:
    row = _row(found["judges"], judge="chrf", generator="base")
    assert row["items"] == RECORDS and row["judge_base_rate"] is None
    assert row["spearman"]["low"] < row["spearman"]["value"] < row["spearman"]["high"]
    assert row["kappa"] == {"value": None, "low": None, "high": None, "note": "gives a score, no verdict"}


def test_a_judge_that_parses_replies_is_compared_by_its_verdicts(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    for run in runs:
        lines = read_lines(run / "judges" / "good" / "judgements.jsonl")
        write_judge(run, "parsed", [line | {"probability": None} for line in lines], method="parsed")
    found = measure_agreement(runs, [reviews], resamples=100)
    assert {point["score"] for point in found["scatter"] if point["judge"] == "parsed"} == {0.0, 1.0}
    parsed = _row(found["judges"], judge="parsed", generator="pooled")
    good = _row(found["judges"], judge="good", generator="pooled")
    assert parsed["kappa"] == good["kappa"] and parsed["pearson"] != good["pearson"]


def test_facts_give_two_scores(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    for run in runs:
        lines = [
            judgement(n, facts=["contained"], completeness=None if n < 3 else n / RECORDS, contradiction=0.0)
            for n in range(RECORDS)
        ]
        write_judge(run, "facts", lines, kind="facts")
    found = measure_agreement(runs, [reviews], resamples=100)
    complete = _row(found["judges"], judge="facts completeness", generator="pooled")
    assert complete["unscored"] == 6 and complete["pearson"]["value"] is not None
    contradiction = _row(found["judges"], judge="facts contradiction", generator="pooled")
    assert contradiction["pearson"]["note"] == "always the same: the judge"


def test_interventions_count_what_turned_and_where(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    plain = [0.9, 0.9, 0.9, 0.1, 0.1, None, 0.9]
    padded = [0.9, 0.1, 0.9, 0.9, 0.9, 0.9, None]
    lines = [judgement(n, **verdict(p)) for n, p in enumerate(plain)]
    lines += [judgement(n, "padded", **verdict(p)) for n, p in enumerate(padded)]
    write_judge(runs[0], "swayed", lines, variants=["plain", "padded"])
    found = measure_agreement(runs, [reviews], resamples=200)
    (row,) = found["interventions"]
    assert (row["judge"], row["run"], row["variant"]) == ("swayed", "base", "padded")
    assert (row["items"], row["unscored"]) == (5, 2)
    assert row["to_equivalent"]["value"] == 0.4 and row["to_different"]["value"] == 0.2
    assert row["flip_rate"]["value"] == 0.6 and row["flip_rate"]["low"] < 0.6 < row["flip_rate"]["high"]


def test_a_fact_turns_alone_and_a_preference_without_direction(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    said = {"plain": ["contained", "missing", None], "padded": ["contradicted", "contained", "missing"]}
    lines = [
        judgement(0, variant, facts=facts, completeness=0.5, contradiction=0.0)
        for variant, facts in said.items()
    ]
    write_judge(runs[0], "facts", lines, kind="facts")
    lines = [
        judgement(n, variant, verdict=verdict, shown_first="first")
        for n in range(4)
        for variant, verdict in (("plain", "first"), ("paraphrase", "tie" if n == 0 else "first"))
    ]
    write_judge(runs[0], "pair", lines, kind="preference", against="tuned")
    facts, pair = measure_agreement(runs, [reviews], resamples=100)["interventions"]
    assert (facts["items"], facts["unscored"], facts["flip_rate"]["value"]) == (2, 1, 1.0)
    assert facts["to_equivalent"]["value"] == facts["to_different"]["value"] == 0.5
    assert pair["variant"] == "paraphrase" and pair["flip_rate"]["value"] == 0.25
    assert pair["to_equivalent"]["value"] is None and "preference" in pair["to_equivalent"]["note"]


def test_two_judges_and_more_are_a_jury(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    only_good = measure_agreement(runs, [reviews], resamples=100)
    assert "jury" not in {row["judge"] for row in only_good["judges"]}
    for run in runs:
        lines = read_lines(run / "judges" / "good" / "judgements.jsonl")
        write_judge(run, "also", lines)
        write_judge(run, "never", [judgement(n, **verdict(0.0)) for n in range(RECORDS)])
    found = measure_agreement(runs, [reviews], resamples=100)
    jury = _row(found["judges"], judge="jury", generator="pooled")
    good = _row(found["judges"], judge="good", generator="pooled")
    assert jury["items"] == 2 * RECORDS  # the third judge has a verdict where the others are unscored
    assert jury["judge_base_rate"] == pytest.approx(good["judge_base_rate"] * 78 / 80)
    assert {point["score"] for point in found["scatter"] if point["judge"] == "jury"} == {
        0.0,
        round(2 / 3, 12),
    }


def test_a_divided_jury_counts_in_correlations_only(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    for run in runs:
        write_judge(run, "never", [judgement(n, **verdict(0.0)) for n in range(RECORDS)])
    found = measure_agreement(runs, [reviews], resamples=100)
    jury = _row(found["judges"], judge="jury", generator="pooled")
    assert jury["items"] == 2 * RECORDS and jury["judge_base_rate"] == 0
    assert jury["pearson"]["value"] is not None and jury["mcc"]["value"] is None


def test_a_preference_is_turned_by_position(tmp_path: Path) -> None:
    runs, reviews = write_study(tmp_path)
    both = [("first", "first"), ("first", "second"), ("second", "first"), ("tie", "tie"), ("first", None)]
    lines = [judgement(n, verdict=a, shown_first="first", probability=0.5) for n, (a, _) in enumerate(both)]
    lines += [
        judgement(n, "swapped", verdict=b, shown_first="second", probability=0.5)
        for n, (_, b) in enumerate(both)
    ]
    write_judge(runs[0], "pair", lines, kind="preference", against="tuned", variants=["plain", "swapped"])
    (row,) = measure_agreement(runs, [reviews], resamples=200)["position"]
    assert (row["first"], row["second"], row["pairs"], row["unscored"]) == ("base", "tuned", 4, 1)
    assert row["consistent"]["value"] == 0.5
    # of six verdicts that are no tie: first of (first, first); both of (first, second); none of (second, first)
    assert row["first_shown_preferred"]["value"] == 0.5


def test_a_verdict_that_no_one_can_judge_is_missing(tmp_path: Path) -> None:
    runs, _ = write_study(tmp_path)
    lines = [review(n, "claire", {"base": "equivalent" if n % 2 else "different"}) for n in range(20)]
    lines += [review(n, "samir", {"base": "cannot-judge"}) for n in range(20)]
    found = measure_agreement(runs, [write_lines(tmp_path / "r.jsonl", lines)], resamples=100)
    assert found["people"]["cannot_judge"] == 20 and found["people"]["judgements"] == 20
    (pair,) = found["people"]["cohen_kappa"]
    assert pair == {
        "first": "claire", "second": "samir", "items": 0, "value": None, "low": None, "high": None,
        "note": "no answer has verdicts of both",
    }  # fmt: skip
    assert found["people"]["krippendorff_alpha"]["note"] == "no answer has two verdicts"
    assert {row["generator"] for row in found["judges"]} == {"base", "pooled"}


def test_people_of_one_class_have_no_kappa(tmp_path: Path) -> None:
    runs, _ = write_study(tmp_path)
    lines = [review(n, who, dict.fromkeys(RUNS, "different")) for n in range(20) for who in ("a", "b")]
    found = measure_agreement(runs, [write_lines(tmp_path / "r.jsonl", lines)], resamples=100)
    people = found["people"]
    for figure in (people["cohen_kappa"][0], people["fleiss_kappa"], people["krippendorff_alpha"]):
        assert figure["value"] is None and "one class only" in figure["note"]
    row = _row(found["judges"], judge="good", generator="pooled")
    assert row["kappa"]["value"] == 0  # the judge differs from people: no more than by chance
    for name in ("pearson", "mcc", "balanced_accuracy"):
        assert row[name]["value"] is None and row[name]["note"], name


def test_people_who_disagree_on_everything_agree_less_than_by_chance(tmp_path: Path) -> None:
    runs, _ = write_study(tmp_path)
    says = ("equivalent", "different")
    lines = [review(n, "a", dict.fromkeys(RUNS, says[n % 2])) for n in range(20)]
    lines += [review(n, "b", dict.fromkeys(RUNS, says[(n + 1) % 2])) for n in range(20)]
    found = measure_agreement(runs, [write_lines(tmp_path / "r.jsonl", lines)], resamples=100)
    assert found["people"]["cohen_kappa"][0]["value"] == -1
    row = _row(found["judges"], judge="good", generator="pooled")
    assert row["ties"] == row["items"] and row["people_base_rate"] is None
    assert (
        row["kappa"]["note"] == "no answer has a majority and a verdict" and row["pearson"]["value"] is None
    )


def test_the_same_review_twice_counts_once(study: tuple[list[Path], Path], tmp_path: Path) -> None:
    runs, reviews = study
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(reviews.read_bytes())
    once, twice = (measure_agreement(runs, files, resamples=100) for files in ([reviews], [reviews, copy]))
    assert once["people"] == twice["people"] and once["judges"] == twice["judges"]


def test_reviews_of_rows_are_left_out(study: tuple[list[Path], Path], tmp_path: Path) -> None:
    runs, reviews = study
    row = review(0, "claire", {"correct": "yes"}, kind="row", item="r00000")
    del row["words"], row["preference"]
    lines = [*read_lines(reviews), row]
    both = measure_agreement(runs, [write_lines(tmp_path / "r.jsonl", lines)], resamples=100)
    assert both["people"] == measure_agreement(runs, [reviews], resamples=100)["people"]


def _command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evaluation", "agreement", *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, env=environment)


def test_the_command_writes_and_shows(study: tuple[list[Path], Path], tmp_path: Path) -> None:
    runs, reviews = study
    options = (*runs, "--reviews", reviews, "--output", tmp_path / "out", "--resamples", "300")
    shown = _command(*options)
    assert shown.returncode == 0, shown.stderr
    for text in (
        "Cohen's kappa",
        "what most people say",
        "always no",
        "Judges and length",
        "of like length",
        "agreement.json",
    ):
        assert text in shown.stdout
    written = (tmp_path / "out" / FILE).read_bytes()
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / FILE]
    told = _command(*options, "--json")
    assert json.loads(told.stdout) == json.loads(written)
    assert (tmp_path / "out" / FILE).read_bytes() == written
    assert json.loads(written)["judges"][0].keys() >= {"judge", "generator", "items", *ESTIMATES}
