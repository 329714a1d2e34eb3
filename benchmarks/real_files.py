"""The valid rows of the real upstream files, and the pairs that curation finds among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from medinjection_fr.curate.pairs import exact_pairs, near_pairs
from medinjection_fr.sources.adapter import Draft
from medinjection_fr.sources.catalogue import find_source
from medinjection_fr.sources.complete import YIELDS, complete
from medinjection_fr.sources.parts import find_adapter

Row = dict[str, Any]


def read_rows(data: Path, name: str) -> list[Row]:
    """The valid rows of a catalogued source, with their split."""
    source = find_source(name)
    adapter, contract = find_adapter(source), YIELDS[source.yields].contract
    rows = []
    for file in adapter.find_files(data / name, source):
        for item in adapter.read(file, source):
            if isinstance(item, Draft):
                row = complete(item.fields, item.split, source)
                if not contract.validate(row):
                    rows.append({**row, "_split": item.split})
    return rows


def plain(instruction: str, choices: Sequence[str] = (), answer: str = "", context: str = "") -> Row:
    """A record with these texts and nothing else."""
    return {
        "task": "other",
        "instruction": instruction,
        "choices": list(choices),
        "answer": answer,
        "context": context,
    }


def pairs_of(rows: list[Row]) -> list[Any]:
    """Exact and near pairs among rows, whatever their splits."""
    import numpy as np

    from medinjection_fr.curate.curation import arrays_of
    from medinjection_fr.curate.signals import SIGNALS_SCHEMA, compute_signals

    schema = YIELDS["records"].contract.arrow_schema
    names = ("context", "instruction", "choices", "answer", "type", "task")
    empty = YIELDS["records"].contract.empty
    whole = [{**empty, "task": "other", **{n: row[n] for n in names if n in row}} for row in rows]
    batches = [
        compute_signals(pa.RecordBatch.from_pylist(whole[at : at + 5_000], schema))
        for at in range(0, len(whole), 5_000)
    ]
    table = pa.Table.from_batches(batches, SIGNALS_SCHEMA)
    signals = arrays_of(table, np.array([row["type"] != "oeq" for row in whole]))
    alive = np.ones(len(whole), bool)
    return [*exact_pairs(signals, alive, whole.__getitem__), *near_pairs(signals, alive, whole.__getitem__)]
