"""Questions → predictions of a model on this machine, as they become ready."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.answer_tree import AnswerTree, build_tree
from evaluation.local_model import LocalModel, Reading, Writing
from evaluation.prediction import describe_question, score_free, score_letters, score_published
from evaluation.protocols import (
    FREE_TOKENS,
    OPEN_TOKENS,
    answer_logprobs,
    constrained_answer,
    likeliest_answer,
    published_allowed,
    published_tokens,
    walk_free,
    walk_published,
)
from evaluation.questions import Prompt, Question, render_prompt

_SLICE = 512
"""Questions whose batches are made together: prompts of like length are found among so many."""


@dataclass(frozen=True)
class Asked:
    """A question with its prompt."""

    question: Question
    prompt: Prompt


def predict(
    model: LocalModel, questions: Iterable[Question], protocols: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Predicts questions, and yields each prediction when its batch is done.

    Args:
        model: Who is asked.
        questions: Of any types, mixed.
        protocols: Of multiple choice; open questions have the protocol ``greedy`` only.

    Yields:
        Predictions as ``schemas/prediction.schema.json`` has them.
    """
    for one in slices(questions):
        yield from predict_slice(model, one, protocols)


def slices(questions: Iterable[Question]) -> Iterator[list[Question]]:
    """Cuts questions into those of one type and number of options, ``_SLICE`` of them at most.

    A slice's predictions depend on nothing outside it, unless memory ran out before and made batches smaller.
    """
    waiting: dict[tuple[str, int], list[Question]] = {}
    for question in questions:
        kind = _kind(question)
        waiting.setdefault(kind, []).append(question)
        if len(waiting[kind]) == _SLICE:
            yield waiting.pop(kind)
    yield from waiting.values()


def _kind(question: Question) -> tuple[str, int]:
    return question.record["type"], len(question.record["choices"])


def predict_slice(
    model: LocalModel, questions: Sequence[Question], protocols: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Predicts a slice (see ``slices``): first what is too long to be asked, then batch by batch."""
    group = []
    for question in questions:
        if prompt := _render(model, question):
            group.append(Asked(question, prompt))
        else:
            yield {**describe_question(question), "refused": "too-long", "outputs": {}}
    if not group:
        return
    begun, kind = time.perf_counter(), _kind(questions[0])
    make = _open if kind[0] == "oeq" else _choices
    for place, outputs in make(model, kind, group, protocols):
        now = time.perf_counter()
        yield {**_head(group[place]), "outputs": outputs, "seconds": round((now - begun) / len(group), 4)}


def _render(model: LocalModel, question: Question) -> Prompt | None:
    record = question.record
    room = model.window - OPEN_TOKENS if record["type"] == "oeq" else model.tree_window - FREE_TOKENS
    return render_prompt(record, model.tokenizer, model.frame.scaffold, room)


def _head(asked: Asked) -> dict[str, Any]:
    prompt = asked.prompt
    head = {"prompt_sha256": prompt.digest, "prompt_tokens": len(prompt.tokens)}
    return {**describe_question(asked.question), **head, "left_out_tokens": prompt.left_out}


def _open(
    model: LocalModel, kind: tuple[str, int], group: list[Asked], protocols: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    for place, tokens in model.write([asked.prompt.tokens for asked in group], OPEN_TOKENS):
        yield place, {"greedy": _reply(model, tokens, OPEN_TOKENS)}


def _reply(model: LocalModel, tokens: list[int], limit: int) -> dict[str, Any]:
    text = model.tokenizer.decode(tokens, skip_special_tokens=True).strip()
    return {"reply": text, "finish": "stop" if model.ends(tokens) else "length", "tokens": len(tokens)}


def _choices(
    model: LocalModel, kind: tuple[str, int], group: list[Asked], protocols: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """All protocols of a group of one type and number of options."""
    prompts = [asked.prompt.tokens for asked in group]
    if set(protocols) == {"greedy"}:
        for place, tokens in model.write(prompts, FREE_TOKENS):
            yield place, {"greedy": _free(model, group[place].question, tokens)}
        return
    tree = build_tree(*kind, model.tokenizer, model.frame.end_of_turn)
    limit = published_tokens(*kind)
    bound = Writing("published-constrained", limit, tuple(published_allowed(tree)))
    free_tokens = FREE_TOKENS if "greedy" in protocols else limit
    free = Writing("free", free_tokens)
    wants_free = "greedy" in protocols or "published-greedy" in protocols

    def plan(reading: Reading) -> Iterator[Writing]:
        """What leaves the tree is written by the model itself."""
        if bound.name in protocols and not walk_published(tree, reading, limit).whole:
            yield bound
        if wants_free and not walk_free(tree, reading, free_tokens).whole:
            yield free

    for place, reading, written in model.answer(prompts, tree, plan):
        question = group[place].question
        outputs = _from_tree(tree, reading, question, protocols)
        if bound.name in protocols:
            tokens = written.get(bound.name) or walk_published(tree, reading, limit).tokens
            outputs[bound.name] = _published(model, question, tokens)
        if wants_free:
            tokens = written.get(free.name) or walk_free(tree, reading, free_tokens).tokens
            if "greedy" in protocols:
                outputs["greedy"] = _free(model, question, tokens)
            if "published-greedy" in protocols:
                outputs["published-greedy"] = _published(model, question, tokens[:limit])
        yield place, outputs


def _from_tree(
    tree: AnswerTree, reading: Reading, question: Question, protocols: Sequence[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "constrained" in protocols:
        found["constrained"] = score_letters(question, constrained_answer(tree, reading))
    if "likelihood" in protocols:
        logprobs = answer_logprobs(tree, reading)
        letters = likeliest_answer(logprobs)
        found["likelihood"] = score_letters(question, letters, logprob=round(logprobs[letters], 4))
        if len(tree.answers) <= 10:
            found["likelihood"]["logprobs"] = {a: round(score, 4) for a, score in logprobs.items()}
    return found


def _free(model: LocalModel, question: Question, tokens: list[int]) -> dict[str, Any]:
    reply = _reply(model, tokens, FREE_TOKENS)
    return score_free(question, reply.pop("reply"), **reply)


def _published(model: LocalModel, question: Question, tokens: list[int]) -> dict[str, Any]:
    return score_published(question, model.tokenizer.decode(tokens, skip_special_tokens=True).strip())
