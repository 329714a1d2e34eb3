"""A release → a review set of rows that models wrote, beside what they were made from."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evaluation.review.review_set import ROWS, Item, ReviewSet, rank
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.manifest import Release

ORIGINS = ("synthetic", "translated")
_SHOWN = ("instruction", "context", "choices", "answer", "explanation", "facts", "type", "origin")
_ORIGINAL = ("text", "title", "instruction", "context", "choices", "answer", "explanation", "facts")


def make_rows_set(
    data: str, rows: int, origins: Sequence[str], materials: Sequence[Path], seed: int
) -> ReviewSet:
    """Draws rows of a release.

    Args:
        data: A release: a folder, or ``organisation/name@1.2.0``.
        rows: Rows of each origin at most.
        origins: Among ``synthetic`` and ``translated``.
        materials: JSON Lines of documents and items, as ``medinjection-fr sources export`` writes them.
        seed: Of the draw.

    Raises:
        InputError: There is no such release, it has no row of an origin, or a file is no material.
    """
    from medinjection_fr.loading import open_config

    problems = [
        Problem("--origins", f'"{origin}" is unknown', " | ".join(ORIGINS))
        for origin in origins
        if origin not in ORIGINS
    ]
    if problems:
        raise InputError(problems)
    drawn: list[dict[str, Any]] = []
    for origin in dict.fromkeys(origins):
        release, _, _ = open_config(data, origin)
        drawn += _draw(release, origin, rows, seed)
    originals = _find_originals({row["derived_from"] for row in drawn}, materials)
    drawn.sort(key=lambda row: rank(seed, "row", row["id"]))
    items = [
        Item(
            f"r{number:05}",
            row["id"],
            row["group_id"],
            {
                "row": {name: row[name] for name in _SHOWN},
                "original": originals.get(row["derived_from"]),
            },
        )
        for number, row in enumerate(drawn, 1)
    ]
    return ReviewSet(ROWS, str(release.manifest["digest"]), (), items)


def _draw(release: Release, origin: str, rows: int, seed: int) -> list[dict[str, Any]]:
    """Rows with the lowest keys: of each batch only those, so that a large release fits."""
    return heapq.nsmallest(rows, _rows(release, origin), key=lambda row: rank(seed, "row", row["id"]))


def _rows(release: Release, origin: str) -> Iterator[dict[str, Any]]:
    from medinjection_fr.release.shards import read_rows

    for shard in release.shards:
        if shard.cell.origin == origin:
            for batch in read_rows(release.folder / shard.path):
                yield from batch


def _find_originals(wanted: set[str], paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Materials by ``source/source_id``, of those that are wanted."""
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for path in paths:
        try:
            with path.open(encoding="utf-8") as file:
                for line in file:
                    material = json.loads(line)
                    name = f"{material['source']}/{material['source_id']}"
                    if name in wanted:
                        found[name] = {key: material[key] for key in _ORIGINAL if material.get(key)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = f"cannot be read as documents or items ({type(error).__name__})"
            mend = "Write it with medinjection-fr sources export"
            problems.append(Problem(str(path), what, "JSON Lines of materials", mend))
    if problems:
        raise InputError(problems)
    return found
