"""Translations as open questions: the wording that every source of parallel text shares."""

from __future__ import annotations

from typing import Any

INSTRUCTIONS = {
    "fr": "Traduisez en français le texte suivant.",
    "en": "Traduisez en anglais le texte suivant.",
}
"""The order, for each language that is translated into."""


def translation_fields(source_id: str, text: str, translation: str, into: str) -> dict[str, Any]:
    """Columns of a record: the text is the context, its translation the reference answer."""
    return {
        "source_id": source_id,
        "instruction": INSTRUCTIONS[into],
        "context": text,
        "answer": translation,
        "type": "oeq",
        "task": "translation",
    }
