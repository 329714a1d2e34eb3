"""A model that the nodes of a cluster ask, each with the weights for itself.

A slice of the questions is a task. Its predictions become a file, a part of the run; the command's own process
adds the parts to the run in the order of the slices, and needs neither the weights in memory nor a card.
"""

from __future__ import annotations

import functools
import json
import shutil
import socket
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evaluation.contamination import find_training
from evaluation.local_model import LocalModel
from evaluation.predict import predict_slice, slices
from evaluation.questions import Question
from evaluation.run_folder import PARTS, take_part
from evaluation.weights import Weights, has_card
from medinjection_fr.engine import Engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.causal_lm import open_tokenizer
from medinjection_fr.processes import Count
from medinjection_fr.release.digests import digest_file, digest_json
from medinjection_fr.whole import whole_file

_HERE = Path(__file__).resolve().parent
_LIBRARIES = ("torch", "transformers", "tokenizers", "peft")
"""Libraries that can change what a model says."""


@dataclass(frozen=True)
class Part:
    """A task: a slice of the questions.

    Attributes:
        weights: Who is asked.
        wanted: The model as it is described, and versions, that the node must have too; JSON.
        questions: The slice.
        protocols: Of multiple choice.
        path: Where its predictions are written to.
    """

    weights: Weights
    wanted: str
    questions: Sequence[Question]
    protocols: Sequence[str]
    path: Path


class SpreadModel:
    """Weights that nodes open, each for itself.

    Attributes:
        described: What tells this model apart from others; JSON.
        training: The ``training.json`` beside the weights or the adapter, if there is one.

    Args:
        weights: Which, with the device that the nodes compute on.
        engine: Runs the tasks.
        run: Folder of the run.

    Raises:
        InputError: What is wrong with the model, as far as it shows without its weights.
    """

    def __init__(self, weights: Weights, engine: Engine, run: Path) -> None:
        open_tokenizer(weights.name, weights.revision, pads=False)
        self.training = find_training(weights.name, weights.adapter)
        self.described = weights.describe()
        self._weights = replace(weights, revision=self.described["revision"])  # not what is newest on a node
        self._engine, self._parts = engine, run / PARTS

    def parts(self, questions: Sequence[Question], protocols: Sequence[str]) -> list[Part]:
        """The tasks of a run. Their files have names of their own: nodes of a killed run may write a moment longer."""
        wanted, own = json.dumps({"versions": _versions(), "model": self.described}), uuid.uuid4().hex[:8]
        return [
            Part(self._weights, wanted, one, protocols, self._parts / f"{number:06}-{own}.jsonl")
            for number, one in enumerate(slices(questions))
        ]

    def predict(self, questions: Sequence[Question], protocols: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Predicts questions, and yields predictions in the order of their slices when all are done.

        Raises:
            InputError: A node has another model, or something is wrong with it; what others predicted is kept.
        """
        if not (parts := self.parts(questions, protocols)):
            return
        self._parts.mkdir(exist_ok=True)
        gpus = int(self._weights.device == "cuda")
        mistakes = self._engine.run(predict_part, parts, "Predicting", self._parts, gpus)
        for part, mistake in zip(parts, mistakes, strict=True):
            if not mistake:
                yield from take_part(part.path)
        shutil.rmtree(self._parts, ignore_errors=True)
        problems = [problem for mistake in mistakes if mistake for problem in mistake.problems]
        if problems:
            raise InputError(list(dict.fromkeys(problems)))


def predict_part(part: Part, count: Count) -> None:
    """Predicts a slice on a node. The part appears when it is whole.

    Raises:
        InputError: The node has another model or other libraries, or the model cannot be opened there.
    """
    model = _open_once(part.weights, part.wanted)
    with whole_file(part.path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        for prediction in predict_slice(model, part.questions, part.protocols):
            file.write(json.dumps(prediction, ensure_ascii=False, allow_nan=False) + "\n")
            count(1)


@functools.lru_cache(1)
def _open_once(weights: Weights, wanted: str) -> LocalModel:
    """Opens a model once in a process of a node, which does many parts of a run."""
    wants = json.loads(wanted)
    try:
        if problems := [*_missing_card(weights), *_differences("versions", _versions(), wants)]:
            raise InputError(problems)
        if problems := list(_differences("model", weights.describe(), wants)):
            raise InputError(problems)
        return LocalModel(**vars(weights))
    except InputError as error:
        node = f"node {socket.gethostname()}"
        raise InputError([replace(p, where=f"{node}, {p.where}") for p in error.problems]) from None


def _missing_card(weights: Weights) -> Iterator[Problem]:
    if weights.device == "cuda" and not has_card():
        mend = "Install torch for this card there, or start the node with --num-gpus 0"
        yield Problem("torch", "finds no card", "the one that Ray counts there", mend)


def _differences(what: str, found: dict[str, Any], wanted: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    for name, value in found.items():
        if value != wanted[what].get(name):
            mend = "Give all nodes the same: others may predict otherwise"
            yield Problem(f"{what} › {name}", f"is {value}", f"{wanted[what].get(name)}", mend)


def _versions() -> dict[str, str]:
    """Of what makes predictions: of this folder a digest."""
    source = {path.relative_to(_HERE).as_posix(): digest_file(path) for path in sorted(_HERE.rglob("*.py"))}
    return {"evaluation": digest_json(source)[:12], **{name: _version(name) for name in _LIBRARIES}}


def _version(library: str) -> str:
    """A library's version, without what it was built for: a head without a card may have torch for processors."""
    try:
        return version(library).partition("+")[0]
    except PackageNotFoundError:
        return "not installed"
