"""MMLU, its medical subjects: CSV without a header, six fields, a file per subject and split.

Upstream's folders are ``test``, ``val`` and ``dev``; the five questions of ``dev`` are meant as examples, and
are for training here. The catalogue names the files of ``test``; those of the same subjects in ``val`` and
``dev`` are read too where they lie beside. Some questions stand in two subjects: they are one group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from medinjection_fr.curate.normalise import normalise_text
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.readers import read_csv

_FOLDERS = {"test": "test", "val": "validation", "dev": "train"}
_FIELDS = 6


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the catalogued files, and those of their subjects in the folders of the other splits.

    Raises:
        InputError: Every catalogued file that is missing.
    """
    files = find_catalogued_files(folder, source)
    listed = {file.name for file in files}
    for subject in dict.fromkeys(_subject(file) for file in list(files)):
        for name, split in _FOLDERS.items():
            path = folder / name / f"{subject}_{name}.csv"
            if path.is_file() and path.relative_to(folder).as_posix() not in listed:
                files.append(InputFile(path, path.relative_to(folder).as_posix(), split))
    return files


def _subject(file: InputFile) -> str:
    return file.path.stem.rpartition("_")[0]


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file; its records have no identifier but their place."""
    subject = _subject(file)
    for position, row in read_csv(file.path):
        source_id = f"{file.name}#{position}"
        if len(row) != _FIELDS:
            evidence = f"{len(row)} fields: a question, four options and a letter are {_FIELDS}"
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        question, *choices, gold = row
        if gold not in ("A", "B", "C", "D"):
            evidence = "the last field is not a letter from A to D"
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": source_id,
                "group_id": _group(question),
                "instruction": question,
                "choices": choices,
                "answer": gold,
                "type": "mcqu",
                "subject": subject,
            },
        )


def _group(question: str) -> str:
    return f"question-{hashlib.sha256(normalise_text(question).encode('utf-8')).hexdigest()[:16]}"
