"""An item → what is sent to be translated, and back. Structure is kept by construction.

Options and facts are sent under labels, so that none can be lost or moved unnoticed. Gold letters are
never sent; of an open question, the reference answer is text like any other. What reads the same in
French is not sent either (``neutral``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medinjection_fr.generate.outcome import Material
from medinjection_fr.generate.translation.neutral import in_french
from medinjection_fr.rules import LETTERS

Parts = dict[str, Any]
"""Texts by name: ``instruction``, ``context``, ``options`` by letter, ``answer``, ``explanation``, ``facts``
by number. What an item does not have is absent."""


def parts_of(item: Material, explain: bool) -> Parts:
    """All texts of an item that a record needs in French.

    Args:
        item: The item.
        explain: Whether the explanation is wanted.
    """
    texts = {
        "instruction": item["instruction"],
        "context": item["context"],
        "options": dict(zip(LETTERS, item["choices"], strict=False)),
        "answer": "" if item["choices"] else item["answer"],
        "explanation": (item["explanation"] or "") if explain else "",
        "facts": {str(number): text for number, text in enumerate(item["facts"], 1)},
    }
    return {name: value for name, value in texts.items() if value}


def to_send(parts: Parts) -> Parts:
    """The parts that have to be translated."""
    sent: Parts = {}
    for name, value in parts.items():
        if isinstance(value, str):
            sent[name] = value
        elif left := {label: text for label, text in value.items() if in_french(text) is None}:
            sent[name] = left
    return sent


def flat(sent: Parts) -> dict[str, str]:
    """The same texts under one level of labels: ``instruction``, ``options.A``."""
    segments: dict[str, str] = {}
    for name, value in sent.items():
        segments |= (
            {name: value} if isinstance(value, str) else {f"{name}.{k}": text for k, text in value.items()}
        )
    return segments


def unflat(segments: Mapping[str, Any]) -> Parts:
    """What ``flat`` made flat."""
    parts: Parts = {}
    for label, text in segments.items():
        name, dot, key = label.partition(".")
        if dot:
            parts.setdefault(name, {})[key] = text
        else:
            parts[name] = text
    return parts


def put_back(parts: Parts, translated: Mapping[str, Any]) -> Parts:
    """The parts in French: those that came back, and those that were not sent."""
    whole: Parts = {}
    for name, value in parts.items():
        if isinstance(value, str):
            whole[name] = translated[name]
        else:
            came = translated.get(name, {})
            whole[name] = {label: came.get(label) or in_french(text) for label, text in value.items()}
    return whole


def schema_of(sent: Parts) -> dict[str, Any]:
    """JSON Schema (2020-12) of the translation of what is sent: the same keys, each with a text."""
    properties = {
        name: {"type": "string", "minLength": 1} if isinstance(value, str) else schema_of(value)
        for name, value in sent.items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def item_in_french(item: Material, parts: Parts) -> dict[str, Any]:
    """The item with its texts in French; all else as it was."""
    return {
        **item,
        "instruction": parts["instruction"],
        "context": parts.get("context", ""),
        "choices": list(parts.get("options", {}).values()),
        "answer": parts.get("answer", item["answer"]),
        "explanation": parts.get("explanation"),
        "facts": list(parts.get("facts", {}).values()),
    }
