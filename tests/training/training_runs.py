"""Runs of the smoke recipe on the tiny model, in this process or in others."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from training.__main__ import main

QUICK = ("optim.lr=2e-2", "optim.max_steps=6", "checkpoint.every=2", "data.max_length=400", "merge.prompts=3")


def arguments(release: Path, model: Path, output: Path, *overrides: str, config: str = "native") -> list[str]:
    """The command line of a quick run."""
    settings = [f"model.path={model}", *QUICK, *overrides]
    options = ["--config", config, "--data", str(release), "--output", str(output)]
    return ["run", "smoke", *options, *(part for setting in settings for part in ("--set", setting))]


def command(*parts: object) -> Result:
    """Runs the command line in this process."""
    return CliRunner().invoke(main, [str(part) for part in parts])


def train(
    release: Path, model: Path, output: Path, *overrides: str, config: str = "native"
) -> dict[str, Any]:
    """Runs to the end; gives the report."""
    done = command(*arguments(release, model, output, *overrides, config=config))
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads((output / "training.json").read_text(encoding="utf-8"))
    return report


def start(parts: Sequence[str], processes: int = 1) -> subprocess.Popen[str]:
    """Starts the command line in processes of their own."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.Popen(
        [sys.executable, *(launcher if processes > 1 else []), "-m", "training", *parts],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a kill is to reach all its processes
    )


def curve(output: Path) -> list[tuple[int, float]]:
    """Step and loss, as the log has them."""
    lines = (output / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["step"], entry["loss"]) for entry in map(json.loads, lines) if "loss" in entry]
