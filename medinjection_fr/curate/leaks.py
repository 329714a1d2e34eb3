"""A release against an outside benchmark: which of its records say what the benchmark asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.curate.normalise import normalise_record
from medinjection_fr.curate.pairs import containment, near_similarity
from medinjection_fr.curate.signals import ComparedRecord, band_hashes, probes, signatures
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.processes import Count, run_tasks
from medinjection_fr.release.manifest import MANIFEST, Release, read_release
from medinjection_fr.release.shards import open_shard
from medinjection_fr.sources.gold import parse_gold
from medinjection_fr.sources.readers import read_json_records

_COMMON_PROBE = 50
_KEYS = {
    "instruction": ("instruction", "question"),
    "context": ("context",),
    "choices": ("choices", "options"),
    "answer": ("answer", "gold"),
    "id": ("id", "source_id"),
}
"""Our column → the keys that a benchmark's JSON may have for it."""


class Question(NamedTuple):
    """A benchmark's question: its identifier and its form of comparison."""

    id: str
    form: ComparedRecord


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark asks.

    Attributes:
        questions: Those that could be indexed.
        unindexed: Reason → how many could not be.
    """

    questions: Sequence[Question]
    unindexed: Mapping[str, int]


class Leak(NamedTuple):
    """A record of the release that says what the benchmark asks.

    Attributes:
        id, split: Of our record.
        benchmark_id: Of the benchmark's.
        kind: ``copy`` (but for case, typography or order), ``accents``, ``answer`` (the same question
            with another answer), ``near``, or ``embedded``.
        similarity: Of the texts, from 0 to 1.
    """

    id: str
    split: str
    benchmark_id: str
    kind: str
    similarity: float


def read_benchmark(path: Path) -> Benchmark:
    """Reads a benchmark: a release folder (its test), a JSON array or JSON Lines.

    Raises:
        InputError: The file cannot be read, or no row has a question under a key that is known.
    """
    rows = list(_release_rows(path) if (path / MANIFEST).exists() else read_json_records(path))
    questions: list[Question] = []
    unindexed: Counter[str] = Counter()
    for position, row in rows:
        question = _question(position, row)
        if isinstance(question, str):
            unindexed[question] += 1
        else:
            questions.append(question)
    if not questions:
        first = rows[0][1] if rows else {}
        found = ", ".join(first) if isinstance(first, Mapping) else type(first).__name__
        expected = "; ".join(f"{name}: {' or '.join(keys)}" for name, keys in _KEYS.items())
        raise InputError(Problem(str(path), f"no row is a question (keys: {found})", expected))
    return Benchmark(questions, dict(unindexed))


def _release_rows(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    release = read_release(folder)
    for shard in release.shards:
        if shard.cell.split == "test":
            with open_shard(folder / shard.path) as (_, batches):
                for batch in batches:
                    yield from enumerate(batch.to_pylist())


def _question(position: int, row: Any) -> Question | str:
    """The question of a row, or why it could not be indexed."""
    if not isinstance(row, Mapping):
        return "not an object"
    values = {
        name: next((row[key] for key in keys if row.get(key) is not None), None)
        for name, keys in _KEYS.items()
    }
    choices = values["choices"] or []
    choices = list(choices.values()) if isinstance(choices, Mapping) else choices
    texts = normalise_record(
        {
            "instruction": values["instruction"],
            "context": values["context"] or "",
            "choices": choices,
            "answer": "" if values["answer"] is None else str(values["answer"]),
        }
    )
    if not isinstance(texts["instruction"], str) or not texts["instruction"]:
        return "no question"
    if not isinstance(texts["choices"], list) or not all(isinstance(c, str) for c in texts["choices"]):
        return "options that are no texts"
    gold = parse_gold(texts["answer"], texts["choices"]) if texts["choices"] else None
    if texts["choices"] and gold is None:
        return "a gold answer that is none of the options"
    known = {**texts, "answer": gold if gold is not None else texts["answer"]}
    try:
        form = ComparedRecord.of(known)
    except IndexError:
        return "a gold answer that is none of the options"
    if not form.question:
        return "no word in the question"
    return Question(str(values["id"]) if values["id"] is not None else f"#{position}", form)


def find_leaks(release: Release, benchmark: Benchmark, jobs: int, scratch: Path) -> list[Leak]:
    """Looks through every shard of a release.

    Args:
        release: The release.
        benchmark: What must not be in it.
        jobs: Processes.
        scratch: Folder for what the processes find.

    Returns:
        Every pair, in the order of the release.
    """
    tasks = [
        (number, release.folder / shard.path, shard.cell.split) for number, shard in enumerate(release.shards)
    ]
    run_tasks(partial(_search_shard, benchmark, scratch), tasks, jobs, "searching")
    found = []
    for number, _, split in tasks:
        for line in (scratch / f"{number}.tsv").read_text(encoding="utf-8").splitlines():
            id_, question, kind, similarity = line.split("\t")
            found.append(Leak(id_, split, benchmark.questions[int(question)].id, kind, float(similarity)))
    return found


def _search_shard(benchmark: Benchmark, scratch: Path, task: tuple[int, Path, str], count: Count) -> None:
    number, path, _ = task
    index = _Index(benchmark.questions)
    lines = []
    with open_shard(path) as (_, batches):
        for batch in batches:
            rows = batch.to_pylist()
            forms = [ComparedRecord.of(row) for row in rows]
            bands = band_hashes(signatures([form.all_tokens() for form in forms])).tolist()
            for row, form, hashes in zip(rows, forms, bands, strict=True):
                for question, kind, similarity in index.matches(form, hashes):
                    lines.append(f"{row['id']}\t{question}\t{kind}\t{similarity:.4f}\n")
            count(len(rows))
    (scratch / f"{number}.tsv").write_text("".join(lines), encoding="utf-8")


class _Index:
    """A benchmark's questions by key, band and probe."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._forms = [question.form for question in questions]
        self._exact = _by_key((form.key("exact"),) for form in self._forms)
        bands = band_hashes(signatures([form.all_tokens() for form in self._forms])).tolist()
        self._bands = _by_key(map(tuple, bands))
        probed = _by_key(tuple(probes(form.question)) for form in self._forms)
        self._probes = {probe: who for probe, who in probed.items() if len(who) <= _COMMON_PROBE}

    def matches(self, form: ComparedRecord, bands: Sequence[int]) -> Iterator[tuple[int, str, float]]:
        """Questions that a record says, each once, by the strongest kind."""
        told = set()
        for question in self._exact.get(form.key("exact"), ()):
            if kind := _kind_of_equals(form, self._forms[question]):
                told.add(question)
                yield question, kind, 1.0
        near = {question for band in bands for question in self._bands.get(band, ())}
        for question in sorted(near - told):
            similarity = near_similarity(form, self._forms[question])
            if similarity is not None:
                told.add(question)
                yield question, "near", similarity
        held = probes([*form.context, *form.question]) if form.context else []
        inside = {question for probe in held for question in self._probes.get(probe, ())}
        for question in sorted(inside - told):
            share = containment(self._forms[question], form)
            if share is not None:
                yield question, "embedded", share


def _by_key(keys: Iterator[tuple[int, ...]] | map[tuple[int, ...]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, own in enumerate(keys):
        for key in set(own):
            found.setdefault(key, []).append(number)
    return found


def _kind_of_equals(first: ComparedRecord, second: ComparedRecord) -> str | None:
    """The kind of two records whose context, question and options are equal without accents."""
    same_gold = first.gold == second.gold
    if first.key("accented") != second.key("accented"):
        both = first.has_accents and second.has_accents
        same_options = first.options and first.key("accented_options") == second.key("accented_options")
        if both and not (same_options and same_gold):
            return None
        return "accents" if same_gold else "answer"
    return "copy" if same_gold else "answer"
