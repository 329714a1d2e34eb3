from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")

from killed_evaluation import evaluate_and_die

from evaluation.answers import parse_answer
from evaluation.compare import choice_rows, compare_runs, read_runs
from evaluation.data import open_test_set
from evaluation.local_model import LocalModel
from evaluation.protocols import PROTOCOLS, published_letters
from evaluation.questions import permute
from evaluation.run import run
from evaluation.run_folder import PREDICTIONS, RUN, RunFolder, read_predictions
from medinjection_fr.errors import InputError
from medinjection_fr.resources import PACKAGE, load_schema

ROOT = PACKAGE.parent
TYPES = ("mcqu", "mcq", "oeq")


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> LocalModel:
    return LocalModel(str(tiny_model))


@pytest.fixture(scope="module")
def whole_run(model: LocalModel, sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's test split by a model that knows nothing, in three orders of options."""
    output = tmp_path_factory.mktemp("runs") / "tiny"
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    run(model, data, PROTOCOLS, 2, output)
    return output


def _lines(path: Path) -> list[dict[str, Any]]:
    return sorted(read_predictions(path), key=lambda p: (p["id"], p["permutation"]))


def _untimed(path: Path) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key != "seconds"} for line in _lines(path)]


def test_every_record_has_a_prediction_by_every_protocol(whole_run: Path, sample_release: Path) -> None:
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    lines = _lines(whole_run)
    assert {line["id"] for line in lines} == set(data.rows["id"])
    for line in lines:
        jsonschema.validate(line, load_schema("prediction"))
        assert set(line["outputs"]) == (set(PROTOCOLS) if line["options"] else {"greedy"})
    assert {line["permutation"] for line in lines if line["options"]} == {0, 1, 2}


def test_what_is_written_can_be_computed_again(whole_run: Path, sample_release: Path) -> None:
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    records = {record["id"]: record for record in data.rows}
    for line in _lines(whole_run):
        if not line["options"]:
            continue
        question = permute(records[line["id"]], line["permutation"])
        assert question is not None and list(question.order) == line["order"]
        assert question.record["answer"] == line["gold"]
        greedy = line["outputs"]["greedy"]
        assert parse_answer(greedy["reply"], question.record["choices"]).letters == greedy["letters"]
        published = line["outputs"]["published-greedy"]
        assert published_letters(published["reply"], question.labels) == published["letters"]
        single = line["outputs"]["constrained"]["letters"]
        assert len(single) == 1 if line["type"] == "mcqu" else single


def test_a_run_goes_on_where_it_was_stopped(
    model: LocalModel, whole_run: Path, sample_release: Path, tmp_path: Path
) -> None:
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    run(model, data, PROTOCOLS, 2, tmp_path / "run")
    path = tmp_path / "run" / PREDICTIONS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:20])  # as a kill leaves it
    made = run(model, data, PROTOCOLS, 2, tmp_path / "run")
    assert made == len(lines) - len(lines) // 2
    assert _untimed(tmp_path / "run") == _untimed(whole_run)


def test_nothing_is_asked_twice(model: LocalModel, whole_run: Path, sample_release: Path) -> None:
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    assert run(model, data, PROTOCOLS, 2, whole_run) == 0


def test_another_model_protocol_or_version_is_another_run(
    model: LocalModel, whole_run: Path, sample_release: Path, tiny_release: Path
) -> None:
    data = open_test_set(str(sample_release), "native", "test", TYPES, None)
    with pytest.raises(InputError) as error:
        run(model, data, ["greedy"], 0, whole_run)
    assert {"protocols", "permutations"} == {
        str(problem.where).rpartition("› ")[2] for problem in error.value.problems
    }
    other = open_test_set(str(sample_release), "native", "test", ("mcqu",), None)
    with pytest.raises(InputError, match="was begun with"):
        run(model, other, PROTOCOLS, 2, whole_run)


def test_a_run_of_another_format_is_told(whole_run: Path, tmp_path: Path) -> None:
    (tmp_path / RUN).write_text(json.dumps({"format": "medinjection-fr/evaluation/0"}))
    with pytest.raises(InputError, match="evaluation/0"):
        RunFolder(tmp_path, {})
    (tmp_path / "else").mkdir()
    with pytest.raises(InputError, match="holds no run"):
        read_runs([tmp_path / "else"])


def test_two_processes_do_not_write_to_one_run(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", {"a": 1}), pytest.raises(InputError, match="another process"):
        RunFolder(tmp_path / "run", {"a": 1})


def test_runs_are_compared(whole_run: Path) -> None:
    (read,) = read_runs([whole_run])
    rows = choice_rows([read], 200)
    assert [row.protocol for row in rows] == list(PROTOCOLS)
    for row in rows:
        everything = row.intervals["exact_match"]["all"]
        predictions = read.answered()
        expected = [p["outputs"][row.protocol]["exact_match"] for p in predictions]
        assert everything.mean == pytest.approx(sum(expected) / len(expected))
        assert everything.low <= everything.mean <= everything.high
        assert len(row.by_permutation) == 3
    assert compare_runs([read]) == []


def test_a_model_is_not_better_than_itself(whole_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (RUN, PREDICTIONS):
        (copy / name).write_bytes((whole_run / name).read_bytes())
    runs = read_runs([whole_run, copy])
    for comparison in compare_runs(runs, resamples=200):
        (difference,) = comparison.differences.values()
        assert not difference.called and difference.interval.mean == 0


def test_runs_on_other_records_are_not_compared(whole_run: Path, tmp_path: Path) -> None:
    described = json.loads((whole_run / RUN).read_bytes())
    described["data"]["version"] = "9.9.9"
    (tmp_path / RUN).write_text(json.dumps(described))
    lines = (whole_run / PREDICTIONS).read_bytes().splitlines(keepends=True)
    (tmp_path / PREDICTIONS).write_bytes(b"".join(lines[1:]))
    with pytest.raises(InputError) as error:
        read_runs([whole_run, tmp_path])
    assert len(error.value.problems) == 2


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "evaluation", *arguments]


def test_the_command_line_survives_a_kill(
    tiny_model: Path, sample_release: Path, whole_run: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    arguments = (
        *("run", "--model", str(tiny_model), "--config", "native", "--data", str(sample_release)),
        *("--permutations", "2", "--batch-tokens", "700", "--output", str(output)),
    )
    evaluate_and_die(3, *arguments)
    kept = (output / PREDICTIONS).read_bytes()
    assert kept.count(b"\n") == 3 < len(_lines(whole_run))
    done = subprocess.run(_command(*arguments), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (output / PREDICTIONS).read_bytes().startswith(kept)
    assert "Multiple choice" in done.stdout and "likelihood" in done.stdout
    assert {(line["id"], line["permutation"]) for line in _lines(output)} == {
        (line["id"], line["permutation"]) for line in _lines(whole_run)
    }
    compared = subprocess.run(_command("compare", str(output)), cwd=ROOT, capture_output=True, text=True)
    assert compared.returncode == 0, compared.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--tasks", "qcm"), "--tasks: names qcm"),
        (("--protocols", "best"), "--protocols: names best"),
        (("--split", "exam"), "no split exam"),
        (("--model", "nowhere"), "nowhere"),
    ],
)
def test_mistakes_are_told(
    arguments: tuple[str, ...], expected: str, tiny_model: Path, sample_release: Path, tmp_path: Path
) -> None:
    given = {"--model": str(tiny_model), "--config": "native", "--data": str(sample_release)}
    given |= {"--output": str(tmp_path / "run"), arguments[0]: arguments[1]}
    command = _command("run", *(part for pair in given.items() for part in pair))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and expected in done.stderr
    assert not (tmp_path / "run").exists()
