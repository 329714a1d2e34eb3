"""Why records are no longer in a release: what its ledger says of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.curate.ledger import find_ledgers, read_ledger
from medinjection_fr.release.manifest import Release

WITHDRAWN = "excluded"
"""The ledger's rule for a record that the recipe withdraws."""

_IDENTITY = ("id", "source", "source_id")


def with_reasons(rows: pa.Table, new: Release) -> pa.Table:
    """Fills ``rule`` and ``reason`` of changed rows from the ledger of the new release.

    Looked up are records that are removed, rewritten or of another source, as they were in the old
    release: in their source's ledger by their id, and a removed one by its source_id too, in case its
    content is another by now. The recipe's withdrawal comes before any other rule.

    Args:
        rows: ``changed_rows.CHANGED_ROWS``.
        new: The new release.
    """
    is_removed = pc.equal(rows["kind"], "removed")
    is_wanted = is_removed
    for name in _IDENTITY:
        is_wanted = pc.or_(is_wanted, pc.is_valid(rows[f"old_{name}"]))
    numbers = pc.indices_nonzero(is_wanted)
    if not len(numbers):
        return rows
    was = {name: pc.coalesce(rows[f"old_{name}"], rows[name]).take(numbers).to_pylist() for name in _IDENTITY}
    by_id, by_source_id = {}, {}
    for number, removed, id, source, source_id in zip(
        numbers.to_pylist(), is_removed.take(numbers).to_pylist(), *was.values(), strict=True
    ):
        by_id[source, id] = number
        if removed:
            by_source_id[source, source_id] = number
    found = _look_up(new, by_id, by_source_id)
    for place, name in ((2, "rule"), (3, "reason")):
        values: list[Any] = [None] * len(rows)
        for number, said in found.items():
            values[number] = said[place]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(values, pa.string()))
    return rows


def _look_up(
    release: Release,
    by_id: dict[tuple[str, str | None], int],
    by_source_id: dict[tuple[str, str | None], int],
) -> dict[int, tuple[bool, bool, str, str]]:
    """For each number found: whether it is no withdrawal, whether found by source_id, rule, evidence."""
    found: dict[int, tuple[bool, bool, str, str]] = {}
    for path in find_ledgers(release.folder):
        for dropped in read_ledger(path):
            places = (
                by_id.get((dropped.source, dropped.id)),
                by_source_id.get((dropped.source, dropped.source_id)),
            )
            for is_by_source_id, number in zip((False, True), places, strict=True):
                if number is not None:
                    said = (dropped.rule != WITHDRAWN, is_by_source_id, dropped.rule, dropped.evidence)
                    found[number] = min(said, found.get(number, said))
    return found
