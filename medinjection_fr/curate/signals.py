"""What curation needs to know of each record, computed once per batch, in any process.

Keys of the comparison form (equal keys, equal texts), a MinHash signature in bands for near copies,
and samples of shingles for a question that stands inside another text.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.compare import comparison_tokens, guarded, without_accents
from medinjection_fr.curate.language import judge_language
from medinjection_fr.curate.privacy import find_personal_data
from medinjection_fr.record import LETTERS

PERMUTATIONS = 128
BANDS = 16
"""16 bands of 8 rows: a pair of similarity 0.8 meets in a band with probability 0.95, of 0.9 with
0.9999 (1 − (1 − s⁸)¹⁶). The bands that datasketch picks by itself for 0.8 miss one pair in ten."""
WORDS_PER_SHINGLE = 3
WORDS_PER_PROBE = 4
PROBE_SAMPLING = 2
"""One probe in two is kept: those whose hash is even."""

PRIVACY_FLAG = "privacy-finding"
_ROWS_AT_ONCE = 256  # signatures of so many records stay in the processor's cache

Hashes = NDArray[np.uint64]

KEYS = ("exact", "accented", "accented_options", "gold", "question", "context", "options", "guard")
SIGNALS_SCHEMA = pa.schema(
    [
        ("foreign", pa.string()),
        ("flags", pa.list_(pa.string())),
        *((key, pa.uint64()) for key in KEYS),
        ("has_accents", pa.bool_()),
        ("words", pa.int32()),
        ("bands", pa.list_(pa.uint64(), BANDS)),
        ("probes", pa.list_(pa.uint64())),
        ("holds", pa.list_(pa.uint64())),
    ]
)
"""Columns of the signals.

``foreign``: why the record is not French, or null. ``flags``: what language and privacy mark.
``exact`` … ``guard``: 64-bit keys of the comparison form without accents (``accented…``: with them).
``words``: words of the question. ``bands``: band hashes. ``probes``: sampled shingles of the question;
``holds``: those of the whole text, where it is longer than a question.
"""


def compute_signals(records: pa.RecordBatch) -> pa.RecordBatch:
    """Computes the signals of a batch of records, row by row in the same order."""
    rows = records.to_pylist()
    forms = [ComparedRecord.of(row) for row in rows]
    columns: dict[str, Any] = {key: [form.key(key) for form in forms] for key in KEYS}
    languages = [judge_language(row) for row in rows]
    columns["foreign"] = [verdict.evidence if verdict.drop else None for verdict in languages]
    columns["flags"] = [
        sorted({*verdict.flags, *([PRIVACY_FLAG] if find_personal_data(row) else [])})
        for row, verdict in zip(rows, languages, strict=True)
    ]
    columns["has_accents"] = [form.has_accents for form in forms]
    columns["words"] = [len(form.question) for form in forms]
    bands = band_hashes(signatures([form.all_tokens() for form in forms]))
    columns["bands"] = pa.FixedSizeListArray.from_arrays(pa.array(bands.reshape(-1)), BANDS)
    columns["probes"] = [probes(form.question) for form in forms]
    columns["holds"] = [probes([*form.context, *form.question]) if form.context else [] for form in forms]
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for field, column in ((field, columns[field.name]) for field in SIGNALS_SCHEMA)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SIGNALS_SCHEMA)


class ComparedRecord:
    """A record in the form of comparison: tokens without accents, options sorted.

    Attributes:
        context, question: Tokens.
        options: Tokens of each option, in sorted order.
        gold: The gold options' texts, or the answer of an open question; letters do not matter.
        has_accents: Whether any word has one.
    """

    def __init__(self, context: str, question: str, options: Sequence[str], gold: Sequence[str]) -> None:
        self._accented_options = sorted(map(comparison_tokens, options))
        self._accented = [comparison_tokens(context), comparison_tokens(question), *self._accented_options]
        plain = [[without_accents(token) for token in part] for part in self._accented]
        self.context, self.question = plain[:2]
        self.options = sorted(plain[2:])
        self.has_accents = plain != self._accented
        self.gold = sorted(
            " ".join(without_accents(token) for token in comparison_tokens(text)) for text in gold
        )

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> ComparedRecord:
        """Takes a record's texts; gold letters become the texts of their options."""
        choices, answer = row["choices"], row["answer"]
        gold = [choices[LETTERS.index(letter)] for letter in answer.split(",")] if choices else [answer]
        return cls(row["context"], row["instruction"], choices, gold)

    def all_tokens(self) -> list[str]:
        """Context, question and options, in this order."""
        return [*self.context, *self.question, *(token for option in self.options for token in option)]

    def guard(self) -> list[str]:
        """What must be equal before two records count as one, in order."""
        return guarded(self.all_tokens())

    def key(self, name: str) -> int:
        """64-bit key of a part of the form."""
        return _hash_text(self._text(name))

    def _text(self, name: str) -> str:
        if name == "exact":
            return "\x1e".join(map(self._text, ("context", "question", "options")))
        if name == "accented":
            return "\x1f".join(" ".join(part) for part in self._accented)
        if name == "accented_options":
            return "\x1f".join(" ".join(option) for option in self._accented_options)
        if name == "options":
            return "\x1f".join(" ".join(option) for option in self.options)
        if name == "gold":
            return "\x1f".join(self.gold)
        parts = {"context": self.context, "question": self.question}
        return " ".join(parts[name] if name in parts else self.guard())


def _hash_text(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


@functools.lru_cache(maxsize=300_000)
def _hash_word(word: str) -> int:
    return _hash_text(word)


_EDGE = 0x9E3779B97F4A7C15  # stands before the first and after the last word: one word still makes a shingle


def _shingle_hashes(tokens: Sequence[Sequence[str]], size: int) -> tuple[Hashes, NDArray[np.int64]]:
    """64-bit hashes of the word shingles of several texts, and where each text's begin.

    A text of n words has n + 3 − size shingles or more: its two edges count as words.
    """
    lengths = np.array([len(words) + 2 for words in tokens])
    edges = [_EDGE]
    flat = np.fromiter(
        (h for words in tokens for h in (*edges, *map(_hash_word, words), *edges)),
        dtype=np.uint64,
        count=int(lengths.sum()),
    )
    padded = np.concatenate([flat, np.full(size, _EDGE, np.uint64)])
    hashes = np.zeros(len(flat), np.uint64)
    for place in range(size):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + mix(padded[place : place + len(flat)])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    counts = np.maximum(lengths - size + 1, 1)
    keep = np.zeros(len(flat), bool)
    for start, count in zip(starts[:-1], counts, strict=True):
        keep[start : start + count] = True
    return mix(hashes[keep]), np.concatenate([[0], np.cumsum(counts)])


def mix(values: Hashes) -> Hashes:
    """The finaliser of MurmurHash3 for 64 bits: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def signatures(tokens: Sequence[Sequence[str]]) -> NDArray[np.uint32]:
    """MinHash signatures of texts' word shingles, with datasketch's permutations (``affine32``).

    The same numbers as ``MinHash.update_batch`` of the shingles' lower 32 bits gives, for many texts
    at once.

    Returns:
        Array of shape ``(number of texts, 128)``.
    """
    hashes, starts = _shingle_hashes(tokens, WORDS_PER_SHINGLE)
    values = hashes.astype(np.uint32)
    values ^= values >> np.uint32(16)
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    a, b = _permutations()
    rows = []
    for first in range(0, len(tokens), _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE, len(tokens))
        part = values[starts[first] : starts[last]]
        permuted = a[:, None] * part + b[:, None]
        rows.append(np.minimum.reduceat(permuted, starts[first:last] - starts[first], axis=1).T)
    return np.concatenate(rows) if rows else np.zeros((0, PERMUTATIONS), np.uint32)


@functools.cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    from datasketch import MinHash

    a, b = MinHash(num_perm=PERMUTATIONS, scheme="affine32").permutations
    return a, b


def band_hashes(signature: NDArray[np.uint32]) -> Hashes:
    """One hash per band of signatures: shape ``(number of texts, 16)``; bands are told apart."""
    rows = signature.reshape(len(signature), BANDS, PERMUTATIONS // BANDS).astype(np.uint64)
    hashes = np.broadcast_to(np.arange(BANDS, dtype=np.uint64), rows.shape[:2])
    for place in range(rows.shape[2]):
        hashes = mix(hashes * np.uint64(0x9E3779B97F4A7C15) + rows[:, :, place])
    return hashes


def probes(tokens: Sequence[str]) -> list[int]:
    """A sample of a text's shingles, the same shingles in every text that holds them."""
    words = [_hash_word(word) for word in tokens]
    found = []
    for place in range(len(words) - WORDS_PER_PROBE + 1):
        value = 0
        for word in words[place : place + WORDS_PER_PROBE]:
            value = (value * 0x9E3779B97F4A7C15 + word) & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 29
        if value % PROBE_SAMPLING == 0:
            found.append(value)
    return found


def jaccard(first: Sequence[str], second: Sequence[str]) -> float:
    """Similarity of two texts: shared shingles among all of theirs, from 0 to 1."""
    a, b = (_shingles(words) for words in (first, second))
    return len(a & b) / len(a | b)


def _shingles(words: Sequence[str]) -> set[tuple[str, ...]]:
    padded = ["", *words, ""]
    return {
        tuple(padded[place : place + WORDS_PER_SHINGLE])
        for place in range(max(1, len(padded) - WORDS_PER_SHINGLE + 1))
    }
