"""The valid rows of all files, which of them stay, and the ledger of those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.curation import Curation, Reported, curate, with_flags
from medinjection_fr.curate.groups import find_on
from medinjection_fr.curate.ledger import Dropped
from medinjection_fr.curate.numbered import Numbered
from medinjection_fr.curate.select import Selection, select
from medinjection_fr.curate.signal_files import write_signals
from medinjection_fr.engine import Engine
from medinjection_fr.sources.parts import Part
from medinjection_fr.workspace import Workspace


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
        self.reported: list[Reported] = []
        self._owners = [part for _, part in pairs]
        self._starts = np.cumsum([0, *(batch.num_rows for batch in self.batches)])
        self._selection = select(self.batches, exclude, keep_groups_together)

    def asked(self) -> dict[str, str]:
        """``source/source_id`` → split of the rows that stay in validation and test."""
        found = {}
        for batch, places in self.kept_by_batch():
            names = ("source", "source_id", "_split")
            for source, source_id, split in zip(
                *(batch[n].take(places).to_pylist() for n in names), strict=True
            ):
                if split in ("validation", "test"):
                    found[f"{source}/{source_id}"] = split
        return found

    def curate(
        self,
        curation: Curation,
        workspace: Workspace,
        engine: Engine,
        materials: Mapping[str, str] | None = None,
    ) -> None:
        """Marks and drops rows by what they say: language, privacy, conflicts, duplicates, leaks.

        Args:
            curation: What the recipe wants.
            workspace: Where signals are kept.
            engine: Where it runs.
            materials: What was asked of the documents and items that records are made from.
        """
        folders = [part.folder for part in self.parts]
        signals = write_signals(folders, workspace, engine)
        find = partial(find_on, engine, workspace, Numbered(self.batches, signals), folders)
        self.batches = [with_flags(*pair) for pair in zip(self.batches, signals, strict=True)]
        verdicts = curate(self.batches, signals, self.kept, curation, materials, find)
        alive = np.setdiff1d(self.kept, np.fromiter(verdicts.dropped, np.int64))
        self._selection = Selection(alive, {**self._selection.dropped, **verdicts.dropped})
        self.reported = verdicts.reported

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

    def count(self, *columns: str) -> Counter[tuple[Any, ...]]:
        """How many rows that stay have each combination of values of the columns."""
        counts: Counter[tuple[Any, ...]] = Counter()
        for batch, places in self.kept_by_batch():
            table = pa.table([batch[name].take(places) for name in columns], names=list(columns))
            for row in table.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist():
                counts[tuple(row[name] for name in columns)] += row["count_all"]
        return counts

    def dropped(self) -> Iterator[Dropped]:
        """Every row that does not stay: those refused when read, then those that clashed."""
        for part in self.parts:
            yield from part.dropped()
        clashed = self._selection.dropped
        numbers = np.array(sorted(clashed), dtype=np.int64)
        for batch, part, start in zip(self.batches, self._owners, self._starts, strict=False):
            low, high = numbers.searchsorted([start, start + batch.num_rows])
            places = batch.select(["_position", "source_id", "id"]).take(pa.array(numbers[low:high] - start))
            for number, row in zip(numbers[low:high].tolist(), places.to_pylist(), strict=True):
                place = (row["_position"], row["source_id"], row["id"])
                yield Dropped(part.source.name, part.file, *place, *clashed[number])
