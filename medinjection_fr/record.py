"""What one record is: columns, identity and invariants. The contract of the project.

The columns, the identity and the physical layout are frozen. ``schemas/record.schema.json`` says
the same as the Arrow schema here, and a test holds the two together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from medinjection_fr.rules import (
    CHOICE_INVARIANTS,
    LETTERS,
    STRUCTURE_INVARIANTS,
    TEXT_INVARIANTS,
    Contract,
    Violation,
    choice_rules,
    text_rules,
)

__all__ = ["LETTERS", "Violation"]

ID_SCHEME = "medinjection-fr/1"
"""First element of the hashed content; another scheme would be another identity."""

TYPES: tuple[str, ...] = ("mcqu", "mcq", "oeq")
ORIGINS: tuple[str, ...] = ("native", "synthetic", "translated")
SPLITS: tuple[str, ...] = ("train", "validation", "test")


def record_id(record: Mapping[str, Any]) -> str:
    """Identity of a record's content.

    The first 32 hex digits of the SHA-256 of the canonical JSON (RFC 8785) of
    ``[scheme, type, instruction, context, choices, answer]``, in UTF-8. The texts must be
    normalised already (``curate.normalise``): the same content then has the same identity on
    every machine.

    Raises:
        UnicodeEncodeError: A text holds a lone surrogate; validation refuses such a record.
    """
    content = [
        ID_SCHEME,
        record["type"],
        record["instruction"],
        record["context"],
        record["choices"],
        record["answer"],
    ]
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:32]


INVARIANTS = {
    **STRUCTURE_INVARIANTS,
    "id-format": "the id is 32 lower-case hex digits",
    "instruction-empty": "the instruction has text",
    "answer-empty": "the answer has text",
    "type-unknown": "the type is mcqu, mcq or oeq",
    "origin-unknown": "the origin is native, synthetic or translated",
    "task-unknown": "the task is in the schema's list",
    "source-format": "the source is a catalogue name: lower-case words joined by dashes",
    "source-id-empty": "the upstream identifier has text",
    "group-id-empty": "the group has text",
    "license-format": "the licence is an SPDX identifier or LicenseRef-…",
    "derived-from-empty": "derived_from is null or has text",
    "generator-empty": "generator is null or has text",
    "generation-id-empty": "generation_id is null or has text",
    "flag-unknown": "flags are in the schema's list",
    "flags-order": "flags are sorted, without repeats",
    **TEXT_INVARIANTS,
    **CHOICE_INVARIANTS,
    "lineage-missing": "a generated record names what it came from and its generator",
    "lineage-contradiction": "a record of unknown lineage names neither its origin nor a generator",
}
"""Every rule that a single record can break, with what it demands."""


def _joint_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    yield from text_rules(record)
    yield from choice_rules(record)
    flags = record["flags"]
    if sorted(set(flags)) != list(flags):
        yield Violation("flags-order", "flags", "flags are unsorted or repeated")
    if record["origin"] in ("synthetic", "translated"):
        yield from _lineage_rules(record)


def _lineage_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    named = [record["derived_from"], record["generator"]]
    if "lineage-unknown" in record["flags"]:
        if any(value is not None for value in named):
            evidence = "flagged lineage-unknown, yet derived_from or generator is given"
            yield Violation("lineage-contradiction", "flags", evidence)
    elif any(value is None for value in named):
        field = "derived_from" if record["derived_from"] is None else "generator"
        yield Violation("lineage-missing", field, f"{record['origin']} record without {field}")


RECORD = Contract("record", INVARIANTS, _joint_rules)
"""The contract of a row: ``schemas/record.schema.json`` with the joint rules above."""

COLUMNS = RECORD.columns
LIST_COLUMNS = RECORD.list_columns
NULLABLE_COLUMNS = RECORD.nullable_columns
validate = RECORD.validate
validate_plainly = RECORD.validate_plainly


def _features() -> bytes:
    # The features are written in the literal list form: the only one that datasets 2.21 to 5 all
    # read. What the installed library would write depends on its version.
    value = {"dtype": "string", "_type": "Value"}
    features = {name: [value] if name in LIST_COLUMNS else value for name in COLUMNS}
    return json.dumps({"info": {"features": features}}).encode()


SCHEMA = RECORD.arrow_schema.with_metadata({"huggingface": _features()})
"""Arrow schema of every shard, with the ``huggingface`` metadata as fixed bytes."""
