"""Pairs of records that say the same: found by keys, bands and probes, then verified on the texts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medinjection_fr.curate.compare import differ_by_a_prefix, guarded
from medinjection_fr.curate.signals import ComparedRecord, jaccard

SIMILAR = 0.8
"""Jaccard similarity of word shingles from which two texts are near copies."""
_SHORT_QUESTION = 10
"""Words under which a question must be equal: one word of few is the question itself."""
_LARGEST_BUCKET = 30
"""Records of one band bucket that are all compared with one another; in a larger one, each with the
first ones and its neighbours."""
_COMMON_PROBE = 50
"""Records that hold a probe before it counts as a phrase of everybody ("laquelle est exacte")."""
_CONTAINED = 0.9
_AT_ONCE = 1 << 20
_NONE: NDArray[np.uint64] = np.empty(0, np.uint64)
_NOBODY: NDArray[np.int64] = np.empty(0, np.int64)

Indices = NDArray[np.int64]
Row = Callable[[int], Mapping[str, Any]]


class Signals(NamedTuple):
    """Signals of all records, as arrays over their numbers (see ``signals.SIGNALS_SCHEMA``).

    ``probes`` and ``holds`` are pairs of (values, start of each record's).
    """

    exact: NDArray[np.uint64]
    accented: NDArray[np.uint64]
    accented_options: NDArray[np.uint64]
    gold: NDArray[np.uint64]
    question: NDArray[np.uint64]
    context: NDArray[np.uint64]
    options: NDArray[np.uint64]
    guard: NDArray[np.uint64]
    has_accents: NDArray[np.bool_]
    words: NDArray[np.int32]
    is_closed: NDArray[np.bool_]
    bands: NDArray[np.uint64]
    probes: tuple[NDArray[np.uint64], Indices]
    holds: tuple[NDArray[np.uint64], Indices]


class Pair(NamedTuple):
    """Two records that say the same, or contradict each other.

    Attributes:
        first, second: Their numbers, ascending.
        kind: ``verbatim``, ``typography``, ``accents``, ``permuted``, ``near``, ``embedded``,
            ``answer`` (an open question with another answer), ``lineage`` or ``conflict``.
        similarity: Jaccard similarity of the texts; 1 for all kinds but ``near`` and ``embedded``.
    """

    first: int
    second: int
    kind: str
    similarity: float


def exact_pairs(signals: Signals, alive: NDArray[np.bool_], row: Row) -> Iterator[Pair]:
    """Pairs of equal context, question and options, whatever their case, typography and order.

    Texts that differ in accents count as equal if one of them has none at all: "pêche" is not
    "péché", but "peche" in a text that lost its accents may be either. Or if the options and the gold
    answer are the same, accents included: then an accent in the question is a slip.
    """
    for group in _groups(signals.exact, np.flatnonzero(alive)):
        for first, second in _within(group):
            accents = signals.accented[first] != signals.accented[second]
            if accents and not _accents_may_differ(signals, first, second):
                continue
            if signals.gold[first] == signals.gold[second]:
                kind = "accents" if accents else _kind_of_copy(row(first), row(second))
                yield Pair(first, second, kind, 1.0)
            elif signals.is_closed[first]:
                yield Pair(first, second, "conflict", 1.0)
            else:
                yield Pair(first, second, "answer", 1.0)


def _accents_may_differ(signals: Signals, first: int, second: int) -> bool:
    if not (signals.has_accents[first] and signals.has_accents[second]):
        return True
    same_options = signals.accented_options[first] == signals.accented_options[second]
    return bool(signals.is_closed[first] and same_options and signals.gold[first] == signals.gold[second])


def _kind_of_copy(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    if all(first[name] == second[name] for name in ("context", "instruction", "choices", "answer")):
        return "verbatim"
    forms = [
        [ComparedRecord("", option, (), ()).question for option in row["choices"]] for row in (first, second)
    ]
    return "typography" if forms[0] == forms[1] else "permuted"


def near_pairs(signals: Signals, alive: NDArray[np.bool_], row: Row) -> Iterator[Pair]:
    """Pairs of nearly the same text, whose numbers, units, signs, negations and gold answer agree."""
    forms = _forms(row)
    seen: set[tuple[int, int]] = set()
    living = np.flatnonzero(alive)
    for band in range(signals.bands.shape[1]):
        for group in _groups(signals.bands[:, band], living):
            for first, second in _within(group):
                if (first, second) in seen or not _may_be_near(signals, first, second):
                    continue
                seen.add((first, second))
                similarity = near_similarity(forms(first), forms(second))
                if similarity is not None:
                    yield Pair(first, second, "near", similarity)


def _may_be_near(signals: Signals, first: int, second: int) -> bool:
    return bool(
        signals.guard[first] == signals.guard[second]
        and signals.gold[first] == signals.gold[second]
        and signals.options[first] == signals.options[second]
        and signals.exact[first] != signals.exact[second]
    )


def near_similarity(first: ComparedRecord, second: ComparedRecord) -> float | None:
    """Similarity of two near copies; ``None`` if they are not.

    Each part must be similar by itself: under one long case, another question is another record.
    """
    if first.guard() != second.guard() or first.gold != second.gold or first.options != second.options:
        return None
    similarities = []
    for a, b, shortest in (
        (first.context, second.context, 0),
        (first.question, second.question, _SHORT_QUESTION),
    ):
        if a == b:
            similarities.append(1.0)
            continue
        if min(len(a), len(b)) < shortest or jaccard(a, b) < SIMILAR:
            return None
        if differ_by_a_prefix(_only_in(a, b), _only_in(b, a)):
            return None
        similarities.append(jaccard(a, b))
    return min(similarities)


def _only_in(first: list[str], second: list[str]) -> list[str]:
    return sorted(set(first) - set(second))


def embedded_pairs(signals: Signals, alive: NDArray[np.bool_], queries: Indices, row: Row) -> Iterator[Pair]:
    """Pairs in which one record's question, with its context, stands inside another's longer text.

    Args:
        signals: Signals of all records.
        alive: Which records count.
        queries: Records whose questions are looked for (those of validation and test).
        row: Gives a record's row by its number.
    """
    asked = {query: _asked_probes(signals, query) for query in queries.tolist()}
    values, owners = _held(signals.holds, np.unique(np.concatenate([*asked.values(), _NONE])), alive)
    forms = _forms(row)
    for query, own in asked.items():
        low, high = values.searchsorted(own), values.searchsorted(own, side="right")
        telling = high - low <= _COMMON_PROBE
        held = [owners[a:b] for a, b in zip(low[telling], high[telling], strict=True)]
        holders, shared = np.unique(np.concatenate([*held, _NOBODY]), return_counts=True)
        for holder in holders[2 * shared >= len(held)].tolist():
            if holder != query and signals.exact[holder] != signals.exact[query]:
                contained = containment(forms(query), forms(holder))
                if contained is not None:
                    yield Pair(min(query, holder), max(query, holder), "embedded", contained)


def _asked_probes(signals: Signals, query: int) -> NDArray[np.uint64]:
    """Probes of the question, with its context if it has one."""
    for values, starts in (signals.holds, signals.probes):
        if starts[query + 1] > starts[query]:
            return np.unique(values[starts[query] : starts[query + 1]])
    return _NONE


def _held(
    holds: tuple[NDArray[np.uint64], Indices], wanted: NDArray[np.uint64], alive: NDArray[np.bool_]
) -> tuple[NDArray[np.uint64], Indices]:
    """The wanted ones of what living records hold, sorted, and who holds each."""
    values, starts = holds
    found = [np.empty(0, np.int64)]
    for start in range(0, len(values) if len(wanted) else 0, _AT_ONCE):
        block = values[start : start + _AT_ONCE]
        places = np.minimum(wanted.searchsorted(block), len(wanted) - 1)
        found.append(np.flatnonzero(wanted[places] == block) + start)
    places = np.concatenate(found)
    owners = starts.searchsorted(places, side="right") - 1
    places, owners = places[alive[owners]], owners[alive[owners]]
    order = np.argsort(values[places], kind="stable")
    return values[places][order], owners[order]


def containment(short: ComparedRecord, long: ComparedRecord) -> float | None:
    """How much of a question, with its context, a longer record holds; ``None`` if it is not inside.

    What turns a meaning must stand there in the same order, and the answer must be there too: a
    question of everybody ("quel est le diagnostic ?") in another case is no leak.
    """
    needle, hay = [*short.context, *short.question], [*long.context, *long.question]
    if len(short.question) < _SHORT_QUESTION // 2 or len(hay) < len(needle) + _SHORT_QUESTION:
        return None
    inside = _spaced(hay)
    answers = {*long.gold, *(" ".join(option) for option in long.options)}
    if not all(gold in answers or f" {gold} " in inside for gold in short.gold):
        return None
    if _spaced(guarded(needle)) not in _spaced(guarded(hay)):
        return None
    if _spaced(needle) in inside:
        return 1.0
    share = _share_of_pairs(needle, hay)
    return share if share >= _CONTAINED else None


def _spaced(tokens: Iterable[str]) -> str:
    return f" {' '.join(tokens)} "


def _share_of_pairs(needle: list[str], hay: list[str]) -> float:
    """Share of the needle's two-word shingles that the haystack holds."""
    own = set(pairwise(needle))
    return len(own & set(pairwise(hay))) / len(own) if own else 0.0


def _forms(row: Row) -> Callable[[int], ComparedRecord]:
    """Forms of comparison by number; those looked at last are at hand."""
    return functools.lru_cache(maxsize=20_000)(lambda index: ComparedRecord.of(row(index)))


def _groups(keys: NDArray[np.uint64], numbers: Indices) -> Iterator[Indices]:
    """Groups of two or more records of equal key, each ascending."""
    order = numbers[np.argsort(keys[numbers], kind="stable")]
    ordered = keys[order]
    if not len(ordered):
        return
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True]) + 1
    starts = np.r_[0, ends[:-1]]
    for place in np.flatnonzero(ends - starts > 1):
        yield np.sort(order[starts[place] : ends[place]])


def _within(group: Iterable[int]) -> Iterator[tuple[int, int]]:
    members = [int(member) for member in group]
    for place, second in enumerate(members):
        others = members[:place]
        if place > _LARGEST_BUCKET:
            others = [*members[: _LARGEST_BUCKET // 2], *members[place - _LARGEST_BUCKET // 2 : place]]
        for first in others:
            yield first, second
