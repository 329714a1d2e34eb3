"""How prompts lie in a batch: what they begin with in common first, then the rest, then an answer tree.

A row is the beginning of a prompt, padded at the left, and what follows it, padded at the left again; where no prompts
share a beginning, it is the prompt alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from evaluation.answer_tree import TokenTree

if TYPE_CHECKING:
    import torch

WORTH_SHARING = 32
"""Tokens that prompts begin with in common, from which on reading them once pays for a pass of its own."""


def common_length(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two prompts begin with in common."""
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))


def families_by_start(prompts: Sequence[list[int]]) -> list[int]:
    """A number for each prompt, the same for those whose common beginning is worth reading once."""
    order = sorted(range(len(prompts)), key=prompts.__getitem__)
    family = [0] * len(prompts)
    for number, (before, place) in enumerate(pairwise(order), 1):
        common = common_length(prompts[before], prompts[place])
        akin = common >= WORTH_SHARING and 4 * common >= len(prompts[place])
        family[place] = family[before] if akin else number
    return family


def beginnings_of(prompts: Sequence[list[int]]) -> list[int]:
    """How many tokens of each prompt are read before the others: none, unless several prompts share them."""
    families = families_by_start(prompts)
    members: dict[int, list[int]] = {}
    for place, family in enumerate(families):
        members.setdefault(family, []).append(place)
    if len(members) == len(prompts):
        return [0] * len(prompts)
    shared = {}
    for family, places in members.items():
        first, last = (end(prompts[place] for place in places) for end in (min, max))
        shared[family] = min(common_length(first, last), *(len(prompts[place]) - 1 for place in places))
    return [shared[family] for family in families]


def lay_out(
    prompts: Sequence[list[int]], beginnings: Sequence[int] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens of prompts and which are none: beginnings and what follows them, each padded at the left."""
    import torch

    beginnings = beginnings or [0] * len(prompts)
    begun = max(beginnings)
    width = begun + max(len(prompt) - own for prompt, own in zip(prompts, beginnings, strict=True))
    ids = torch.zeros((len(prompts), width), dtype=torch.long)
    mask = torch.zeros((len(prompts), width), dtype=torch.long)
    for row, (prompt, own) in enumerate(zip(prompts, beginnings, strict=True)):
        for start, tokens in ((begun - own, prompt[:own]), (width - len(prompt) + own, prompt[own:])):
            ids[row, start : start + len(tokens)] = torch.tensor(tokens, dtype=torch.long)
            mask[row, start : start + len(tokens)] = 1
    return ids, mask


def put_behind(mask: torch.Tensor, tree: TokenTree) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions, and what reads what, of prompts as they are laid out with the tree's nodes behind each."""
    import torch

    nodes, (rows, longest) = len(tree.tokens) - 1, mask.shape
    width, held = longest + nodes, mask.bool()
    reads = torch.zeros((rows, width, width), dtype=torch.bool)
    reads[:, :longest, :longest] = torch.ones((longest, longest), dtype=torch.bool).tril() & held[:, None]
    reads[:, longest:, :longest] = held[:, None]
    reads |= torch.eye(width, dtype=torch.bool)  # a row that reads nothing gives no number
    for node, before in tree.ancestry():
        reads[:, longest + node - 1, longest + before - 1] = True
    own = (mask.cumsum(1) - 1).clamp(min=0)
    behind = mask.sum(1, keepdim=True) - 1 + torch.tensor(tree.depths[1:])
    return torch.cat([own, behind], 1), reads
