"""The files of a release beside its data: pictures, card, citation, licences, script, Croissant, manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.release.card import render_card, render_citation, render_licenses
from medinjection_fr.release.card_plots import write_plots
from medinjection_fr.release.croissant import CROISSANT, render_croissant
from medinjection_fr.release.manifest import CARD, MANIFEST, describe_file, seal
from medinjection_fr.release.script import SCRIPT, stamped_script

CITATION = "CITATION.cff"
LICENSES = "LICENSES.md"


def render_documents(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The texts that a manifest gives, by file name, but for Croissant's, which lists the others."""
    return {
        CARD: render_card(manifest),
        CITATION: render_citation(manifest),
        LICENSES: render_licenses(manifest),
        SCRIPT: stamped_script(manifest["version"], manifest["configs"]),
    }


def write_documents(manifest: dict[str, Any], folder: Path, plots: bool) -> None:
    """Writes pictures → card, citation, licences, script → Croissant → manifest, each of which hashes those before.

    Args:
        manifest: What is known of shards, ledgers and configurations; the files written are added.
        folder: The release.
        plots: Whether to draw the card's pictures.

    Raises:
        InputError: Pictures are wanted and matplotlib is not installed.
    """
    if plots:
        for path in write_plots(manifest, folder):
            manifest["files"].append(describe_file(path, folder))
    for name, text in render_documents(manifest).items():
        _write(manifest, folder, name, text)
    _write(manifest, folder, CROISSANT, render_croissant(manifest))
    (folder / MANIFEST).write_bytes(seal(manifest))


def _write(manifest: dict[str, Any], folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
    manifest["files"].append(describe_file(folder / name, folder))
