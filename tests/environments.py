"""Environments of their own for other versions and other programs, under ``.venv-datasets``, each made once."""

from __future__ import annotations

import shutil
import sys
import venv
from pathlib import Path

from commands import run

ENVIRONMENTS = Path(__file__).parent.parent / ".venv-datasets"


def programs_of(name: str, requirement: str) -> Path:
    """The folder of ``python`` and other programs in an environment that has one requirement installed."""
    folder = ENVIRONMENTS / name
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        command = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = run([*command, requirement])
        assert done.returncode == 0, done.stderr
        (folder / "complete").touch()
    return programs
