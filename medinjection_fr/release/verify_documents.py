"""Whether card, citation, Croissant and pictures say what manifest and shards say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medinjection_fr.errors import Problem
from medinjection_fr.release.card_plots import FIGURES, PLOTS, description, read_description
from medinjection_fr.release.card_tables import figures, read_figures
from medinjection_fr.release.croissant import CROISSANT, listed_digests, render_croissant
from medinjection_fr.release.documents import render_documents
from medinjection_fr.release.front_matter import front_matter, read_front_matter
from medinjection_fr.release.manifest import CARD, MEND, Release
from medinjection_fr.resources import source_digest
from medinjection_fr.version import __version__

_AGAIN = "`medinjection-fr card` writes it again from release.json"


def document_faults(release: Release, faulty: set[str]) -> Iterator[Problem]:
    """Checks the documents of a release whose files have the right digests.

    Every table, and the rest of what this version of the package writes. Of a release that another
    version wrote: the configurations, the composition, and Croissant's digests; other versions may
    lay out their texts otherwise.

    Args:
        release: The release.
        faulty: Paths of files that have other bytes than the manifest says: they are not looked at.
    """
    sound = [path for path in release.files if str(release.folder / path) not in faulty]
    found: list[Problem] = []
    if CARD in sound:
        found += _card_faults(release)
    if CROISSANT in sound:
        found += _croissant_faults(release)
    elif release.writer["version"] == __version__ and CROISSANT not in release.files:
        found.append(Problem(str(release.folder / CROISSANT), "is missing", mend=_AGAIN))
    for name in PLOTS:
        if (path := f"{FIGURES}/{name}.png") in sound:
            found += _picture_faults(release, name, release.folder / path)
    yield from found
    if release.writer["source_digest"] == source_digest():
        told = {problem.where for problem in found}
        yield from (p for p in _text_faults(release, sound) if p.where not in told)


def _card_faults(release: Release) -> Iterator[Problem]:
    path = release.folder / CARD
    text = path.read_text(encoding="utf-8", errors="replace")
    header = read_front_matter(text)
    if not isinstance(header, dict):
        yield Problem(str(path), "has no YAML header", "the configurations", MEND)
        return
    is_ours = release.writer["version"] == __version__
    expected = front_matter(release.manifest)
    for key in ("configs", "dataset_info"):
        given = header.get(key)
        if key == "dataset_info" and not is_ours:  # later versions say more of each configuration
            given, expected[key] = _splits_alone(given), _splits_alone(expected[key])
        if given != expected[key]:
            names = ", ".join(_differing(given, expected[key]))
            what = f"its header's {key} are not those of release.json ({names})"
            yield Problem(str(path), what, mend=MEND)
    for key in expected.keys() - {"configs", "dataset_info"} if is_ours else ():
        if header.get(key) != expected[key]:
            what = f"its header's {key} is {header.get(key)}"
            yield Problem(str(path), what, f"{expected[key]}, as the release has it", MEND)
    for name, table in figures(release.manifest).items():
        if (is_ours or name == "composition") and read_figures(text, name) != table:
            yield Problem(str(path), f"its table of {name} is not what the shards count", mend=MEND)


def _splits_alone(entries: Any) -> Any:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return entries
    return [{key: entry.get(key) for key in ("config_name", "splits")} for entry in entries]


def _differing(given: Any, expected: list[Any]) -> list[str]:
    """Names of the configurations that two lists describe differently."""
    given = given if isinstance(given, list) else []
    entries = [e for e in (*given, *expected) if not (e in given and e in expected)]
    names = [str(e.get("config_name")) if isinstance(e, dict) else "?" for e in entries]
    return list(dict.fromkeys(names)) or ["their order"]


def _croissant_faults(release: Release) -> Iterator[Problem]:
    path = release.folder / CROISSANT
    try:
        described = json.loads(path.read_bytes().decode("utf-8"))
        digests, version = listed_digests(described), described["version"]
    except (ValueError, TypeError, KeyError):
        yield Problem(str(path), "is not Croissant", "a JSON-LD description of the release", MEND)
        return
    files = {name: file["sha256"] for name, file in release.files.items() if name != CROISSANT}
    if digests != files:
        names = ", ".join(sorted({name for name, _ in digests.items() ^ files.items()}))
        yield Problem(
            str(path), f"its files or their digests are not those of release.json ({names})", mend=MEND
        )
    if version != release.version:
        yield Problem(str(path), f"says version {version}", release.version, MEND)


def _picture_faults(release: Release, name: str, path: Path) -> Iterator[Problem]:
    expected, given = description(release.manifest, name), read_description(path.read_bytes())
    kind = expected.split()[0]
    if given is None or (given.startswith(kind) and given != expected):
        yield Problem(str(path), "does not draw the numbers of this release", mend=_AGAIN)


def _text_faults(release: Release, sound: list[str]) -> Iterator[Problem]:
    """Every text byte by byte, where the same package wrote it."""
    texts = {**render_documents(release.manifest), CROISSANT: render_croissant(release.manifest)}
    for name in sound:
        path = release.folder / name
        if name in texts and path.read_bytes() != texts[name].encode("utf-8"):
            yield Problem(str(path), "is not the text that release.json gives", mend=_AGAIN)
