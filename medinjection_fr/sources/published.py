"""MedInjection-FR as its authors published it: Parquet with five columns, or a tree of JSON files.

Options stand inside the instruction, after a line such as ``Choix de réponses :``, one a line with
its label. Where they cannot be read for certain the record goes to the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from medinjection_fr.curate.normalise import normalise_text
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft, InputFile, Refused
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.gold import SPACE, parse_gold
from medinjection_fr.sources.readers import read_json_records, read_parquet

COLUMNS = ["instruction", "context", "answer", "type", "origin"]
_SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
_TYPES = {
    "mcqu": "mcqu",
    "qcmu": "mcqu",
    "mcq": "mcq",
    "mcqm": "mcq",
    "qcm": "mcq",
    "oeq": "oeq",
    "qro": "oeq",
}
_ORIGINS = {
    "native": "native",
    "nat": "native",
    "synthetic": "synthetic",
    "syn": "synthetic",
    "translated": "translated",
    "trad": "translated",
    "translation": "translated",
}


def find_files(folder: Path, source: Source) -> list[InputFile]:
    """Lists the Parquet files of the folder, or its JSON files; their paths name the splits."""
    where = f"sources/{source.name}"
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    parquet = [path for path in paths if path.suffix == ".parquet"]
    tree = [path for path in paths if path.suffix in {".json", ".jsonl"} and _is_data(path, folder)]
    if parquet and tree:
        what = f"{folder} holds both published forms ({len(parquet)} Parquet, {len(tree)} JSON files)"
        raise InputError(Problem(where, what, "one of them", "Keep one form, or every row is twice"))
    if not parquet and not tree:
        what = f"no .parquet and no .json file below {folder}"
        mend = f"`medinjection-fr sources show {source.name}` says where the files come from"
        raise InputError(Problem(where, what, mend=mend))
    problems, files = [], []
    for path in parquet or tree:
        name = path.relative_to(folder).as_posix()
        split = _only_known(_words(name), _SPLITS)
        if split is None:
            what = "no split in its path, or several"
            problems.append(Problem(f"{where}: {name}", what, "train, validation or test"))
        else:
            files.append(InputFile(path, name, split))
    if problems:
        raise InputError(problems)
    return files


def _is_data(path: Path, folder: Path) -> bool:
    return path.name not in {"dataset_infos.json", "state.json", "dataset_info.json"} and not any(
        part.startswith(".") for part in path.relative_to(folder).parts
    )


def _words(name: str) -> list[str]:
    path = PurePosixPath(name)
    return [*path.parent.parts, *re.split(r"[^a-z]+", path.stem.lower())]


def _only_known(words: list[str], known: dict[str, str]) -> str | None:
    """What the words name, unless they name nothing known or contradict each other."""
    named = {known[word.lower()] for word in words if word.lower() in known}
    return named.pop() if len(named) == 1 else None


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file; type and origin come from the record, else from the file's path."""
    words = _words(file.name)
    path_type, path_origin = _only_known(words, _TYPES), _only_known(words, _ORIGINS)
    records = (
        read_parquet(file.path, COLUMNS) if file.path.suffix == ".parquet" else read_json_records(file.path)
    )
    for position, row in records:
        source_id = f"{file.name}#{position}"
        if not isinstance(row, dict) or not {"instruction", "answer"} <= row.keys():
            evidence = "not an object with instruction and answer"
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        kind = _known(row.get("type"), _TYPES, path_type)
        origin = _known(row.get("origin"), _ORIGINS, path_origin)
        fields: dict[str, Any] = {
            "source_id": source_id,
            "instruction": row["instruction"],
            "context": "" if row.get("context") is None else row["context"],
            "answer": "" if row["answer"] is None else row["answer"],
            "type": kind,
            "origin": origin,
            "task": "other",
        }
        if kind in ("mcqu", "mcq") and isinstance(fields["instruction"], str):
            parsed = split_options(fields["instruction"])
            if isinstance(parsed, str):
                yield Refused(position, source_id, "choices-unparsed", parsed)
                continue
            fields["instruction"], fields["choices"] = parsed
            if isinstance(fields["answer"], str) and fields["answer"].strip():
                gold = parse_gold(fields["answer"], fields["choices"])
                if gold is None:
                    evidence = f"no single reading as labels of {len(fields['choices'])} options"
                    yield Refused(position, source_id, "answer-unparsed", evidence)
                    continue
                fields["answer"] = gold
        yield Draft(position, file.split, fields)


def _known(value: Any, known: dict[str, str], default: str | None) -> Any:
    if value is None:
        return default or "unknown"
    return known.get(value.strip().lower(), "unknown") if isinstance(value, str) else value


_HEADER = re.compile(
    rf"{SPACE}*(?:choix(?: de r[ée]ponses?)?|options?|propositions|r[ée]ponses possibles){SPACE}*:{SPACE}*",
    re.IGNORECASE,
)
_STYLES = [  # a block keeps to one way of writing its labels
    re.compile(rf"{SPACE}*\(([A-Ja-j])\){SPACE}*(.*?){SPACE}*"),
    re.compile(rf"{SPACE}*([A-Ja-j])\){SPACE}*(.*?){SPACE}*"),
    re.compile(rf"{SPACE}*([A-J]){SPACE}*[.:]{SPACE}+(.*?){SPACE}*"),
    re.compile(rf"{SPACE}*([A-J]){SPACE}+[-–]{SPACE}+(.*?){SPACE}*"),
]


def split_options(instruction: str) -> tuple[str, list[str]] | str:
    """Takes a question and its options apart.

    After a header line every line that is not blank must be an option; without one, the options
    must be the last lines. Labels run A, B, C … in one style. A line that continues an option could
    as well be something else, so it is not read.

    Returns:
        ``(question, options)``, or the reason why the text cannot be read for certain.
    """
    lines = normalise_text(instruction).split("\n")
    headers = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line)]
    if len(headers) > 1:
        return f"{len(headers)} lines announce options"
    if headers:
        start = headers[0] + 1
        stem = "\n".join(lines[: headers[0]])
    else:
        first = [number for number, line in enumerate(lines) if _label(line) == "A"]
        if len(first) != 1:
            return f"no line announces options and {len(first)} lines are labelled A"
        start = first[0]
        stem = "\n".join(lines[:start])
    block = [(number, line) for number, line in enumerate(lines[start:], start + 1) if line.strip()]
    for style in _STYLES:
        matches = [style.fullmatch(line) for _, line in block]
        if block and matches[0]:
            choices: list[str] = []
            for (number, _), match in zip(block, matches, strict=True):
                if match is None or LETTERS[len(choices) : len(choices) + 1] != match[1].upper():
                    return f"line {number} is not option {LETTERS[min(len(choices), 9)]}"
                choices.append(match[2])
            return stem, choices
    return "no labelled option after the line that announces them"


def _label(line: str) -> str | None:
    for style in _STYLES:
        if match := style.fullmatch(line):
            return match[1].upper()
    return None
