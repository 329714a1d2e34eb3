"""The files of a recipe, and the reading of them all: in several processes, resumed after a kill."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import progress_bar, row_counter
from medinjection_fr.recipe import Recipe
from medinjection_fr.release.digests import digest_file, digest_json
from medinjection_fr.resources import source_digest
from medinjection_fr.sources.adapter import InputFile
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.parts import Part, find_adapter, read_part
from medinjection_fr.workspace import Workspace

_BYTES_WORTH_A_PROCESS = 16 << 20


@dataclass(frozen=True)
class Input:
    """One upstream file of a recipe, with its digest."""

    source: Source
    file: InputFile
    splits: tuple[str, ...] | None
    bytes: int
    sha256: str

    @property
    def part_key(self) -> str:
        """Digest of all that decides what the file gives."""
        wanted = [self.source.name, self.source.facts, self.file.name, self.file.split, self.splits]
        return digest_json([wanted, self.sha256, source_digest()])

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
            inputs += find_source_inputs(source, folder, splits)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return inputs


def find_source_inputs(source: Source, folder: Path, splits: tuple[str, ...] | None) -> list[Input]:
    """Finds and hashes the files of one source, of the wanted splits (all of them if ``None``).

    Raises:
        InputError: Every file that is missing, and every split that the source does not have.
    """
    files = find_adapter(source).find_files(folder, source)
    there = {file.split for file in files}
    if splits is not None and "in-record" not in there:
        if missing := sorted(set(splits) - there):
            where, expected = (
                f"recipe › sources › {source.name} › splits",
                f"among {', '.join(sorted(there))}",
            )
            what = "the source has no split "
            raise InputError([Problem(where, what + split, expected) for split in missing])
        files = [file for file in files if file.split in splits]
    return [Input(source, file, splits, file.path.stat().st_size, digest_file(file.path)) for file in files]


def read_inputs(inputs: Sequence[Input], workspace: Workspace, jobs: int) -> list[Part]:
    """Reads every file that is not read yet; the parts come in the order of the files.

    Raises:
        InputError: Every file that cannot be read.
    """
    parts = [Part(i.source, i.file.name, workspace.step_folder(_step(i))) for i in inputs]
    missing = [i for i, part in zip(inputs, parts, strict=True) if not part.folder.exists()]
    # Large files first, so that no process ends up alone with one; the result does not depend on it.
    missing.sort(key=lambda input: -input.bytes)
    small = sum(i.bytes for i in missing) < _BYTES_WORTH_A_PROCESS
    failures = (
        _read_here(missing, workspace)
        if small or jobs == 1 or len(missing) < 2
        else _read_in_processes(missing, workspace, min(jobs, len(missing)))
    )
    if failures:
        order = {id(i): position for position, i in enumerate(inputs)}
        failures.sort(key=lambda failure: order[id(failure[0])])
        raise InputError([problem for _, error in failures for problem in error.problems])
    return parts


Failures = list[tuple[Input, InputError]]


def _step(input: Input) -> str:
    return f"part-{input.part_key[:24]}"


def _read_one(input: Input, workspace: Workspace) -> None:
    with workspace.step(_step(input)) as folder:
        read = read_part(input.file, input.source, input.splits, folder, _count)
        (folder / "part.json").write_text(json.dumps({"read": read}), encoding="utf-8")


_counter: Any = None


def _count(rows: int) -> None:
    if _counter is not None:
        with _counter.get_lock():
            _counter.value += rows


def _start_worker(counter: Any) -> None:
    global _counter
    _counter = counter
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends a worker whose build was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read_here(inputs: Sequence[Input], workspace: Workspace) -> Failures:
    failures: Failures = []
    for input in progress_bar(inputs, "reading files", len(inputs)):
        try:
            _read_one(input, workspace)
        except InputError as error:
            failures.append((input, error))
    return failures


def _read_in_processes(inputs: Sequence[Input], workspace: Workspace, jobs: int) -> Failures:
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    failures: Failures = []
    with ProcessPoolExecutor(jobs, context, _start_worker, (counter,)) as pool:
        futures = {pool.submit(_read_one, input, workspace): input for input in inputs}
        try:
            with row_counter("reading") as show:
                waiting = set(futures)
                while waiting:
                    _, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
                    show(counter.value)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        for future, input in futures.items():
            error = future.exception()
            if isinstance(error, InputError):
                failures.append((input, error))
            elif error is not None:
                raise error
    return failures
