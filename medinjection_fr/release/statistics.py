"""What the rows of a release hold, counted batch by batch: for the manifest, and for who checks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.record import ORIGINS
from medinjection_fr.release.lengths import LENGTH_FIELDS, Lengths, describe_groups, text_lengths

_COUNTED = ("source", "license", "task")


class Statistics:
    """Counts of rows, and the lengths of their texts."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[str]] = {name: Counter() for name in (*_COUNTED, "flags")}
        self._generators: Counter[tuple[str, str]] = Counter()
        self._materials: Counter[tuple[str, str]] = Counter()
        self._lengths: dict[tuple[str, ...], list[Lengths]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Counts the rows of a batch."""
        for name in _COUNTED:
            self._values[name].update(count_values(batch[name]))
        self._values["flags"].update(count_values(pc.list_flatten(batch["flags"])))
        self._generators.update(_count_pairs(batch["source"], batch["generator"]))
        material = pc.replace_substring_regex(batch["derived_from"], "/.*", "")
        self._materials.update(_count_pairs(batch["source"], material))
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
        self._materials.update(other._materials)
        for key, parts in other._lengths.items():
            self._lengths.setdefault(key, []).extend(parts)

    def described(self, sources: Iterable[str]) -> dict[str, Any]:
        """The counts as the manifest has them.

        Args:
            sources: Names of the release's sources; what rows were made from is counted by them.
        """
        known = set(sources)
        materials = Counter[tuple[str, str]]()
        for (source, material), rows in self._materials.items():
            materials[source, material if material in known else "other"] += rows
        return {
            **{name: dict(sorted(values.items())) for name, values in self._values.items()},
            "generator": _by_source(self._generators),
            "derived_from": _by_source(materials),
            "lengths": describe_groups(self._lengths, field=LENGTH_FIELDS, origin=ORIGINS),
        }


def _count_pairs(sources: pa.Array, values: pa.Array) -> dict[tuple[str, str], int]:
    """How often each source has each value, nulls left out."""
    return {pair: rows for pair, rows in count_together(sources, values).items() if pair[1] is not None}


def count_together(*columns: pa.Array) -> dict[Any, int]:
    """How often each combination of the columns' values occurs."""
    names = [str(number) for number in range(len(columns))]
    counted = pa.table(list(columns), names).group_by(names).aggregate([([], "count_all")])
    values = zip(*(counted[name].to_pylist() for name in names), strict=True)
    return dict(zip(values, counted["count_all"].to_pylist(), strict=True))


def _by_source(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (source, value), rows in sorted(counts.items()):
        nested.setdefault(source, {})[value] = rows
    return nested


def count_values(values: pa.Array) -> dict[str, int]:
    """How often each value occurs."""
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}
