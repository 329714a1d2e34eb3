"""One upstream file → one part: its valid rows as Arrow, its refused ones as ledger rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from medinjection_fr.curate.equal_keys import KEY_FIELDS, row_keys
from medinjection_fr.curate.ledger import Dropped, read_ledger, write_ledger
from medinjection_fr.curate.splits import draw_split
from medinjection_fr.sources.adapter import UNSPLIT, Adapter, Draft, InputFile
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.complete import YIELDS, complete, known_id

ROWS_PER_BATCH = 5_000


def part_schema(source: Source) -> pa.Schema:
    """The contract's columns, then the split, the place in the upstream file and the keys."""
    places = [pa.field("_split", pa.string()), pa.field("_position", pa.int64())]
    return pa.schema([*YIELDS[source.yields].contract.arrow_schema, *places, *KEY_FIELDS])


@dataclass(frozen=True)
class Part:
    """What one file gave.

    Attributes:
        source: The catalogue entry.
        file: The upstream file's path inside the source's folder.
        folder: Where ``kept.arrow`` and ``dropped.jsonl`` are.
    """

    source: Source
    file: str
    folder: Path

    def batches(self) -> list[pa.RecordBatch]:
        """Its valid rows, memory-mapped."""
        return read_batches(self.folder)

    def read_rows(self) -> int:
        """How many rows the file gave, kept or not."""
        return int(json.loads((self.folder / "part.json").read_text(encoding="utf-8"))["read"])

    def dropped(self) -> Iterator[Dropped]:
        """Its refused rows."""
        return read_ledger(self.folder / "dropped.jsonl")


def read_batches(folder: Path) -> list[pa.RecordBatch]:
    """The valid rows of a part, memory-mapped."""
    with pa.memory_map(str(folder / "kept.arrow")) as stream:
        return list(pa.ipc.open_stream(stream))


def find_adapter(source: Source) -> Adapter:
    """The module that reads the source's format."""
    return cast(Adapter, import_module(f"medinjection_fr.sources.{source.facts['adapter']}"))


def read_part(
    file: InputFile,
    source: Source,
    splits: tuple[str, ...] | None,
    shares: Mapping[str, float],
    folder: Path,
    count: Callable[[int], None],
) -> int:
    """Reads, normalises and validates one file into ``folder``.

    Args:
        file: The upstream file.
        source: Its catalogue entry.
        splits: Splits that are wanted; records of others are not read.
        shares: Shares of validation and test among records that upstream has not split.
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
    schema = part_schema(source)
    validate = YIELDS[source.yields].contract.validate
    with (
        pa.OSFile(str(folder / "kept.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, schema) as writer,
    ):

        def flush() -> None:
            if rows:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
                count(len(rows))
                rows.clear()

        def refuse(position: int, source_id: str | None, id: str | None, rule: str, evidence: str) -> None:
            dropped.append(Dropped(source.name, file.name, position, source_id, id, rule, evidence))

        for item in find_adapter(source).read(file, source):
            if not isinstance(item, Draft):
                read += 1
                refuse(item.position, item.source_id, None, item.rule, item.evidence)
                continue
            row = complete(item.fields, item.split, source)
            split = item.split
            if split == UNSPLIT and source.yields == "records":
                split = draw_split(row["group_id"], shares)
            if splits is not None and split not in splits:
                continue
            read += 1
            if violations := validate(row):
                source_id = row["source_id"] if isinstance(row["source_id"], str) else None
                evidence = "; ".join(violation.evidence for violation in violations)
                refuse(item.position, source_id, known_id(row), violations[0].rule, evidence)
            else:
                rows.append({**row, "_split": split, "_position": item.position, **row_keys(row)})
                if len(rows) == ROWS_PER_BATCH:
                    flush()
        flush()
    write_ledger(dropped, folder / "dropped.jsonl")
    return read
