"""Scores of a run's open answers, beside its predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluation.data import TestSet
from evaluation.run_folder import read_predictions
from evaluation.text_scores import bert_scores, score_texts
from medinjection_fr.release.digests import canonical_json
from medinjection_fr.whole import write_whole

SCORES = "open_scores.json"


def score_open_answers(run: Path, data: TestSet, encoder: tuple[Path, int] | None = None) -> None:
    """Scores all open answers of a run and writes ``open_scores.json``; nothing if there are none.

    Args:
        run: Folder of the run.
        data: Holds the references.
        encoder: Folder of a model for BERTScore and the layer that it compares, counted from 1.

    Raises:
        InputError: The folder of the encoder holds no model.
    """
    answers = {
        prediction["id"]: prediction["outputs"]["greedy"]["reply"]
        for prediction in read_predictions(run)
        if prediction["type"] == "oeq" and prediction["outputs"]
    }
    if not answers:
        return
    references = {
        id: answer for id, answer in zip(data.rows["id"], data.rows["answer"], strict=True) if id in answers
    }
    ids = sorted(references)
    scores = score_texts([answers[id] for id in ids], [references[id] for id in ids])
    if encoder:
        texts = [answers[id] for id in ids], [references[id] for id in ids]
        scores.each["bertscore"], scores.signatures["bertscore"] = bert_scores(*texts, *encoder)
    written = {
        "signatures": scores.signatures,
        "corpus": scores.corpus,
        "each": {id: {name: values[n] for name, values in scores.each.items()} for n, id in enumerate(ids)},
    }
    write_whole(run / SCORES, canonical_json(written))


def read_open_scores(run: Path) -> dict[str, Any] | None:
    """What ``score_open_answers`` wrote, if it did."""
    path = run / SCORES
    return json.loads(path.read_bytes()) if path.exists() else None
