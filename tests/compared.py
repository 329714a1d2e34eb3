"""Rows of a release to come, and what a difference says, as the tests compare it."""

from __future__ import annotations

from typing import Any

from recipes import Rows

from medinjection_fr.release.diff import Difference


def find(rows: Rows, source_id: str) -> dict[str, Any]:
    """A row, to change it."""
    return next(row for records in rows.values() for row in records if row["source_id"] == source_id)


def changed(difference: Difference) -> dict[str, int]:
    """The kinds that occurred."""
    return {kind: rows for kind, rows in difference.counts.items() if rows}


def listed(difference: Difference) -> list[dict[str, Any]]:
    """The rows, without what is null."""
    return [
        {key: value for key, value in row.items() if value is not None} for row in difference.rows.to_pylist()
    ]
