"""What a report reads: what models learnt, releases for texts, real runs, and input that cannot be used."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="matplotlib comes with the extra `report`")

import report_cases as cases
from click.testing import CliRunner
from report_study import Study, make_study

from evaluation.__main__ import main
from evaluation.compare import read_runs
from evaluation.data import open_test_set
from evaluation.report.learnt import find_learnt
from evaluation.report.material import read_material
from evaluation.report.page import render_page
from evaluation.report.sentences import summarise
from medinjection_fr.errors import InputError
from medinjection_fr.record import TYPES
from medinjection_fr.release.chi_square import association
from medinjection_fr.release.manifest import read_release


def _change(path: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_what_was_learnt_is_that_of_the_training_report(study: Study) -> None:
    learnt = find_learnt(read_runs(study.runs), study.training)
    assert set(learnt) == {"native", "native+synthetic"}  # the base names no training
    assert learnt["native"].rows == {"native": {"mcqu": 60, "mcq": 40}} and learnt["native"].confound is None
    assert learnt["native+synthetic"].confound == association([[30, 20, 0], [0, 50, 0]])


def test_a_report_of_another_training_is_not_taken_for_it(study: Study, tmp_path: Path) -> None:
    other = cases.write_training(tmp_path, "native")
    _change(other, lambda report: report["data"].update(config_digest="0" * 64))
    learnt = find_learnt(read_runs(study.runs), [other])
    assert learnt["native"].rows is None and "--training" in learnt["native"].told_by


def test_what_was_learnt_is_counted_in_the_release(tiny_release: Path, tmp_path: Path) -> None:
    run = cases.write_run(tmp_path, "native+translated", records=12)
    manifest = read_release(tiny_release).manifest
    config = "native+translated-controlled"
    trained = {"name": "medinjection-fr", "version": manifest["version"], "reference": str(tiny_release)}
    trained |= {"release_digest": manifest["digest"], "config": config}
    trained["config_digest"] = manifest["configs"][config]["digest"]
    _change(run / "run.json", lambda described: described["model"].update(trained_on=trained))
    (learnt,) = find_learnt(read_runs([run]), []).values()
    assert learnt.rows is not None
    rows = sum(number for types in learnt.rows.values() for number in types.values())
    assert rows == manifest["configs"][config]["splits"]["train"]["rows"]
    assert set(learnt.rows) == {"native", "translated"}


def test_a_confound_is_told_in_short(study: Study) -> None:
    told = [s for s in summarise(read_material(study.asked())) if s.startswith("Take care")]
    assert len(told) == 1 and "native+synthetic" in told[0] and "native," not in told[0]


def test_questions_and_references_come_from_the_release(sample_release: Path, tmp_path: Path) -> None:
    """Runs on the real test records of the sample, whose answers are made up."""
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    study = make_study(tmp_path)
    record = next(row for row in data.rows if row["type"] == "oeq")
    for run in study.runs:
        _change(run / "run.json", lambda d: d["data"].update({**data.described, "records": 60}))
    points = [{"judge": "judge-a-equivalence-fr", "run": "base", "people": 0.0, "score": 1.0, "words": 4}]
    agreement = study.agreement / "agreement.json"
    _change(agreement, lambda found: found.update(scatter=[{**points[0], "id": record["id"]}]))
    asked = study.asked(with_text=True, data=sample_release)
    (example,) = read_material(asked).examples
    assert example.texts["reference"] == record["answer"]
    assert record["instruction"] in example.texts["question"]
    for run in study.runs:
        _change(run / "run.json", lambda d: d["data"].update(release_digest="0" * 64))
    with pytest.raises(InputError, match="which the runs were asked"):
        read_material(asked)


@pytest.mark.slow
def test_a_real_run_has_a_report(tiny_model: Path, sample_release: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")
    from evaluation.local_model import LocalModel
    from evaluation.run import run

    data = open_test_set(str(sample_release), "native", "test", ["mcqu", "mcq"], 8)
    model = LocalModel(str(tiny_model))
    run(model, data, ["constrained"], 1, tmp_path / "run")
    result = CliRunner().invoke(
        main,
        [
            "report",
            str(tmp_path / "run"),
            "--output",
            str(tmp_path / "page.html"),
            "--resamples",
            "100",
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    numbers = json.loads(result.stdout)
    assert numbers["scores"][0]["exact_match"]["all"]["records"] == len(data.rows)
    assert str(model.described["weights_digest"]) in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_command_says_what_it_wrote(study: Study, tmp_path: Path) -> None:
    output = tmp_path / "new" / "report.html"
    result = CliRunner().invoke(main, ["report", *study.arguments(), "--output", str(output)])
    assert result.exit_code == 0, result.output
    assert f"Wrote {output}: 3 runs" in result.output and "Take care" in result.output
    assert [path.name for path in output.parent.iterdir()] == ["report.html"]


def _other_version(study: Study) -> None:
    _change(study.runs[1] / "run.json", lambda described: described["data"].update(version="9.9.9"))


def _half(study: Study) -> None:
    path = study.runs[2] / "predictions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:30]))


def _all_halves(study: Study) -> None:
    for run in study.runs:
        path = run / "predictions.jsonl"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:30]))


def _broken_review(study: Study) -> None:
    study.reviews.write_text('{"kind": "answers"}\n', encoding="utf-8")


def _no_judgements(study: Study) -> None:
    (study.runs[0] / "judges" / "judge-a-facts-fr" / "judgements.jsonl").unlink()


def _foreign_agreement(study: Study) -> None:
    _change(study.agreement / "agreement.json", lambda found: found["runs"].append("gpt"))


def _other_reviews(study: Study) -> None:
    with study.reviews.open("a", encoding="utf-8") as file:
        file.write("\n")


FAULTS: list[tuple[Callable[[Study], object], str]] = [
    (_other_version, "data › version: has 9.9.9; expected 1.2.0"),
    (_half, "predictions are in one of it and"),
    (_all_halves, "has predictions of"),
    (lambda study: (study.runs[0] / "predictions.jsonl").unlink(), "has no predictions that can be read"),
    (lambda study: shutil.rmtree(study.runs[0]), "holds no run"),
    (_broken_review, "line 1"),
    (lambda study: study.training[0].write_text("{}"), "is no report of a training"),
    (_no_judgements, "judgements.jsonl: is missing"),
    (_foreign_agreement, "speaks of gpt too"),
    (_other_reviews, "was not measured from reviews.jsonl"),
    (lambda study: shutil.rmtree(study.agreement), "holds no agreement.json that can be read"),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=[expected[:30] for _, expected in FAULTS])
def test_mistakes_are_told(
    fault: Callable[[Study], object], expected: str, study: Study, tmp_path: Path
) -> None:
    copied = tmp_path / "study"
    shutil.copytree(study.runs[0].parent.parent, copied)
    broken = Study(
        [copied / "runs" / run.name for run in study.runs],
        copied / "reviews.jsonl",
        copied / "agreement",
        [copied / "training" / path.parent.name / path.name for path in study.training],
    )
    fault(broken)
    output = tmp_path / "report.html"
    result = CliRunner().invoke(main, ["report", *broken.arguments(), "--output", str(output)])
    assert result.exit_code == 2, result.output
    assert expected in result.output and "Traceback" not in result.output
    assert not output.exists()


def test_mistakes_of_the_command_line_are_told(study: Study, tmp_path: Path) -> None:
    runs = [str(run) for run in study.runs]
    for arguments, expected in (
        ([*runs, "--output", str(tmp_path)], "is a folder"),
        ([*runs, runs[0], "--output", str(tmp_path / "a.html")], "2 runs are called base"),
        (
            [*runs, "--protocol", "best", "--output", str(tmp_path / "a.html")],
            "--protocol best: is not one of",
        ),
    ):
        result = CliRunner().invoke(main, ["report", *arguments, "--resamples", "100"])
        assert result.exit_code == 2 and expected in result.output, result.output


def test_what_is_not_defined_says_why(study: Study) -> None:
    page = render_page(read_material(study.asked()), {})
    letter = re.search(r"\((\w)\) it always says the same", page)
    assert letter and page.count(f"–\u00a0({letter[1]})</td>") > 10
