"""No near copy: of what a test asks, told of each unit alone; of another unit, told in the order of the export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from medinjection_fr.curate.compare import guarded
from medinjection_fr.curate.leaks import QuestionIndex
from medinjection_fr.curate.pairs import SIMILAR
from medinjection_fr.curate.questions import OUTSIDE, Benchmark
from medinjection_fr.curate.signals import ComparedRecord, jaccard
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.outcome import Finding, Outcome

RULES = {
    "test-copy": "no record says what a test set asks",
    "near-copy": "no record says what another one of the job says already",
}

_COLUMNS = ("context", "instruction", "choices", "answer")
_TOLD = 3
"""Copies that are named at most."""


def write_questions(benchmark: Benchmark) -> str:
    """The questions of a test set as JSON, in order: what a job keeps of it."""
    return json.dumps(
        [[q.id, q.source, {name: q.texts[name] for name in _COLUMNS}] for q in benchmark.questions],
        ensure_ascii=False,
    )


class TestSets:
    """Test sets that no record may say.

    Args:
        written: Of each, what ``write_questions`` gave.
    """

    __test__ = False  # no class of tests, whatever its name

    def __init__(self, written: Sequence[str]) -> None:
        rows = [row for text in written for row in json.loads(text)]
        self._names = [f"{source} {id_}" for id_, source, _ in rows]
        forms = [ComparedRecord.of(texts) for _, _, texts in rows]
        self._index = QuestionIndex([(form, OUTSIDE) for form in forms]) if forms else None

    def check(self, record: Mapping[str, Any]) -> Iterator[Fault]:
        """Looks for questions of the test sets that a record says."""
        if self._index is None:
            return
        found = [
            f"{self._names[question]} ({kind} {similarity:.2f})"
            for question, kind, similarity in self._index.matches(ComparedRecord.of(record))
        ]
        if found:
            more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
            yield Fault("test-copy", ", ".join(found[:_TOLD]) + more)


class Copies:
    """Judges accepted outcomes one after the other, each against those before it.

    Two records of one document, or of two with the same text, are copies if they ask the same or nearly
    the same question. Two questions with options are copies, whatever they were made from, if curation
    calls their question and options a copy or near copy.
    """

    def __init__(self) -> None:
        self._closed = QuestionIndex([])
        self._units: list[str] = []  # of the questions with options
        self._asked: dict[str, list[tuple[str, ComparedRecord]]] = {}  # by group, and by context

    def judge(self, outcome: Outcome) -> Outcome:
        """The outcome, put aside if one of its records is a copy of what was accepted before."""
        forms = [ComparedRecord.of({**record, "context": ""}) for record in outcome.records]
        for record, form in zip(outcome.records, forms, strict=True):
            if evidence := self._find(record, form):
                attempt = max((finding.attempt for finding in outcome.findings), default=0) + 1
                found = (*outcome.findings, Finding("near-copy", evidence, attempt))
                return replace(outcome, records=[], findings=found)
        for record, form in zip(outcome.records, forms, strict=True):
            if record["choices"]:
                self._closed.add(form, OUTSIDE)
                self._units.append(outcome.unit)
            for place in _places(record):
                self._asked.setdefault(place, []).append((outcome.unit, form))
        return outcome

    def _find(self, record: Mapping[str, Any], form: ComparedRecord) -> str:
        for place in _places(record):
            for unit, other in self._asked.get(place, ()):
                if _ask_the_same(form, other):
                    return f"of {unit}: the same question of one document"
        if record["choices"]:
            for question, kind, similarity in self._closed.matches(form):
                return f"of {self._units[question]}: {kind} {similarity:.2f}"
        return ""


def _places(record: Mapping[str, Any]) -> list[str]:
    """Where the other questions on the same text are to be found."""
    context = record["context"]
    digest = hashlib.blake2b(context.encode("utf-8"), digest_size=16).hexdigest()
    return [f"group {record['group_id']}", *([f"text {digest}"] if context else [])]


def _ask_the_same(first: ComparedRecord, second: ComparedRecord) -> bool:
    if first.question == second.question:
        return True
    if guarded(first.question) != guarded(second.question):
        return False
    return jaccard(first.question, second.question) >= SIMILAR
