"""A difference of releases in words: the entry of the recipe's changelog."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from medinjection_fr.configs import MIXES
from medinjection_fr.release.difference import Difference
from medinjection_fr.release.reasons import WITHDRAWN

NOT_IN_LEDGER = "no longer read"
"""Why a record is removed of which the ledger says nothing."""


def changelog_entry(difference: Difference, date: str) -> dict[str, Any] | None:
    """The entry for the recipe of the new release; ``None`` if there is nothing to tell.

    Its version is that of the new release if this is an honest one, else the smallest honest one.

    Args:
        difference: What to tell.
        date: YYYY-MM-DD.
    """
    if difference.bump == "none":
        return None
    version = difference.new.version
    if not difference.allows(version):
        version = difference.smallest_version()
    return {"version": version, "date": date, "changes": list(_changes(difference))}


def entry_as_yaml(entry: Mapping[str, Any]) -> str:
    """The entry under the recipe's key ``changelog``."""
    return yaml.safe_dump({"changelog": [dict(entry)]}, allow_unicode=True, sort_keys=False, width=100)


def describe_withdrawal(row: Mapping[str, Any]) -> str:
    """A withdrawn record by name and id, with the recipe's reason, and what stands in its place."""
    name = f"{row['old_source'] or row['source']}/{row['old_source_id'] or row['source_id']}"
    text = f"{name} (id {row['old_id'] or row['id']}) – {row['reason']}"
    if row["kind"] == "content":
        return f"{text}; the source has another record of this name, which stands (id {row['id']})"
    if row["kind"] != "removed":
        return f"{text}; a copy of its content stands: {row['source']}/{row['source_id']}"
    return text


def _changes(difference: Difference) -> Iterator[str]:
    yield from (f"withdrawn {describe_withdrawal(row)}" for row in difference.withdrawn)
    yield from _records_of_kind(difference, "added", "added")
    yield from _removals(difference)
    yield from _records_of_kind(difference, "content", "rewritten")
    yield from _transitions("moved", difference.moves())
    yield from _transitions("under another licence", difference.licenses())
    yield from _records_of_kind(difference, "metadata", "with other metadata")
    for column, old, new in difference.columns:
        yield f"column {column}: {old or 'absent'} → {new or 'absent'}" if old or new else column
    yield from _configurations(difference)
    told = {source for source, _, _ in difference.licenses()}
    for source, fact, was, now in difference.terms:
        if fact != "license" or source not in told:
            yield f"{fact} of {source}: {json.dumps(was)} → {json.dumps(now)}"
    if difference.bump == "patch":
        yield f"packaging – {'; '.join(difference.packaging)}"


def _records_of_kind(difference: Difference, kind: str, words: str) -> Iterator[str]:
    if rows := difference.counts[kind]:
        sources = {source: counts[kind] for source, counts in difference.by_source().items()}
        columns = _numbers(difference.by_column(kind))
        yield f"{_records(rows)} {words} ({_numbers(sources)}{f'; {columns}' if columns else ''})"


def _removals(difference: Difference) -> Iterator[str]:
    """Removed records that nobody withdrew, by rule."""
    counted = difference.count("kind", "source", "rule")
    rules = {(s, rule): n for (kind, s, rule), n in counted if kind == "removed" and rule != WITHDRAWN}
    if rules:
        reasons = {f"{source} {rule or NOT_IN_LEDGER}": rows for (source, rule), rows in rules.items()}
        yield f"{_records(sum(rules.values()))} removed ({_numbers(reasons)})"


def _transitions(words: str, rows: Mapping[Any, int]) -> Iterator[str]:
    if rows:
        parts = {" ".join([*source, old, "→", new]): number for (*source, old, new), number in rows.items()}
        yield f"{_records(sum(rows.values()))} {words} ({_numbers(parts)})"


def _configurations(difference: Difference) -> Iterator[str]:
    """Those that appeared and vanished, and the samples that hold other rows. Mixes follow the records."""
    for state in ("appeared", "vanished"):
        if names := [name for name, config in difference.configs.items() if config.state == state]:
            yield f"configurations that {state} – {', '.join(names)}"
    samples = {
        f"{name} {config.splits['train'].entered:,} of": config.splits["train"].new
        for name, config in difference.configs.items()
        if config.state == "changed" and name not in MIXES and config.splits["train"].entered
    }
    if samples:
        yield f"train rows that are others in a sample ({_numbers(samples)})"


def _numbers(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in parts.items() if number)


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number:,} records"
