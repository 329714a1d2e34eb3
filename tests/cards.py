"""What stands in the card of a release, and what a recipe has to say for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medinjection_fr.release.card_tables import read_figures
from medinjection_fr.release.front_matter import read_front_matter

PUBLICATION = {
    "repository": "our-lab/medinjection-fr",
    "doi": "10.5281/zenodo.1234567",
    "authors": ['Our "laboratory": # 7', "É. Exemple"],
    "contact": "nous@exemple.fr",
}
CHANGELOG = [
    {"version": "0.9.0", "date": "2026-01-31", "changes": ["First try."]},
    {"version": "1.0.0", "date": "2026-02-28", "changes": ["More <rows>.", "Fewer mistakes."]},
]
"""What a recipe can say of a publication, with characters that YAML and Markdown take for something else."""


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def header_of(folder: Path) -> dict[str, Any]:
    header: dict[str, Any] = read_front_matter(card_of(folder))
    return header


def figures_of(folder: Path, name: str) -> list[list[str]]:
    table = read_figures(card_of(folder), name)
    assert table
    return table
