"""Environments of their own for other harnesses, kept in the user's cache, each made once."""

from __future__ import annotations

import os
import shutil
import venv
from pathlib import Path

from commands import run
from small_models import CACHE

from medinjection_fr.resources import PACKAGE

_TORCH = ("torch==2.13.0", "transformers==5.23.0", "datasets==5.2.0")
_REQUIREMENTS = {
    "lm-eval-0.4.13": ("lm_eval[hf]==0.4.13", *_TORCH),
    "inspect-ai-0.3.285": ("inspect-ai==0.3.285", "openai", "accelerate", *_TORCH),
}


def programs_of(name: str) -> Path:
    """The folder of ``python`` and other programs of an environment."""
    folder = CACHE / name
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = run([*pip, *_REQUIREMENTS[name]])
        assert done.returncode == 0, done.stderr
        (folder / "complete").touch()
    return folder / "bin"


def offline(folder: Path) -> dict[str, str]:
    """Variables for a process that has ``medinjection_fr`` and no ``evaluation``, and no network.

    Args:
        folder: A new one, for what the process needs to write.
    """
    site = folder / "site"
    site.mkdir(parents=True)
    (site / "medinjection_fr").symlink_to(PACKAGE)
    return {
        **os.environ,
        "PYTHONPATH": str(site),
        "HF_HOME": str(folder / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",  # more of them wait for each other on a busy machine
    }
