"""How a multiple-choice answer is drawn from a model.

========================  =========================================================================
``published-greedy``      The study's: 1 token (mcqu) or 2 × options (mcq); a letter that is no
                          option's, anywhere in the reply, and there is no answer.
``published-constrained`` The study's: the same number of tokens, each a letter, the separator or the
                          end of the turn; a single answer may so be a separator or nothing.
``greedy``                A free reply, read by ``evaluation.answers``.
``constrained``           Letters in order, between separators, at least one; a single answer is a
                          letter always.
``likelihood``            The allowed answer with the greatest sum of log-probabilities, the end of
                          the turn included. Longer answers have more factors: the size of the
                          chosen sets stands beside that of the gold sets in every table.
========================  =========================================================================

All but a free reply that is more than letters come from one reading of the answer tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evaluation.answer_tree import ROOT, AnswerTree, TokenTree
from evaluation.local_model import Reading
from medinjection_fr.errors import InputError, Problem

PROTOCOLS = ("published-greedy", "published-constrained", "greedy", "constrained", "likelihood")
FREE_TOKENS = 64
"""Tokens of a free reply at most. The prompt asks for letters; a reply that argues has room to conclude."""
OPEN_TOKENS = 512
"""Tokens of an open answer at most: the study's."""


def read_protocols(given: str | None, known: Sequence[str] = PROTOCOLS) -> list[str]:
    """Names joined by commas; all that are known if none are given.

    Raises:
        InputError: One is unknown, or the backend cannot answer it.
    """
    names = list(known) if given is None else given.split(",")
    if unknown := [name for name in names if name not in known]:
        what = f"names {', '.join(unknown)}"
        mend = "The others need probabilities: take --backend transformers" if known != PROTOCOLS else ""
        raise InputError(Problem("--protocols", what, f"among {', '.join(known)}", mend))
    return [name for name in known if name in names]


def published_tokens(type: str, options: int) -> int:
    """Tokens of the study's replies."""
    return 1 if type == "mcqu" else 2 * options


def published_letters(reply: str, labels: str) -> str | None:
    """The study's parser: any letter that is no option's means that there is no answer.

    "La réponse est A" has none, and so has "".
    """
    letters = [character for character in reply.upper() if character.isalpha()]
    if not letters or any(letter not in labels for letter in letters):
        return None
    return "".join(sorted(set(letters)))


class Walk(NamedTuple):
    """A way through the tree.

    Attributes:
        tokens: What was written, with the end of the turn if it came.
        whole: Whether it ended inside the tree: else the model has to be asked for the rest.
    """

    tokens: list[int]
    whole: bool


def walk_free(tree: AnswerTree, reading: Reading, limit: int) -> Walk:
    """Follows the most probable tokens of the whole vocabulary, as far as the tree knows them."""
    return _walk(tree, reading.best.tolist(), limit)


def walk_published(tree: AnswerTree, reading: Reading, limit: int) -> Walk:
    """Follows the most probable of letters, separator and end of turn, as far as the tree knows them."""
    allowed = published_allowed(tree)
    columns = [tree.looked_at.index(token) for token in allowed]
    best = [allowed[place] for place in reading.logprobs[:, columns].argmax(-1)]
    return _walk(tree, best, limit)


def published_allowed(tree: AnswerTree) -> list[int]:
    """Tokens that the study's constrained replies may have."""
    return [*tree.letters, tree.separator, tree.end_of_turn]


def _walk(tree: AnswerTree, best: Sequence[int], limit: int) -> Walk:
    tokens: list[int] = []
    node: int | None = ROOT
    while node is not None and len(tokens) < limit:
        token = int(best[node])
        tokens.append(token)
        if token == tree.end_of_turn:
            return Walk(tokens, True)
        node = tree.children[node].get(token)
    return Walk(tokens, len(tokens) == limit)


def constrained_answer(tree: AnswerTree, reading: Reading) -> str:
    """The most probable next token at each node that leads to an allowed answer."""
    column = {token: place for place, token in enumerate(tree.looked_at)}
    ending = dict(zip(tree.ends, tree.answers, strict=True))
    single = all(len(answer) == 1 for answer in tree.answers)
    node = ROOT
    while True:
        options = list(tree.children[node])
        if node in ending:
            if single or not options:
                return ending[node]
            options.append(tree.end_of_turn)
        best = max(options, key=lambda token: reading.logprobs[node, column[token]])
        if best == tree.end_of_turn:
            return ending[node]
        node = tree.children[node][best]


def answer_logprobs(tree: TokenTree, reading: Reading) -> dict[str, float]:
    """Sum of log-probabilities of each allowed answer with its end of turn."""
    column = {token: place for place, token in enumerate(tree.looked_at)}
    end = column[tree.end_of_turn]
    scores = {}
    for answer, last in zip(tree.answers, tree.ends, strict=True):
        total = float(reading.logprobs[last, end])
        for node in tree.path(last):
            total += float(reading.logprobs[tree.parents[node], column[tree.tokens[node]]])
        scores[answer] = total
    return scores


def likeliest_answer(scores: dict[str, float]) -> str:
    """The answer with the greatest score; of equal ones the first."""
    answers = list(scores)
    return answers[int(np.argmax([scores[answer] for answer in answers]))]
