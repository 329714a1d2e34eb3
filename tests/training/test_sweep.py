"""The study: each configuration once, the finished ones left alone, and one table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import refused
from releases import contents
from training_runs import QUICK, command, train

from training.sweep import study_configs


def options(release: Path, model: Path, output: Path) -> list[object]:
    settings = [f"model.path={model}", *QUICK, "optim.max_steps=2", "merge.prompts=1"]
    return ["smoke", "--data", release, "--output", output, *(p for s in settings for p in ("--set", s))]


def test_seven_controlled_configurations_and_the_matched_ones() -> None:
    assert len(study_configs(False)) == 7 and len(study_configs(True)) == 14
    assert study_configs(False)[0] == "native-controlled"
    assert study_configs(True)[-1] == "native+synthetic+translated-matched"


def test_a_sweep_goes_on_and_writes_one_table(tiny_release: Path, tiny: Path, tmp_path: Path) -> None:
    output = tmp_path / "runs"
    chosen = ["--config", "NAT-controlled", "--config", "NAT-SYN-controlled"]
    name = "native+synthetic-controlled"
    train(tiny_release, tiny, output / name, "optim.max_steps=2", "merge.prompts=1", config=name)
    before = contents(output / "native+synthetic-controlled")
    done = command("sweep", *options(tiny_release, tiny, output), *chosen, "--json")
    assert done.exit_code == 0, done.output
    assert "native+synthetic-controlled: finished." in done.stderr
    assert contents(output / "native+synthetic-controlled") == before
    rows = json.loads(done.stdout)
    assert [row["data"]["config"] for row in rows] == ["native-controlled", "native+synthetic-controlled"]
    assert all(row["records"]["train"] == 6 for row in rows)
    for key in (
        "tokens",
        "loss_tokens",
        "seconds",
        "tokens_per_second",
        "peak_memory_bytes",
        "energy_joules",
        "loss",
    ):
        assert key in rows[0]["figures"]
    table = (output / "table.md").read_text(encoding="utf-8")
    assert table.count("-controlled |") == 2 and "transformers 5." in table
    assert command("table", output).exit_code == 0


@pytest.mark.slow
def test_a_run_that_fails_is_told_and_the_others_go_on(
    tiny_release: Path, tiny: Path, tmp_path: Path
) -> None:
    output = tmp_path / "runs"
    folder = output / "native-controlled"
    folder.mkdir(parents=True)
    (folder / "other.txt").write_text("", encoding="utf-8")
    chosen = ["--config", "NAT-controlled", "--config", "SYN-controlled"]
    done = command("sweep", *options(tiny_release, tiny, output), *chosen)
    assert done.exit_code == 1
    assert "native-controlled: failed (error: " in done.stderr and "is no training run" in done.stderr
    assert (output / "synthetic-controlled/training.json").exists()


def test_mistakes_of_all_configurations_come_first(
    small_releases: dict[str, Path], tiny: Path, tmp_path: Path
) -> None:
    release = small_releases["1.0.0"]
    said = refused(command("sweep", *options(release, tiny, tmp_path / "runs")))
    assert "has no configuration native-controlled: the recipe has no study.controlled" in said
    assert "has no configuration synthetic-controlled: the release has no synthetic records" in said
    assert not (tmp_path / "runs").exists()
    assert "7 is past the last of 7" in refused(
        command("sweep", *options(release, tiny, tmp_path), "--only", "7")
    )


@pytest.mark.slow
def test_a_task_of_an_array_writes_no_table(tiny_release: Path, tiny: Path, tmp_path: Path) -> None:
    done = command("sweep", *options(tiny_release, tiny, tmp_path / "runs"), "--only", "1")
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == ["synthetic-controlled"]
    assert not (tmp_path / "runs/table.md").exists()


@pytest.mark.slow
def test_the_whole_study_on_two_places(tiny_release: Path, tiny: Path, tmp_path: Path) -> None:
    done = command("sweep", *options(tiny_release, tiny, tmp_path / "runs"), "--gpus", "0,1")
    assert done.exit_code == 0, done.output
    assert len(json.loads((tmp_path / "runs/table.json").read_text(encoding="utf-8"))) == 7
