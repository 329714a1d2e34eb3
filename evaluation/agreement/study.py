"""The whole of agreement: from runs and reviews to ``agreement.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.agreement.checks import ALWAYS_NO, CANNOT_JUDGE, read_inputs
from evaluation.agreement.interventions import flips, position
from evaluation.agreement.judges import against_people
from evaluation.agreement.length import length_effect
from evaluation.agreement.like_length import compare_generators
from evaluation.agreement.paired import Paired
from evaluation.agreement.people import describe_people
from evaluation.agreement.rated import VERDICTS, rated_answers
from evaluation.agreement.said import all_judges
from evaluation.statistics import RESAMPLES
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.release.digests import canonical_json, digest_file
from medinjection_fr.whole import write_whole

FORMAT = "medinjection-fr/agreement/1"
FILE = "agreement.json"


def measure_agreement(
    paths: Sequence[Path],
    files: Sequence[Path],
    generator_effect: str = "fixed",
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Computes ``agreement.json``.

    Args:
        paths: Folders of runs over the same records, with ``judges/`` inside.
        files: Exports of reviews of one set.
        generator_effect: See ``length_effect``.
        resamples: Draws of cases for every interval.

    Raises:
        InputError: Something cannot be read, or does not belong together.
    """
    inputs = read_inputs(paths, files)
    rated = rated_answers(inputs.reviews)
    judges, scatter, lengths, generators = [], [], [], []
    said_by = list(all_judges(inputs))
    for judge, said in progress_bar(said_by, "Judges against people", len(said_by)):
        together = rated.beside(said)
        for generator, paired in together.generators().items():
            head = {"judge": judge, "generator": generator}
            judges.append(head | against_people(paired, len(VERDICTS), resamples))
            if judge != ALWAYS_NO:
                lengths.append(head | length_effect(paired, generator_effect, resamples))
        if judge != ALWAYS_NO:
            scatter += _scatter(judge, together)
            generators += [{"judge": judge} | row for row in compare_generators(together, resamples)]
    cannot = sum(v == CANNOT_JUDGE for review in inputs.reviews for v in review["verdicts"].values())
    return {
        "format": FORMAT,
        "runs": [run.name for run in inputs.runs],
        "reviews": [{"file": path.name, "sha256": digest_file(path)} for path in files],
        "resamples": resamples,
        "people": describe_people(rated.ratings, resamples) | {"cannot_judge": cannot},
        "judges": judges,
        "scatter": scatter,
        "length": lengths,
        "generators": generators,
        "interventions": [row for run, judged in inputs.judgements for row in flips(run, judged, resamples)],
        "position": [
            position(run, judged, resamples)
            for run, judged in inputs.judgements
            if judged.kind == "preference"
        ],
    }


def write_agreement(found: Mapping[str, Any], folder: Path) -> Path:
    """Writes ``agreement.json`` of a folder, whole or not at all.

    Raises:
        InputError: There is a file where the folder should be.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem(str(folder), "is a file", "a folder", "Give another --output"))
    write_whole(folder / FILE, canonical_json(found))
    return folder / FILE


def _scatter(judge: str, paired: Paired) -> list[dict[str, Any]]:
    return [
        {
            "judge": judge,
            "run": paired.runs[place],
            "id": paired.ids[place],
            "people": round(float(paired.people[place]), 12),
            "score": round(float(paired.values[place]), 12),
            "words": int(paired.words[place]),
        }
        for place in np.flatnonzero(~np.isnan(paired.values)).tolist()
    ]
