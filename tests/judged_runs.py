"""Runs with open answers that we know, and a tiny judge of another family than the other tiny model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from small_models import TINY, make_tokenizer

from evaluation.data import open_test_set
from evaluation.prediction import describe_question
from evaluation.questions import Question
from evaluation.run import run

Answer = Callable[[Mapping[str, Any]], str | None]


class Author:
    """Answers open questions by a rule of ours, through the same run as a model does."""

    training = None

    def __init__(self, name: str, answer: Answer) -> None:
        self.described = {"name": name}
        self._answer = answer

    def predict(self, questions: Sequence[Question], protocols: Sequence[str]) -> Iterator[dict[str, Any]]:
        for question in questions:
            reply = self._answer(question.record)
            said = {"greedy": {"reply": reply, "finish": "stop", "tokens": len((reply or "").split())}}
            line = {**describe_question(question), "outputs": {} if reply is None else said}
            yield line | ({"refused": "too-long"} if reply is None else {})


def write_run(
    output: Path, release: Path, answer: Answer, name: str = "lab/author-1b", questions: int | None = 6
) -> Path:
    """A run on native open questions of the sample."""
    data = open_test_set(str(release), "native", "train", ["oeq"], questions)
    run(Author(name, answer), data, ["greedy"], 0, output)
    return output


def make_tiny_judge(folder: Path) -> Path:
    """Writes a Llama of random weights, 2 layers of width 32."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    make_tokenizer(folder)
    torch.manual_seed(1)
    LlamaForCausalLM(LlamaConfig(**TINY)).save_pretrained(folder)
    return folder
