"""The ledger: what was read and not kept, with the rule and the evidence, never with its text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = "dropped"
"""Folder of a release that holds its ledgers, one for each source that lost records."""
REPORTED = "test-pairs.jsonl"
"""Beside them: pairs of test records that say the same. They are told and not dropped."""


class Dropped(NamedTuple):
    """One record that is not in the release.

    Attributes:
        source: Catalogue name.
        file: File it was read from, relative to the source's folder.
        position: Place in the file, counted from 1.
        source_id: Upstream identifier, or null where the record has none.
        id: Identity of its content, or null where it has none.
        rule: Why it was dropped.
        evidence: Places, labels and identifiers that show it; never the record's text.
    """

    source: str
    file: str
    position: int
    source_id: str | None
    id: str | None
    rule: str
    evidence: str


def write_ledger(rows: Iterable[NamedTuple], path: Path) -> None:
    """Writes one JSON object per line, in the order given."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row._asdict(), ensure_ascii=False) + "\n")


def find_ledgers(release: Path) -> list[Path]:
    """The ledgers of a release folder, by source."""
    return sorted(path for path in (release / FOLDER).glob("*.jsonl") if path.name != REPORTED)


def read_ledger(path: Path) -> Iterator[Dropped]:
    """Reads what ``write_ledger`` wrote."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield Dropped(**json.loads(line))


def read_reported(path: Path) -> Iterator[dict[str, Any]]:
    """Reads the pairs of test records that say the same, one mapping each."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def count_by_rule(rows: Iterable[Dropped]) -> dict[str, int]:
    """Counts rows by rule, sorted by rule."""
    return dict(sorted(Counter(row.rule for row in rows).items()))


def list_withdrawn(rows: Iterable[Dropped]) -> list[dict[str, str | None]]:
    """Records that the recipe withdraws, by source and identifier, each with the reason and its date."""
    withdrawn = [row for row in rows if row.rule == "excluded"]
    withdrawn.sort(key=lambda row: (row.source, row.source_id or "", row.file, row.position))
    return [
        {"id": row.id, "source": row.source, "source_id": row.source_id, "reason": row.evidence}
        for row in withdrawn
    ]
