"""The catalogue: the facts of every upstream dataset, as data."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml, schema_problems
from medinjection_fr.errors import InputError, Problem

ADAPTERS = ("frenchmedmcqa", "jsonl", "published")
"""Modules of this package that read a format."""

CATALOGUE_FILE = Path(__file__).with_name("catalogue.yaml")


@dataclass(frozen=True)
class Source:
    """One entry of the catalogue; ``facts`` is what ``schemas/source.schema.json`` describes."""

    name: str
    facts: Mapping[str, Any]

    @property
    def origin(self) -> str:
        """Provenance of its records, or ``mixed``."""
        return str(self.facts["origin"])

    @property
    def yields(self) -> str:
        """What its files hold: ``records``, ``documents`` or ``items``."""
        return str(self.facts.get("yields", "records"))

    @property
    def license(self) -> str:
        """SPDX identifier or ``LicenseRef-…``."""
        return str(self.facts["license"])

    @property
    def lineage_is_known(self) -> bool:
        """Whether its generated records say what they came from."""
        return bool(self.facts["lineage"] == "known")


def parse_sources(entries: Mapping[str, Any], where: str) -> dict[str, Source]:
    """Checks catalogue entries against their schema.

    Raises:
        InputError: Every mistake of every entry.
    """
    problems: list[Problem] = []
    for name, facts in entries.items():
        problems += schema_problems(facts, "source", f"{where} › {name}")
        adapter = facts.get("adapter") if isinstance(facts, Mapping) else None
        if isinstance(adapter, str) and adapter not in ADAPTERS:
            problems.append(
                Problem(
                    f"{where} › {name} › adapter",
                    f'no adapter "{adapter}"',
                    f"one of {', '.join(ADAPTERS)}",
                )
            )
    if problems:
        raise InputError(problems)
    return {name: Source(name, facts) for name, facts in entries.items()}


@functools.cache
def load_catalogue() -> dict[str, Source]:
    """Reads the package's own catalogue, in its order."""
    return parse_sources(read_yaml(CATALOGUE_FILE), CATALOGUE_FILE.name)


def find_source(name: str) -> Source:
    """Finds a source by name.

    Raises:
        InputError: The catalogue has none of that name.
    """
    catalogue = load_catalogue()
    if name not in catalogue:
        nearest = difflib.get_close_matches(name, catalogue, n=1)
        mend = f'Did you mean "{nearest[0]}"?' if nearest else ""
        expected = f"one of {', '.join(catalogue)}"
        raise InputError(Problem("catalogue", f'no source is called "{name}"', expected, mend))
    return catalogue[name]
