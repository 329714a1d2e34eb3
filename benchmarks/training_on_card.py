"""What training must keep on a card: the curve after a kill, the adapter's words after merging, float32's losses.

    python benchmarks/training_on_card.py --data RELEASE --model FOLDER [--steps 50] [--set KEY=VALUE …]

Three runs of one recipe (``smoke`` if not given) on the same records in the same order: in float32; in bfloat16; in
bfloat16 and killed (``kill -9``) when half of its steps are told, and started again. The merged model is written only
where its greedy outputs are the adapter's, token for token. Exit code 1 if the killed run has another curve, or if a
loss of bfloat16 is further from float32's than ``--tolerance``, as a share of the larger. Needs the extra ``train``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import machine, print_table

ROOT = Path(__file__).resolve().parents[1]


def _curve(output: Path) -> list[float]:
    path = output / "log.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    told = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line["loss"] for line in told if "loss" in line]


def _command(arguments: argparse.Namespace, dtype: str, output: Path) -> list[str]:
    every = max(1, arguments.steps // 10)
    settings = [f"model.path={arguments.model}", f"model.dtype={dtype}", f"optim.max_steps={arguments.steps}"]
    settings += ["optim.epochs=1000", f"checkpoint.every={every}", "log.every=1", *arguments.set]
    command = [sys.executable, "-m", "training", "run", arguments.recipe, "--config", arguments.config]
    command += ["--data", str(arguments.data.resolve()), "--output", str(output)]
    return [*command, *(part for setting in settings for part in ("--set", setting))]


def _train(arguments: argparse.Namespace, dtype: str, output: Path) -> list[float]:
    done = subprocess.run(
        _command(arguments, dtype, output), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")
    return _curve(output)


def _train_killed(arguments: argparse.Namespace, output: Path) -> tuple[list[float], int]:
    """The curve of a run that was killed half way and went on, and the steps that it had told."""
    with subprocess.Popen(
        _command(arguments, "bfloat16", output),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while process.poll() is None and len(_curve(output)) < arguments.steps // 2:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    told = len(_curve(output))
    return _train(arguments, "bfloat16", output), told


def main() -> None:
    """Reads the options, trains and compares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--recipe", default="smoke")
    parser.add_argument("--config", default="native")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--tolerance", type=float, default=0.05)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="Of the recipe.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        exact = _train(arguments, "float32", Path(work) / "float32")
        half = _train(arguments, "bfloat16", Path(work) / "bfloat16")
        killed, told = _train_killed(arguments, Path(work) / "killed")
        merged = [(Path(work) / name / "merged" / "config.json").exists() for name in ("bfloat16", "killed")]
    apart = [abs(a - b) / max(a, b) for a, b in zip(exact, half, strict=True)]
    rows = [
        ["steps", arguments.steps],
        ["loss, first and last, float32", f"{exact[0]:.4f}, {exact[-1]:.4f}"],
        ["loss, first and last, bfloat16", f"{half[0]:.4f}, {half[-1]:.4f}"],
        ["bfloat16 from float32, mean and most", f"{sum(apart) / len(apart):.2%}, {max(apart):.2%}"],
        ["steps told when killed", told],
        ["steps after the kill whose loss differs", sum(a != b for a, b in zip(half, killed, strict=True))],
        ["merged, with the adapter's outputs", f"{sum(merged)} of 2"],
    ]
    print(machine())
    print_table("One recipe, three runs", ("", ""), rows)
    sys.exit(killed != half or max(apart) > arguments.tolerance or not all(merged))


if __name__ == "__main__":
    main()
