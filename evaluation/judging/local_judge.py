"""A judge on this machine: its verdict is the label that it would most probably write, with the end of its turn.

Only the labels behind the prompt are looked at, never a text that holds the prompt.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from evaluation.answer_tree import TokenTree, grow
from evaluation.judging.judge_prompt import JudgePrompt
from evaluation.judging.votes import Item, Question, Vote
from evaluation.local_model import LocalModel, Reading
from evaluation.protocols import answer_logprobs
from evaluation.questions import Prompt, render_prompt
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar

_SLICE = {"cpu": 64, "cuda": 1024}
"""Candidates whose batches are made together, by device: some batches' worth. A slice that a kill left unfinished is
judged whole again: its batches are the same, and so are its last digits."""


class LocalJudge:
    """Asks a model on this machine.

    Args:
        model: The judge.
        prompt: What it is told.

    Raises:
        InputError: Its tokenizer cannot write the labels.
    """

    method = "likelihood"

    def __init__(self, model: LocalModel, prompt: JudgePrompt) -> None:
        self.described: dict[str, Any] = dict(model.described)
        self._model, self._prompt = model, prompt
        self._tree = label_tree(model, list(prompt.labels))
        self._room = model.window - max(self._tree.depths) - 1
        self._special = _special_tokens(model.tokenizer)

    def votes(
        self, items: Sequence[Item], done: Container[tuple[Any, ...]]
    ) -> Iterator[tuple[Item, list[Vote]]]:
        """Votes on items as their batches end."""
        left = [
            part
            for part in _slices(items, _SLICE[self._model.device])
            if any(item.candidate.key not in done for item in part)
        ]
        voted = (found for part in left for found in self._vote_slice(part))
        for item, votes in progress_bar(voted, "Judging", sum(map(len, left))):
            if item.candidate.key not in done:
                yield item, votes

    def _vote_slice(self, items: Sequence[Item]) -> Iterator[tuple[Item, list[Vote]]]:
        begun = time.perf_counter()
        asked = [(place, question) for place, item in enumerate(items) for question in item.questions]
        prompts = self._prompts([(items[place].candidate.record, question) for place, question in asked])
        got: list[dict[int, Vote]] = [{} for _ in items]

        def whole(number: int, vote: Vote) -> Iterator[tuple[Item, list[Vote]]]:
            """The item of a vote once it has all its votes."""
            place = asked[number][0]
            got[place][number] = vote
            if len(got[place]) == len(items[place].questions):
                yield items[place], [got[place][number] for number in sorted(got[place])]

        fitting = []
        for number, prompt in enumerate(prompts):
            if isinstance(prompt, Prompt):
                fitting.append((number, prompt))
            else:
                yield from whole(number, Vote(prompt, unscored="too-long"))
        for place, reading in self._model.read_trees([prompt.tokens for _, prompt in fitting], self._tree):
            number, prompt = fitting[place]
            seconds = round((time.perf_counter() - begun) / len(asked), 4)
            yield from whole(number, _read_vote(self._tree, reading, prompt.digest, seconds))

    def _prompts(self, asked: Sequence[tuple[Mapping[str, Any], Question]]) -> list[Prompt | str]:
        """The prompt of each question, or only the digest of one that is too long."""
        tokenizer, scaffold = self._model.tokenizer, self._model.frame.scaffold
        writers = [partial(self._message, question) for _, question in asked]
        texts = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": write(record)}], tokenize=False, add_generation_prompt=True
            )
            + scaffold
            for write, (record, _) in zip(writers, asked, strict=True)
        ]
        encoded = tokenizer(texts, add_special_tokens=False).input_ids if texts else []
        prompts: list[Prompt | str] = []
        for text, tokens, write, (record, _) in zip(texts, encoded, writers, asked, strict=True):
            digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
            if len(tokens) <= self._room:
                prompts.append(Prompt(list(tokens), digest, 0))
            else:
                prompts.append(render_prompt(record, tokenizer, scaffold, self._room, write) or digest)
        return prompts

    def _message(self, question: Question, record: Mapping[str, Any]) -> str:
        """What the judge is told; a special token inside it, as an answer may hold, ends no turn."""
        text = self._prompt.text(question.wording, {**question.fields, "context": record["context"]})
        for token in self._special:
            text = text.replace(token, f"{token[0]} {token[1:]}")
        return text


def label_tree(model: LocalModel, labels: Sequence[str]) -> TokenTree:
    """The tree of labels as they stand behind a prompt.

    Raises:
        InputError: The tokenizer makes tokens that reach over the end of the prompt.
    """
    tokenizer = model.tokenizer
    turn = [{"role": "user", "content": "?"}]
    prompt = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
    prompt += model.frame.scaffold
    before = list(tokenizer(prompt, add_special_tokens=False).input_ids)
    behind = []
    for label in labels:
        whole = list(tokenizer(prompt + label, add_special_tokens=False).input_ids)
        if whole[: len(before)] != before or len(whole) == len(before):
            what = f"its tokenizer joins the label {label} with what stands before it"
            raise InputError(Problem("--judge", what, "labels of tokens of their own", "Take another judge"))
        behind.append(whole[len(before) :])
    end = tokenizer.convert_tokens_to_ids(model.frame.end_of_turn)
    return TokenTree(tuple(labels), *grow(behind), end)


def _read_vote(tree: TokenTree, reading: Reading, digest: str, seconds: float) -> Vote:
    logprobs = answer_logprobs(tree, reading)
    values = np.array(list(logprobs.values()), np.float64)
    shares = np.exp(values - np.logaddexp.reduce(values))
    probabilities = {label: round(float(share), 6) for label, share in zip(logprobs, shares, strict=True)}
    mass = round(float(min(1.0, np.exp(values).sum())), 6)
    best = [label for label, value in logprobs.items() if value == values.max()]
    label, unscored = (best[0], None) if len(best) == 1 else (None, "tied")
    return Vote(digest, label, unscored, probabilities, mass, seconds=seconds)


def _slices(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """The same slices whatever is done already, and whatever other variants there are."""
    of_variant = (list(group) for _, group in groupby(items, lambda item: item.candidate.variant))
    return [group[start : start + size] for group in of_variant for start in range(0, len(group), size)]


def _special_tokens(tokenizer: Any) -> list[str]:
    """Tokens that a tokenizer would read in any text, the longest first."""
    added = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    return sorted({*added, *tokenizer.all_special_tokens}, key=lambda token: (-len(token), token))
