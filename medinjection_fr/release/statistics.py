"""What the rows of a release hold, counted batch by batch: for the manifest, and for who checks it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.record import ORIGINS
from medinjection_fr.release.lengths import LENGTH_FIELDS, Lengths, describe_lengths, text_lengths

_COUNTED = ("source", "license", "task")


class Statistics:
    """Counts of rows, and the lengths of their texts."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[str]] = {name: Counter() for name in (*_COUNTED, "flags")}
        self._generators: Counter[tuple[str, str]] = Counter()
        self._lengths: dict[tuple[str, str], list[Lengths]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Counts the rows of a batch."""
        for name in _COUNTED:
            self._values[name].update(count_values(batch[name]))
        self._values["flags"].update(count_values(pc.list_flatten(batch["flags"])))
        written = batch.filter(batch["generator"].is_valid())
        table = pa.table([written["source"], written["generator"]], ["source", "generator"])
        for row in table.group_by(["source", "generator"]).aggregate([([], "count_all")]).to_pylist():
            self._generators[row["source"], row["generator"]] += row["count_all"]
        origins = batch["origin"].to_numpy(zero_copy_only=False)
        measured = text_lengths(batch)
        for origin in set(origins):
            for field, (lengths, chosen) in measured.items():
                own = lengths[chosen & (origins == origin)]
                self._lengths.setdefault((field, origin), []).append(own)

    def merge(self, other: Statistics) -> None:
        """Adds what another has counted."""
        for name, values in other._values.items():
            self._values[name].update(values)
        self._generators.update(other._generators)
        for key, parts in other._lengths.items():
            self._lengths.setdefault(key, []).extend(parts)

    def described(self) -> dict[str, Any]:
        """The counts as the manifest has them."""
        generators: dict[str, dict[str, int]] = {}
        for (source, generator), rows in sorted(self._generators.items()):
            generators.setdefault(source, {})[generator] = rows
        return {
            **{name: dict(sorted(values.items())) for name, values in self._values.items()},
            "generator": generators,
            "lengths": self._described_lengths(),
        }

    def _described_lengths(self) -> list[dict[str, Any]]:
        described = []
        for field in LENGTH_FIELDS:
            for origin in ORIGINS:
                lengths = np.concatenate(self._lengths.get((field, origin), [np.empty(0, np.int32)]))
                if len(lengths):
                    place = {"field": field, "origin": origin, "rows": len(lengths)}
                    described.append({**place, **describe_lengths(lengths)})
        return described


def count_values(values: pa.Array) -> dict[str, int]:
    """How often each value occurs."""
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}
