"""A model on this machine, through transformers: reads answer trees and writes replies, in batches.

Batches hold prompts of like length, padded at the left. Out of memory, a batch is halved and goes on.
"""

from __future__ import annotations

import copy
import inspect
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluation.answer_tree import TokenTree
from evaluation.contamination import find_training
from evaluation.prompt_layout import beginnings_of, families_by_start, lay_out, put_behind
from evaluation.questions import Question
from evaluation.weights import Weights
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.causal_lm import frame_of, open_causal_lm, open_tokenizer
from medinjection_fr.progress import progress_bar

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """What a model says at every node of an answer tree, after one prompt.

    Attributes:
        best: The most probable token after each node, of the whole vocabulary.
        logprobs: Log-probability after each node of each token in ``tree.looked_at``: nodes × tokens.
    """

    best: NDArray[np.int64]
    logprobs: NDArray[np.float32]


class Writing(NamedTuple):
    """What is to be written behind a prompt.

    Attributes:
        name: What it is called.
        max_new_tokens: At which it is broken off.
        allowed: The only tokens that it may have, if given.
    """

    name: str
    max_new_tokens: int
    allowed: tuple[int, ...] | None = None


class LocalModel:
    """Weights and tokenizer, ready to be asked.

    Attributes:
        window: Tokens that prompt and reply may have together.
        tree_window: The same where an answer tree is read: not more than layers see that look back a while only.
        end_tokens: Tokens that end a reply.
        training: The ``training.json`` beside the weights or the adapter, if there is one.

    Args:
        name: A folder, or a model's name on the Hub.
        revision: Commit or tag on the Hub.
        adapter: Folder of a LoRA or DoRA adapter, merged into the weights here.
        dtype: ``bfloat16`` or ``float32``; the usual one of the device if ``None``.
        batch_tokens: Tokens of a batch at most, padding included.
        deterministic: Every prompt in a batch of its own, and only kernels that repeat to the bit: what a
            model says then depends on nothing that is asked beside it.
        device: ``cuda`` or ``cpu``; a card if there is one if ``None``.

    Raises:
        InputError: Everything that is wrong with the model.
    """

    def __init__(
        self,
        name: str,
        revision: str | None = None,
        adapter: Path | None = None,
        dtype: str | None = None,
        batch_tokens: int | None = None,
        deterministic: bool = False,
        device: str | None = None,
    ) -> None:
        import torch

        if deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA begins
            torch.use_deterministic_algorithms(True)
            batch_tokens = 1
        self._weights = Weights(name, revision, adapter, dtype, batch_tokens, deterministic, device)
        self.device, self.dtype = self._weights.used_device, self._weights.used_dtype
        self.tokenizer = open_tokenizer(name, revision, pads=False)
        self.frame = frame_of(self.tokenizer, name)
        model = open_causal_lm(name, revision, dtype=self.dtype, tokenizer=self.tokenizer)
        if adapter is not None:
            model = _merged(model, adapter)
        self.model = model.to(self.device).eval()
        config = self.model.config.get_text_config()
        self.window = self.tree_window = int(config.max_position_embeddings)
        if sliding := getattr(config, "sliding_window", None):
            layers = getattr(config, "layer_types", None) or []
            if "sliding_attention" in layers or (not layers and getattr(config, "use_sliding_window", True)):
                self.tree_window = min(self.window, int(sliding))
        self.batch_tokens = batch_tokens or (2**17 if self.device == "cuda" else 2**13)
        self.end_tokens = self._end_tokens()
        named = "cache" in inspect.signature(self.model.forward).parameters  # since transformers 5.24
        self._cache_name = "cache" if named else "past_key_values"
        self.training = find_training(name, adapter)

    @cached_property
    def described(self) -> dict[str, Any]:
        """What tells this model apart from others; JSON."""
        return self._weights.describe()

    def predict(self, questions: Sequence[Question], protocols: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Predicts questions, and yields predictions as their batches end."""
        from evaluation.predict import predict

        return progress_bar(predict(self, questions, protocols), "Predicting", len(questions))

    def _end_tokens(self) -> list[int]:
        """Tokens that end a reply: of the chat template, and those that the model's files name."""
        ends = {self.tokenizer.convert_tokens_to_ids(self.frame.end_of_turn)}
        for token in (self.tokenizer.eos_token_id, self.model.generation_config.eos_token_id):
            ends |= set(token if isinstance(token, list) else [] if token is None else [token])
        return sorted(ends)

    def read_trees(self, prompts: Sequence[list[int]], tree: TokenTree) -> Iterator[tuple[int, Reading]]:
        """Reads an answer tree behind each prompt; yields places with readings as batches end."""
        for place, reading, _ in self.answer(prompts, tree, lambda reading: ()):
            yield place, reading

    def answer(
        self,
        prompts: Sequence[list[int]],
        tree: TokenTree,
        plan: Callable[[Reading], Iterable[Writing]],
    ) -> Iterator[tuple[int, Reading, dict[str, list[int]]]]:
        """Reads an answer tree behind each prompt, and writes what a look at the reading asks for.

        One pass per batch: each node reads the prompt, the nodes before it and itself. What is written
        goes on from there: the prompt is not read again. What prompts begin with in common (one case, one
        question in other orders of its options) is read once for all of them.

        Args:
            prompts: Tokens of each prompt.
            tree: The tree.
            plan: Tells of a reading what is to be written besides.

        Yields:
            Place, reading, and the tokens of each writing by name, as batches end.
        """
        families = families_by_start(prompts)
        members = Counter(families)
        together, alone = [
            [place for place, family in enumerate(families) if (members[family] > 1) is shared]
            for shared in (True, False)
        ]
        for part in (together, alone):

            def work(places: list[int], part: list[int] = part) -> list[tuple[Reading, dict[str, list[int]]]]:
                return self._answer_batch([prompts[part[place]] for place in places], tree, plan)

            lengths = [len(prompts[place]) + len(tree.tokens) for place in part]
            of_part = [families[place] for place in part]
            for place, (reading, written) in self._batches(lengths, work, of_part):
                yield part[place], reading, written

    def _answer_batch(
        self, prompts: list[list[int]], tree: TokenTree, plan: Callable[[Reading], Iterable[Writing]]
    ) -> list[tuple[Reading, dict[str, list[int]]]]:
        import torch

        nodes, beginnings = len(tree.tokens) - 1, beginnings_of(prompts)
        ids, mask = lay_out(prompts, beginnings)
        begun = max(beginnings)
        positions, reads = put_behind(mask, tree)
        read = torch.cat([ids, torch.tensor(tree.tokens[1:]).expand(len(prompts), -1)], 1)
        with torch.inference_mode():
            cache = self._read_beginnings(ids[:, :begun], mask[:, :begun])
            logits = self.model(
                input_ids=read[:, begun:].to(self.device),
                attention_mask=reads[:, None, begun:].to(self.device),
                position_ids=positions[:, begun:].to(self.device),
                use_cache=True,
                **{self._cache_name: cache},
                logits_to_keep=nodes + 1,
            ).logits.float()
            best = logits.argmax(-1)
            looked_at = torch.tensor(tree.looked_at, device=logits.device)
            logprobs = logits[:, :, looked_at] - logits.logsumexp(-1, keepdim=True)
        readings = [
            Reading(best[row].cpu().numpy(), logprobs[row].cpu().numpy()) for row in range(len(prompts))
        ]
        del logits
        rows_of: dict[Writing, list[int]] = {}
        for row, reading in enumerate(readings):
            for writing in plan(reading):
                rows_of.setdefault(writing, []).append(row)
        results: list[tuple[Reading, dict[str, list[int]]]] = [(reading, {}) for reading in readings]
        cache.crop(-(nodes + 1))  # all but the prompts without their last token
        for left, (writing, rows) in enumerate(rows_of.items(), 1 - len(rows_of)):
            own = copy.deepcopy(cache) if left else cache
            own.batch_select_indices(torch.tensor(rows, device=self.device))
            written = self._write_batch(ids[rows], mask[rows], writing.max_new_tokens, writing.allowed, own)
            for row, tokens in zip(rows, written, strict=True):
                results[row][1][writing.name] = tokens
        return results

    def _read_beginnings(self, ids: torch.Tensor, mask: torch.Tensor) -> Any:
        """A cache of what prompts begin with, each beginning read once; an empty one where there is none."""
        import torch
        from transformers import DynamicCache

        cache = DynamicCache()
        if not ids.shape[1]:
            return cache
        beginnings: dict[tuple[int, ...], int] = {}
        known = [(*row, int(held)) for row, held in zip(ids.tolist(), mask.sum(1), strict=True)]
        rows = [beginnings.setdefault(tokens, len(beginnings)) for tokens in known]
        firsts = [rows.index(number) for number in range(len(beginnings))]
        self.model(
            input_ids=ids[firsts].to(self.device),
            attention_mask=mask[firsts].to(self.device),
            position_ids=(mask[firsts].cumsum(1) - 1).clamp(min=0).to(self.device),
            use_cache=True,
            **{self._cache_name: cache},
            logits_to_keep=1,
        )
        cache.batch_select_indices(torch.tensor(rows, device=self.device))
        return cache

    def write(
        self, prompts: Sequence[list[int]], max_new_tokens: int, allowed: Sequence[int] | None = None
    ) -> Iterator[tuple[int, list[int]]]:
        """Writes the most probable reply to each prompt, token by token.

        Args:
            prompts: Tokens of each prompt.
            max_new_tokens: At which a reply is broken off.
            allowed: The only tokens that a reply may have, if given.

        Yields:
            Place and tokens of each reply, with the token that ended it, if one did.
        """

        def write(places: list[int]) -> list[list[int]]:
            ids, mask = lay_out([prompts[place] for place in places])
            return self._write_batch(ids, mask, max_new_tokens, allowed)

        yield from self._batches([len(prompt) + max_new_tokens for prompt in prompts], write)

    def _write_batch(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        max_new_tokens: int,
        allowed: Sequence[int] | None = None,
        cache: Any = None,
    ) -> list[list[int]]:
        """Writes replies to prompts as they are laid out; the cache, if given, holds all but their last token."""
        import torch

        with torch.inference_mode():
            written = self.model.generate(
                input_ids=ids.to(self.device),
                attention_mask=mask.to(self.device),
                max_new_tokens=max_new_tokens,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                repetition_penalty=1.0,
                eos_token_id=self.end_tokens,
                pad_token_id=self.end_tokens[0],
                logits_processor=[_Only(allowed)] if allowed is not None else None,
                **({self._cache_name: cache} if cache is not None else {}),
            )
        return [self._until_end(row) for row in written[:, ids.shape[1] :].tolist()]

    def ends(self, tokens: Sequence[int]) -> bool:
        """Whether a reply ended by itself."""
        return bool(tokens) and tokens[-1] in self.end_tokens

    def _until_end(self, tokens: list[int]) -> list[int]:
        for place, token in enumerate(tokens):
            if token in self.end_tokens:
                return tokens[: place + 1]
        return tokens

    def _batches(
        self, lengths: list[int], work: Callable[[list[int]], list[T]], families: Sequence[int] | None = None
    ) -> Iterator[tuple[int, T]]:
        """Does work on batches of like length, the longest first: what does not fit shows at once.

        Families of prompts stay together.
        """
        import torch

        families = range(len(lengths)) if families is None else families
        longest: dict[int, int] = {}
        for family, length in zip(families, lengths, strict=True):
            longest[family] = max(length, longest.get(family, 0))
        order = sorted(
            range(len(lengths)), key=lambda n: (-longest[families[n]], families[n], -lengths[n], n)
        )
        while order:
            size = max(1, self.batch_tokens // max(1, longest[families[order[0]]]))
            batch, order = order[:size], order[size:]
            try:
                results = work(batch)
            except torch.OutOfMemoryError:
                torch.cuda.empty_cache()
                if len(batch) == 1:
                    what = f"one record of {lengths[batch[0]]} tokens does not fit into memory"
                    raise InputError(
                        Problem("model", what, mend="All that was predicted is kept. Take a smaller dtype")
                    ) from None
                self.batch_tokens = lengths[batch[0]] * max(1, len(batch) // 2)
                order = batch + order
                continue
            yield from zip(batch, results, strict=True)


class _Only:
    """Lets a reply have certain tokens only."""

    def __init__(self, allowed: Sequence[int]) -> None:
        self._allowed = list(allowed)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        masked = scores.new_full(scores.shape, float("-inf"))
        masked[:, self._allowed] = scores[:, self._allowed]
        return masked


def _merged(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    if not (adapter / "adapter_config.json").is_file():
        raise InputError(Problem(str(adapter), "holds no adapter", "a folder with adapter_config.json"))
    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
