"""Which family a model is of: a judge does not judge its own kin unasked.

A family is told by the architecture that the model's folder names (``model_type``, without its version), by a family's
name inside the model's own name, and by those of the base of an adapter. Two models are of one family if any of these
agree: SmolLM is kin of Llama, whose architecture it has. It is better to ask once too often.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.errors import Problem

_NAMES = {
    "qwen": r"qwen|qwq",
    "llama": r"llama|vicuna|alpaca",
    "smollm": r"smollm",
    "mistral": r"mistral|mixtral|ministral|magistral|codestral|devstral|zephyr",
    "gemma": r"gemma",
    "gemini": r"gemini",
    "phi": r"(?<![a-z])phi(?![a-z])",
    "deepseek": r"deepseek",
    "gpt": r"(?<![a-z])(?:gpt|chatgpt|o[134](?![0-9]))",
    "claude": r"claude",
    "cohere": r"command-?[ra]|(?<![a-z])aya(?![a-z])|cohere",
    "falcon": r"falcon",
    "olmo": r"olmo",
    "granite": r"granite",
    "glm": r"(?<![a-z])glm|chatglm",
    "yi": r"(?<![a-z])yi-",
    "bloom": r"bloom",
    "lucie": r"lucie",
    "croissantllm": r"croissant",
    "meditron": r"meditron",
}
_SAME_MAKERS = {"mixtral": "mistral", "ministral": "mistral", "cohere2": "cohere"}


def families_of(described: Mapping[str, Any], adapter: Path | None = None) -> list[str]:
    """Families of a model, by name; none if nothing tells.

    Args:
        described: The model as ``run.json`` or ``judge.json`` has it.
        adapter: Folder of its adapter, if it has one.
    """
    name = str(described["name"])
    found = _in_name(name) | _in_folder(Path(name.removeprefix("vllm:")))
    if adapter is not None:
        base = _read_json(adapter / "adapter_config.json").get("base_model_name_or_path") or ""
        found |= _in_name(base) | _in_folder(Path(base))
    return sorted(found)


def _in_name(name: str) -> set[str]:
    """Of a path only its last two parts: those above it tell of the machine."""
    last = "/".join(name.rstrip("/").split("/")[-2:]).lower()
    return {family for family, pattern in _NAMES.items() if re.search(pattern, last)}


def _in_folder(folder: Path) -> set[str]:
    config = _read_json(folder / "config.json")
    kind = re.match(r"[a-z]+", str(config.get("model_type", "")).lower())
    found = _in_name(str(config.get("_name_or_path", "")))
    return found | {_SAME_MAKERS.get(kind[0], kind[0])} if kind else found


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def kinship_problem(
    judge: Mapping[str, Any], judge_families: list[str], judged: Mapping[str, Any]
) -> Problem | None:
    """Why a judge should not judge a model; ``None`` if nothing speaks against it.

    Args:
        judge: What tells the judge apart.
        judge_families: Its families.
        judged: What tells the judged model apart.
    """
    shared = sorted(set(judge_families) & set(families_of(judged)))
    if judge["name"] == judged["name"]:
        what = "is the model that it would judge"
    elif shared:
        what = f"is of the family of {judged['name']}, which it would judge ({', '.join(shared)})"
    else:
        return None
    mend = "Judges favour their kin. Take another judge, or say --allow-same-family"
    return Problem(f"--judge {judge['name']}", what, "a model of another family", mend)
