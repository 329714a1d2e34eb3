"""The catalogue: the facts of every upstream dataset, as data."""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml, schema_problems
from medinjection_fr.errors import InputError, Problem

ENTRIES = Path(__file__).with_name("catalogue_entries")
ENTRY_FILES = ("native", "published", "documents", "items", "sample")
"""Files of the catalogue. The order matters: of two records with the same content in the same split,
the one whose source stands first stays."""


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
        if isinstance(adapter, str) and not _is_adapter(adapter):
            place = f"{where} › {name} › adapter"
            problems.append(Problem(place, f'no adapter "{adapter}"', "a module of medinjection_fr.sources"))
    if problems:
        raise InputError(problems)
    return {name: Source(name, facts) for name, facts in entries.items()}


def _is_adapter(name: str) -> bool:
    if not name.isidentifier() or not (Path(__file__).parent / f"{name}.py").is_file():
        return False
    module = importlib.import_module(f"medinjection_fr.sources.{name}")
    return hasattr(module, "find_files") and hasattr(module, "read")


@functools.cache
def load_catalogue() -> dict[str, Source]:
    """Reads the package's own catalogue, in its order."""
    sources: dict[str, Source] = {}
    for name in ENTRY_FILES:
        path = ENTRIES / f"{name}.yaml"
        sources.update(parse_sources(read_yaml(path), path.name))
    return sources


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
