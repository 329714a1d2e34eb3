"""What every judge says of every answer, as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.agreement.checks import ALWAYS_NO, FACT_SCORES, JURY, PLAIN, Inputs, score_names
from evaluation.agreement.people import NO_VERDICT
from evaluation.agreement.rated import VERDICTS, Answer, Said
from evaluation.compare import Run
from evaluation.judging.folder import Judgements

_UNSCORED: Said = (np.nan, NO_VERDICT)
_Lines = dict[Answer, Mapping[str, Any]]


def all_judges(inputs: Inputs) -> Iterator[tuple[str, dict[Answer, Said]]]:
    """Names of judges with what they say: models, their jury, automatic scores, and the one that says no."""
    members: dict[str, _Lines] = {}
    for name in dict.fromkeys(judged.name for _, judged in inputs.judgements):
        of_name = [(run, judged) for run, judged in inputs.judgements if judged.name == name]
        kind, lines = of_name[0][1].kind, _plain_lines(of_name)
        if kind == "equivalence":
            members[name] = lines
            yield name, _verdicts(lines)
        elif kind == "facts":
            for score in FACT_SCORES:
                yield f"{name} {score}", {a: _score(line[score]) for a, line in lines.items()}
    if len(members) > 1:
        yield JURY, _jury(list(members.values()))
    for name in dict.fromkeys(name for run in inputs.runs for name in score_names(run)):
        yield name, {answer: said for run in inputs.runs for answer, said in _scores(run, name)}
    yield ALWAYS_NO, {(run.name, id): (0.0, 0) for run in inputs.runs for id, _ in run.predictions}


def _plain_lines(of_name: Sequence[tuple[str, Judgements]]) -> _Lines:
    return {(run, id): line for run, judged in of_name for id, line in judged.of(PLAIN).items()}


def _score(value: float | None) -> Said:
    return _UNSCORED if value is None else (value, NO_VERDICT)


def _verdicts(lines: _Lines) -> dict[Answer, Said]:
    """Probabilities where the judge gives one with every verdict, else verdicts as 0 or 1."""
    scored = {answer: line for answer, line in lines.items() if line["verdict"] is not None}
    likelihood = all(line.get("probability") is not None for line in scored.values())
    said = dict.fromkeys(lines, _UNSCORED)
    for answer, line in scored.items():
        verdict = VERDICTS.index(line["verdict"])
        said[answer] = (line["probability"] if likelihood else float(verdict), verdict)
    return said


def _jury(members: Sequence[_Lines]) -> dict[Answer, Said]:
    """Of answers that all judges were asked about: the share that say equivalent, and what most of them say."""
    said = {}
    for answer in members[0]:
        if all(answer in lines for lines in members):
            verdicts = [lines[answer]["verdict"] for lines in members]
            votes = [VERDICTS.index(verdict) for verdict in verdicts if verdict is not None]
            share = float(np.mean(votes)) if votes else np.nan
            said[answer] = (share, NO_VERDICT if not votes or share == 0.5 else int(share > 0.5))
    return said


def _scores(run: Run, name: str) -> Iterator[tuple[Answer, Said]]:
    for id, scores in (run.open_scores or {})["each"].items():
        if name in scores:
            yield (run.name, id), _score(scores[name])
