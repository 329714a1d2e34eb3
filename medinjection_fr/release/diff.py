"""Two releases side by side: records, columns, configurations, licences, packaging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from medinjection_fr.curate.ledger import FOLDER
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.changed_rows import compare_rows
from medinjection_fr.release.croissant import CROISSANT
from medinjection_fr.release.difference import (
    ColumnChange,
    ConfigChange,
    Difference,
    SplitChange,
    TermsChange,
)
from medinjection_fr.release.manifest import MANIFEST, Release
from medinjection_fr.release.verify import damaged_files

__all__ = ["Difference", "diff_releases"]

_TERMS = ("license", "redistributable")


def diff_releases(old: Release, new: Release) -> Difference:
    """Compares two releases.

    Every listed file of both is checked first; then shards are read one at a time, and only those
    that the other release has not byte by byte. Records are matched by id, then by source and
    source_id: exactly, and each once.

    Raises:
        InputError: Files that are missing or damaged, shards that cannot be compared, or releases of
            two datasets.
    """
    problems = [*damaged_files(old), *damaged_files(new)]
    if old.manifest["name"] != new.manifest["name"]:
        where = f"{new.folder / MANIFEST} › name"
        problems.append(
            Problem(where, f'"{new.manifest["name"]}"', f'"{old.manifest["name"]}", as in {old.folder}')
        )
    if problems:
        raise InputError(problems)
    changes = compare_rows(old, new)
    is_same = not (changes.rows.num_rows or changes.columns)
    return Difference(
        old,
        new,
        changes.rows,
        tuple(ColumnChange(*change) for change in changes.columns),
        _config_changes(old, new, changes.kept),
        tuple(_terms_changes(old.manifest["sources"], new.manifest["sources"])),
        tuple(_packaging(old, new, is_same)),
    )


def _config_changes(
    old: Release, new: Release, kept: Mapping[tuple[str, str], int]
) -> dict[str, ConfigChange]:
    """The configurations that hold other rows.

    Args:
        old: The release before.
        new: The release now.
        kept: (old shard, new shard) → records that stand in both.
    """
    before, after = old.manifest["configs"], new.manifest["configs"]
    changes = {}
    for name in dict.fromkeys([*after, *before]):
        was, now = (configs.get(name, {"splits": {}})["splits"] for configs in (before, after))
        splits = {
            split: _split_change(was.get(split), now.get(split), kept)
            for split in dict.fromkeys([*now, *was])
        }
        state = "appeared" if name not in before else "vanished" if name not in after else "changed"
        if state != "changed" or any(split.entered or split.left for split in splits.values()):
            changes[name] = ConfigChange(state, splits, new.manifest["absent_configs"].get(name))
    return changes


def _split_change(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, kept: Mapping[tuple[str, str], int]
) -> SplitChange:
    old_rows, new_rows = old["rows"] if old else 0, new["rows"] if new else 0
    old_shards, new_shards = set(old["shards"] if old else ()), set(new["shards"] if new else ())
    same = sum(rows for (a, b), rows in kept.items() if a in old_shards and b in new_shards)
    return SplitChange(old_rows, new_rows, entered=new_rows - same, left=old_rows - same)


def _terms_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[TermsChange]:
    for name in (name for name in new if name in old):
        for fact in _TERMS:
            was, now = old[name]["facts"].get(fact), new[name]["facts"].get(fact)
            if was != now:
                yield TermsChange(name, fact, was, now)


def _packaging(old: Release, new: Release, is_same: bool) -> list[str]:
    """What differs beside the records, the columns and the configurations.

    Args:
        old: The release before.
        new: The release now.
        is_same: Whether the records and columns are the same, so that other shards are packaging.
    """
    before, after = old.manifest, new.manifest
    told = []
    formats = [{PurePosixPath(shard.path).suffix[1:] for shard in release.shards} for release in (old, new)]
    if formats[0] != formats[1]:
        told.append(f"shards as {' and '.join(sorted(formats[1]))}")
    elif is_same and _digests(old, "data/") != _digests(new, "data/"):
        told.append("shards cut or ordered otherwise")
    if before["package"] != after["package"]:
        was, now = before["package"]["version"], after["package"]["version"]
        told.append(f"built by package {now}, {f'not {was}' if was != now else 'in another state'}")
    if keys := _differing(before["recipe"], after["recipe"], but="version"):
        told.append(f"recipe: {', '.join(keys)}")
    for name in _differing(before["sources"], after["sources"]):
        parts = [before["sources"].get(name, {}), after["sources"].get(name, {})]
        if names := [part for part in ("facts", "files") if parts[0].get(part) != parts[1].get(part)]:
            told.append(f"source {name}: {' and '.join(names)}")
    if ledgers := _differing(_digests(old, f"{FOLDER}/"), _digests(new, f"{FOLDER}/")):
        told.append(f"ledgers: {', '.join(ledgers)}")
    # Documents repeat the version, and what has been told by now. What else they say is theirs.
    is_told = told or not is_same or old.version != new.version
    if not is_told and (documents := _differing(_documents(old), _documents(new))):
        told.append(f"documents: {', '.join(documents)}")
    return told


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], but: str = "") -> list[str]:
    """Keys whose values differ, in the order of the new."""
    names = dict.fromkeys([*new, *old])
    return [name for name in names if name != but and old.get(name) != new.get(name)]


def _digests(release: Release, folder: str = "") -> dict[str, str]:
    return {path: file["sha256"] for path, file in release.files.items() if path.startswith(folder)}


def _documents(release: Release) -> dict[str, str]:
    others = ("data/", f"{FOLDER}/", CROISSANT)  # Croissant lists the digests of the others
    return {path: sha256 for path, sha256 in _digests(release).items() if not path.startswith(others)}
