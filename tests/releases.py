"""What a release holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from medinjection_fr.release.manifest import MANIFEST
from medinjection_fr.release.shards import open_shard


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def shard_paths(folder: Path) -> list[str]:
    """Paths of the shards inside a release folder."""
    return sorted(path for path in contents(folder) if path.startswith("data/"))


def read_rows(folder: Path, paths: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Rows straight from shards: those given, in the order given, or all."""
    rows: list[dict[str, Any]] = []
    for path in shard_paths(folder) if paths is None else paths:
        with open_shard(folder / path) as (_, batches):
            rows += [row for batch in batches for row in batch.to_pylist()]
    return rows


def texts_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a row whose lengths are told, by what they are called there."""
    texts = {"instruction": row["instruction"], "context": row["context"], "options": "".join(row["choices"])}
    texts |= {"answer": row["answer"]} if row["type"] == "oeq" else {}
    return {name: text for name, text in texts.items() if text}


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest, unchecked."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest
