"""Records and their signals by number, mapped from their files: nothing is held but what is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.signals import BANDS

Hashes = NDArray[np.uint64]


class Numbered:
    """Records in the order of the catalogue.

    Args:
        batches: Records, as parts hold them.
        signal_batches: Their signals (see ``signals.SIGNALS_SCHEMA``).

    Attributes:
        batches, signal_batches: The same.
        starts: Number of the first record of each batch, then the number of all.
    """

    def __init__(self, batches: Sequence[pa.RecordBatch], signal_batches: Sequence[pa.RecordBatch]) -> None:
        self.batches, self.signal_batches = batches, signal_batches
        self.starts = np.cumsum([0, *(batch.num_rows for batch in batches)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def row(self, number: int) -> dict[str, Any]:
        """The record of a number."""
        batch, place = self._place(number)
        row: dict[str, Any] = self.batches[batch].slice(place, 1).to_pylist()[0]
        return row

    def exact(self, number: int) -> int:
        """Its key of the whole text."""
        batch, place = self._place(number)
        return int(self.signal_batches[batch]["exact"][place].as_py())

    def bands(self, number: int) -> Hashes:
        """Its band hashes, of shape ``(16,)``."""
        batch, place = self._place(number)
        bands: Hashes = bands_of(self.signal_batches[batch].slice(place, 1))[0]
        return bands

    def _place(self, number: int) -> tuple[int, int]:
        batch = int(np.searchsorted(self.starts, number, side="right")) - 1
        return batch, number - int(self.starts[batch])


def bands_of(signals: pa.RecordBatch) -> Hashes:
    """Band hashes of a batch of signals, of shape ``(rows, 16)``."""
    bands: Hashes = signals["bands"].flatten().to_numpy().reshape(-1, BANDS)
    return bands
