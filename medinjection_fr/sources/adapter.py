"""What an adapter gives: drafts of records, and refusals of what it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.sources.catalogue import Source

PARSE_RULES = {
    "record-unreadable": "the record is an object with the keys that its format has",
    "split-unknown": "the record names the split train, validation or test",
    "choices-unparsed": "the options are labelled A, B, C … without a gap, at the end of the text",
    "answer-unparsed": "the gold answer can be read without guessing",
    "translation-misaligned": "a translation is that of its own text: the pair is not on the list of wrong ones",
}
"""Rules by which an adapter refuses a record; those of ``record.INVARIANTS`` come after."""


UNSPLIT = "unsplit"
"""The split of files and records that upstream has not split: the build draws one."""


class Draft(NamedTuple):
    """A record as an adapter leaves it: our columns, the upstream's text.

    Attributes:
        position: Place in the file, counted from 1.
        split: ``train``, ``validation``, ``test`` or ``unsplit``.
        fields: Values of columns; what is absent is filled from the catalogue.
    """

    position: int
    split: str
    fields: dict[str, Any]


class Refused(NamedTuple):
    """A record that could not be read, with the rule of ``PARSE_RULES`` and the evidence."""

    position: int
    source_id: str | None
    rule: str
    evidence: str


@dataclass(frozen=True)
class InputFile:
    """One upstream file of a build.

    Attributes:
        path: Where it is on this machine.
        name: Its path inside the source's folder, with ``/``.
        split: The split of its records; ``in-record`` if each says its own; ``unsplit``.
    """

    path: Path
    name: str
    split: str


class Adapter(Protocol):
    """A module that reads one upstream format."""

    def find_files(self, folder: Path, source: Source) -> list[InputFile]:
        """Lists the source's files in a folder.

        Raises:
            InputError: Every file that is missing.
        """

    def read(self, file: InputFile, source: Source) -> Iterator[Draft | Refused]:
        """Reads one file.

        Raises:
            InputError: The file as a whole cannot be read.
        """


def find_catalogued_files(folder: Path, source: Source) -> list[InputFile]:
    """Finds the files that the catalogue names for each split.

    Raises:
        InputError: Every pattern without a file.
    """
    if "files" not in source.facts:
        what = f'the key "files" is missing, which the adapter {source.facts["adapter"]} needs'
        raise InputError(Problem(f"catalogue › {source.name}", what, mend="Add it"))
    files: list[InputFile] = []
    problems: list[Problem] = []
    for split, patterns in source.facts["files"].items():
        for pattern in patterns:
            if pattern.startswith("/") or ".." in Path(pattern).parts:
                where = f"{source.name} › files › {split}"
                problems.append(Problem(where, f'"{pattern}"', "a path inside the source's folder"))
                continue
            found = sorted(path for path in folder.glob(pattern) if path.is_file())
            if not found:
                problems.append(
                    Problem(
                        f"sources/{source.name}",
                        f"no file {folder / pattern} for the split {split}",
                        mend=f"Put the file there, or give another `path:` in the recipe "
                        f"(`medinjection-fr sources show {source.name}` says where it comes from)",
                    )
                )
            files += [InputFile(p, p.relative_to(folder).as_posix(), split) for p in found]
    if problems:
        raise InputError(problems)
    return files
