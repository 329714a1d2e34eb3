"""Real questions through real models into a release, with a kill in the middle: what is accepted, and what it takes.

    python benchmarks/generation.py --data DIR
    python benchmarks/generation.py --data DIR --model NAME --endpoint URL [--served-as NAME] [--template FILE]

Without a model it is Apertium. The data folder has ``medmcqa/`` as ``medinjection-fr sources fetch medmcqa`` brings it.
Times depend on the machine; what is accepted does not, for Apertium.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import COMMAND, machine, print_table


def _call(*arguments: object) -> str:
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{arguments} ended with {done.returncode}")
    return done.stdout


def _finished(journal: Path) -> int:
    done = subprocess.run(
        [COMMAND, "generate", "status", str(journal), "--json"], capture_output=True, text=True
    )
    states = json.loads(done.stdout) if done.returncode == 0 else []
    return sum(state["units"]["accepted"] + state["units"]["rejected"] for state in states)


def _kill_on_the_way(command: list[str], journal: Path, units: int) -> int:
    """Runs a command and kills it when so many units are finished; tells how many there were."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and _finished(journal) < units:
            time.sleep(1)
        process.send_signal(signal.SIGKILL)
    return _finished(journal)


def _bench(arguments: argparse.Namespace, work: Path) -> None:
    journal, export, release = work / "journal.sqlite", work / "export", work / "release"
    command = [
        COMMAND,
        "translate",
        "run",
        "medmcqa",
        "--data",
        str(arguments.data),
        "--journal",
        str(journal),
    ]
    command += [
        "--model",
        arguments.model,
        "--limit",
        str(arguments.limit),
        "--at-once",
        str(arguments.at_once),
    ]
    for option in ("endpoint", "served_as", "template", "window"):
        if value := getattr(arguments, option):
            command += [f"--{option.replace('_', '-')}", str(value)]
    if arguments.without_explanations:
        command.append("--without-explanations")
    started = time.perf_counter()
    killed_at = _kill_on_the_way(command, journal, arguments.limit // 3)
    _call(*command[1:])
    wall = time.perf_counter() - started
    told: dict[str, Any] = json.loads(_call("generate", "export", journal, "--output", export, "--json"))
    units = told["units"]
    rows: list[tuple[str, object]] = [
        ("finished when the run was killed", killed_at),
        ("accepted", units["accepted"]),
        ("rejected", units["rejected"]),
        *((f"– {rule}", number) for rule, number in told["rejected_by_rule"].items()),
        ("unfinished", units["unfinished"]),
        (
            "asked again, then accepted",
            f"{sum(told['asked_again'].values())}, {told['asked_again']['accepted']}",
        ),
        ("requests", told["requests"]),
        ("tokens in, out", f"{told['input_tokens']:,}, {told['output_tokens']:,}"),
        ("wall, both runs", f"{wall:.0f} s"),
        ("for 1,000 questions", f"{wall / arguments.limit * 1000 / 60:.0f} min"),
    ]
    if units["accepted"]:
        _call("build", export / "recipe.yaml", "--output", release, "--replace")
        verified = json.loads(_call("verify", release, "--rows", "--json"))
        built = json.loads((release / "release.json").read_text(encoding="utf-8"))["sources"]
        source = next(iter(built.values()))
        dropped = ", ".join(f"{rule} {number}" for rule, number in source["dropped"].items()) or "none"
        rows += [("in the release", source["kept"]), ("dropped by its curation", dropped)]
        rows += [("release verified, row by row", verified["sound"])]
    print_table(f"{arguments.limit} questions of MedMCQA through {told['job']['model']}", ("", ""), rows)


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, help="Folder for journal, export and release; a temporary one if not given."
    )
    parser.add_argument("--model", default="apertium")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=16)
    for option in ("--endpoint", "--served-as", "--template", "--window"):
        parser.add_argument(option)
    parser.add_argument("--without-explanations", action="store_true")
    arguments = parser.parse_args()
    print(machine())
    if arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
        _bench(arguments, arguments.work)
    else:
        with tempfile.TemporaryDirectory() as work:
            _bench(arguments, Path(work))


if __name__ == "__main__":
    main()
