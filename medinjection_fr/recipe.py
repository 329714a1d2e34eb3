"""A recipe: what a release is made of, checked before any work."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml, schema_problems
from medinjection_fr.configs import Study
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.versions import parse_version
from medinjection_fr.resources import PACKAGE
from medinjection_fr.sources.catalogue import Source, load_catalogue, parse_sources


@dataclass(frozen=True)
class Recipe:
    """A checked recipe.

    Attributes:
        content: The YAML document, as ``schemas/recipe.schema.json`` describes it.
        sources: Its sources in the order of the catalogue, each with the folder of its files and
            the splits that are wanted.
    """

    content: Mapping[str, Any]
    sources: list[tuple[Source, Path, tuple[str, ...] | None]]

    @property
    def is_public(self) -> bool:
        """Whether the release is for everybody."""
        return bool(self.content.get("audience") == "public")

    @property
    def study(self) -> Study:
        """Sizes of the controlled and matched configurations."""
        return Study.from_recipe(self.content)


SHIPPED = PACKAGE / "recipes"


def find_recipe(name: str) -> tuple[Path, bool]:
    """Finds a recipe by path, or by name among those that ship with the package.

    Returns:
        Its path, and whether it ships.

    Raises:
        InputError: There is neither.
    """
    path, shipped = Path(name), SHIPPED / f"{name}.yaml"
    if path.is_file() or not shipped.is_file():
        if not path.exists():
            names = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.yaml")))
            raise InputError(Problem(name, "no such recipe", f"a YAML file, or one of {names}"))
        return path, False
    return shipped, True


def load_recipe(path: Path, data: Path | None = None) -> Recipe:
    """Reads and checks a recipe.

    Args:
        path: The YAML file.
        data: Folder that the sources' paths are relative to; the recipe's own folder if ``None``.

    Raises:
        InputError: Every mistake of the recipe.
    """
    content = read_yaml(path)
    problems = schema_problems(content, "recipe", str(path))
    if problems:
        raise InputError(problems)
    own: dict[str, Source] = {}
    try:
        own = parse_sources(content.get("catalogue", {}), f"{path} › catalogue")
    except InputError as error:
        problems += error.problems
    catalogue = {**load_catalogue(), **own}
    for name in sorted(own.keys() & load_catalogue().keys()):
        what = f'"{name}" is a source of the package already'
        problems.append(Problem(f"{path} › catalogue", what, mend="Call yours otherwise"))
    problems += _source_problems(content, [*catalogue, *content.get("catalogue", {})], str(path))
    problems += _study_problems(content, str(path))
    problems += _changelog_problems(content, str(path))
    if problems:
        raise InputError(problems)
    base = data or path.parent
    catalogue = _with_overrides(catalogue, content.get("license_override", []))
    order = {name: position for position, name in enumerate(catalogue)}
    entries = sorted(content["sources"], key=lambda entry: order[entry["source"]])
    sources = [
        (
            catalogue[entry["source"]],
            _folder(catalogue[entry["source"]], entry, base),
            tuple(entry["splits"]) if "splits" in entry else None,
        )
        for entry in entries
    ]
    return Recipe(content, sources)


def _with_overrides(
    catalogue: Mapping[str, Source], overrides: Sequence[Mapping[str, str]]
) -> dict[str, Source]:
    """Gives sources the licences that the recipe's permissions say, with who answers for them."""
    changed = dict(catalogue)
    for entry in overrides:
        facts = changed[entry["source"]].facts
        note = f"{facts['license']} upstream; {entry['license']} on the word of {entry['name']}"
        note = f"{note} ({entry['date']}): {entry['reason']}"
        facts = {**facts, "license": entry["license"], "license_note": note, "redistributable": True}
        changed[entry["source"]] = Source(entry["source"], facts)
    return changed


def _folder(source: Source, entry: Mapping[str, Any], base: Path) -> Path:
    if source.facts["location"]["kind"] == "package" and "path" not in entry:
        return PACKAGE / "sample"
    return base / str(entry.get("path", source.name))


def _source_problems(content: Mapping[str, Any], known: list[str], where: str) -> list[Problem]:
    problems = []
    names = [entry["source"] for entry in content["sources"]]
    for position, name in enumerate(names):
        place = f"{where} › sources[{position}] › source"
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            mend = f'Did you mean "{nearest[0]}"?' if nearest else "Describe it under `catalogue:`"
            expected = "a source that `medinjection-fr sources list` shows"
            problems.append(Problem(place, f'"{name}" is unknown', expected, mend))
        elif name in names[:position]:
            problems.append(Problem(place, f'"{name}" stands twice', mend="Keep one"))
    for key in ("exclude", "license_override"):
        for position, entry in enumerate(content.get(key, [])):
            if "source" in entry and entry["source"] not in names:
                what = f'"{entry["source"]}" is not among the recipe\'s sources'
                problems.append(Problem(f"{where} › {key}[{position}] › source", what))
    return problems


def _study_problems(content: Mapping[str, Any], where: str) -> list[Problem]:
    matched = content.get("study", {}).get("matched")
    if matched and matched["rows"] % (6 * len(matched["types"])):
        step = 6 * len(matched["types"])
        expected = f"a multiple of {step}: 6 × {len(matched['types'])} types"
        return [Problem(f"{where} › study › matched › rows", str(matched["rows"]), expected)]
    return []


def _changelog_problems(content: Mapping[str, Any], where: str) -> list[Problem]:
    problems = []
    entries = content.get("changelog", [])
    for position, entry in enumerate(entries):
        place = f"{where} › changelog[{position}]"
        if entry["version"] in [earlier["version"] for earlier in entries[:position]]:
            problems.append(
                Problem(f"{place} › version", f"{entry['version']} stands twice", mend="Keep one")
            )
        if parse_version(entry["version"]) > parse_version(content["version"]):
            what = f"{entry['version']} is after the recipe's own version, {content['version']}"
            problems.append(Problem(f"{place} › version", what, mend="Raise the recipe's version"))
        try:
            date.fromisoformat(entry["date"])
        except ValueError:
            problems.append(Problem(f"{place} › date", f"{entry['date']} is no day of the calendar"))
    return problems
