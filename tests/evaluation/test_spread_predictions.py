"""Slices of questions predicted by the nodes of a cluster: the lines of one machine, and what a node may lack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clusters import add_node, running_cluster
from commands import refused
from spread_runs import PERMUTATIONS, evaluate, few_questions, in_any_order, predicted

pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")
ray = pytest.importorskip("ray", reason="ray comes with the extra `ray`")

from evaluation import predict, spread
from evaluation.local_model import LocalModel
from evaluation.protocols import PROTOCOLS
from evaluation.questions import Question
from evaluation.run import run
from evaluation.run_folder import PARTS, PREDICTIONS, RUN
from evaluation.spread import Part, SpreadModel, predict_part
from evaluation.weights import Weights
from medinjection_fr.cluster import Cluster
from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.whole import unfinished_name

if TYPE_CHECKING:
    from evaluation.data import TestSet


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[str]:
    """A cluster that this process is connected to; its address."""
    with running_cluster() as nodes:
        add_node(nodes)
        ray.init(address=nodes.address, log_to_driver=False)
        yield nodes.address
        ray.shutdown()


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "_SLICE", 3)


@pytest.fixture(scope="module")
def data(sample_release: Path) -> TestSet:
    return few_questions(sample_release)


@pytest.fixture(scope="module")
def local(tiny_model: Path, data: TestSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run in this process, of which each slice is one batch or more."""
    output = tmp_path_factory.mktemp("local") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predict, "_SLICE", 3)
        run(LocalModel(str(tiny_model), device="cpu"), data, PROTOCOLS, PERMUTATIONS, output)
    return output


def spread_over(engine: Engine, model: Path, output: Path) -> SpreadModel:
    return SpreadModel(Weights(str(model), device="cpu"), engine, output)


def test_two_nodes_predict_what_one_machine_does(
    tiny_model: Path, sample_release: Path, local: Path, two_nodes: str, tmp_path: Path
) -> None:
    done = evaluate(tiny_model, sample_release, tmp_path, "--engine", "ray", "--address", two_nodes)
    assert done.exit_code == 0, done.output
    assert predicted(tmp_path) == predicted(local)
    assert (tmp_path / RUN).read_bytes() == (local / RUN).read_bytes()
    assert not (tmp_path / PARTS).exists()
    kinds = {(line["type"], line["options"]) for line in predicted(local)}
    assert len(kinds) > 1 and ("oeq", 0) in kinds


def test_whole_parts_of_a_killed_run_are_taken_in_and_the_rest_is_predicted(
    tiny_model: Path, data: TestSet, local: Path, tmp_path: Path
) -> None:
    (tmp_path / "run" / PARTS).mkdir(parents=True)
    model = spread_over(IN_THIS_PROCESS, tiny_model, tmp_path / "run")
    parts = model.parts(list(data.questions(PERMUTATIONS)), PROTOCOLS)
    for part in (parts[0], parts[2], parts[3]):
        predict_part(part, lambda rows: None)
    first, *_ = parts[0].path.read_bytes().splitlines(keepends=True)
    shutil.copy(local / RUN, tmp_path / "run")
    (tmp_path / "run" / PREDICTIONS).write_bytes(first)  # killed while it took the first part in
    unfinished_name(parts[1].path).write_bytes(first[:40])  # and while a node wrote another
    left = sum(len(part.questions) for part in parts[4:]) + len(parts[1].questions)
    made = run(LocalModel(str(tiny_model), device="cpu"), data, PROTOCOLS, PERMUTATIONS, tmp_path / "run")
    assert made == left
    assert in_any_order(predicted(tmp_path / "run")) == in_any_order(predicted(local))
    assert not (tmp_path / "run" / PARTS).exists()


def test_a_slice_that_cannot_be_predicted_costs_itself_only(
    tiny_model: Path, data: TestSet, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, problem = spread_over(IN_THIS_PROCESS, tiny_model, tmp_path), Problem("model", "is too large")
    predict_whole = spread.predict_slice
    spread._open_once.cache_clear()

    def too_large(model: LocalModel, questions: Sequence[Question], protocols: Sequence[str]) -> Any:
        for prediction in predict_whole(model, questions, protocols):
            yield prediction
            if prediction["type"] == "oeq":
                raise InputError(problem)

    with monkeypatch.context() as patch, pytest.raises(InputError) as error:
        patch.setattr(spread, "predict_slice", too_large)
        run(model, data, PROTOCOLS, PERMUTATIONS, tmp_path)
    assert error.value.problems == [problem]
    choices = [line for line in predicted(local) if line["options"]]
    assert predicted(tmp_path) == choices
    assert run(model, data, PROTOCOLS, PERMUTATIONS, tmp_path) == len(predicted(local)) - len(choices)
    opened = spread._open_once.cache_info()
    assert opened.misses == 1 and opened.hits > 2
    assert in_any_order(predicted(tmp_path)) == in_any_order(predicted(local))


def test_a_node_with_other_libraries_or_weights_is_told(
    tiny_model: Path, data: TestSet, two_nodes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_model, tmp_path / "model")
    model = spread_over(Cluster(), tmp_path / "model", tmp_path / "run")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b"\0")
    with pytest.raises(InputError) as error:
        run(model, data, PROTOCOLS, PERMUTATIONS, tmp_path / "run")
    (problem,) = error.value.problems
    assert problem.where.startswith("node ") and problem.where.endswith("model › weights_digest")
    monkeypatch.setattr(spread, "_version", lambda library: "1.0")
    with pytest.raises(InputError) as error:
        run(model, data, PROTOCOLS, PERMUTATIONS, tmp_path / "run")
    told = [str(problem.where).rpartition("› ")[2] for problem in error.value.problems]
    assert told == list(spread._LIBRARIES)
    assert not predicted(tmp_path / "run")


def test_a_node_without_a_card_is_told(
    tiny_model: Path, two_nodes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = Weights(str(tiny_model), device="cuda")
    assert weights.describe()["dtype"] == "bfloat16"  # as on the card, whatever this machine has
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    path = tmp_path / "part"
    wanted = json.dumps({"versions": spread._versions(), "model": weights.describe()})
    with pytest.raises(InputError, match="torch: finds no card"):
        predict_part(Part(weights, wanted, [], PROTOCOLS, path), lambda rows: None)
    assert not path.exists()


@pytest.mark.parametrize("backend", ["vllm", "openai"])
def test_a_server_is_not_spread(backend: str, sample_release: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    message = refused(evaluate("lab/model", sample_release, output, "--backend", backend, "--engine", "ray"))
    assert message.count("\n") == 1
    assert f"--engine ray: does not go with --backend {backend}" in message
    assert not output.exists()


def test_what_is_wrong_with_a_model_shows_before_a_node_opens_it(
    tiny_model: Path, sample_release: Path, two_nodes: str, tmp_path: Path
) -> None:
    for name, told in (
        ("nowhere", "its tokenizer cannot be opened"),
        ("bare", "its config cannot be opened"),
    ):
        shutil.copytree(tiny_model, tmp_path / "bare", dirs_exist_ok=True)
        (tmp_path / "bare" / "config.json").unlink()
        message = refused(evaluate(tmp_path / name, sample_release, tmp_path / "run", "--engine", "ray"))
        assert told in message
        assert not (tmp_path / "run").exists()
