"""Ways to run the command line, and what a refusal looks like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from medinjection_fr.cli import main


def invoke(*arguments: object) -> Result:
    """Runs the command line in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def parsed(*arguments: object, code: int = 0) -> Any:
    """What a command prints as JSON."""
    done = invoke(*arguments, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def refused(result: Result | subprocess.CompletedProcess[str]) -> str:
    """The message of a command that refused its input: exit code 2, no traceback, nothing printed."""
    code = result.exit_code if isinstance(result, Result) else result.returncode
    assert code == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout
    assert all(line.startswith("error: ") for line in result.stderr.splitlines())
    return result.stderr


def start(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own."""
    command = [sys.executable, "-c", "from medinjection_fr.cli import main; main()", *map(str, arguments)]
    return run(command, cwd, env)


def run(
    command: Sequence[object], cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "HF_HUB_OFFLINE": "1", **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
