"""What stands in the card of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medinjection_fr.release.card_tables import read_figures
from medinjection_fr.release.front_matter import read_front_matter


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def header_of(folder: Path) -> dict[str, Any]:
    header: dict[str, Any] = read_front_matter(card_of(folder))
    return header


def figures_of(folder: Path, name: str) -> list[list[str]]:
    table = read_figures(card_of(folder), name)
    assert table
    return table
