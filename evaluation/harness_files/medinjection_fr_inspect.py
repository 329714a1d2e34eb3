"""MedInjection-FR's multiple choice for inspect-ai: ``inspect eval medinjection_fr_inspect.py@mcqu --model …``.

A greedy reply of the model, read by the parser of MedInjection-FR. Needs ``medinjection_fr`` (it spells the
prompt) and the folder ``medinjection_fr_scoring`` beside this file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from datasets import load_dataset
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from medinjection_fr_scoring.harness_definition import (  # noqa: E402
    SCORES,
    question_text,
    read_reply,
    score_letters,
)

DEFINITION = json.loads((HERE / "definition.json").read_text(encoding="utf-8"))


@task
def mcqu() -> Task:
    """Questions with one correct answer."""
    return _task("mcqu")


@task
def mcq() -> Task:
    """Questions with one or several correct answers."""
    return _task("mcq")


def _task(type: str) -> Task:
    records = load_dataset(
        DEFINITION["path"], DEFINITION["config"], split=DEFINITION["split"], revision=DEFINITION["revision"]
    )
    samples = [
        Sample(question_text(record), id=record["id"], target=record["answer"], metadata=record)
        for record in records
        if record["type"] == type
    ]
    return Task(
        dataset=MemoryDataset(samples, name=f"medinjection_fr_{type}"),
        solver=generate(),
        scorer=letters(),
        config=GenerateConfig(temperature=0.0, max_tokens=DEFINITION["free_tokens"]),
        version=DEFINITION["version"],
    )


@scorer(metrics={score: [mean(), stderr()] for score in SCORES})
def letters() -> Scorer:
    """Scores of the letters that a reply chooses."""

    async def score(state: TaskState, target: Target) -> Score:
        record = state.metadata
        chosen = read_reply(record, state.output.completion).letters
        return Score(value=dict(score_letters(record, chosen)), answer=chosen)

    return score
