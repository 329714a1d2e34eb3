"""All answers that a multiple-choice question allows, as one tree of tokens.

A question with five options has 5 answers of one letter, or 31 sets. Their texts ("A", "A,C", …) share
beginnings: as a tree they are few tokens, which a model reads in one pass behind the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import LETTERS

ROOT = 0
"""The node that stands for the end of the prompt."""
SEPARATOR = ","


@dataclass(frozen=True)
class TokenTree:
    """Texts that a model may write, as one tree.

    Attributes:
        answers: Each text that is allowed, by its name.
        tokens: The token of each node; that of the root is not used.
        parents: The node before each node; smaller than its own number.
        ends: For each answer the node after which it ends its turn.
        end_of_turn: The token that does.
    """

    answers: tuple[str, ...]
    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    ends: tuple[int, ...]
    end_of_turn: int

    @cached_property
    def children(self) -> dict[int, dict[int, int]]:
        """Of each node, the next nodes by their tokens."""
        found: dict[int, dict[int, int]] = {node: {} for node in range(len(self.tokens))}
        for node in range(1, len(self.tokens)):
            found[self.parents[node]][self.tokens[node]] = node
        return found

    @cached_property
    def depths(self) -> list[int]:
        """Tokens from the end of the prompt to each node."""
        depths = [0]
        for parent in self.parents[1:]:
            depths.append(depths[parent] + 1)
        return depths

    @cached_property
    def looked_at(self) -> tuple[int, ...]:
        """Tokens whose probability is asked for at each node."""
        return tuple(dict.fromkeys([*self.tokens[1:], self.end_of_turn]))

    def path(self, node: int) -> list[int]:
        """Nodes from below the root to a node."""
        nodes: list[int] = []
        while node != ROOT:
            nodes.append(node)
            node = self.parents[node]
        return nodes[::-1]

    def ancestry(self) -> Iterator[tuple[int, int]]:
        """Pairs of a node and a node that it reads: itself and those before it, without the root."""
        for node in range(1, len(self.tokens)):
            for before in self.path(node):
                yield node, before


@dataclass(frozen=True)
class AnswerTree(TokenTree):
    """The tree of one kind of question; its answers are letters, like ``AC``.

    Attributes:
        letters: The token of each letter.
        separator: The token between letters.
    """

    letters: tuple[int, ...]
    separator: int

    @cached_property
    def looked_at(self) -> tuple[int, ...]:
        """Tokens whose probability is asked for at each node."""
        return tuple(dict.fromkeys([*self.tokens[1:], self.separator, self.end_of_turn]))


def allowed_answers(type: str, options: int) -> tuple[str, ...]:
    """Letters of every answer that a type of question allows: one letter (``mcqu``), or any set but none.

    Args:
        type: ``mcqu`` or ``mcq``.
        options: How many options there are, two to ten.
    """
    sizes = [1] if type == "mcqu" else range(1, options + 1)
    return tuple("".join(chosen) for size in sizes for chosen in combinations(LETTERS[:options], size))


def build_tree(type: str, options: int, tokenizer: Any, end_of_turn: str) -> AnswerTree:
    """Builds the tree of the answers that a type of question allows.

    Args:
        type: ``mcqu``: one letter; ``mcq``: every set but the empty one, in order, as ``A,C``.
        options: How many options there are, two to ten.
        tokenizer: The model's.
        end_of_turn: The special token that ends an answer.

    Raises:
        InputError: The tokenizer splits a letter or the separator.
    """
    labels, answers = LETTERS[:options], allowed_answers(type, options)

    def encode(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False).input_ids)

    single = {text: encode(text) for text in (*labels, SEPARATOR)}
    if split := [text for text, ids in single.items() if len(ids) != 1]:
        what = f"its tokenizer makes several tokens, or none, of {', '.join(map(repr, split))}"
        mend = "Letters are compared by one token each: take --protocols greedy"
        raise InputError(Problem("model", what, "one token each", mend))
    tokens, parents, ends = grow([encode(SEPARATOR.join(answer)) for answer in answers])
    return AnswerTree(
        answers,
        tokens,
        parents,
        ends,
        tokenizer.convert_tokens_to_ids(end_of_turn),
        tuple(single[label][0] for label in labels),
        single[SEPARATOR][0],
    )


def grow(texts: Iterable[Sequence[int]]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Joins texts where they begin alike.

    Args:
        texts: The tokens of each.

    Returns:
        Token and parent of each node, and the last node of each text.
    """
    tokens, parents, ends = [-1], [-1], []
    nodes: dict[tuple[int, int], int] = {}
    for text in texts:
        node = ROOT
        for token in text:
            if (node, token) not in nodes:
                nodes[node, token] = len(tokens)
                tokens.append(token)
                parents.append(node)
            node = nodes[node, token]
        ends.append(node)
    return tuple(tokens), tuple(parents), tuple(ends)
