"""A run on one page: open model and records, ask what is left, score open answers at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.contamination import look_for_contamination
from evaluation.data import TestSet
from evaluation.open_answers import score_open_answers
from evaluation.opening import Predictor
from evaluation.protocols import FREE_TOKENS, OPEN_TOKENS
from evaluation.run_folder import RunFolder
from medinjection_fr.resources import library_versions, source_digest


def run(
    model: Predictor,
    data: TestSet,
    protocols: Sequence[str],
    permutations: int,
    output: Path,
    encoder: tuple[Path, int] | None = None,
) -> int:
    """Asks a model all questions that its run has no prediction for.

    Args:
        model: Who is asked.
        data: The records.
        protocols: Of multiple choice.
        permutations: Further orders of options of each multiple-choice record.
        output: Folder of the run, new or begun with the same.
        encoder: Folder of a model for BERTScore of open answers, and the layer that it compares.

    Returns:
        Predictions made now.

    Raises:
        InputError: The folder holds another run.
    """
    with RunFolder(output, describe(model, data, protocols, permutations)) as folder:
        questions = list(data.questions(permutations))
        left = [q for q in questions if (q.record["id"], q.permutation) not in folder.done]
        made = 0
        for prediction in model.predict(left, protocols):
            folder.add(prediction)
            made += 1
        score_open_answers(output, data, encoder)
        if model.training:
            look_for_contamination(model.training, data, output)
    return made


def describe(model: Predictor, data: TestSet, protocols: Sequence[str], permutations: int) -> dict[str, Any]:
    """What a run is: two runs that differ in any of it are two runs."""
    return {
        "model": model.described,
        "data": data.described | {"records": len(data.rows)},
        "protocols": list(protocols),
        "permutations": permutations,
        "tokens": {"free": FREE_TOKENS, "open": OPEN_TOKENS},
        "versions": library_versions() | {"medinjection_fr_source": source_digest()},
    }
