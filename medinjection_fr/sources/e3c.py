"""E3C, its French part: clinical cases and leaflets, one JSON object per document.

Layers 1 and 2 are annotated cases; layer 3 holds further ones and the leaflets. Upstream stores nearly
every document of layer 3 twice, as ``EN1…`` and ``FR1…`` with the same French text: both are read, and
share a group. Layer 1 has an official split; the other layers are for training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault, spdx, text_or_none
from medinjection_fr.sources.packed import find_archives, is_archive, read_packed
from medinjection_fr.sources.readers import read_json_entries, read_text

SPLIT_LIST = "documentation/train_test_split.txt"
"""Names the training documents of layer 1; its others are for testing."""
_TRAINING_ID = re.compile(r"'(FR\d+)'")
_ID = re.compile(r"[A-Z]{2}(\d+)")
_KEYS = ("id", "text", "licence", "type", "language")
_KINDS_OF_LAYER_3 = {"journal": "clinical-case", "pubmed": "abstract"}


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the documents of layers 1 and 2, and what there is of layer 3: a folder, or its archives.

    Raises:
        InputError: The catalogued files or the list of the split are missing, or the list names no
            French document.
    """
    files = find_catalogued_files(folder, source)
    if any(_layer(file.name) == "layer1" for file in files):
        training = _training_ids(folder / SPLIT_LIST)
        files = [
            replace(file, split="test")
            if _layer(file.name) == "layer1" and file.path.stem not in training
            else file
            for file in files
        ]
    listed = {file.name for file in files}
    unpacked = [
        InputFile(path, path.relative_to(folder).as_posix(), "train")
        for path in sorted(folder.glob("layer3/*.json"))
    ]
    layer3 = unpacked or find_archives(folder, "layer3*", "train")
    return files + [file for file in layer3 if file.name not in listed]


def _training_ids(path: Path) -> set[str]:
    training = set(_TRAINING_ID.findall(read_text(path)))
    if not training:
        raise InputError(Problem(str(path), "names no French document", "the list of the split"))
    return training


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one document, or those of an archive."""
    if not is_archive(file.path):
        document = {key: value for _, key, value in read_json_entries(file.path)}
        yield _document(1, file, file.name, document)
        return
    for position, (name, content) in enumerate(read_packed(file.path, ".json"), 1):
        try:
            document = json.loads((content or b"").decode("utf-8-sig"))
        except (ValueError, RecursionError):
            evidence = "more than 64 MiB" if content is None else "the archived file is not JSON in UTF-8"
            yield Refused(position, _stem(name), "record-unreadable", evidence)
            continue
        yield _document(position, file, name, document)


def _document(position: int, file: InputFile, name: str, document: Any) -> Draft | Refused:
    source_id = text_or_none(document, "id") or _stem(name)
    if evidence := fault(document, _KEYS):
        return Refused(position, source_id, "record-unreadable", evidence)
    if document["language"] != "fr":
        return Refused(position, source_id, "record-unreadable", "its language is not fr")
    fields = {
        "source_id": document["id"],
        "text": document["text"],
        "kind": _kind(name, document),
        "group_id": _group(document["id"]),
    }
    if licence := spdx(document["licence"]):
        fields["license"] = licence
    return Draft(position, file.split, fields)


def _kind(name: str, document: dict[str, Any]) -> str:
    if _layer(name) in ("layer1", "layer2"):
        return "clinical-case"
    if document["type"] == "other" and "leaflet" in str(document.get("description")):
        return "leaflet"
    return _KINDS_OF_LAYER_3.get(str(document["type"]), "other")


def _layer(name: str) -> str:
    """The folder in which a document lies."""
    return name.rpartition("/")[0].rpartition("/")[2]


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _group(identifier: Any) -> str:
    match = _ID.fullmatch(identifier) if isinstance(identifier, str) else None
    return match[1] if match else ""
