"""Questions that stand inside longer texts: records that share probes, counted for each range of probes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.numbered import Numbered
from medinjection_fr.curate.pairs import Pair, containment, forms_of
from medinjection_fr.curate.spans import Span

_COMMON_PROBE = 50
"""Records that hold a probe before it counts as a phrase of everybody ("laquelle est exacte")."""

Indices = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Alive = NDArray[np.bool_]
Take = Callable[[pa.RecordBatch, Alive], Iterator[tuple[pa.ListArray, Alive]]]


class Shared(NamedTuple):
    """How many probes of a question are held by another record.

    Attributes:
        query, holder, number: Each pair with the number of probes that they share.
        asked, telling: Each question with the number of its probes that are no phrase of everybody.
    """

    query: Indices
    holder: Indices
    number: Indices
    asked: Indices
    telling: Indices


def shared_probes(records: Numbered, alive: Alive, asked: Alive, span: Span) -> Shared:
    """Counts, of the probes of one range, which are shared.

    Args:
        records: All records.
        alive: Which of them count.
        asked: Which of them are questions that are looked for.
        span: The range.
    """
    queries, wanted = _collected(records, asked & alive, span, _asked_probes)
    order = np.lexsort((wanted, queries))
    queries, wanted = queries[order], wanted[order]
    is_new = np.r_[True, (queries[1:] != queries[:-1]) | (wanted[1:] != wanted[:-1])][: len(queries)]
    queries, wanted = queries[is_new], wanted[is_new]
    owners, held = _collected(records, alive, span, _held_probes, np.unique(wanted))
    order = np.argsort(held, kind="stable")
    owners, held = owners[order], held[order]
    low, high = held.searchsorted(wanted), held.searchsorted(wanted, side="right")
    is_telling = high - low <= _COMMON_PROBE
    asked_numbers, telling = np.unique(queries[is_telling], return_counts=True)
    low, lengths, queries = low[is_telling], (high - low)[is_telling], queries[is_telling]
    place = np.repeat(low - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    query, holder = np.repeat(queries, lengths), owners[place]
    other = query != holder
    return Shared(*_sums(query[other], holder[other]), asked_numbers, telling)


def candidates(found: Iterable[Shared], records: Numbered) -> list[tuple[int, int]]:
    """Pairs (question, holder) that share half of the question's probes or more, over all ranges."""
    joined = [np.concatenate(column) for column in zip(*found, strict=True)]
    query, holder, number = _sums(joined[0], joined[1], joined[2])
    asked, place = np.unique(joined[3], return_inverse=True)
    telling = np.bincount(place, joined[4], len(asked))
    enough = 2 * number >= telling[asked.searchsorted(query)]
    pairs = zip(query[enough].tolist(), holder[enough].tolist(), strict=True)
    return [(a, b) for a, b in pairs if records.exact(a) != records.exact(b)]


def embedded_pairs(pairs: Iterable[tuple[int, int]], records: Numbered) -> Iterator[Pair]:
    """Those of the pairs in which the question, with its context, does stand inside the other's text."""
    forms = forms_of(records.row)
    for query, holder in pairs:
        contained = containment(forms(query), forms(holder))
        if contained is not None:
            yield Pair(min(query, holder), max(query, holder), "embedded", contained)


def _sums(query: Indices, holder: Indices, number: Indices | None = None) -> tuple[Indices, Indices, Indices]:
    """Each pair once, with the sum of its numbers; of ones, if there are none."""
    order = np.lexsort((holder, query))
    query, holder = query[order], holder[order]
    is_new = np.r_[True, (query[1:] != query[:-1]) | (holder[1:] != holder[:-1])][: len(query)]
    starts = np.flatnonzero(is_new)
    ones = np.ones(len(query), np.int64) if number is None else number[order]
    sums = np.add.reduceat(ones, starts) if len(starts) else ones
    return query[starts], holder[starts], sums


def _collected(
    records: Numbered, which: Alive, span: Span, take: Take, among: Hashes | None = None
) -> tuple[Indices, Hashes]:
    """Probes in the range of the records that are meant: who has each, and its value.

    Args:
        records: All records.
        which: Which are meant.
        span: The range.
        take: Gives lists of probes of a batch of signals, and which of its rows' count.
        among: The only values that are wanted, sorted; all if ``None``.
    """
    owners, values = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    for signals, start in zip(records.signal_batches, records.starts, strict=False):
        meant = which[start : start + signals.num_rows]
        if not meant.any():
            continue
        for lists, of in take(signals, meant):
            lengths, flat = lists.value_lengths().to_numpy(), lists.flatten().to_numpy()
            place = np.flatnonzero(np.repeat(of, lengths) & span.holds(flat))
            if among is not None and len(among):
                near = np.minimum(among.searchsorted(flat[place]), len(among) - 1)
                place = place[among[near] == flat[place]]
            elif among is not None:
                place = place[:0]
            owners.append(np.repeat(np.arange(len(lengths)) + start, lengths)[place])
            values.append(flat[place])
    return np.concatenate(owners), np.concatenate(values)


def _asked_probes(signals: pa.RecordBatch, meant: Alive) -> Iterator[tuple[pa.ListArray, Alive]]:
    """Probes of a question: with its context, if it has one."""
    has_context = signals["holds"].value_lengths().to_numpy() > 0
    yield signals["holds"], meant & has_context
    yield signals["probes"], meant & ~has_context


def _held_probes(signals: pa.RecordBatch, meant: Alive) -> Iterator[tuple[pa.ListArray, Alive]]:
    yield signals["holds"], meant
