"""Small recipes and their files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from medinjection_fr.build import build
from medinjection_fr.release.manifest import Release
from medinjection_fr.sources.catalogue import Source, parse_sources

Rows = dict[str, list[dict[str, Any]]]
"""Records by their origin."""
STUDY = {"controlled": 6, "matched": {"rows": 12, "types": ["mcqu", "mcq"]}}
"""What ``few_rows`` is enough for."""
SHARD = "data/native/train/mcqu-00000-of-00005.arrow"
"""The first shard of ``few_rows`` with it."""

_KEYS = ["instruction", "context", "choices", "answer", "explanation", "facts"]
_KEYS += ["type", "task", "subject", "source_id", "group_id", "split"]
_ENDS = {
    "mcqu": {"choices": ["Oui", "Non", "On ne sait pas"], "answer": "B"},
    "mcq": {"choices": ["Fièvre", "Toux", "Éruption", "Ictère"], "answer": "A,C"},
    "oeq": {"choices": [], "answer": "Une réponse rédigée, à 37,5 °C."},
}


def question(name: str, type: str = "mcqu", split: str = "train", **changes: Any) -> dict[str, Any]:
    """A record as a laboratory has it in its JSON Lines; the name makes its content its own."""
    return {
        "source_id": name,
        "split": split,
        "type": type,
        "instruction": f"Que répondez-vous à la question {name} ?",
        "derived_from": f"our-documents/{name}",
        **_ENDS[type],
        **changes,
    }


def few_rows() -> Rows:
    """Records of all origins, splits and types: eight shards' worth of each origin at least."""
    numbers = {
        "train": {"mcqu": 8, "mcq": 6, "oeq": 2},
        "validation": {"mcqu": 1},
        "test": {"mcq": 1, "oeq": 1},
    }
    return {
        origin: [
            question(f"{origin[:3]}-{split}-{type}-{n}", type, split)
            for split, types in numbers.items()
            for type, number in types.items()
            for n in range(number)
        ]
        for origin in ("native", "synthetic", "translated")
    }


def source_facts(origin: str, /, **changes: Any) -> dict[str, Any]:
    """A catalogue entry for records of the form of ``question``."""
    generated = origin != "native"
    return {
        "title": f"Our {origin} records",
        "origin": origin,
        "adapter": "jsonl",
        "location": {"kind": "folder"},
        "files": {"in-record": ["*.jsonl"]},
        "columns": {key: key for key in [*_KEYS, *["derived_from"] * generated]},
        **({"constants": {"generator": "our-model@1"}} if generated else {}),
        "license": "CC-BY-4.0",
        "redistributable": True,
        "lineage": "known",
        "languages": ["fr"],
        "citation": "Our laboratory (2026).",
        **changes,
    }


def source_at(*files: Mapping[str, Any], **location: Any) -> Source:
    """A source whose files are at addresses, or at another location."""
    place = location or {"kind": "url", "files": list(files)}
    return parse_sources({"our-source": source_facts("native", location=place)}, "test")["our-source"]


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    """Writes JSON Lines; a row that is text already stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_recipe(folder: Path, rows: Mapping[str, Sequence[Any]], **changes: Any) -> Path:
    """Writes a recipe with a source ``our-<origin>`` for each origin, and their files beside it."""
    for origin, records in rows.items():
        write_lines(folder / f"our-{origin}" / "records.jsonl", records)
    recipe = {
        "name": "tiny",
        "version": "1.0.0",
        "sources": [{"source": f"our-{origin}"} for origin in rows],
        "catalogue": {f"our-{origin}": source_facts(origin) for origin in rows},
        **changes,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def built(folder: Path, rows: Mapping[str, Sequence[Any]], format: str = "arrow", **changes: Any) -> Release:
    """The release of a recipe of these rows."""
    recipe = write_recipe(folder, rows, **changes)
    return build(recipe, folder / "out" / "medinjection-fr", jobs=1, format=format).release


FRENCHMEDMCQA = {
    "train.json": [("t1", "ab", 1), ("t2", "abc", 2), ("t3", "abcde", 5), ("t1", "ab", 1), ("t4", "abe", 1)],
    "dev.json": [("d1", "abcde", 2), ("t2", "abc", 2)],
    "test.json": [("e1", "abcd", 1), ("e2", "abcd", 3)],
}
"""File → (id, labels of the options, number of correct ones), with a repeat in train, one of train in
dev, and one whose labels have a gap."""


def write_frenchmedmcqa(folder: Path) -> Path:
    """Writes a few questions of our own as FrenchMedMCQA has them; nine, of which three are to drop."""
    folder.mkdir(parents=True)
    for name, questions in FRENCHMEDMCQA.items():
        items = [
            {
                "id": id,
                "question": f"Lesquelles de ces propositions sont fausses ({id}) ?",
                "answers": {label: f"Proposition {label} de la question {id}" for label in labels},
                "correct_answers": list(labels[:correct]),
                "subject_name": "pharmacie",
                "nbr_correct_answers": correct,
            }
            for id, labels, correct in questions
        ]
        (folder / name).write_text(json.dumps(items), encoding="utf-8")
    return folder
