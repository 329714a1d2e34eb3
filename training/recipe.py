"""A training recipe: how a model is fine-tuned, checked before any work, all mistakes at once."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import parse_yaml, read_yaml, schema_problems
from medinjection_fr.errors import InputError, Problem

SHIPPED = Path(__file__).resolve().parent / "recipes"

_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+")


@dataclass(frozen=True)
class Recipe:
    """A checked recipe; ``schemas/training.schema.json`` says what its sections hold.

    Attributes:
        content: The YAML document with the overrides applied.
    """

    content: Mapping[str, Any]

    def __getitem__(self, section: str) -> Any:
        return self.content[section]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.content["name"])

    def accumulation(self, processes: int) -> int:
        """Batches that each process adds up before an optimiser step.

        Raises:
            InputError: The global batch is no multiple of what the processes hold at once.
        """
        batch = self.content["batch"]
        at_once = batch["per_device"] * processes
        if batch["global"] % at_once:
            what = f"{batch['global']} is no multiple of per_device × processes = {at_once}"
            fitting = [n for n in range(1, batch["global"] + 1) if not batch["global"] % (n * processes)]
            mend = f"Set batch.per_device to one of {', '.join(map(str, fitting))}" if fitting else ""
            mend = mend or f"Use a number of processes that divides {batch['global']}"
            raise InputError(Problem("recipe › batch › global", what, mend=mend))
        return int(batch["global"] // at_once)


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Reads a recipe and checks it.

    Args:
        name: A YAML file, or the name of a recipe that stands in ``training/recipes``.
        overrides: Keys to set, as ``optim.lr=2e-4``.

    Raises:
        InputError: Every mistake of the recipe and of the overrides.
    """
    path = Path(name)
    if not path.exists() and (SHIPPED / f"{name}.yaml").is_file():
        path = SHIPPED / f"{name}.yaml"
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(Problem(str(path), "is no mapping", "the keys of a training recipe"))
    content, problems = _override(content, overrides)
    content = _with_exponents(content)
    problems += schema_problems(content, "training", str(path)) or _joint_problems(content, str(path))
    if problems:
        raise InputError(problems)
    return Recipe(content)


def _override(content: dict[str, Any], overrides: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Sets the keys; a value is read as YAML. Keys that a recipe cannot have are left to the schema."""
    changed, problems = copy.deepcopy(content), []
    for override in overrides:
        key, equals, text = override.partition("=")
        steps = key.split(".")
        if not equals or not all(steps):
            problems.append(Problem(f"--set {override}", "is no KEY=VALUE", "as optim.lr=2e-4"))
            continue
        place = changed
        for step in steps[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                problems.append(Problem(f"--set {override}", f'"{step}" holds no keys'))
                break
        else:
            place[steps[-1]] = parse_yaml(text, f"--set {key}")
    return changed, problems


def _with_exponents(value: Any) -> Any:
    """Reads 1e-4 as a number, as YAML 1.2 does; the YAML 1.1 of the library takes it for text."""
    if isinstance(value, dict):
        return {key: _with_exponents(each) for key, each in value.items()}
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    return value


def _joint_problems(content: Mapping[str, Any], where: str) -> list[Problem]:
    """Mistakes that no key has alone."""
    problems = []
    batch, model, data = content["batch"], content["model"], content["data"]
    if batch["global"] % batch["per_device"]:
        what = f"{batch['global']} is no multiple of per_device, {batch['per_device']}"
        problems.append(Problem(f"{where} › batch › global", what))
    if data["packing"] and batch["order"] == "by-length":
        what = "by-length has no sense with data.packing: packed sequences are all of one length"
        problems.append(Problem(f"{where} › batch › order", what, "random"))
    if model["attention"].startswith("flash") and model["dtype"] == "float32":
        what = f"{model['attention']} computes in 16 bits only"
        problems.append(Problem(f"{where} › model › dtype", what, "bfloat16"))
    return problems
