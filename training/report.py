"""``training.json``: what a run was made from, how, and what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import canonical_json, digest_file, digest_json
from medinjection_fr.whole import write_whole
from training.data import Source
from training.recipe import Recipe

FORMAT = "medinjection-fr/training/1"
REPORT = "training.json"
START = "start.json"
"""Written when a run begins: what it may be continued with."""

_FREE = {"batch": ["per_device"], "log": None, "checkpoint": None, "merge": None, "validation": None}
"""Keys of a recipe that change nothing of what is learnt."""


def identity(recipe: Recipe, source: Source) -> dict[str, Any]:
    """What must be the same for a run to go on: data, and what of the recipe bears on the weights."""
    content = {
        section: {key: value for key, value in keys.items() if key not in (_FREE.get(section) or ())}
        if isinstance(keys, dict)
        else keys
        for section, keys in recipe.content.items()
        if section not in _FREE or _FREE[section] is not None
    }
    return {"data": source.described, "recipe": content}


def check_same(output: Path, now: Mapping[str, Any]) -> None:
    """Compares a run with the one that was begun in its folder.

    Raises:
        InputError: Every difference.
    """
    path = output / START
    if not path.exists():
        if output.exists() and any(output.iterdir()):
            what = "exists and is no training run"
            raise InputError(Problem(str(output), what, "a new folder", "Give another --output"))
        return
    begun = json.loads(path.read_text(encoding="utf-8"))
    differing = [
        Problem(
            f"{path} › {name}", f"the run was begun with {before}, not {after}", mend="Give another --output"
        )
        for name, before, after in _differences(begun, now)
    ]
    if differing:
        raise InputError(differing)


def _differences(before: Any, after: Any, name: str = "") -> list[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            found
            for key in dict.fromkeys([*before, *after])
            for found in _differences(before.get(key), after.get(key), f"{name} › {key}" if name else key)
        ]
    return [] if before == after else [(name, json.dumps(before), json.dumps(after))]


def write_json(path: Path, value: Any) -> None:
    """Writes a file under its name once it is whole."""
    write_whole(path, canonical_json(value))


def read_report(output: Path) -> dict[str, Any]:
    """Reads the report of a finished run.

    Raises:
        InputError: There is none.
    """
    path = output / REPORT
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        mend = "Run it to its end: python -m training run"
        raise InputError(
            Problem(str(output), f"has no {REPORT}: the run is not finished", mend=mend)
        ) from None
    return report


def describe_model(recipe: Recipe, model: Any) -> dict[str, Any]:
    """The base: where it is from, what tells its weights apart, and how much of it is trained."""
    name = recipe["model"]["path"]
    weights = sorted(Path(name).glob("*.safetensors"))
    config = model.config
    return {
        "base": name,
        "revision": recipe["model"]["revision"] or getattr(config, "_commit_hash", None),
        "weights_digest": digest_json([digest_file(path) for path in weights]) if weights else None,
        "architecture": config.model_type,
        "parameters": sum(p.numel() for p in model.parameters() if not p.requires_grad),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
    }


def hardware(processes: int) -> dict[str, Any]:
    """What it ran on."""
    import torch

    on_gpu = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if on_gpu else f"CPU, {os.cpu_count()} cores"
    return {"device": device, "processes": processes, "cuda": torch.version.cuda if on_gpu else None}
