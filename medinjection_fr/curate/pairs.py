"""Pairs of records that say the same: found by keys, bands and probes, then verified on the texts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.compare import differ_by_a_prefix, guarded
from medinjection_fr.curate.numbered import Numbered, bands_of
from medinjection_fr.curate.signals import ComparedRecord, jaccard, mix

SIMILAR = 0.8
"""Jaccard similarity of word shingles from which two texts are near copies."""
_SHORT_QUESTION = 10
"""Words under which a question must be equal: one word of few is the question itself."""
_LARGEST_BUCKET = 30
"""Records of one band bucket that are all compared with one another; in a larger one, each with the
first ones and its neighbours."""
_CONTAINED = 0.9

Indices = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Row = Callable[[int], Mapping[str, Any]]


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


class Compared(NamedTuple):
    """Keys of some records, as arrays of the same length (see ``signals.SIGNALS_SCHEMA``).

    ``number`` tells the records, ascending; ``is_closed`` which are multiple choice.
    """

    number: Indices
    exact: Hashes
    accented: Hashes
    accented_options: Hashes
    gold: Hashes
    has_accents: NDArray[np.bool_]
    is_closed: NDArray[np.bool_]


def exact_pairs(keys: Compared, row: Row) -> Iterator[Pair]:
    """Pairs of equal context, question and options, whatever their case, typography and order.

    Texts that differ in accents count as equal if one of them has none at all: "pêche" is not
    "péché", but "peche" in a text that lost its accents may be either. Or if the options and the gold
    answer are the same, accents included: then an accent in the question is a slip.

    Args:
        keys: Of all records whose key ``exact`` lies in some range.
        row: Gives a record's row by its number.
    """
    for group in _groups(keys.exact):
        for first, second in _within(group):
            pair = int(keys.number[first]), int(keys.number[second])
            accents = keys.accented[first] != keys.accented[second]
            if accents and not _accents_may_differ(keys, first, second):
                continue
            if keys.gold[first] == keys.gold[second]:
                kind = "accents" if accents else _kind_of_copy(row(pair[0]), row(pair[1]))
                yield Pair(*pair, kind, 1.0)
            elif keys.is_closed[first]:
                yield Pair(*pair, "conflict", 1.0)
            else:
                yield Pair(*pair, "answer", 1.0)


def _accents_may_differ(keys: Compared, first: int, second: int) -> bool:
    if not (keys.has_accents[first] and keys.has_accents[second]):
        return True
    same_options = keys.accented_options[first] == keys.accented_options[second]
    return bool(keys.is_closed[first] and same_options and keys.gold[first] == keys.gold[second])


def _kind_of_copy(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    if all(first[name] == second[name] for name in ("context", "instruction", "choices", "answer")):
        return "verbatim"
    forms = [
        [ComparedRecord("", option, (), ()).question for option in row["choices"]] for row in (first, second)
    ]
    return "typography" if forms[0] == forms[1] else "permuted"


def near_keys(signals: pa.RecordBatch, band: int) -> Hashes:
    """One key for a band and all that near copies must have in common: guarded words, gold and options."""
    keys: Hashes = bands_of(signals)[:, band]
    for name in ("guard", "gold", "options"):
        keys = mix(keys ^ signals[name].to_numpy())
    return keys


def near_pairs(keys: Hashes, number: Indices, band: int, records: Numbered) -> Iterator[Pair]:
    """Pairs of nearly the same text, whose numbers, units, signs, negations and gold answer agree.

    A pair that meets in several bands is told in the first.

    Args:
        keys: Of all records whose ``near_keys`` lie in some range.
        number: Their numbers, ascending.
        band: The band.
        records: All records.
    """
    forms = forms_of(records.row)
    for group in _groups(keys):
        for place, other in _within(group):
            first, second = int(number[place]), int(number[other])
            if records.exact(first) == records.exact(second):
                continue
            if int(np.argmax(records.bands(first) == records.bands(second))) == band:
                similarity = near_similarity(forms(first), forms(second))
                if similarity is not None:
                    yield Pair(first, second, "near", similarity)


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


def forms_of(row: Row) -> Callable[[int], ComparedRecord]:
    """Forms of comparison by number; those looked at last are at hand."""
    return functools.lru_cache(maxsize=20_000)(lambda index: ComparedRecord.of(row(index)))


def _groups(keys: Hashes) -> Iterator[Indices]:
    """Places of two or more equal keys, each group ascending."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    if not len(ordered):
        return
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True]) + 1
    starts = np.r_[0, ends[:-1]]
    for place in np.flatnonzero(ends - starts > 1):
        yield order[starts[place] : ends[place]]


def _within(group: Iterable[int]) -> Iterator[tuple[int, int]]:
    members = [int(member) for member in group]
    for place, second in enumerate(members):
        others = members[:place]
        if place > _LARGEST_BUCKET:
            others = [*members[: _LARGEST_BUCKET // 2], *members[place - _LARGEST_BUCKET // 2 : place]]
        for first in others:
            yield first, second
