"""Which of the valid records stay: language, privacy, conflicts, duplicates and leaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from medinjection_fr.curate.groups import Find, Wanted, find_here
from medinjection_fr.curate.numbered import Numbered
from medinjection_fr.curate.pairs import Pair
from medinjection_fr.curate.select import PRIORITY, Keys, priorities
from medinjection_fr.curate.signals import PRIVACY_FLAG, SIGNALS_SCHEMA
from medinjection_fr.release.licences import openness

CURATION_RULES = {
    "foreign-language": "the record is in French",
    "personal-data": "the record holds no personal data (where the recipe says that it drops)",
    "conflict": "no two records give the same question another gold answer",
    "leak": "no record of train or validation says what one of a later split asks",
    "duplicate": "no two records of a split are copies but for case, typography, accents or order",
    "near-duplicate": "no two records of a split are near copies",
}


@dataclass(frozen=True)
class Curation:
    """What the recipe wants.

    Attributes:
        language: Drop what is not French, mark what is short or mixed.
        duplicates: Drop copies and near copies within a split.
        leaks: Drop from train, then validation, what a later split asks.
        conflicts: ``drop`` all sides of a contradiction, or ``keep`` them.
        privacy: ``flag`` findings of personal data, or ``drop`` the records.
    """

    language: bool = True
    duplicates: bool = True
    leaks: bool = True
    conflicts: str = "drop"
    privacy: str = "flag"

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Curation | None:
        """Reads the recipe's ``curate``; ``None`` if it has none."""
        settings = recipe.get("curate")
        return None if settings is None else cls(**settings)


class Reported(NamedTuple):
    """Two records of the test that say the same: told, not dropped.

    Attributes:
        first, second: ``source/source_id``.
        kind: As ``pairs.Pair`` has it.
        similarity: Jaccard similarity of their texts.
    """

    first: str
    second: str
    kind: str
    similarity: float


class Verdicts(NamedTuple):
    """What curation decides.

    Attributes:
        dropped: Number of a dropped record → (rule, evidence).
        reported: Pairs of test records that say the same.
    """

    dropped: dict[int, tuple[str, str]]
    reported: list[Reported]


def with_flags(batch: pa.RecordBatch, signals: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with the signals' flags added to its own."""
    added = signals["flags"].to_pylist()
    if not any(added):
        return batch
    own = batch["flags"].to_pylist()
    flags = [sorted({*a, *b}) for a, b in zip(own, added, strict=True)]
    place = batch.schema.get_field_index("flags")
    return batch.set_column(place, batch.schema.field(place), pa.array(flags, pa.list_(pa.string())))


def curate(
    batches: Sequence[pa.RecordBatch],
    signal_batches: Sequence[pa.RecordBatch],
    kept: NDArray[np.int64],
    curation: Curation,
    materials: Mapping[str, str] | None = None,
    find: Find | None = None,
) -> Verdicts:
    """Decides which of the records that the selection kept stay.

    Of two that say the same, the one in test stays over validation over train, then the one under
    the more open licence, then the one whose source stands first in the catalogue. The official test
    stays whole: pairs within it are reported.

    Args:
        batches: Records, as parts hold them.
        signal_batches: Their signals.
        kept: Numbers of the records that count.
        curation: What the recipe wants.
        materials: ``source/source_id`` → split of the documents and items of the recipe that stand in
            validation or test: what was made from them may stand in no later split.
        find: Finds the pairs that say the same; in this process if ``None``.
    """
    records = _Records(batches, signal_batches, kept)
    dropped: dict[int, tuple[str, str]] = {}
    if curation.language:
        dropped.update(records.foreign())
    if curation.privacy == "drop":
        dropped.update(records.personal())
    records.bury(dropped)
    if curation.leaks and materials:
        leaks = dict(records.made_from_asked(materials))
        dropped.update(leaks)
        records.bury(leaks)
    wanted = Wanted(
        records.alive, records.asked(), curation.duplicates or curation.leaks, embedded=curation.leaks
    )
    pairs = (find or partial(find_here, Numbered(batches, signal_batches)))(wanted)
    if curation.conflicts == "drop":
        conflicts = dict(_conflicts(pairs, records))
        dropped.update(conflicts)
        records.bury(conflicts)
    if curation.leaks:
        pairs += records.lineage_pairs()
    lost, reported = _settle(pairs, records, curation)
    told = [
        Reported(records.name(pair.first), records.name(pair.second), pair.kind, round(pair.similarity, 4))
        for pair in reported
    ]
    return Verdicts({**dropped, **lost}, told)


class _Records:
    """Records and signals by number."""

    def __init__(
        self,
        batches: Sequence[pa.RecordBatch],
        signal_batches: Sequence[pa.RecordBatch],
        kept: NDArray[np.int64],
    ) -> None:
        self._batches = batches
        self._signals = pa.Table.from_batches(signal_batches, SIGNALS_SCHEMA)
        self.alive = np.zeros(self._signals.num_rows, dtype=bool)
        self.alive[kept] = True
        self.keys = Keys.of(batches)
        self.priority = priorities(self.keys.split)
        license = pa.chunked_array([batch["license"] for batch in batches], pa.string())
        encoded = license.dictionary_encode().combine_chunks()
        ranks = np.array([openness(name) for name in encoded.dictionary.to_pylist()], dtype=np.int64)
        self.openness = ranks[encoded.indices.to_numpy()]

    def bury(self, numbers: Iterable[int]) -> None:
        self.alive[list(numbers)] = False

    def name(self, index: int) -> str:
        source, source_id = self.keys.source[index].as_py(), self.keys.source_id[index].as_py()
        return f"{source}/{source_id}"

    def place(self, index: int) -> str:
        return f"{self.name(index)} in {self.keys.split[index].as_py()}"

    def foreign(self) -> Iterator[tuple[int, tuple[str, str]]]:
        evidence = self._signals["foreign"]
        for index in np.flatnonzero(self.alive & evidence.is_valid().to_numpy()).tolist():
            yield index, ("foreign-language", evidence[index].as_py())

    def personal(self) -> Iterator[tuple[int, tuple[str, str]]]:
        flags = self._signals["flags"].to_pylist()
        for index in np.flatnonzero(self.alive).tolist():
            if PRIVACY_FLAG in flags[index]:
                yield index, ("personal-data", "personal data were found")

    def asked(self) -> NDArray[np.bool_]:
        """Which records stand in validation and test."""
        return self.alive & (self.priority < PRIORITY["train"])

    def origins(self) -> dict[int, list[str]]:
        """What each living record was made from, what that was made from, and so on, by name."""
        derived = list(chain.from_iterable(batch["derived_from"].to_pylist() for batch in self._batches))
        living = np.flatnonzero(self.alive).tolist()
        made = {index: derived[index] for index in living if derived[index] is not None}
        parent = {self.name(index): name for index, name in made.items()}
        found: dict[int, list[str]] = {}
        for index, name in made.items():
            line = found[index] = [name]
            while (name := parent.get(name, name)) not in line:
                line.append(name)
        return found

    def lineage_pairs(self) -> Iterator[Pair]:
        """Pairs of different splits where one was made from the other, or both from the same."""
        made: dict[str, list[int]] = {}
        for index, line in self.origins().items():
            for name in line:
                made.setdefault(name, []).append(index)
        if not made:
            return
        for index in np.flatnonzero(self.alive).tolist():
            if (name := self.name(index)) in made:
                made[name].append(index)
        for members in made.values():
            asked = [m for m in members if self.priority[m] < PRIORITY["train"]]
            for first in asked:
                for second in members:
                    if self.priority[first] < self.priority[second]:
                        yield Pair(min(first, second), max(first, second), "lineage", 1.0)

    def made_from_asked(self, materials: Mapping[str, str]) -> Iterator[tuple[int, tuple[str, str]]]:
        """Records whose document or item stands in an earlier split of its own source."""
        for index, line in self.origins().items():
            for name in line:
                split = materials.get(name, "train")
                if PRIORITY[split] < self.priority[index]:
                    yield index, ("leak", f"kept {name} in {split}; lineage; similarity 1.00")
                    break


def _conflicts(pairs: Iterable[Pair], records: _Records) -> Iterator[tuple[int, tuple[str, str]]]:
    for pair in pairs:
        if pair.kind == "conflict":
            for index, other in ((pair.first, pair.second), (pair.second, pair.first)):
                yield index, ("conflict", f"another gold answer in {records.place(other)}")


def _settle(
    pairs: Iterable[Pair], records: _Records, curation: Curation
) -> tuple[dict[int, tuple[str, str]], list[Pair]]:
    """Goes through the records from the first that stays to the last, each against those kept."""
    partners: dict[int, list[Pair]] = {}
    for pair in pairs:
        if pair.kind != "conflict" and records.alive[pair.first] and records.alive[pair.second]:
            partners.setdefault(pair.first, []).append(pair)
            partners.setdefault(pair.second, []).append(pair)
    lost: dict[int, tuple[str, str]] = {}
    reported: list[Pair] = []
    rank = {index: (int(records.priority[index]), int(records.openness[index]), index) for index in partners}
    for index in sorted(partners, key=rank.__getitem__):
        for pair in sorted(partners[index], key=lambda p: (-p.similarity, p.kind, p.first, p.second)):
            other = pair.first if pair.second == index else pair.second
            if rank[other] > rank[index] or other in lost:
                continue
            rule = _rule(pair, records, index, other, curation)
            if rule == "reported":
                reported.append(pair)
            elif rule:
                evidence = f"kept {records.place(other)}; {pair.kind}; similarity {pair.similarity:.2f}"
                lost[index] = (rule, evidence)
                break
    return lost, sorted(set(reported))


def _rule(pair: Pair, records: _Records, index: int, other: int, curation: Curation) -> str | None:
    """The rule by which a record goes for another that stays, if any."""
    if records.priority[index] != records.priority[other]:
        return "leak" if curation.leaks else None
    if pair.kind in ("answer", "embedded", "lineage"):
        return None
    if records.priority[index] == PRIORITY["test"]:
        return "reported"
    if not curation.duplicates:
        return None
    return "near-duplicate" if pair.kind == "near" else "duplicate"
