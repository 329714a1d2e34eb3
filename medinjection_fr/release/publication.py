"""Who published a release, when and where, and how to cite it: what is known, from the manifest alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAPER: dict[str, Any] = {
    "title": "MedInjection-FR: Exploring the Role of Native, Synthetic, and Translated Data in Biomedical "
    "Instruction Tuning",
    "authors": ("Belmadani", "El Khettari", "Constant dit Beaufils", "Favre", "Dufour"),
    "year": 2026,
    "arxiv": "2603.06905",
    "url": "https://arxiv.org/abs/2603.06905",
}
"""The study that introduced the dataset."""

_CONTRIBUTORS = "The MedInjection-FR contributors"


def authors(manifest: Mapping[str, Any]) -> list[str]:
    """Persons or groups who answer for the release."""
    return list(manifest["recipe"].get("publication", {}).get("authors", [_CONTRIBUTORS]))


def doi(manifest: Mapping[str, Any]) -> str | None:
    """DOI of the dataset, if it has one."""
    return _said(manifest, "doi")


def repository(manifest: Mapping[str, Any]) -> str | None:
    """Dataset repository on the Hub, if the recipe names one."""
    return _said(manifest, "repository")


def contact(manifest: Mapping[str, Any]) -> str | None:
    """Where mistakes are reported, if the recipe says it."""
    return _said(manifest, "contact")


def _said(manifest: Mapping[str, Any], key: str) -> str | None:
    value: str | None = manifest["recipe"].get("publication", {}).get(key)
    return value


def home(manifest: Mapping[str, Any]) -> str | None:
    """Address of the dataset, if it has one: its repository on the Hub, else its DOI."""
    if name := repository(manifest):
        return f"https://huggingface.co/datasets/{name}"
    return f"https://doi.org/{identifier}" if (identifier := doi(manifest)) else None


def released_on(manifest: Mapping[str, Any]) -> str | None:
    """Day of publication, YYYY-MM-DD: that of the changelog's entry of this version."""
    changelog = manifest["recipe"].get("changelog", [])
    return next((entry["date"] for entry in changelog if entry["version"] == manifest["version"]), None)


def upstream_address(location: Mapping[str, Any]) -> str | None:
    """Address of an upstream repository at the revision that was read, if it has one."""
    if "repository" not in location:
        return None
    host = "huggingface.co/datasets" if location["kind"] == "hub" else "github.com"
    revision = f"/tree/{location['revision']}" if "revision" in location else ""
    return f"https://{host}/{location['repository']}{revision}"


def bibtex(manifest: Mapping[str, Any]) -> str:
    """BibTeX entry of the release."""
    day = released_on(manifest)
    fields = {
        "title": "{MedInjection-FR}: {French} biomedical instructions",
        "author": " and ".join(f"{{{name}}}" for name in authors(manifest)),
        "year": day[:4] if day else None,
        "version": manifest["version"],
        "doi": doi(manifest),
        "url": home(manifest),
    }
    return _entry("misc", f"medinjection-fr-{manifest['version']}", fields)


def paper_bibtex() -> str:
    """BibTeX entry of the study that introduced the dataset."""
    fields = {
        "title": f"{{{PAPER['title']}}}",
        "author": " and ".join(f"{{{name}}}" for name in PAPER["authors"]),
        "year": str(PAPER["year"]),
        "eprint": PAPER["arxiv"],
        "archivePrefix": "arXiv",
        "url": PAPER["url"],
    }
    return _entry("misc", "medinjection-fr-paper", fields)


def _entry(kind: str, key: str, fields: Mapping[str, Any]) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", ",\n".join(lines), "}"])
