"""One upstream file → one part: its valid records as Arrow, its refused ones as ledger rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from medinjection_fr.curate.ledger import Dropped, read_ledger, write_ledger
from medinjection_fr.curate.normalise import normalise_record
from medinjection_fr.record import COLUMNS, LIST_COLUMNS, NULLABLE_COLUMNS, SCHEMA, record_id, validate
from medinjection_fr.sources.adapter import Adapter, Draft, InputFile
from medinjection_fr.sources.catalogue import Source

ROWS_PER_BATCH = 5_000
PART_SCHEMA = (
    pa.schema(list(SCHEMA)).append(pa.field("split", pa.string())).append(pa.field("position", pa.int64()))
)
"""The record's columns, then the split and the place in the upstream file."""


@dataclass(frozen=True)
class Part:
    """What one file gave.

    Attributes:
        source: Catalogue name.
        file: The upstream file's path inside the source's folder.
        folder: Where ``kept.arrow`` and ``dropped.jsonl`` are.

    """

    source: str
    file: str
    folder: Path

    def batches(self) -> list[pa.RecordBatch]:
        """Its valid records, memory-mapped."""
        with pa.memory_map(str(self.folder / "kept.arrow")) as stream:
            return list(pa.ipc.open_stream(stream))

    def read_rows(self) -> int:
        """How many records the file gave, kept or not."""
        return int(json.loads((self.folder / "part.json").read_text(encoding="utf-8"))["read"])

    def dropped(self) -> Iterator[Dropped]:
        """Its refused records."""
        return read_ledger(self.folder / "dropped.jsonl")


def find_adapter(source: Source) -> Adapter:
    """The module that reads the source's format."""
    return cast(Adapter, import_module(f"medinjection_fr.sources.{source.facts['adapter']}"))


def read_part(
    file: InputFile,
    source: Source,
    splits: tuple[str, ...] | None,
    folder: Path,
    count: Callable[[int], None],
) -> int:
    """Reads, normalises and validates one file into ``folder``.

    Args:
        file: The upstream file.
        source: Its catalogue entry.
        splits: Splits that are wanted; records of others are not read.
        folder: Where the part is written.
        count: Told now and then how many records more were read.

    Returns:
        The number of records read: of the wanted splits, or refused before the split was known.

    Raises:
        InputError: The file as a whole cannot be read.

    """
    read = 0
    dropped: list[Dropped] = []
    rows: list[dict[str, Any]] = []
    with (
        pa.OSFile(str(folder / "kept.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, PART_SCHEMA) as writer,
    ):

        def flush() -> None:
            if rows:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, PART_SCHEMA))
                count(len(rows))
                rows.clear()

        for item in find_adapter(source).read(file, source):
            if not isinstance(item, Draft):
                read += 1
                row = (item.position, item.source_id, None, item.rule, item.evidence)
                dropped.append(Dropped(source.name, file.name, *row))
                continue
            if splits is not None and item.split not in splits:
                continue
            read += 1
            record = complete(item.fields, source)
            if violations := validate(record):
                upstream = item.fields.get("source_id")
                upstream = upstream if isinstance(upstream, str) else None
                id_ = record["id"] or None
                evidence = "; ".join(violation.evidence for violation in violations)
                row = (item.position, upstream, id_, violations[0].rule, evidence)
                dropped.append(Dropped(source.name, file.name, *row))
            else:
                rows.append({**record, "split": item.split, "position": item.position})
                if len(rows) == ROWS_PER_BATCH:
                    flush()
        flush()
    write_ledger(dropped, folder / "dropped.jsonl")
    return read


_EMPTY: dict[str, Any] = {
    **dict.fromkeys(COLUMNS, ""),
    **{name: [] for name in LIST_COLUMNS},
    **dict.fromkeys(NULLABLE_COLUMNS, None),
}


def complete(fields: dict[str, Any], source: Source) -> dict[str, Any]:
    """Makes a whole record of an adapter's draft: normalised, with what its source implies.

    The group is the source's own, else that of the context (same passage, same group), else the
    record alone; it is named within the source.
    """
    record = {**_EMPTY, "origin": source.origin, "task": "other", **normalise_record(fields)}
    record["source"], record["license"] = source.name, source.license
    record["flags"] = sorted(record["flags"])
    if record["origin"] in ("synthetic", "translated") and not source.lineage_is_known:
        record["flags"] = sorted({*record["flags"], "lineage-unknown"})
    group = record["group_id"]
    if not group and isinstance(record["context"], str) and record["context"]:
        passage = record["context"].encode("utf-8", "surrogatepass")
        group = f"context-{hashlib.sha256(passage).hexdigest()[:16]}"
    record["group_id"] = f"{source.name}/{group or record['source_id']}"
    try:
        # An unfinished record must not break the rule of the id beside the one that it breaks.
        record["id"] = "0" * 32
        record["id"] = record_id(record)
    except (TypeError, ValueError):
        pass
    return record
