"""Builds with ``curate: {}``, and what the ledger of the release says."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

import yaml
from planted_records import Planted
from real_files import Row

from medinjection_fr.build import build

COPY_RULES = ("leak", "duplicate", "near-duplicate", "same-content")
MERGING_RULES = (*COPY_RULES, "conflict")


def build_planted(planted: Planted, work: Path) -> tuple[dict[str, tuple[str, str]], Counter[str]]:
    """Builds the planted records; planted record → (rule, evidence), and all rules of all records."""
    folder = Path(tempfile.mkdtemp(prefix="planted-", dir=work))
    entries = {}
    for source, rows in planted.rows.items():
        path = folder / f"our-{source}" / "records.jsonl"
        path.parent.mkdir()
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
        entries[f"our-{source}"] = {
            "title": f"Planted: {source}",
            "origin": "native",
            "adapter": "jsonl",
            "location": {"kind": "folder"},
            "files": {"in-record": ["*.jsonl"]},
            "columns": {key: key for key in rows[0]},
            "answer": "letters",
            "license": "CC-BY-4.0",
            "redistributable": True,
            "lineage": "known",
            "languages": ["fr"],
            "citation": "A benchmark.",
        }
    dropped = build_recipe(folder, {"sources": [{"source": n} for n in entries], "catalogue": entries})
    found = {
        row["source_id"]: (row["rule"], row["evidence"])
        for row in dropped
        if row["source_id"] in planted.kind_of
    }
    return found, Counter(f"{row['source']} {row['rule']}" for row in dropped)


def build_recipe(folder: Path, recipe: Row, data: Path | None = None) -> list[Row]:
    """Builds with ``curate: {}`` and gives the ledger, reported pairs last."""
    content = {"name": "planted", "version": "1.0.0", "curate": {}, **recipe}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    built = build(path, folder / "release", data)
    ledgers = sorted((built.release.folder / "dropped").glob("*.jsonl"), key=lambda p: p.stem == "test-pairs")
    return [
        json.loads(line) for ledger in ledgers for line in ledger.read_text(encoding="utf-8").splitlines()
    ]
