"""Test records as questions: with their prompts, and with their options in other orders."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medinjection_fr.prompts import question_text, shorten_context
from medinjection_fr.record import LETTERS

FIXED_ORDER = "option-order-fixed"
_KEPT = re.compile(
    r"\W*(?:(?:tou(?:te)?s|aucune?)\b|(?:les\s+)?(?:réponses?|propositions?|options?)\s+[A-J]\b"
    r"|[A-J](?:\s*(?:,|\bet\b|\bou\b)\s*[A-J])+\W*\Z)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Question:
    """A record with its options in one order.

    Attributes:
        record: With options and gold letters in that order.
        permutation: Its number; 0 is the record's own order.
        order: For each position the option's position in the record.
    """

    record: Mapping[str, Any]
    permutation: int
    order: tuple[int, ...]

    @property
    def labels(self) -> str:
        """Its letters."""
        return LETTERS[: len(self.record["choices"])]

    def in_own_order(self, letters: str | None) -> str | None:
        """Letters of this order as those of the record."""
        if letters is None:
            return None
        return "".join(sorted(LETTERS[self.order[LETTERS.index(letter)]] for letter in letters))


def permute(record: Mapping[str, Any], permutation: int) -> Question | None:
    """A record in its n-th order of options.

    The order is drawn from the record's id, so that it is the same in every run. Options such as
    "Toutes les réponses" stay where they are. A record whose options name others by letter, or whose
    order the release calls fixed, has its own order only.

    Returns:
        The question; ``None`` if the record has no such order.
    """
    size = len(record["choices"])
    own = tuple(range(size))
    if permutation == 0:
        return Question(record, 0, own)
    free = [place for place, choice in enumerate(record["choices"]) if not _KEPT.match(choice)]
    if FIXED_ORDER in record["flags"] or len(free) < 2 or _name_letters(record["choices"]):
        return None
    seed = int.from_bytes(hashlib.sha256(f"{record['id']}/{permutation}".encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).permutation(len(free))
    order = list(own)
    for place, new in zip(free, drawn, strict=True):
        order[place] = free[new]
    gold = {LETTERS.index(letter) for letter in record["answer"].split(",")}
    letters = [LETTERS[place] for place, option in enumerate(order) if option in gold]
    changed = {"choices": [record["choices"][place] for place in order], "answer": ",".join(letters)}
    return Question({**record, **changed}, permutation, tuple(order))


_NAMES_LETTERS = re.compile(
    r"\b[A-J]\s*(?:,|\bet\b|\bou\b|\+)\s*[A-J]\b|(?:réponses?|propositions?|options?)\s+[A-J]\b"
)


def _name_letters(choices: Sequence[str]) -> bool:
    return any(_NAMES_LETTERS.search(choice) for choice in choices)


@dataclass(frozen=True)
class Prompt:
    """What a model is given.

    Attributes:
        tokens: Of the whole prompt.
        digest: SHA-256 of its text, as 64 hex digits.
        left_out: Tokens that the context's middle lost.
    """

    tokens: list[int]
    digest: str
    left_out: int


def render_prompt(
    record: Mapping[str, Any],
    tokenizer: Any,
    scaffold: str,
    room: int,
    write: Callable[[Mapping[str, Any]], str] = question_text,
) -> Prompt | None:
    """Renders the prompt of a record in the model's chat template.

    Args:
        record: With its options in the order to be asked.
        tokenizer: The model's.
        scaffold: What its template puts before an answer.
        room: Tokens that the prompt may have; a longer one loses the middle of its context.
        write: What the user says of a record.

    Returns:
        The prompt; ``None`` if it is too long without any context.
    """

    def render(shown: Mapping[str, Any]) -> tuple[str, list[int]]:
        messages = [{"role": "user", "content": write(shown)}]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True) + scaffold
        return text, list(tokenizer(text, add_special_tokens=False).input_ids)

    text, tokens = render(record)
    whole, context = len(tokens), record["context"]
    low, high = 0, len(context)
    while len(tokens) > room:
        excess = len(tokens) - room
        if low >= high or not context:
            return None
        low = min(high, low + max(1, excess * len(context) // whole))
        first = (len(context) - low) // 2
        text, tokens = render(shorten_context(record, first, first + low))
    return Prompt(tokens, hashlib.sha256(text.encode("utf-8")).hexdigest(), whole - len(tokens))
