"""mlabonne/medical-mqca-fr: multiple-choice questions of French medical exams, as Parquet.

The columns are those of the card of mlabonne/medical-cases-fr: of this dataset's own card only the size
is known to us, which is that of a card with the same columns. Not tried on the real files. How the options
stand in ``instruction``, and whether ``Answer`` or ``output`` holds the letters, is not described: options
are read as in the published dataset, a gold answer is what at least one column says and none contradicts,
and all else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.gold import parse_gold
from medinjection_fr.sources.published import split_options
from medinjection_fr.sources.readers import read_parquet

__all__ = ["COLUMNS", "find_files", "read", "read_question"]

find_files = find_catalogued_files

COLUMNS = ["Specialite", "Serie", "Question", "N_Question", "Answer", "instruction", "output"]


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the two files."""
    for position, row in read_parquet(file.path, COLUMNS):
        yield read_question(file, position, row)


def read_question(file: InputFile, position: int, row: dict[str, Any]) -> Draft | Refused:
    """Reads one row as a multiple-choice question; several of its options may be correct."""
    name = f"{file.name}#{position}"
    if not isinstance(row["instruction"], str):
        return Refused(position, name, "record-unreadable", "instruction is not text")
    parsed = split_options(row["instruction"])
    if isinstance(parsed, str):
        return Refused(position, name, "choices-unparsed", parsed)
    instruction, choices = parsed
    answers = [text for text in (row["Answer"], row["output"]) if isinstance(text, str) and text.strip()]
    readings = {parse_gold(text, choices) for text in answers} - {None}
    if answers and len(readings) != 1:
        evidence = f"{len(readings)} readings of Answer and output as labels of {len(choices)} options"
        return Refused(position, name, "answer-unparsed", evidence)
    return Draft(
        position,
        file.split,
        {
            "source_id": name,
            "instruction": instruction,
            "choices": choices,
            "answer": readings.pop() if readings else "",
            "type": "mcq",
            "task": "exam-question",
            "subject": row["Specialite"],
        },
    )
