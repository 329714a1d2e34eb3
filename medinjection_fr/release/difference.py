"""The difference of two releases: its figures, and the smallest version that is honest about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr.configs import Cell, Study
from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.changed_rows import KINDS
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.reasons import WITHDRAWN
from medinjection_fr.release.versions import Bump, is_honest, smallest_version

_CELLS = [Cell(origin, split, kind) for origin in ORIGINS for split in SPLITS for kind in TYPES]


class SplitChange(NamedTuple):
    """A configuration's split: its rows before and now, and by id those that entered and left it."""

    old: int
    new: int
    entered: int
    left: int


@dataclass(frozen=True)
class ConfigChange:
    """A configuration that is not as it was.

    Attributes:
        state: ``appeared``, ``vanished`` or ``changed`` (it holds other rows).
        splits: Its splits, those included that stayed.
        reason: Why the new release has none.
    """

    state: str
    splits: Mapping[str, SplitChange]
    reason: str | None = None

    @property
    def left(self) -> int:
        """Rows that it lost."""
        return sum(split.left for split in self.splits.values())


class ColumnChange(NamedTuple):
    """A column of another type; ``None`` where it does not exist."""

    column: str
    old: str | None
    new: str | None


class TermsChange(NamedTuple):
    """What the catalogue says otherwise of the terms of a source."""

    source: str
    fact: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Difference:
    """What differs between two releases.

    Attributes:
        old, new: The releases.
        rows: One row for each record that is not as it was, as ``changed_rows.CHANGED_ROWS``.
        columns: The columns whose type is another.
        configs: The configurations that are not as they were, by name.
        terms: Licence and right to redistribute of sources that both have, where these are others.
        packaging: What else differs, in words (see ``bump``).
    """

    old: Release
    new: Release
    rows: pa.Table
    columns: tuple[ColumnChange, ...]
    configs: Mapping[str, ConfigChange]
    terms: tuple[TermsChange, ...]
    packaging: tuple[str, ...]

    @property
    def bump(self) -> Bump:
        """How far the version must move, by the rules of Croissant 1.1.

        - *major*: a record was removed, changed in any column (its licence and flags too) or moved to
          another split; the columns changed; a configuration vanished, or lost rows that still stand.
          One exception: controlled and matched configurations are samples of a fixed size, so that
          added records displace some of theirs. This is told, and asks for no more than *minor*
          as long as the recipe's ``study`` is the same.
        - *minor*: records were added; a configuration appeared or grew.
        - *patch*: the records are the same and their packaging is not: Arrow or Parquet, where shards
          are cut, the package that built it, the recipe (its changelog too), the ledgers, what is said
          of sources and their files, the text of card, licences and script.
        - *none*: nothing differs but the version and what repeats it.
        """
        counts = self.counts
        if self.columns or any(counts[kind] for kind in KINDS if kind != "added"):
            return "major"
        if any(config.state == "vanished" for config in self.configs.values()) or self._is_redrawn:
            return "major"
        if counts["added"] or self.configs:
            return "minor"
        return "patch" if self.packaging else "none"

    @property
    def _is_redrawn(self) -> bool:
        """Whether configurations lost rows otherwise than to added ones."""
        studies = {Study.from_recipe(release.manifest["recipe"]) for release in (self.old, self.new)}
        lost = any(config.left for config in self.configs.values())
        return lost and not (self.counts["added"] and len(studies) == 1)

    @property
    def counts(self) -> dict[str, int]:
        """Records by kind of change; each counts once, as the first kind that is true of it."""
        counted = pc.value_counts(self.rows["kind"]).to_pylist()
        return dict.fromkeys(KINDS, 0) | {entry["values"]: entry["counts"] for entry in counted}

    @property
    def withdrawn(self) -> list[dict[str, Any]]:
        """The rows that an ``exclude:`` entry of the new recipe took out, with its reason."""
        return list(self.rows.filter(pc.equal(self.rows["rule"], WITHDRAWN)).to_pylist())

    def smallest_version(self) -> str:
        """The smallest honest version after the old one; the old one itself if nothing differs."""
        return smallest_version(self.old.version, self.bump)

    def allows(self, version: str) -> bool:
        """Whether a version is an honest one for the new release.

        Raises:
            InputError: It is not MAJOR.MINOR.PATCH.
        """
        return is_honest(self.old.version, version, self.bump)

    def count(self, *columns: str) -> list[tuple[tuple[Any, ...], int]]:
        """The combinations of values of columns, sorted, with their rows."""
        counted = self.rows.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist()
        pairs = [(tuple(row[name] for name in columns), row["count_all"]) for row in counted]
        return sorted(pairs, key=lambda pair: [value or "" for value in pair[0]])

    def by_cell(self) -> dict[Cell, dict[str, int]]:
        """Rows of each origin, split and type: ``old``, ``new``, and of each kind of change.

        A record counts where it stands now; a removed one where it stood.
        """
        shards = {
            side: [(shard.cell, shard.rows) for shard in release.shards]
            for side, release in self._sides.items()
        }
        kinds = [
            (Cell(*cell), kind, rows) for (*cell, kind), rows in self.count("origin", "split", "type", "kind")
        ]
        table = _tally(shards, kinds)
        return {cell: table[cell] for cell in _CELLS if cell in table}

    def by_source(self) -> dict[str, dict[str, int]]:
        """Rows of each source: ``old``, ``new``, and of each kind of change."""
        sources = {
            side: list(release.manifest["statistics"]["source"].items())
            for side, release in self._sides.items()
        }
        kinds = [(source, kind, rows) for (source, kind), rows in self.count("source", "kind")]
        return dict(sorted(_tally(sources, kinds).items()))

    def by_column(self, kind: str | None = None) -> dict[str, int]:
        """Records, of a kind or of all, in which a column differs; one counts in each that does."""
        rows = self.rows if kind is None else self.rows.filter(pc.equal(self.rows["kind"], kind))
        counted = pc.value_counts(pc.list_flatten(rows["columns"])).to_pylist()
        return {entry["values"]: entry["counts"] for entry in counted}

    def moves(self) -> dict[tuple[str, str], int]:
        """Records by the split where they stood and where they stand, if another; rewritten ones too."""
        return {(old, new): rows for (old, new), rows in self.count("old_split", "split") if old}

    def licenses(self) -> dict[tuple[str, str, str], int]:
        """Records by source, old licence and new, if another; moved and rewritten ones too."""
        counted = self.count("source", "old_license", "license")
        return {(source, old, new): rows for (source, old, new), rows in counted if old}

    def summary(self) -> dict[str, Any]:
        """All but ``rows``, for JSON."""
        sides = {
            side: {
                "folder": str(release.folder),
                "version": release.version,
                "digest": release.manifest["digest"],
            }
            for side, release in self._sides.items()
        }
        return {
            **sides,
            "bump": self.bump,
            "smallest_version": self.smallest_version(),
            "is_honest": self.allows(self.new.version),
            "counts": self.counts,
            "cells": [{**cell._asdict(), **rows} for cell, rows in self.by_cell().items()],
            "sources": [{"source": source, **rows} for source, rows in self.by_source().items()],
            "changed_columns": self.by_column(),
            "moves": [{"old": old, "new": new, "rows": n} for (old, new), n in self.moves().items()],
            "licenses": [
                {"source": source, "old": old, "new": new, "rows": n}
                for (source, old, new), n in self.licenses().items()
            ],
            "columns": [change._asdict() for change in self.columns],
            "configs": {
                name: {
                    "state": config.state,
                    "reason": config.reason,
                    "splits": {split: change._asdict() for split, change in config.splits.items()},
                }
                for name, config in self.configs.items()
            },
            "terms": [change._asdict() for change in self.terms],
            "packaging": list(self.packaging),
        }

    @property
    def _sides(self) -> dict[str, Release]:
        return {"old": self.old, "new": self.new}


def _tally(
    sides: Mapping[str, list[tuple[Any, int]]], kinds: list[tuple[Any, str, int]]
) -> dict[Any, dict[str, int]]:
    """Adds rows up by key."""
    table: dict[Any, dict[str, int]] = {}
    entries = [(key, side, rows) for side, pairs in sides.items() for key, rows in pairs]
    for key, name, rows in [*entries, *kinds]:
        table.setdefault(key, dict.fromkeys(("old", "new", *KINDS), 0))[name] += rows
    return table
