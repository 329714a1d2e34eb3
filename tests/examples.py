"""What tests start from: valid records, a source of our own, what a reader makes of a file."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from medinjection_fr.record import COLUMNS, record_id
from medinjection_fr.sources.adapter import PARSE_RULES, InputFile, Refused
from medinjection_fr.sources.catalogue import Source, parse_sources
from medinjection_fr.sources.complete import YIELDS, complete
from medinjection_fr.sources.parts import find_adapter

_CHOICES = ["Amoxicilline", "Aciclovir", "Fluconazole", "Ivermectine"]
_QUESTIONS: dict[str, dict[str, Any]] = {
    "mcqu": {
        "instruction": "Quel médicament traite une infection à herpès simplex ?",
        "choices": _CHOICES,
        "answer": "B",
    },
    "mcq": {
        "instruction": "Lesquels de ces médicaments ne sont pas des antibiotiques ?",
        "choices": _CHOICES,
        "answer": "B,C,D",
    },
    "oeq": {
        "instruction": "Quel médicament traite une candidose vaginale ?",
        "choices": [],
        "answer": "Le fluconazole, 150 mg per os en une prise.",
        "facts": ["Le fluconazole est un antifongique."],
    },
}


def valid_record(type: str = "mcqu", origin: str = "native", **changes: Any) -> dict[str, Any]:
    """A valid record of a type and origin, changed; its id is that of the changed content.

    Its columns stand in the order of the schema; unknown ones come last.
    """
    generated = origin != "native"
    record = {
        "id": "",
        "context": "Une patiente de 34 ans consulte pour des lésions douloureuses.",
        "explanation": "L'aciclovir est un antiviral, le fluconazole un antifongique.",
        "facts": [],
        "type": type,
        "origin": origin,
        "task": "exam-question",
        "source": "our-source",
        "source_id": "q-1",
        "group_id": "our-source/q-1",
        "subject": "infectiologie",
        "license": "CC-BY-4.0",
        "derived_from": "our-documents/d-1" if generated else None,
        "generator": "our-model@1" if generated else None,
        "generation_id": "0f3a" if generated else None,
        "flags": [],
        **copy.deepcopy(_QUESTIONS[type]),
        **changes,
    }
    record["id"] = changes.get("id") or record_id(record)
    return {name: record[name] for name in (*COLUMNS, *changes)}


def described_source(**facts: Any) -> Source:
    """A checked catalogue entry of our own, changed."""
    entry = {
        "title": "Our source",
        "origin": "native",
        "adapter": "jsonl",
        "location": {"kind": "folder"},
        "files": {"train": ["*.jsonl"]},
        "columns": {"instruction": "question"},
        "license": "CC-BY-4.0",
        "redistributable": True,
        "lineage": "known",
        "languages": ["fr"],
        "citation": "Our laboratory (2026).",
        **facts,
    }
    return parse_sources({"our-source": entry}, "examples")["our-source"]


def read_outcomes(path: Path, source: Source, split: str = "train", name: str = "") -> list[Any]:
    """Each record of a file in turn: whole if it is valid, else the first rule that it breaks."""
    outcomes: list[Any] = []
    for item in find_adapter(source).read(InputFile(path, name or path.name, split), source):
        assert item.position > (outcomes[-1][0] if outcomes else 0)
        if isinstance(item, Refused):
            assert item.rule in PARSE_RULES
            outcomes.append((item.position, item.rule))
            continue
        record = complete(item.fields, item.split, source)
        violations = YIELDS[source.yields].contract.validate(record)
        outcomes.append((item.position, violations[0].rule if violations else record))
    return [outcome for _, outcome in outcomes]
