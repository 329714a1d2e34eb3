"""Open answers that a judge and people see most differently, by id; with their texts only when asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.compare import Run
from evaluation.report.opinions import Reviews
from evaluation.run_folder import PREDICTIONS
from medinjection_fr.errors import InputError, Problem

_FOR_EACH_JUDGE = 8
_APART = 0.5
"""Distance between a judge and the share of people from which they disagree."""


@dataclass(frozen=True)
class Example:
    """One answer.

    Attributes:
        judge, run, id: Who judged whose answer to which record.
        people: Share of annotators that call it equivalent.
        score: The judge's probability of that, or 0 or 1.
        words: Of the answer.
        texts: By name, as question, reference, answer, remarks; empty unless asked.
    """

    judge: str
    run: str
    id: str
    people: float
    score: float
    words: int
    texts: Mapping[str, str] = field(default_factory=dict)


def find_examples(
    agreement: Mapping[str, Any] | None,
    judges: set[str],
    paths: Sequence[Path],
    data: Path | None,
    with_text: bool,
    reviews: Reviews | None,
    runs: Sequence[Run],
) -> list[Example]:
    """The answers on which each judge is farthest from people.

    Args:
        agreement: ``agreement.json``, if there is one.
        judges: Names of judges; metrics, whose scale is another, have no examples.
        paths: Folders of the runs.
        data: Release folder, for the texts of questions and references.
        with_text: Whether texts are shown.
        reviews: What people said.
        runs: As they were read.

    Raises:
        InputError: The release is not the one of the runs.
    """
    questions = _questions(data, runs[0]) if data and with_text else {}
    found: list[Example] = []
    points = agreement["scatter"] if agreement else []
    for judge in sorted(judges):
        own = [p for p in points if p["judge"] == judge and abs(p["people"] - p["score"]) >= _APART]
        own.sort(key=lambda p: (-abs(p["people"] - p["score"]), p["run"], p["id"]))
        found += [Example(**point) for point in own[:_FOR_EACH_JUDGE]]
    if not with_text:
        return found
    answers = _answers(paths, {(example.run, example.id) for example in found})
    remarks = reviews.remarks if reviews else {}
    return [
        Example(
            **{**vars(example), "texts": {}}
            | {
                "texts": {
                    **questions.get(example.id, {}),
                    "answer": answers.get((example.run, example.id), ""),
                    "remarks": "\n".join(remarks.get(example.id, ())),
                }
            }
        )
        for example in found
    ]


def _questions(data: Path, run: Run) -> dict[str, dict[str, str]]:
    from evaluation.data import open_test_set
    from medinjection_fr.record import TYPES

    asked = run.described["data"]
    records = open_test_set(str(data), asked["config"], asked["split"], TYPES, None)
    if records.described["release_digest"] != asked["release_digest"]:
        digests = [digest[:12] for digest in (records.described["release_digest"], asked["release_digest"])]
        what = f"is the release {digests[0]}…"
        raise InputError(Problem(f"--data {data}", what, f"{digests[1]}…, which the runs were asked"))
    return {
        row["id"]: {
            "question": "\n\n".join(filter(None, (row["context"], row["instruction"]))),
            "reference": row["answer"],
        }
        for row in records.rows
        if row["type"] == "oeq"
    }


def _answers(paths: Sequence[Path], wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Replies to open questions, read again: runs are held without them."""
    answers = {}
    for path in paths:
        ids = {id for name, id in wanted if name == path.name}
        if not ids:
            continue
        with (path / PREDICTIONS).open("rb") as file:
            for line in file:
                if line.endswith(b"\n") and (said := json.loads(line))["id"] in ids and said["outputs"]:
                    answers[path.name, said["id"]] = str(said["outputs"]["greedy"].get("reply") or "")
    return answers
