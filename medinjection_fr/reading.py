"""The files of a recipe, and the reading of them all: in several processes, resumed after a kill."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.engine import IN_THIS_PROCESS, Engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.processes import Count
from medinjection_fr.recipe import Recipe
from medinjection_fr.release.digests import digest_file, digest_json
from medinjection_fr.resources import source_digest
from medinjection_fr.sources.adapter import UNSPLIT, InputFile
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.parts import Part, find_adapter, read_part
from medinjection_fr.workspace import Workspace

_BYTES_WORTH_A_PROCESS = 16 << 20


@dataclass(frozen=True)
class Input:
    """One upstream file of a recipe.

    Attributes:
        source, file: What it is.
        splits, shares: What the recipe wants of it (see ``sources.parts.read_part``).
        bytes, sha256: Its size and digest.
        companions: Digest of all files of the source: some decide how others are read.
    """

    source: Source
    file: InputFile
    splits: tuple[str, ...] | None
    shares: Mapping[str, float]
    bytes: int
    sha256: str
    companions: str

    @property
    def part_key(self) -> str:
        """Digest of all that decides what the file gives."""
        wanted = [self.source.facts, self.file.name, self.file.split, self.splits, self.shares]
        return digest_json([self.source.name, wanted, self.sha256, self.companions, source_digest()])

    def described(self) -> dict[str, Any]:
        """The file as the manifest lists it."""
        return {
            "path": self.file.name,
            "split": self.file.split,
            "bytes": self.bytes,
            "sha256": self.sha256,
        }


def find_inputs(recipe: Recipe) -> list[Input]:
    """Finds and hashes every file of a recipe, in the order of the catalogue.

    Raises:
        InputError: Every file that is missing, and every split that a source does not have.
    """
    inputs: list[Input] = []
    problems: list[Problem] = []
    for source, folder, splits in recipe.sources:
        try:
            inputs += find_source_inputs(source, folder, splits, recipe.content.get("splits", {}))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return inputs


def find_source_inputs(
    source: Source, folder: Path, splits: tuple[str, ...] | None, shares: Mapping[str, float]
) -> list[Input]:
    """Finds and hashes the files of one source.

    Args:
        source: The catalogue entry.
        folder: Its files.
        splits: Splits that are wanted; all if ``None``.
        shares: Shares of validation and test among records that upstream has not split.

    Raises:
        InputError: Every file that is missing, and every split that the source does not have.
    """
    files = find_adapter(source).find_files(folder, source)
    there = {file.split for file in files}
    if splits is not None and not there & {"in-record", UNSPLIT}:
        if missing := sorted(set(splits) - there):
            where, expected = (
                f"recipe › sources › {source.name} › splits",
                f"among {', '.join(sorted(there))}",
            )
            what = "the source has no split "
            raise InputError([Problem(where, what + split, expected) for split in missing])
        files = [file for file in files if file.split in splits]
    digests = [digest_file(file.path) for file in files]
    companions = digest_json([[file.name, digest] for file, digest in zip(files, digests, strict=True)])
    return [
        Input(source, file, splits, shares, file.path.stat().st_size, digest, companions)
        for file, digest in zip(files, digests, strict=True)
    ]


def read_inputs(inputs: Sequence[Input], workspace: Workspace, engine: Engine) -> list[Part]:
    """Reads every file that is not read yet; the parts come in the order of the files.

    Raises:
        InputError: Every file that cannot be read.
    """
    parts = [Part(i.source, i.file.name, workspace.step_folder(_step(i))) for i in inputs]
    missing = [i for i, part in zip(inputs, parts, strict=True) if not part.folder.exists()]
    # Large files first, so that no process ends up alone with one; the result does not depend on it.
    missing.sort(key=lambda input: -input.bytes)
    if sum(i.bytes for i in missing) < _BYTES_WORTH_A_PROCESS:
        engine = IN_THIS_PROCESS
    tasks = [(input, workspace) for input in missing]
    errors = engine.run(_read_one, tasks, "reading", workspace.root)
    if any(errors):
        of_input = {id(input): error for input, error in zip(missing, errors, strict=True)}
        in_order = [of_input.get(id(input)) for input in inputs]
        raise InputError([problem for error in in_order if error for problem in error.problems])
    return parts


def _step(input: Input) -> str:
    return f"part-{input.part_key[:24]}"


def _read_one(task: tuple[Input, Workspace], count: Count) -> None:
    input, workspace = task
    with workspace.step(_step(input)) as folder:
        read = read_part(input.file, input.source, input.splits, input.shares, folder, count)
        (folder / "part.json").write_text(json.dumps({"read": read}), encoding="utf-8")
