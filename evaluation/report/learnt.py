"""What each model was trained on: provenance × type of its train rows, and how far the two go together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.compare import Run
from evaluation.contamination import find_training
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import ORIGINS, TYPES
from medinjection_fr.release.chi_square import Association, association
from medinjection_fr.release.manifest import Release, read_release

_TOLD = ("release_digest", "config", "config_digest")


@dataclass(frozen=True)
class Learnt:
    """What a model was trained on.

    Attributes:
        config: The configuration.
        version: Of the release.
        rows: Train rows by provenance and type; ``None`` if nobody says.
        told_by: Where the rows are from.
    """

    config: str
    version: str
    rows: Mapping[str, Mapping[str, int]] | None
    told_by: str

    @property
    def confound(self) -> Association | None:
        """How far type depends on provenance; ``None`` if fewer than two provenances have rows."""
        rows = self.rows or {}
        return association([[rows.get(origin, {}).get(type, 0) for type in TYPES] for origin in ORIGINS])


def find_learnt(runs: Sequence[Run], reports: Sequence[Path]) -> dict[str, Learnt]:
    """What the models of runs were trained on, as far as ``run.json`` names a training.

    The rows are those of a given ``training.json``, of one beside the model, or of the release if it lies in
    a folder: whichever is found first, and only if its digests are those that the run names.

    Args:
        runs: By whose models.
        reports: Paths of ``training.json``.

    Returns:
        By run; a run whose model is not known to be trained by us is not there.

    Raises:
        InputError: A given path is no report of a training.
    """
    given = _read_reports(reports)
    found = {}
    for run in runs:
        if wanted := run.described["model"].get("trained_on"):
            rows, told_by = _find_rows(run, wanted, given)
            found[run.name] = Learnt(wanted["config"], wanted["version"], rows, told_by)
    return found


def _read_reports(paths: Sequence[Path]) -> list[dict[str, Any]]:
    reports, problems = [], []
    for path in paths:
        try:
            report = json.loads(path.read_bytes())
            report["data"]["config"], report["records"]["drawn"]
            reports.append(report)
        except (OSError, ValueError, KeyError, TypeError):
            what = "is no report of a training"
            problems.append(Problem(f"--training {path}", what, "a training.json", "Name the file itself"))
    if problems:
        raise InputError(problems)
    return reports


def _find_rows(
    run: Run, wanted: Mapping[str, Any], given: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Mapping[str, int]] | None, str]:
    for report in given:
        if _is_same(report["data"], wanted):
            return report["records"]["drawn"], "training.json"
    name = run.described["model"].get("name")
    beside = find_training(name, None) if name and Path(name).is_dir() else None
    if beside and _is_same(beside["data"], wanted) and "drawn" in beside.get("records", {}):
        return beside["records"]["drawn"], "training.json beside the model"
    try:
        folder = Path(wanted.get("reference") or "")
        release = read_release(folder) if (folder / "release.json").exists() else None
    except InputError:
        release = None
    if release and release.manifest["digest"] == wanted["release_digest"]:
        return _train_rows(release, wanted["config"]), "the release that it was trained on"
    return None, "nobody: give its training.json with --training"


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(key) == other.get(key) for key in _TOLD)


def _train_rows(release: Release, config: str) -> dict[str, dict[str, int]]:
    paths = set(release.manifest["configs"][config]["splits"]["train"]["shards"])
    rows: dict[str, dict[str, int]] = {}
    for shard in release.shards:
        if shard.path in paths:
            types = rows.setdefault(shard.cell.origin, {})
            types[shard.cell.type] = types.get(shard.cell.type, 0) + shard.rows
    return rows
