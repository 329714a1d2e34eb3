"""The whole of agreement: from runs and reviews to ``agreement.json``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.agreement.checks import ALWAYS_NO, Inputs, read_inputs, score_names
from evaluation.agreement.interventions import flips, position
from evaluation.agreement.judgements import FACT_SCORES, PLAIN, Judgements
from evaluation.agreement.judges import against_people
from evaluation.agreement.length import length_effect
from evaluation.agreement.paired import Paired
from evaluation.agreement.people import NO_VERDICT, Ratings, describe_people
from evaluation.agreement.reviews import CANNOT_JUDGE, VERDICTS
from evaluation.compare import Run
from evaluation.statistics import RESAMPLES
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar
from medinjection_fr.release.digests import canonical_json, digest_file

FORMAT = "medinjection-fr/agreement/1"
FILE = "agreement.json"
Answer = tuple[str, str]
"""A run and a record."""
Said = tuple[float, int]
"""A judge's value and its verdict, as in ``Paired``."""


@dataclass(frozen=True)
class _Reviewed:
    """Answers that people rated, in order."""

    answers: Sequence[Answer]
    ratings: Ratings
    words: Sequence[int]


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
    reviewed = _reviewed(inputs.reviews)
    judges, scatter, lengths = [], [], []
    rows = list(_judges(inputs))
    for judge, said in progress_bar(rows, "Judges against people", len(rows)):
        for generator, paired in _pair(reviewed, said).generators().items():
            head = {"judge": judge, "generator": generator}
            judges.append(head | against_people(paired, len(VERDICTS), resamples))
            if judge != ALWAYS_NO:
                lengths.append(head | length_effect(paired, generator_effect, resamples))
        if judge != ALWAYS_NO:
            scatter += _scatter(judge, _pair(reviewed, said))
    cannot = sum(v == CANNOT_JUDGE for review in inputs.reviews for v in review["verdicts"].values())
    preferences = [judged for judged in inputs.judgements if judged.kind == "preference"]
    equivalences = [judged for judged in inputs.judgements if judged.kind == "equivalence"]
    return {
        "format": FORMAT,
        "runs": [run.name for run in inputs.runs],
        "reviews": [{"file": path.name, "sha256": digest_file(path)} for path in files],
        "resamples": resamples,
        "people": describe_people(reviewed.ratings, resamples) | {"cannot_judge": cannot},
        "judges": judges,
        "scatter": scatter,
        "length": lengths,
        "interventions": [row for judged in equivalences for row in flips(judged, resamples)],
        "position": [position(judged, resamples) for judged in preferences],
    }


def write_agreement(found: Mapping[str, Any], folder: Path) -> Path:
    """Writes ``agreement.json`` of a folder, whole or not at all.

    Raises:
        InputError: There is a file where the folder should be.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem(str(folder), "is a file", "a folder", "Give another --output"))
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{FILE}.{os.getpid()}.part"
    unfinished.write_bytes(canonical_json(found))
    return unfinished.replace(folder / FILE)


def _reviewed(reviews: Sequence[Mapping[str, Any]]) -> _Reviewed:
    annotators = sorted({review["annotator"] for review in reviews})
    codes: dict[Answer, list[int]] = {}
    groups, words = {}, {}
    for review in reviews:
        for run, verdict in review["verdicts"].items():
            answer = (run, review["id"])
            groups[answer], words[answer] = review["group_id"], review["words"][run]
            row = codes.setdefault(answer, [NO_VERDICT] * len(annotators))
            if verdict != CANNOT_JUDGE:
                row[annotators.index(review["annotator"])] = VERDICTS.index(verdict)
    answers = sorted(answer for answer, row in codes.items() if set(row) != {NO_VERDICT})
    ratings = Ratings(
        [groups[a] for a in answers], annotators, VERDICTS, np.array([codes[a] for a in answers])
    )
    return _Reviewed(answers, ratings, [words[a] for a in answers])


def _pair(reviewed: _Reviewed, said: Mapping[Answer, Said]) -> Paired:
    """Rated answers that the judge was asked about."""
    held = [place for place, answer in enumerate(reviewed.answers) if answer in said]
    answers = [reviewed.answers[place] for place in held]
    counts = reviewed.ratings.counts()[held]
    values = np.array([said[answer] for answer in answers], np.float64).reshape(-1, 2)
    return Paired(
        [run for run, _ in answers],
        [id for _, id in answers],
        [reviewed.ratings.groups[place] for place in held],
        counts[:, 1] / counts.sum(1),
        np.where(counts[:, 0] == counts[:, 1], -1, counts.argmax(1)),
        values[:, 0],
        values[:, 1].astype(np.int64),
        np.array([reviewed.words[place] for place in held], np.float64),
    )


def _judges(inputs: Inputs) -> Iterator[tuple[str, dict[Answer, Said]]]:
    """Each judge's name and what it says of every answer; after the models, scores and the judge that says no."""
    for name in dict.fromkeys(judged.name for judged in inputs.judgements):
        of_name = [judged for judged in inputs.judgements if judged.name == name]
        if of_name[0].kind == "equivalence":
            yield name, _verdicts(of_name)
        elif of_name[0].kind == "facts":
            for score in FACT_SCORES:
                yield f"{name} {score}", _fact_scores(of_name, score)
    for name in dict.fromkeys(name for run in inputs.runs for name in score_names(run)):
        yield name, {answer: (value, -1) for run in inputs.runs for answer, value in _scores(run, name)}
    yield ALWAYS_NO, {(run.name, id): (0.0, 0) for run in inputs.runs for id, _ in run.predictions}


def _verdicts(of_name: Sequence[Judgements]) -> dict[Answer, Said]:
    """Probabilities where the judge gives them with every verdict, else verdicts as 0 or 1."""
    lines = {(judged.run, id): line for judged in of_name for id, line in judged.lines_of(PLAIN).items()}
    scored = [line for line in lines.values() if line["verdict"] is not None]
    likelihood = all(line.get("probability") is not None for line in scored)
    said = {}
    for answer, line in lines.items():
        if line["verdict"] is None:
            said[answer] = (np.nan, NO_VERDICT)
        else:
            verdict = VERDICTS.index(line["verdict"])
            said[answer] = (line["probability"] if likelihood else float(verdict), verdict)
    return said


def _fact_scores(of_name: Sequence[Judgements], score: str) -> dict[Answer, Said]:
    return {
        (judged.run, id): (np.nan if line[score] is None else line[score], NO_VERDICT)
        for judged in of_name
        for id, line in judged.lines_of(PLAIN).items()
    }


def _scores(run: Run, name: str) -> Iterator[tuple[Answer, float]]:
    for id, scores in (run.open_scores or {})["each"].items():
        if name in scores:
            yield (run.name, id), scores[name]


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
