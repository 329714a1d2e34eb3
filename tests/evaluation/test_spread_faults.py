"""Predictions on a cluster whose nodes die, whose command is killed, or whose nodes lack something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import pytest
from clusters import Doom, add_node, doomed, hooked, running_cluster
from commands import refused
from spread_runs import PERMUTATIONS, evaluate, few_questions, in_any_order, note_process, predicted

pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")
ray = pytest.importorskip("ray", reason="ray comes with the extra `ray`")

from evaluation import predict
from evaluation.local_model import LocalModel
from evaluation.protocols import PROTOCOLS
from evaluation.run import run
from evaluation.run_folder import PARTS, PREDICTIONS
from medinjection_fr.engine import open_engine
from medinjection_fr.resources import PACKAGE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of one node; tests add others."""
    with running_cluster() as running:
        yield running


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "_SLICE", 3)


@pytest.fixture(scope="module")
def expected(
    tiny_model: Path, sample_release: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The lines of the run in this process."""
    output = tmp_path_factory.mktemp("local") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predict, "_SLICE", 3)
        model = LocalModel(str(tiny_model), device="cpu")
        run(model, few_questions(sample_release), PROTOCOLS, PERMUTATIONS, output)
    return predicted(output)


def test_a_node_that_dies_in_the_middle_of_a_slice_changes_nothing(
    tiny_model: Path, sample_release: Path, expected: list[dict[str, Any]], nodes: Any, tmp_path: Path
) -> None:
    second = add_node(nodes)
    the_doomed, doom = second.node_id, Doom.in_folder(tmp_path)

    def hook() -> None:

        from evaluation import spread

        predict_whole = spread.predict_slice

        def held(*arguments: Any) -> Iterator[dict[str, Any]]:
            here = ray.get_runtime_context().get_node_id() == the_doomed
            for prediction in predict_whole(*arguments):
                yield prediction
                if here:
                    doom.begun.write_text("one prediction")  # waits for its reader
                with filelock.FileLock(doom.never if here else doom.dead):
                    pass

        spread.predict_slice = held

    with hooked(nodes, hook), doomed(nodes, second, doom) as killed:
        done = evaluate(tiny_model, sample_release, tmp_path / "run", "--engine", "ray")
    assert done.exit_code == 0, done.output
    assert killed == ["one prediction"]
    assert predicted(tmp_path / "run") == expected


KILLED = """
import os, sys
from pathlib import Path
import ray
from spread_runs import evaluate
from evaluation import predict

address, fifo, *arguments = sys.argv[1:]

def hook():
    from evaluation import spread
    predict_whole = spread.predict_slice

    def held(*slice):
        if begun:
            Path(fifo).write_text("begun")  # waits for its reader
            Path(fifo).read_text()  # and for ever
        begun.append(True)
        return predict_whole(*slice)

    begun = []
    spread.predict_slice = held

predict._SLICE = 3
ray.init(address=address, log_to_driver=False, runtime_env={"worker_process_setup_hook": hook})
evaluate(*arguments, "--engine", "ray")
"""


def test_a_killed_command_is_gone_on_with_on_one_machine(
    tiny_model: Path, sample_release: Path, expected: list[dict[str, Any]], nodes: Any, tmp_path: Path
) -> None:
    output, fifo = tmp_path / "run", tmp_path / "begun"
    os.mkfifo(fifo)
    command = [sys.executable, "-c", KILLED, nodes.address, fifo, tiny_model, sample_release, output]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(list(map(str, command)), cwd=PACKAGE.parent, env=environment)
    assert fifo.read_text() == "begun"
    process.kill()
    assert process.wait() == -signal.SIGKILL
    (part,) = (output / PARTS).glob("*.jsonl")
    kept = len(part.read_bytes().splitlines())
    assert not (output / PREDICTIONS).read_bytes()
    model = LocalModel(str(tiny_model), device="cpu")
    made = run(model, few_questions(sample_release), PROTOCOLS, PERMUTATIONS, output)
    assert made == len(expected) - kept < len(expected)
    assert in_any_order(predicted(output)) == in_any_order(expected)
    assert not (output / PARTS).exists()


@pytest.fixture
def carded(nodes: Any) -> Iterator[Any]:
    """A node that says that it has a card."""
    node = add_node(nodes, num_gpus=1)
    yield node
    nodes.remove_node(node)


def test_a_card_that_torch_does_not_find_is_told(
    tiny_model: Path, sample_release: Path, nodes: Any, carded: Any, tmp_path: Path
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("torch finds a card")
    options = ("--engine", "ray", "--address", nodes.address)
    message = refused(evaluate(tiny_model, sample_release, tmp_path / "run", *options))
    assert message.count("\n") == 1
    assert "torch: finds no card; expected the one that Ray counts there" in message


def test_one_process_does_all_tasks_of_a_card(nodes: Any, carded: Any, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(4)]
    with open_engine("ray", address=nodes.address) as engine:
        assert engine.run(note_process, paths, "noting", tmp_path, gpus=1) == [None] * 4
    assert len({path.read_text() for path in paths}) == 1


def test_a_node_without_a_checkout_is_told(
    tiny_model: Path, sample_release: Path, nodes: Any, tmp_path: Path
) -> None:
    def hook() -> None:
        import sys

        sys.modules["evaluation"] = None  # type: ignore[assignment]  # as if it were not there

    with hooked(nodes, hook):
        message = refused(evaluate(tiny_model, sample_release, tmp_path / "run", "--engine", "ray"))
    assert message.count("\n") == 1
    assert "a node cannot import the task (" in message
    assert "the same checkout under one path, on every node" in message
