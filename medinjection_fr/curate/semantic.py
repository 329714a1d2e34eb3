"""Records that may ask the same as a question in other words or in another language: a list for review.

A cosine of sentence vectors finds translations and paraphrases that no index of words finds. It does not
see a negation, so nothing is ever dropped or flagged for it: what the two differ in stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medinjection_fr.curate.differences import Differences, find_differences
from medinjection_fr.curate.encoders import DEFAULT_MODEL
from medinjection_fr.curate.language import FRENCH, judge_language
from medinjection_fr.curate.leaks import Leak
from medinjection_fr.curate.nearest import CERTAIN, Neighbours, keep_best, nearest, no_neighbours
from medinjection_fr.curate.questions import Benchmark, Question, may_leak
from medinjection_fr.curate.signals import ComparedRecord
from medinjection_fr.curate.vectors import (
    Piece,
    Vectors,
    encoded_text,
    open_vectors,
    pieces_of_questions,
    pieces_of_release,
)
from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.processes import Count, raise_mistakes
from medinjection_fr.record import SPLITS
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import read_rows
from medinjection_fr.whole import whole_file

_TEXTS_WORTH_A_PROCESS = 2_000

Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Search:
    """What is looked for.

    Attributes:
        model: The encoder (see ``encoders.open_encoder``).
        threshold: Lowest cosine of a candidate. The usual one was measured: ``benchmarks/semantic.py``.
        top: Candidates for each question, at most.
        texts: Whether candidates carry their texts.
    """

    model: str = DEFAULT_MODEL
    threshold: float = 0.7
    top: int = 3
    texts: bool = False


class Candidate(NamedTuple):
    """A record that may ask the same as a question.

    Attributes:
        record_id, record_split, record_source: Of the record.
        record_language: ISO 639-1 code; ``fr`` unless it is foreign for certain.
        question_id, question_split, question_source, question_language: Of the question.
        cosine: Of their vectors, to four decimals.
        answers_agree: Whether the gold answers' texts are equal; ``None`` if one has no answer, or if they
            are unlike in two languages.
        differences: What the record and the question differ in (see ``differences``); ``None`` if they are
            in two languages.
        texts: The record's and the question's, as they were encoded; ``None`` if they were not asked for.
    """

    record_id: str
    record_split: str
    record_source: str
    record_language: str
    question_id: str
    question_split: str
    question_source: str
    question_language: str
    cosine: float
    answers_agree: bool | None
    differences: Differences | None
    texts: tuple[str, str] | None

    def as_json(self) -> dict[str, Any]:
        """The candidate as a JSON object."""
        fields = self._asdict()
        if self.differences is not None:
            fields["differences"] = {kind: _of_two(both) for kind, both in self.differences.items()}
        texts = fields.pop("texts")
        return {**fields, "texts": _of_two(texts)} if texts else fields


def _of_two(both: tuple[Any, Any]) -> dict[str, Any]:
    return {"record": both[0], "question": both[1]}


@dataclass(frozen=True)
class Review:
    """What is to be reviewed.

    Attributes:
        search: What was looked for.
        candidates: The nearest first.
        records, questions: How many were compared.
        cut_records, cut_questions: How many of them were longer than the encoder takes.
    """

    search: Search
    candidates: Sequence[Candidate]
    records: int
    questions: int
    cut_records: int
    cut_questions: int

    def as_json(self) -> dict[str, Any]:
        """The review as a JSON object."""
        rows = [candidate.as_json() for candidate in self.candidates]
        return {**vars(self), "search": vars(self.search), "candidates": rows}


def write_review(review: Review, path: Path) -> None:
    """Writes the candidates as JSON Lines, under the final name once the file is whole."""
    with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        for candidate in review.candidates:
            file.write(json.dumps(candidate.as_json(), ensure_ascii=False) + "\n")


def find_candidates(
    release: Release,
    benchmark: Benchmark,
    leaks: Sequence[Leak],
    search: Search,
    engine: Engine,
    scratch: Path,
    kept_vectors: Path | None = None,
) -> Review:
    """Looks for the nearest records of each question.

    Args:
        release: The release.
        benchmark: The questions; for one of a later split, earlier splits are searched only.
        leaks: What was found already: it is not told again.
        search: What is looked for.
        engine: Where it runs.
        scratch: Folder for what the processes find.
        kept_vectors: Folder that keeps the vectors for another run, or one that was killed.

    Raises:
        InputError: The encoder is not there, a shard is damaged, or another process uses ``kept_vectors``.
    """
    asked = {question.split for question in benchmark.questions}
    splits = {split for split in SPLITS if any(may_leak(question, split) for question in asked)}
    records = pieces_of_release(release, splits)
    questions = pieces_of_questions(benchmark.questions)
    hidden = _hidden_pairs(records, benchmark.questions, leaks)
    if sum(piece.size for piece in [*records, *questions]) < _TEXTS_WORTH_A_PROCESS:
        engine = IN_THIS_PROCESS
    with open_vectors(kept_vectors or scratch / "vectors", search.model) as vectors:
        vectors.encode([*records, *questions], engine)
        tasks = [_Task(piece, hidden[piece.first], scratch / f"near-{piece.first}.npy") for piece in records]
        compare = partial(_compare, vectors, [piece._replace(texts=()) for piece in questions], search)
        raise_mistakes(engine.run(compare, tasks, "comparing", scratch))
        cut = vectors.count_cut(records), vectors.count_cut(questions)
    near = [np.load(task.output) for task in tasks]
    best = keep_best(np.concatenate([no_neighbours(), *near]), search.top)
    found = list(_candidates(records, benchmark.questions, best, search.texts))
    found.sort(key=lambda one: (-one.cosine, one.question_id, one.record_id))
    return Review(search, found, sum(piece.size for piece in records), len(benchmark.questions), *cut)


class _Task(NamedTuple):
    """A shard to be compared: pairs of it that do not count, and where to write what is found."""

    piece: Piece
    hidden: Pairs
    output: Path


def _hidden_pairs(
    records: Sequence[Piece], questions: Sequence[Question], leaks: Sequence[Leak]
) -> dict[int, Pairs]:
    """Pairs of (question, record) numbers that were found already, by the first number of each piece."""
    numbers: dict[str, list[int]] = {}
    for number, question in enumerate(questions):
        numbers.setdefault(question.id, []).append(number)
    told: dict[str, list[int]] = {}
    for leak in leaks:
        told.setdefault(leak.id, []).extend(numbers[leak.benchmark_id])
    hidden = {}
    for piece in records:
        rows = _numbered(piece) if told else ()
        pairs = [(question, record) for record, row in rows for question in told.get(row["id"], ())]
        hidden[piece.first] = np.array(pairs, np.int64).reshape(-1, 2)
    return hidden


def _numbered(piece: Piece) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a shard with their numbers."""
    rows = chain.from_iterable(read_rows(piece.path)) if piece.path else iter(())
    return enumerate(rows, piece.first)


def _compare(vectors: Vectors, questions: Sequence[Piece], search: Search, task: _Task, count: Count) -> None:
    from threadpoolctl import threadpool_limits

    found = [no_neighbours()]
    with threadpool_limits(limits=1, user_api="blas"):  # one thread adds in one order
        for asked in questions:
            if may_leak(asked.split, task.piece.split):
                is_own = (task.hidden[:, 0] >= asked.first) & (task.hidden[:, 0] < asked.first + asked.size)
                hidden = task.hidden[is_own] - np.array([asked.first, task.piece.first])
                near = nearest(
                    vectors.of(asked), vectors.of(task.piece), search.threshold, search.top, hidden
                )
                near["question"] += asked.first
                near["record"] += task.piece.first
                found.append(near)
    np.save(task.output, np.concatenate(found))
    count(task.piece.size)


def _candidates(
    records: Sequence[Piece], questions: Sequence[Question], near: Neighbours, with_texts: bool
) -> Iterator[Candidate]:
    languages = {number: _language(questions[number].texts) for number in set(near["question"].tolist())}
    for piece in records:
        own = near[(near["record"] >= piece.first) & (near["record"] < piece.first + piece.size)]
        wanted = set(own["record"].tolist())
        rows = {number: row for number, row in _numbered(piece) if number in wanted}
        for question, record, cosine in own.tolist():
            row, asked = rows[record], questions[question]
            texts = (encoded_text(row), encoded_text(asked.texts)) if with_texts else None
            yield _candidate(row, piece.split, asked, languages[question], cosine / CERTAIN, texts)


def _candidate(
    row: Mapping[str, Any],
    split: str,
    question: Question,
    question_language: str,
    cosine: float,
    texts: tuple[str, str] | None,
) -> Candidate:
    form, language = ComparedRecord.of(row), _language(row)
    is_one_language = language == question_language
    agree: bool | None = form.gold == question.form.gold
    if not (any(form.gold) and any(question.form.gold)) or not (agree or is_one_language):
        agree = None
    tokens = form.all_tokens(), question.form.all_tokens()
    return Candidate(
        row["id"],
        split,
        row["source"],
        language,
        question.id,
        question.split,
        question.source,
        question_language,
        cosine,
        agree,
        find_differences(*tokens) if is_one_language else None,
        texts,
    )


def _language(texts: Mapping[str, Any]) -> str:
    """French, unless the texts are foreign for certain: a short one cannot be told."""
    verdict = judge_language({"task": "other", **texts})
    return verdict.language if verdict.drop and verdict.language else FRENCH
