"""A split of a configuration → questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.questions import Question, permute
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.loading import load, open_config
from medinjection_fr.record import TYPES
from medinjection_fr.release.manifest import Release


@dataclass(frozen=True)
class TestSet:
    """Records to be asked.

    Attributes:
        release: Where they are from.
        config: The configuration.
        split: Its split.
        rows: The records, as datasets gives them.
    """

    release: Release
    config: str
    split: str
    rows: Any

    @property
    def described(self) -> dict[str, Any]:
        """What tells these records apart from others."""
        return {
            "version": self.release.version,
            "release_digest": self.release.manifest["digest"],
            "config": self.config,
            "config_digest": self.release.manifest["configs"][self.config]["digest"],
            "split": self.split,
        }

    def questions(self, permutations: int) -> Iterator[Question]:
        """Each record in its own order of options, and in as many other orders as it has."""
        for record in self.rows:
            for permutation in range(permutations + 1 if record["choices"] else 1):
                if question := permute(record, permutation):
                    yield question


def open_test_set(data: str, config: str, split: str, types: Sequence[str], limit: int | None) -> TestSet:
    """Opens a split.

    Args:
        data: A release folder, or ``organisation/name@1.2.0`` on the Hub.
        config: As ``medinjection_fr.load`` takes it.
        split: A split's name.
        types: Types of records.
        limit: Records at most, of an order that is always the same.

    Raises:
        InputError: There is no such release, configuration, split or type, or no record is left.
    """
    if unknown := [type for type in types if type not in TYPES]:
        raise InputError(Problem("--tasks", f"names {', '.join(unknown)}", f"among {', '.join(TYPES)}"))
    release, name, _ = open_config(data, config)
    splits = release.manifest["configs"][name]["splits"]
    if split not in splits:
        what = f"{name} has no split {split}"
        raise InputError(Problem(str(release.folder), what, f"one of {', '.join(splits)}"))
    rows = load(name, split=split, path=release.folder)
    rows = rows.select([place for place, type in enumerate(rows["type"]) if type in types])
    if not len(rows):
        what = f"{split} of {name} has no record of type {', '.join(types)}"
        raise InputError(Problem(str(release.folder), what, mend="Name other --tasks"))
    if limit is not None and limit < len(rows):
        rows = rows.shuffle(seed=0).select(range(limit))
    return TestSet(release, name, split, rows)
