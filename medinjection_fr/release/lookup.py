"""One record of a release, with its way back to the upstream file and its place in the ledger."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.curate.ledger import find_ledgers, read_ledger
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import not_whole, open_shard
from medinjection_fr.sources.adapter import UNSPLIT


def look_up(release: Release, id: str) -> dict[str, Any]:
    """Finds a record by its id, or by the start of it.

    Returns:
        ``record`` (the row, or ``None`` if it was dropped), ``lineage`` (shard, split, upstream
        files with digest and revision), ``ledger`` (every dropped record of this id).

    Raises:
        InputError: No record, kept or dropped, has the id; or several begin so.
    """
    rows = [(row, place) for shard in release.shards for row, place in _rows(release, shard.path, id)]
    ledger = [
        dropped._asdict()
        for path in find_ledgers(release.folder)
        for dropped in read_ledger(path)
        if dropped.id and dropped.id.startswith(id)
    ]
    if len({row["id"] for row, _ in rows} | {dropped["id"] for dropped in ledger}) != 1:
        found = len(rows) + len(ledger)
        what = f"{found} records begin with {id}" if found else f"no record has the id {id}"
        raise InputError(Problem(str(release.folder), what, "the id of one record: 32 hex digits"))
    if not rows:
        return {"record": None, "lineage": {}, "ledger": ledger}
    row, place = rows[0]
    return {"record": row, "lineage": _lineage(release, row, place), "ledger": ledger}


def _rows(release: Release, path: str, id: str) -> list[tuple[dict[str, Any], str]]:
    try:
        with open_shard(release.folder / path) as (_, batches):
            return [(row, path) for batch in batches for row in _matching(batch, id)]
    except (pa.ArrowException, OSError) as error:
        raise InputError(not_whole(release.folder / path, error)) from None


def _matching(batch: pa.RecordBatch, id: str) -> list[dict[str, Any]]:
    matches: list[dict[str, Any]] = batch.filter(pc.starts_with(batch["id"], id)).to_pylist()
    return matches


def _lineage(release: Release, row: dict[str, Any], shard: str) -> dict[str, Any]:
    source = release.manifest["sources"][row["source"]]
    split = shard.split("/")[2]
    files = [f for f in source["files"] if f["split"] in (split, "in-record", UNSPLIT)]
    named = [f for f in files if row["source_id"].startswith(f"{f['path']}#")]
    return {
        "shard": shard,
        "source": f"{source['facts']['title']} ({row['source']})",
        "upstream identifier": row["source_id"],
        "upstream files": [f"{f['path']} (sha256 {f['sha256']})" for f in named or files],
        "location": source["facts"]["location"],
        "derived from": row["derived_from"] or "–",
        "generator": row["generator"] or "–",
    }
