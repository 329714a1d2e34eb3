"""One process and several see the same batches and go down the same curve; a killed one goes on."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from training_runs import arguments, curve, start, train

SETTINGS = ("merge.at_end=false", "optim.epochs=2", "optim.max_steps=8")


def end(process: subprocess.Popen[str]) -> str:
    """Waits for a run that should end well; gives what it printed."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


@pytest.mark.parametrize("processes", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_several_processes_go_down_the_same_curve(
    tiny_release: Path, tiny: Path, tmp_path: Path, processes: int
) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    settings = (*SETTINGS, "batch.per_device=1")
    first = train(tiny_release, tiny, alone, *settings, config="native+translated")
    parts = arguments(tiny_release, tiny, together, *settings, config="native+translated")
    assert end(start(parts, processes)).count("Wrote") == 1
    from training.report import read_report

    second = read_report(together)
    assert second["hardware"]["processes"] == processes
    losses = [[loss for _, loss in curve(output)] for output in (alone, together)]
    assert len(losses[0]) == 8 and losses[1] == pytest.approx(losses[0], rel=1e-5)
    for name in ("steps", "tokens", "loss_tokens"):
        assert first["figures"][name] == second["figures"][name]
    assert second["figures"]["validation_answer_loss"] == pytest.approx(
        first["figures"]["validation_answer_loss"], rel=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize(("processes", "line"), [(1, 1), (1, 6), (2, 3)])
def test_a_killed_run_goes_on_to_the_same_curve(
    tiny_release: Path, tiny: Path, tmp_path: Path, processes: int, line: int
) -> None:
    """SIGKILL as soon as the log has so many lines, wherever the process is then."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(tiny_release, tiny, whole, *SETTINGS)
    parts = arguments(tiny_release, tiny, killed, *SETTINGS)
    process = start(parts, processes)
    log = killed / "log.jsonl"
    while not (log.exists() and len(curve(killed)) >= line):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            pytest.fail("it ended before it was killed")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    end(start(parts, processes))
    assert dict(curve(killed)) == pytest.approx(dict(curve(whole)), rel=1e-5)
