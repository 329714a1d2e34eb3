"""MedMCQA: questions of Indian entrance exams with four options, one of them correct.

The original files are JSON Lines (under the name ``.json``), and ``cop`` counts from 1; the copy on the Hub
is Parquet, and counts from 0. The catalogue entry says which, as ``answer: index-from-1`` or
``index-from-0``; a file that contradicts it is not read. ``choice_type`` says "multi" of a third of the
questions, but each has a single ``cop``: all are read as such.
"""

from __future__ import annotations

from collections.abc import Iterator

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault, text_or_none
from medinjection_fr.sources.readers import read_json_lines, read_parquet

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_OPTIONS = ("opa", "opb", "opc", "opd")
_KEYS = ["id", "question", *_OPTIONS, "cop", "exp", "subject_name"]
_BASES = {"index-from-0": 0, "index-from-1": 1}


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file.

    Raises:
        InputError: It cannot be read as a whole, the entry does not say from which number it counts,
            or it counts from the other.
    """
    base = _base(file, source)
    other = 4 if base == 0 else 0
    records = read_parquet(file.path, _KEYS) if file.path.suffix == ".parquet" else read_json_lines(file.path)
    for position, item in records:
        source_id = text_or_none(item, "id")
        if evidence := fault(item, _KEYS):
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        place = item["cop"]
        if type(place) is not int or not base <= place < base + 4:
            if type(place) is int and place == other:
                raise _other_base(file, source, position, place)
            evidence = f"cop is no number from {base} to {base + 3}"
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": item["id"],
                "instruction": item["question"],
                "choices": [item[key] for key in _OPTIONS],
                "answer": LETTERS[place - base],
                "explanation": item["exp"],
                "type": "mcqu",
                "subject": item["subject_name"],
            },
        )


def _base(file: InputFile, source: Source) -> int:
    base = _BASES.get(source.facts.get("answer", ""))
    where = f"catalogue › {source.name} › answer"
    if base is None:
        expected = "index-from-1 (the original files) or index-from-0 (the copy on the Hub)"
        raise InputError(Problem(where, "does not say from which number cop counts", expected))
    if base == 1 and file.path.suffix == ".parquet":
        what = f"says index-from-1, but {file.name} is Parquet: the copy on the Hub counts from 0"
        raise InputError(Problem(where, what, "index-from-0"))
    return base


def _other_base(file: InputFile, source: Source, position: int, place: int) -> InputError:
    declared = source.facts["answer"]
    what = f"record {position} has cop {place}, which no file has that is {declared}"
    mend = f"Look where the file comes from, then give `answer:` of {source.name} as it counts"
    return InputError(Problem(str(file.path), what, declared, mend))
