"""Which sequence is seen when: fixed before the first step, whatever the number of processes.

The order of all epochs is one list. A sampler of each process would draw from generators that dropout
and a resumed run leave in other states; a list cannot be drawn otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def plan_order(
    lengths: Sequence[int], batch: int, epochs: float, max_steps: int | None, by_length: bool, seed: int
) -> list[int]:
    """Lists the sequences of all steps: ``batch`` of them for each.

    Every epoch holds each sequence, and then its first ones once more until its last step is full.

    Args:
        lengths: Tokens of each sequence.
        batch: Sequences of a step, on all devices together.
        epochs: How often each is seen; need not be whole.
        max_steps: Steps at most.
        by_length: Put sequences of like length together, as transformers' ``group_by_length`` does.
        seed: Of the order; each epoch has its own.

    Returns:
        Positions in ``lengths``, in a number that is a multiple of ``batch``.
    """
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    steps_of_epoch = math.ceil(len(lengths) / batch)
    steps = max(1, math.ceil(steps_of_epoch * epochs))
    steps = steps if max_steps is None else min(steps, max_steps)
    order: list[int] = []
    for epoch in range(math.ceil(steps / steps_of_epoch)):
        generator = torch.Generator().manual_seed(seed + epoch)
        if by_length:
            indices = get_length_grouped_indices(lengths, batch, generator=generator)
        else:
            indices = torch.randperm(len(lengths), generator=generator).tolist()
        order += indices
        order += [indices[n % len(indices)] for n in range(steps_of_epoch * batch - len(indices))]
    return order[: steps * batch]
