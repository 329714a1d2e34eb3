"""Ranges of 64-bit keys: records of equal key fall into one range, so each can be looked at by itself."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_KEYS = 1 << 64


class Span(NamedTuple):
    """Keys from ``first`` to ``last``, both included."""

    first: int
    last: int

    def holds(self, keys: NDArray[Any]) -> NDArray[np.bool_]:
        """Which keys lie in it."""
        inside: NDArray[np.bool_] = (keys >= np.uint64(self.first)) & (keys <= np.uint64(self.last))
        return inside


def cut_spans(number: int) -> list[Span]:
    """So many ranges, of the same size, that hold all keys."""
    cuts = [_KEYS * place // number for place in range(number + 1)]
    return [Span(first, following - 1) for first, following in pairwise(cuts)]


WHOLE = cut_spans(1)[0]
