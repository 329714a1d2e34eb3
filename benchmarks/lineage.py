"""Lineage, which one process looks through: memory and time for each record that names what it was made from.

    python benchmarks/lineage.py

The worst case: every record names another item. Memory is Python's own, as tracemalloc counts it at its peak.
"""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pyarrow as pa
from measure import machine, print_table

from medinjection_fr.curate.curation import _Records
from medinjection_fr.curate.signals import SIGNALS_SCHEMA

SIZES = (50_000, 100_000, 200_000)
BATCH = 5_000


def records(rows: int) -> _Records:
    """Records of train, each made from an item of its own."""
    nulls = [pa.nulls(BATCH, field.type) for field in SIGNALS_SCHEMA]
    signals = pa.RecordBatch.from_arrays(nulls, schema=SIGNALS_SCHEMA)
    batches = []
    for begin in range(0, rows, BATCH):
        names = [f"question-{number}" for number in range(begin, begin + BATCH)]
        columns = {name: names for name in ("id", "source_id", "group_id")}
        columns |= {"source": ["source"] * BATCH, "_split": ["train"] * BATCH, "license": ["CC0-1.0"] * BATCH}
        batches.append(pa.RecordBatch.from_pydict({**columns, "derived_from": [f"items/{n}" for n in names]}))
    return _Records(batches, [signals] * len(batches), np.arange(rows))


def bench() -> None:
    print(machine())
    table = []
    for rows in SIZES:
        made = records(rows)
        begun = time.process_time()
        list(made.lineage_pairs())
        cpu = time.process_time() - begun
        tracemalloc.start()
        list(made.lineage_pairs())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        table.append((f"{rows:,}", f"{1e6 * cpu / rows:.1f} µs", f"{peak / rows:.0f} B"))
    print_table(
        "Lineage of records that all name an origin", ("records", "CPU a record", "memory a record"), table
    )


if __name__ == "__main__":
    bench()
