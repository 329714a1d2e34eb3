"""Records that were dropped because of another one: what their evidence in the ledger says of both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from medinjection_fr.curate.ledger import Dropped
from medinjection_fr.record import SPLITS

REPEAT_RULES = (
    "same-content",
    "same-source-id",
    "group-in-two-splits",
    "duplicate",
    "near-duplicate",
    "conflict",
    "leak",
)
"""Rules that drop a record because of another one."""

_OTHER = re.compile(
    r"(?:(?:kept|another gold answer in) (?P<source>[^/ ]+)/.*|.*)"
    r" in (?P<split>train|validation|test)(?:; (?P<more>.*))?$"
)
"""How the evidence of a repeat names the other record: ``kept SOURCE/ID in SPLIT; KIND; similarity …``."""
_KIND = re.compile(r"(?:^|; )(?:kind )?([a-z]+(?:-[a-z]+)*)(?=;|$)")
_SIMILARITY = re.compile(r"\bsimilarity ([01](?:\.\d+)?)")


def find_repeats(sources: Mapping[str, Any], ledger: Iterable[Dropped]) -> list[dict[str, Any]]:
    """Counts records dropped because of another one.

    Args:
        sources: The manifest's sources, whose files say the split of a record.
        ledger: Dropped records.

    Returns:
        Counts by rule, kind, source, split, other_source and other_split, ``None`` where it is not
        said; with the least similarity among them.
    """
    split_of = {
        (name, file["path"]): file["split"]
        for name, source in sources.items()
        for file in source["files"]
        if file["split"] in SPLITS
    }
    names = ("rule", "kind", "source", "split", "other_source", "other_split")
    rows = Counter[tuple[str | None, ...]]()
    similarities: dict[tuple[str | None, ...], float] = {}
    for row in ledger:
        if row.rule not in REPEAT_RULES:
            continue
        other = _OTHER.match(row.evidence)
        more = (other["more"] if other else row.evidence) or ""
        kind = _KIND.search(more)
        own = (row.rule, kind[1] if kind else None, row.source, split_of.get((row.source, row.file)))
        key = (*own, other["source"] if other else None, other["split"] if other else None)
        rows[key] += 1
        if similarity := _SIMILARITY.search(more):
            similarities[key] = min(float(similarity[1]), similarities.get(key, 1.0))
    return [
        {**dict(zip(names, key, strict=True)), "rows": rows[key], "least_similarity": similarities.get(key)}
        for key in sorted(rows, key=_rank)
    ]


def sum_repeats(sources: Mapping[str, Any], ledger: Iterable[Dropped]) -> list[dict[str, Any]]:
    """Counts repeats as the manifest has them: records only, all sources together.

    Args:
        sources: The manifest's sources.
        ledger: Dropped records, documents and items.
    """
    names = ("rule", "kind", "split", "other_split")
    rows = Counter[tuple[str | None, ...]]()
    of_records = (row for row in ledger if yields_records(sources[row.source]))
    for repeat in find_repeats(sources, of_records):
        rows[tuple(repeat[name] for name in names)] += repeat["rows"]
    return [dict(zip(names, key, strict=True)) | {"rows": rows[key]} for key in sorted(rows, key=_rank)]


def yields_records(source: Mapping[str, Any]) -> bool:
    """Whether a source of a manifest holds records; documents and items are material for them."""
    return bool(source["facts"].get("yields", "records") == "records")


def _rank(key: tuple[str | None, ...]) -> tuple[int, list[str]]:
    return REPEAT_RULES.index(str(key[0])), [name or "" for name in key]
