"""A record → tokens, and which of them carry loss.

The text is the chat that ``medinjection_fr.prompts`` spells in the model's own template. Prompt and
answer are tokenised apart, so that the tokens of the prompt are those that the model will be given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medinjection_fr.models.causal_lm import frame_of
from medinjection_fr.prompts import shorten_context, to_messages

NO_LOSS = -100
"""The label that PyTorch's cross entropy leaves out."""


@dataclass(frozen=True)
class Example:
    """A record as the model reads it.

    Attributes:
        input_ids: Tokens of the rendered chat.
        labels: The same where a token carries loss, else ``NO_LOSS``.
        left_out: Tokens of the context's middle that were left out.
    """

    input_ids: list[int]
    labels: list[int]
    left_out: int = 0


class Renderer:
    """Renders records for one tokenizer.

    Args:
        tokenizer: As ``open_tokenizer`` gives it.
        loss: ``answer``: the answer and its end of turn; ``whole``: every token.
        max_length: Tokens of an example at most.
    """

    def __init__(self, tokenizer: Any, loss: str, max_length: int) -> None:
        self._tokenizer, self._loss, self.max_length = tokenizer, loss, max_length
        self._frame = frame_of(tokenizer)

    def render(self, record: Mapping[str, Any]) -> Example | None:
        """Renders a record; one that is too long loses the middle of its context.

        Returns:
            ``None`` if question, options and answer alone are too long.
        """
        example = self._render(record)
        whole = len(example.input_ids)
        if whole <= self.max_length:
            return example
        context = self._tokenizer(
            record["context"], add_special_tokens=False, return_offsets_mapping=True
        ).offset_mapping
        nothing = self._render(shorten_context(record, 0, len(record["context"])))
        if not context or len(nothing.input_ids) > self.max_length:
            return None
        excess = whole - self.max_length
        # Where it is cut, tokens are others: a few more may have to go than were counted.
        for gone in range(excess, len(context) + 1):
            first = (len(context) - gone) // 2
            cut = shorten_context(record, context[first][0], context[first + gone - 1][1])
            shorter = self._render(cut)
            if len(shorter.input_ids) <= self.max_length:
                return Example(shorter.input_ids, shorter.labels, whole - len(shorter.input_ids))
        return Example(nothing.input_ids, nothing.labels, whole - len(nothing.input_ids))

    def _render(self, record: Mapping[str, Any]) -> Example:
        messages = to_messages(record)["messages"]
        prompt = self._tokenizer.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True)
        answer = messages[1]["content"] + self._frame.end_of_turn
        before, learnt, after = (
            self._tokenizer(text, add_special_tokens=False).input_ids if text else []
            for text in (prompt + self._frame.scaffold, answer, self._frame.tail)
        )
        input_ids = before + learnt + after
        if self._loss == "whole":
            return Example(input_ids, list(input_ids))
        return Example(input_ids, [NO_LOSS] * len(before) + learnt + [NO_LOSS] * len(after))
