"""The valid rows of all files, which of them stay, and the ledger of those that do not."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.ledger import Dropped
from medinjection_fr.curate.select import Keys, select
from medinjection_fr.sources.parts import Part


class Rows:
    """Rows of parts, in the order of the catalogue.

    Args:
        parts: What the files gave.
        exclude: The recipe's withdrawals.
        keep_groups_together: Whether a group may stand in one split only.

    Raises:
        InputError: Withdrawals that name no row.
    """

    def __init__(
        self, parts: Sequence[Part], exclude: Sequence[Mapping[str, str]], keep_groups_together: bool
    ) -> None:
        self.parts = parts
        pairs = [(batch, part) for part in parts for batch in part.batches()]
        self.batches = [batch for batch, _ in pairs]
        self._owners = [part for _, part in pairs]
        self._starts = np.cumsum([0, *(batch.num_rows for batch in self.batches)])
        self._selection = select(Keys.of(self.batches), exclude, keep_groups_together)

    @property
    def kept(self) -> NDArray[np.int64]:
        """Numbers of the rows that stay, ascending."""
        return self._selection.kept

    def kept_by_batch(self) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
        """Each batch with the places of the rows that stay, where there are any."""
        for batch, start in zip(self.batches, self._starts, strict=False):
            low, high = self.kept.searchsorted([start, start + batch.num_rows])
            if high > low:
                yield batch, pa.array(self.kept[low:high] - start)

    def count(self, *columns: str) -> Counter[tuple[str, ...]]:
        """How many rows that stay have each combination of values of the columns."""
        counts: Counter[tuple[str, ...]] = Counter()
        for batch, places in self.kept_by_batch():
            table = pa.table([batch[name].take(places) for name in columns], names=list(columns))
            for row in table.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist():
                counts[tuple(row[name] for name in columns)] += row["count_all"]
        return counts

    def dropped(self) -> Iterator[Dropped]:
        """Every row that does not stay: those refused when read, then those that clashed."""
        for part in self.parts:
            yield from part.dropped()
        waiting = deque(sorted(self._selection.dropped.items()))
        for batch, part, start in zip(self.batches, self._owners, self._starts, strict=False):
            while waiting and waiting[0][0] < start + batch.num_rows:
                index, (rule, evidence) = waiting.popleft()
                row = batch.slice(index - start, 1).to_pylist()[0]
                place = (row["_position"], row["source_id"], row["id"])
                yield Dropped(part.source.name, part.file, *place, rule, evidence)
