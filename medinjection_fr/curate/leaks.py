"""Which records of a release say what must not be learnt: copies, near copies, and what is embedded."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from medinjection_fr.curate.pairs import containment, near_similarity
from medinjection_fr.curate.questions import Benchmark, may_leak
from medinjection_fr.curate.signals import ComparedRecord, band_hashes, probes, signatures
from medinjection_fr.engine import Engine
from medinjection_fr.processes import Count, raise_mistakes
from medinjection_fr.release.digests import canonical_json
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import read_rows
from medinjection_fr.whole import write_whole

_COMMON_PROBE = 50
_COMPARED = ("context", "instruction", "choices", "answer")


class Leak(NamedTuple):
    """A record of the release that says what must not be learnt.

    Attributes:
        id, split: Of our record.
        benchmark_id: Of the question.
        kind: ``copy`` (but for case, typography or order), ``accents``, ``answer`` (the same question
            with another answer), ``near``, or ``embedded``.
        similarity: Of the texts, from 0 to 1.
    """

    id: str
    split: str
    benchmark_id: str
    kind: str
    similarity: float


def find_leaks(release: Release, benchmark: Benchmark, engine: Engine, scratch: Path) -> list[Leak]:
    """Looks through every shard of a release.

    Args:
        release: The release.
        benchmark: What must not be in it, or, of its own questions, in an earlier split.
        engine: Where it runs.
        scratch: Folder for what the processes find.

    Returns:
        Every pair, in the order of the release.
    """
    tasks = [
        (number, release.folder / shard.path, shard.cell.split)
        for number, shard in enumerate(release.shards)
        if any(may_leak(question.split, shard.cell.split) for question in benchmark.questions)
    ]
    asked = canonical_json(
        [
            [{name: question.texts[name] for name in _COMPARED}, question.split]
            for question in benchmark.questions
        ]
    )
    path = scratch / f"asked-{hashlib.sha256(asked).hexdigest()}.json"
    path.write_bytes(asked)
    raise_mistakes(engine.run(partial(_search_shard, path), tasks, "searching", scratch))
    found = []
    for number, _, split in tasks:
        for line in (scratch / f"{number}.tsv").read_text(encoding="utf-8").splitlines():
            id_, question, kind, similarity = line.split("\t")
            found.append(Leak(id_, split, benchmark.questions[int(question)].id, kind, float(similarity)))
    return found


def _search_shard(asked: Path, task: tuple[int, Path, str], count: Count) -> None:
    number, path, split = task
    index = _open_index(asked)
    lines = []
    for rows in read_rows(path):
        forms = [ComparedRecord.of(row) for row in rows]
        bands = band_hashes(signatures([form.all_tokens() for form in forms])).tolist()
        for row, form, hashes in zip(rows, forms, bands, strict=True):
            for question, kind, similarity in index.matches(form, hashes):
                if may_leak(index.splits[question], split):
                    lines.append(f"{row['id']}\t{question}\t{kind}\t{similarity:.4f}\n")
        count(len(rows))
    write_whole(asked.parent / f"{number}.tsv", "".join(lines).encode("utf-8"))


@functools.lru_cache(maxsize=1)
def _open_index(asked: Path) -> QuestionIndex:
    """Builds the index, once in each process."""
    return QuestionIndex(
        [(ComparedRecord.of(texts), split) for texts, split in json.loads(asked.read_bytes())]
    )


class QuestionIndex:
    """Questions by key, band and probe; more can be added.

    Args:
        asked: Forms of comparison, each with its split.

    Attributes:
        splits: The split of each question, by its number.
    """

    def __init__(self, asked: Sequence[tuple[ComparedRecord, str]]) -> None:
        self._forms: list[ComparedRecord] = []
        self.splits: list[str] = []
        self._exact: dict[int, list[int]] = {}
        self._bands: dict[int, list[int]] = {}
        self._probes: dict[int, list[int]] = {}
        bands = band_hashes(signatures([form.all_tokens() for form, _ in asked])).tolist()
        for (form, split), hashes in zip(asked, bands, strict=True):
            self.add(form, split, hashes)

    def add(self, form: ComparedRecord, split: str, bands: Sequence[int] | None = None) -> None:
        """Adds a question; its number is how many there were.

        Args:
            form: Its form of comparison.
            split: Its split.
            bands: Its band hashes, if they are known.
        """
        number = len(self._forms)
        self._forms.append(form)
        self.splits.append(split)
        hashes = _bands_of(form) if bands is None else bands
        for table, keys in (
            (self._exact, [form.key("exact")]),
            (self._bands, hashes),
            (self._probes, probes(form.question)),
        ):
            for key in dict.fromkeys(keys):
                table.setdefault(key, []).append(number)

    def matches(
        self, form: ComparedRecord, bands: Sequence[int] | None = None
    ) -> Iterator[tuple[int, str, float]]:
        """Questions that a record says, each once, by the strongest kind.

        Args:
            form: The record's form of comparison.
            bands: Its band hashes, if they are known.

        Yields:
            Number of the question, kind of the match, similarity.
        """
        bands = _bands_of(form) if bands is None else bands
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
        owners = (self._probes.get(probe, ()) for probe in held)
        inside = {question for who in owners if len(who) <= _COMMON_PROBE for question in who}
        for question in sorted(inside - told):
            share = containment(self._forms[question], form)
            if share is not None:
                yield question, "embedded", share


def _bands_of(form: ComparedRecord) -> list[int]:
    hashes: list[int] = band_hashes(signatures([form.all_tokens()]))[0].tolist()
    return hashes


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
