"""Configurations: which shards make up ``native+translated``, controlled and matched ones included.

A configuration is a list of shards; no row is stored twice. The train rows of a controlled or
matched configuration are the first ones of each (origin, type), and since rows stand in the order
of a keyed hash, the first ones are a random sample.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import ORIGINS, SPLITS, TYPES

MIXES = tuple("+".join(mix) for size in (1, 2, 3) for mix in combinations(ORIGINS, size))
DEFAULT_CONFIG = MIXES[-1]
KINDS = ("plain", "controlled", "matched")

PAPER_NAMES = {
    "nat": "native",
    "syn": "synthetic",
    "trad": "translated",
    "all": DEFAULT_CONFIG,
}
"""The paper's abbreviations; ``TRAD-SYN`` is read part by part."""


class Cell(NamedTuple):
    """A place of the release: rows of one origin, split and type."""

    origin: str
    split: str
    type: str


@dataclass(frozen=True)
class Study:
    """Sizes of the configurations for the study of equal sizes.

    Attributes:
        controlled: Train rows of each controlled configuration (multiple choice only).
        matched: Train rows of each matched configuration.
        matched_types: Types of the matched configurations, each with the same number of rows.
    """

    controlled: int | None = None
    matched: int | None = None
    matched_types: tuple[str, ...] = ()

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Study:
        """Reads the recipe's ``study``."""
        study = recipe.get("study", {})
        matched = study.get("matched", {})
        types = tuple(name for name in TYPES if name in matched.get("types", ()))
        return cls(study.get("controlled"), matched.get("rows"), types)


@dataclass(frozen=True)
class Shard:
    """One data file: consecutive rows ``start`` to ``start + rows`` of a cell."""

    path: str
    cell: Cell
    start: int
    rows: int


@dataclass(frozen=True)
class Config:
    """A configuration: for each split it has, its shards in order."""

    name: str
    splits: Mapping[str, tuple[Shard, ...]] = field(default_factory=dict)

    def rows(self, split: str) -> int:
        """Rows of a split."""
        return sum(shard.rows for shard in self.splits.get(split, ()))


def config_name(mix: str, kind: str) -> str:
    """Name of a mix's configuration of a kind."""
    return mix if kind == "plain" else f"{mix}-{kind}"


CONFIG_NAMES = tuple(config_name(mix, kind) for kind in KINDS for mix in MIXES)


def normalise_config_name(name: str) -> str:
    """Returns our name for a configuration: any order of the parts, any case, the paper's names.

    Raises:
        InputError: No configuration is called so; the message names the nearest.
    """
    text = name.strip().lower()
    kind = next((kind for kind in KINDS[1:] if text.endswith(f"-{kind}")), "plain")
    parts = text.removesuffix(f"-{kind}").replace("-", "+").split("+")
    origins = "+".join(PAPER_NAMES.get(part.strip(), part.strip()) for part in parts).split("+")
    mix = "+".join(origin for origin in ORIGINS if origin in origins)
    if set(origins) <= set(ORIGINS) and len(set(origins)) == len(origins):
        return config_name(mix, kind)
    known = [*CONFIG_NAMES, *("NAT", "SYN", "TRAD", "ALL")]
    nearest = difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(
        text, list(CONFIG_NAMES), n=1, cutoff=0.3
    )
    raise InputError(
        Problem(
            "config",
            f'no configuration is called "{name}"',
            f"one of {', '.join(CONFIG_NAMES)}",
            f'Did you mean "{nearest[0]}"?' if nearest else "",
        )
    )


class Quota(NamedTuple):
    """Train rows that a configuration takes from each (origin, type), or why it cannot exist."""

    rows: Mapping[tuple[str, str], int]
    reason: str | None


def study_quotas(counts: Mapping[Cell, int], study: Study) -> dict[str, Quota]:
    """Says for every controlled and matched configuration what it takes from where.

    Args:
        counts: Rows of each cell of the release.
        study: Sizes from the recipe.
    """
    quotas = {}
    for mix in MIXES:
        origins = mix.split("+")
        quotas[config_name(mix, "controlled")] = _controlled_quota(origins, counts, study)
        quotas[config_name(mix, "matched")] = _matched_quota(origins, counts, study)
    return quotas


def _controlled_quota(origins: list[str], counts: Mapping[Cell, int], study: Study) -> Quota:
    """Equal parts of each provenance, each in its own proportion of mcqu and mcq (facts of the paper).

    The part of mcqu is ``part × mcqu / (mcqu + mcq)``, rounded half up in integers.
    """
    if study.controlled is None:
        return Quota({}, "the recipe has no study.controlled")
    part = study.controlled // len(origins)
    rows: dict[tuple[str, str], int] = {}
    for origin in origins:
        single = counts.get(Cell(origin, "train", "mcqu"), 0)
        several = counts.get(Cell(origin, "train", "mcq"), 0)
        if single + several < part:
            have = f"{single + several} multiple-choice train rows"
            return Quota({}, f"{origin} has {have}, {part} are needed")
        taken = (2 * part * single + single + several) // (2 * (single + several))
        rows[origin, "mcqu"], rows[origin, "mcq"] = taken, part - taken
    return Quota({key: number for key, number in rows.items() if number}, None)


def _matched_quota(origins: list[str], counts: Mapping[Cell, int], study: Study) -> Quota:
    """The same number of rows of each type from each provenance."""
    if study.matched is None:
        return Quota({}, "the recipe has no study.matched")
    part = study.matched // (len(origins) * len(study.matched_types))
    missing = []
    for origin in origins:
        for kind in study.matched_types:
            have = counts.get(Cell(origin, "train", kind), 0)
            if have < part:
                missing.append(f"{origin} {kind} has {have} train rows, {part} are needed")
    if missing:
        return Quota({}, "; ".join(missing))
    return Quota({(o, t): part for o in origins for t in study.matched_types}, None)


def train_cuts(counts: Mapping[Cell, int], study: Study) -> dict[tuple[str, str], list[int]]:
    """Row numbers at which the train shards of each (origin, type) are cut, ascending."""
    cuts: dict[tuple[str, str], set[int]] = {}
    for quota in study_quotas(counts, study).values():
        for key, rows in quota.rows.items():
            cuts.setdefault(key, set()).add(rows)
    return {key: sorted(points) for key, points in cuts.items()}


def plan_configs(shards: list[Shard], study: Study) -> tuple[dict[str, Config], dict[str, str]]:
    """Lists the shards of every configuration.

    Returns:
        The configurations that exist, by name; and for each that does not, the reason.
    """
    counts: dict[Cell, int] = {}
    by_cell: dict[Cell, list[Shard]] = {}
    for shard in shards:
        counts[shard.cell] = counts.get(shard.cell, 0) + shard.rows
        by_cell.setdefault(shard.cell, []).append(shard)
    quotas = study_quotas(counts, study)
    existing: dict[str, Config] = {}
    absent: dict[str, str] = {}
    for kind in KINDS:
        for mix in MIXES:
            name, origins = config_name(mix, kind), mix.split("+")
            empty = [o for o in origins if not any(cell.origin == o for cell in counts)]
            if empty:
                absent[name] = f"the release has no {' and no '.join(empty)} records"
            elif kind != "plain" and (reason := quotas[name].reason):
                absent[name] = reason
            else:
                quota = None if kind == "plain" else quotas[name].rows
                existing[name] = _assemble(name, origins, by_cell, quota)
    return existing, absent


def _assemble(
    name: str,
    origins: list[str],
    by_cell: Mapping[Cell, list[Shard]],
    quota: Mapping[tuple[str, str], int] | None,
) -> Config:
    splits: dict[str, tuple[Shard, ...]] = {}
    for split in SPLITS:
        chosen = []
        for origin in origins:
            for kind in TYPES:
                shards = by_cell.get(Cell(origin, split, kind), [])
                if split == "train" and quota is not None:
                    end = quota.get((origin, kind), 0)
                    shards = [shard for shard in shards if shard.start + shard.rows <= end]
                chosen += shards
        if chosen:
            splits[split] = tuple(chosen)
    return Config(name, splits)
