"""What of a recipe's files is there, what is missing, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medinjection_fr.errors import InputError
from medinjection_fr.recipe import Recipe
from medinjection_fr.sources.catalogue import Source, load_catalogue
from medinjection_fr.sources.fetch import is_fetched
from medinjection_fr.sources.parts import find_adapter


@dataclass(frozen=True)
class SourceStatus:
    """State of a source's files.

    Attributes:
        source: Catalogue name.
        state: ``there`` (and as pinned, where the catalogue pins it), ``other version`` or
            ``missing``.
        files: Number of files found.
        to_do: What to do; empty if nothing.
    """

    source: str
    state: str
    files: int
    to_do: str


def recipe_status(recipe: Recipe) -> list[SourceStatus]:
    """Looks for the files of every source of a recipe; reads none but to hash it."""
    return [_status(source, folder) for source, folder, _ in recipe.sources]


def _status(source: Source, folder: Path) -> SourceStatus:
    try:
        files = len(find_adapter(source).find_files(folder, source))
    except InputError as error:
        to_do = how_to_get(source, folder)
        if folder.is_dir():  # and some of it is missing, or wrong
            to_do = f"{'; '.join(problem.what for problem in error.problems[:3])}: {to_do}"
        return SourceStatus(source.name, "missing", 0, to_do)
    if is_fetched(source, folder) is False:
        to_do = f"other bytes than the catalogue pins; for those: {how_to_get(source, folder)}"
        return SourceStatus(source.name, "other version", files, to_do)
    return SourceStatus(source.name, "there", files, "")


def how_to_get(source: Source, folder: Path) -> str:
    """The command that fetches a source into a folder, or what to ask for, or what to put there."""
    location = source.facts["location"]
    if location["kind"] == "folder":
        return f"{location.get('ask', 'put its files there')} ({folder})"
    if location["kind"] == "package":
        return "it ships with the package: leave out its `path:`"
    if source.name in load_catalogue() and folder.name == source.name:
        return f"medinjection-fr sources fetch {source.name} --data {folder.parent}"
    place = f"{location.get('repository')}@{location.get('revision')}"
    if location["kind"] == "url":
        place = ", ".join(file["url"] for file in location["files"])
    return f"put the files of {place} into {folder}"
