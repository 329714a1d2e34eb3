"""How long texts are, in characters: Unicode code points of the text as stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

LENGTH_FIELDS = ("instruction", "context", "options", "answer")
QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
"""Quantiles are lengths that occur: the least one that at least this share of the rows does not exceed."""

Lengths = NDArray[np.int32]
Chosen = NDArray[np.bool_]


def text_lengths(batch: pa.RecordBatch) -> dict[str, tuple[Lengths, Chosen]]:
    """Measures the texts of every row.

    Returns:
        For each of ``LENGTH_FIELDS`` the lengths of all rows, and which rows have such a text: a
        context that is not empty, the options of a closed question together, the answer of an open one.
    """
    context = _to_numpy(pc.utf8_length(batch["context"]))
    is_open = pc.equal(batch["type"], "oeq").to_numpy(zero_copy_only=False)
    return {
        "instruction": (_to_numpy(pc.utf8_length(batch["instruction"])), np.ones(len(context), dtype=bool)),
        "context": (context, context > 0),
        "options": (_to_numpy(pc.utf8_length(pc.binary_join(batch["choices"], ""))), ~is_open),
        "answer": (_to_numpy(pc.utf8_length(batch["answer"])), is_open),
    }


def _to_numpy(lengths: pa.Array) -> Lengths:
    filled = lengths.fill_null(0) if lengths.null_count else lengths  # of a shard that somebody damaged
    measured: Lengths = filled.to_numpy(zero_copy_only=False)
    return measured


def describe_groups(
    groups: Mapping[tuple[str, ...], Sequence[Lengths]], **names: Sequence[str]
) -> list[dict[str, Any]]:
    """Describes the lengths of each group that has some: their number, mean to one decimal and quantiles.

    Args:
        groups: Arrays of lengths, by a value of each name.
        names: What the values of a group are called, and the order of the groups by them.
    """
    described = []
    for key in product(*names.values()):
        lengths = np.concatenate([np.empty(0, np.int32), *groups.get(key, ())])
        if len(lengths):
            values = np.quantile(lengths, list(QUANTILES.values()), method="inverted_cdf").tolist()
            described.append(
                {
                    **dict(zip(names, key, strict=True)),
                    "rows": len(lengths),
                    "mean": round(float(lengths.mean()), 1),
                    "min": int(lengths.min()),
                    **dict(zip(QUANTILES, map(int, values), strict=True)),
                    "max": int(lengths.max()),
                }
            )
    return described
