"""The records nearest to each question by cosine: exact, in blocks, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEIGHBOUR = np.dtype([("question", np.int64), ("record", np.int64), ("cosine", np.int32)])
"""A question and a record by their numbers, and their cosine in units of ``1 / CERTAIN``."""
CERTAIN = 10_000
"""Cosines are told to four decimals: beyond, float32 depends on the order in which it adds."""
_QUESTIONS_AT_ONCE = 1_024
_RECORDS_AT_ONCE = 4_096

Vectors = NDArray[np.float32]
Neighbours = NDArray[np.void]


def nearest(
    questions: Vectors, records: Vectors, threshold: float, top: int, hidden: NDArray[np.int64]
) -> Neighbours:
    """Finds the nearest records of each question.

    No more than a block of 1,024 × 4,096 cosines (16 MB) is in memory at once; the vectors may be mapped
    from a file.

    Args:
        questions: Of shape ``(number of questions, dimensions)`` and length 1.
        records: Of shape ``(number of records, dimensions)`` and length 1.
        threshold: Lowest cosine.
        top: Records for each question.
        hidden: Pairs of (question, record) that do not count, of shape ``(pairs, 2)``.

    Returns:
        ``NEIGHBOUR`` elements in the order of the questions, the nearest first; of records equally near,
        the first ones.
    """
    found = [no_neighbours()]
    for first in range(0, len(questions), _QUESTIONS_AT_ONCE):
        block = np.asarray(questions[first : first + _QUESTIONS_AT_ONCE])
        own = hidden[(hidden[:, 0] >= first) & (hidden[:, 0] < first + len(block))] - np.array([first, 0])
        best = _nearest_of_block(block, records, threshold, top, own)
        best["question"] += first
        found.append(best)
    return np.concatenate(found)


def no_neighbours() -> Neighbours:
    """No neighbour at all."""
    return np.empty(0, NEIGHBOUR)


def _nearest_of_block(
    questions: Vectors, records: Vectors, threshold: float, top: int, hidden: NDArray[np.int64]
) -> Neighbours:
    best = no_neighbours()
    for first in range(0, len(records), _RECORDS_AT_ONCE):
        cosines = questions @ np.asarray(records[first : first + _RECORDS_AT_ONCE]).T
        own = hidden[(hidden[:, 1] >= first) & (hidden[:, 1] < first + cosines.shape[1])]
        cosines[own[:, 0], own[:, 1] - first] = -np.inf
        best = keep_best(np.concatenate([best, _above(cosines, threshold, first)]), top)
    return best


def _above(cosines: Vectors, threshold: float, first: int) -> Neighbours:
    lowest = round(threshold * CERTAIN)
    question, record = np.nonzero(cosines >= (lowest - 1) / CERTAIN)
    told = np.rint(cosines[question, record] * CERTAIN).astype(np.int32)
    keep = told >= lowest
    found = np.empty(int(keep.sum()), NEIGHBOUR)
    found["question"], found["record"], found["cosine"] = question[keep], record[keep] + first, told[keep]
    return found


def keep_best(found: Neighbours, top: int) -> Neighbours:
    """Keeps the nearest records of each question, ``top`` at most, in the order that ``nearest`` has."""
    ordered = found[np.lexsort((found["record"], -found["cosine"], found["question"]))]
    places = np.arange(len(ordered))
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered["question"][1:] != ordered["question"][:-1]
    rank = places - np.maximum.accumulate(np.where(is_first, places, 0))
    return ordered[rank < top]
