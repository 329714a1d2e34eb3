"""What records are made from: documents (text to generate from) and items (questions to translate).

Both are read, validated and traced like records, and stand in no shard.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from medinjection_fr.record import INVARIANTS
from medinjection_fr.rules import (
    CHOICE_INVARIANTS,
    STRUCTURE_INVARIANTS,
    TEXT_INVARIANTS,
    Contract,
    Violation,
    choice_rules,
    text_rules,
)

DOCUMENT_SCHEME = "medinjection-fr/document/1"
ITEM_SCHEME = "medinjection-fr/item/1"

_NAMING_INVARIANTS = {
    **{
        rule: INVARIANTS[rule]
        for rule in ("id-format", "source-format", "source-id-empty", "group-id-empty", "license-format")
    },
    "language-format": "the language is an ISO 639 code",
    "split-unknown": "the split is null, train, validation or test",
}
DOCUMENT_INVARIANTS = {
    **STRUCTURE_INVARIANTS,
    **_NAMING_INVARIANTS,
    "document-empty": "the document has text",
    "kind-unknown": "the kind is in the schema's list",
    **TEXT_INVARIANTS,
}
ITEM_INVARIANTS = {
    **STRUCTURE_INVARIANTS,
    **_NAMING_INVARIANTS,
    **{rule: INVARIANTS[rule] for rule in ("instruction-empty", "answer-empty", "type-unknown")},
    **{rule: INVARIANTS[rule] for rule in ("flag-unknown", "flags-order")},
    **TEXT_INVARIANTS,
    **CHOICE_INVARIANTS,
}


def _item_rules(item: Mapping[str, Any]) -> Iterator[Violation]:
    yield from text_rules(item)
    yield from choice_rules(item)
    if sorted(set(item["flags"])) != list(item["flags"]):
        yield Violation("flags-order", "flags", "flags are unsorted or repeated")


DOCUMENT = Contract("document", DOCUMENT_INVARIANTS, text_rules)
ITEM = Contract("item", ITEM_INVARIANTS, _item_rules)


def document_id(document: Mapping[str, Any]) -> str:
    """Identity of a document: its text."""
    return _digest([DOCUMENT_SCHEME, document["text"]])


def item_id(item: Mapping[str, Any]) -> str:
    """Identity of an item: what the identity of a record is made of."""
    names = ("type", "instruction", "context", "choices", "answer")
    return _digest([ITEM_SCHEME, *(item[name] for name in names)])


def _digest(content: list[Any]) -> str:
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:32]
