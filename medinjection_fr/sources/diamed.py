"""DiaMED: French clinical cases with the chapter of ICD-10 that each belongs to.

The Hub repository holds one archive, ``data.zip``, with ``splits/train.json``, ``validation.json`` and
``test.json`` (arrays of objects) beside figures; it is read as it lies, or unpacked. The keys are those that
upstream's loading script takes; no real file was at hand. Some cases have no chapter, or are several cases in
one text: they are documents all the same, without a subject.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault, spdx, text_or_none
from medinjection_fr.sources.packed import is_archive, read_packed
from medinjection_fr.sources.readers import read_json_array

ARCHIVE = "data.zip"
_KEYS = ("identifier", "title", "clinical_case", "icd-10", "license")
_CHAPTER = re.compile(r"[A-Z]\d\d-[A-Z]\d[0-9A-Z]\s+\S.*")


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the three files, or else the archive that holds them.

    Raises:
        InputError: Neither is there.
    """
    archive = folder / ARCHIVE
    if not (folder / "splits").is_dir() and archive.is_file():
        return [InputFile(archive, ARCHIVE, "in-record")]
    return find_catalogued_files(folder, source)


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the three files, or all of them from the archive."""
    if not is_archive(file.path):
        for position, case in read_json_array(file.path):
            yield _document(position, file.split, case)
        return
    splits = {
        f"{name}.json": split
        for split, patterns in source.facts["files"].items()
        for name in _stems(patterns)
    }
    position = 0
    for name, content in read_packed(file.path, ".json"):
        path = PurePosixPath(name)
        if path.parent.name != "splits" or path.name not in splits:
            continue
        for case in _cases(file, name, content):
            position += 1
            yield _document(position, splits[path.name], case)
    if not position:
        expected = "splits/train.json, splits/validation.json and splits/test.json inside"
        raise InputError(Problem(str(file.path), "holds no case", expected, "Fetch it again"))


def _stems(patterns: list[str]) -> list[str]:
    return [PurePosixPath(pattern).stem for pattern in patterns]


def _cases(file: InputFile, name: str, content: bytes | None) -> list[Any]:
    try:
        cases = json.loads((content or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        cases = None
    if not isinstance(cases, list):
        what = f"its {name} is no JSON array in UTF-8 of at most 64 MiB"
        raise InputError(Problem(str(file.path), what, "an array of cases", "Fetch it again"))
    return cases


def _document(position: int, split: str, case: Any) -> Draft | Refused:
    if evidence := fault(case, _KEYS):
        return Refused(position, text_or_none(case, "identifier"), "record-unreadable", evidence)
    chapter = case["icd-10"]
    fields = {
        "source_id": case["identifier"],
        "text": case["clinical_case"],
        "title": text_or_none(case, "title"),
        "kind": "clinical-case",
        "subject": chapter if isinstance(chapter, str) and _CHAPTER.fullmatch(chapter.strip()) else None,
    }
    if licence := spdx(case["license"]):
        fields["license"] = licence
    return Draft(position, split, fields)
