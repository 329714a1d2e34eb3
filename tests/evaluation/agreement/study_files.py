"""Runs with judges, and reviews, as files: what two annotators and some judges say of made-up answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

RUNS = ("base", "tuned")
RECORDS = 40
SET = "a" * 64


def record_id(number: int) -> str:
    """Of the record of that number."""
    return f"{number:032x}"


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    """JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    """What ``write_lines`` wrote."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_run(path: Path, version: str = "1.0.0", records: int = RECORDS) -> Path:
    """A run with open answers and their scores."""
    described = {"format": "medinjection-fr/evaluation/1", "data": {"version": version}, "permutations": 0}
    generator = np.random.default_rng(len(path.name))
    lines = [
        {
            "id": record_id(n),
            "group_id": f"case {n // 2}",
            "source": "questions",
            "subject": None,
            "origin": "native",
            "type": "oeq",
            "permutation": 0,
            "order": [],
            "gold": None,
            "options": 0,
            "outputs": {"greedy": {"reply": "une réponse", "finish": "stop", "tokens": 2}},
        }
        for n in range(records)
    ]
    write_lines(path / "predictions.jsonl", lines)
    (path / "run.json").write_text(json.dumps(described))
    each = {record_id(n): {"chrf": float(generator.uniform(0, 100))} for n in range(records)}
    scores = {"signatures": {"chrf": "chrF"}, "corpus": {"chrf": 50.0}, "each": each}
    (path / "open_scores.json").write_text(json.dumps(scores))
    return path


def write_judge(run: Path, name: str, lines: Iterable[Mapping[str, Any]], **described: Any) -> Path:
    """A judge of a run."""
    head = {
        "format": "medinjection-fr/judge/1",
        "judge": {"name": name},
        "kind": "equivalence",
        "language": "fr",
        "prompt": {"name": "equivalence-fr", "sha256": "b" * 64},
        "method": "likelihood",
        "answers_sha256": "c" * 64,
        "against": None,
        "variants": ["plain"],
        **described,
    }
    folder = write_lines(run / "judges" / name / "judgements.jsonl", lines).parent
    (folder / "judge.json").write_text(json.dumps(head))
    return folder


def judgement(number: int, variant: str = "plain", **said: Any) -> dict[str, Any]:
    """A line of a judge."""
    head = {"id": record_id(number), "group_id": f"case {number // 2}", "variant": variant}
    return {**head, "words": 10 + number, "prompt_sha256": "d" * 64, "seconds": 0.1, **said}


def verdict(probability: float | None) -> dict[str, Any]:
    """Of a judge by likelihood; ``None``: unscored."""
    if probability is None:
        return {"verdict": None, "unscored": "no-label", "probability": None}
    return {"verdict": "equivalent" if probability > 0.5 else "different", "probability": probability}


def review(number: int, annotator: str, verdicts: Mapping[str, str], **changed: Any) -> dict[str, Any]:
    """What an annotator says of a record's answers."""
    line = {
        "set": SET,
        "item": f"q{number:05}",
        "kind": "answers",
        "id": record_id(number),
        "group_id": f"case {number // 2}",
        "annotator": annotator,
        "verdicts": dict(verdicts),
        "words": {run: 10 + number for run in RUNS},
        "preference": None,
        "remark": "",
        "at": "2026-11-25T22:00:00Z",
    }
    return line | changed


def write_reviews(path: Path, annotators: Iterable[str] = ("claire", "samir"), seed: int = 0) -> Path:
    """Every annotator rates all answers; they agree in 9 of 10."""
    truth = np.random.default_rng(seed).random((RECORDS, len(RUNS))) < 0.4
    lines = []
    for place, annotator in enumerate(annotators):
        slips = np.random.default_rng([seed, place]).random(truth.shape) < 0.1
        said = np.where(truth ^ slips, "equivalent", "different")
        lines += [
            review(n, annotator, dict(zip(RUNS, map(str, said[n]), strict=True))) for n in range(RECORDS)
        ]
    return write_lines(path, lines)


def write_study(folder: Path) -> tuple[list[Path], Path]:
    """Two runs, each with a judge that is often right, and the reviews."""
    runs = [write_run(folder / name) for name in RUNS]
    reviews = write_reviews(folder / "reviews.jsonl")
    said = {line["id"]: line["verdicts"] for line in read_lines(reviews) if line["annotator"] == "claire"}
    for place, run in enumerate(runs):
        generator = np.random.default_rng(10 + place)
        lines = []
        for n in range(RECORDS):
            right = said[record_id(n)][run.name] == "equivalent"
            share = float(np.clip(0.25 + 0.5 * right + generator.normal(0, 0.25), 0, 1))
            lines.append(judgement(n, **verdict(None if n == 7 else round(share, 3))))
        write_judge(run, "good", lines)
    return runs, reviews
