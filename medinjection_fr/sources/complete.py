"""An adapter's draft → a whole row: normalised, named within its source, with what the source implies."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medinjection_fr.curate.normalise import normalise_record
from medinjection_fr.curate.options import ORDER_FIXED, fixes_the_order
from medinjection_fr.materials import DOCUMENT, ITEM, document_id, item_id
from medinjection_fr.record import RECORD, record_id
from medinjection_fr.rules import Contract
from medinjection_fr.sources.adapter import UNSPLIT
from medinjection_fr.sources.catalogue import Source

_NO_ID = "0" * 32  # an unfinished row must not break the rule of the id beside the one that it breaks


@dataclass(frozen=True)
class Yield:
    """What a source's files hold: rows of a contract, with their identity."""

    contract: Contract
    identify: Callable[[Mapping[str, Any]], str]


YIELDS = {
    "records": Yield(RECORD, record_id),
    "documents": Yield(DOCUMENT, document_id),
    "items": Yield(ITEM, item_id),
}


def complete(fields: Mapping[str, Any], split: str, source: Source) -> dict[str, Any]:
    """Makes a whole row of a draft. What is wrong in it stays wrong, for validation to refuse.

    The group is the source's own, else that of the context (same passage, same group), else the
    row alone; it is named within the source.

    Args:
        fields: The draft's columns.
        split: The split of the draft; materials keep it as a column.
        source: Gives licence, provenance, language and contract.
    """
    kind = YIELDS[source.yields]
    row = {**kind.contract.empty, **_implied(source, split), **normalise_record(fields)}
    group = row["group_id"] or _group_of_passage(row.get("context"))
    row["group_id"] = f"{source.name}/{group or row['source_id']}"
    if _names_other_options(row.get("choices")):
        row["flags"] = sorted({*row["flags"], ORDER_FIXED})
    if row.get("origin") in ("synthetic", "translated") and not source.lineage_is_known:
        row["flags"] = sorted({*row["flags"], "lineage-unknown"})
    row["id"] = _NO_ID
    with contextlib.suppress(TypeError, ValueError):  # a text is of another type or no Unicode
        row["id"] = kind.identify(row)
    return row


def _implied(source: Source, split: str) -> dict[str, Any]:
    implied = {"source": source.name, "license": source.license}
    if source.yields == "records":
        return {**implied, "origin": source.origin, "task": "other"}
    return {**implied, "language": source.facts["languages"][0], "split": None if split == UNSPLIT else split}


def _group_of_passage(context: Any) -> str:
    if not isinstance(context, str) or not context:
        return ""
    return f"context-{hashlib.sha256(context.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _names_other_options(choices: Any) -> bool:
    if not isinstance(choices, list) or not all(isinstance(text, str) for text in choices):
        return False
    return fixes_the_order(choices)


def known_id(row: Mapping[str, Any]) -> str | None:
    """The row's identity, or ``None`` if its content has none."""
    return None if row["id"] == _NO_ID else str(row["id"])
