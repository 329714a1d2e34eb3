"""mlabonne/medical-cases-fr: questions on clinical cases from French medical exams, as Parquet.

The columns are as the dataset's card describes; not tried on the real files. A row that shows any sign of
options (labels in ``instruction``, letters alone in ``Answer``) is read as ``medical_mqca_fr`` reads it,
or refused; any other is open, with ``output`` as the reference. The rows of a series of a specialty are
one group: they may share their case, which stands in each ``instruction``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.gold import parse_gold
from medinjection_fr.sources.medical_mqca_fr import COLUMNS, read_question
from medinjection_fr.sources.readers import read_parquet

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_LABEL = re.compile(  # a line with a label, or that announces options
    r"\s*(?:\(?[a-j][).]|[a-j]\s*[:–-]\s|(?:choix|options|propositions)\b.{0,20}:\s*$)", re.IGNORECASE
)
_LABELS_WITHIN = re.compile(r"(?<!\w)a\).*(?<!\w)b\)", re.IGNORECASE)


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the two files."""
    for position, row in read_parquet(file.path, COLUMNS):
        item = _read_open(file, position, row) if _is_open(row) else read_question(file, position, row)
        if isinstance(item, Draft) and row["Specialite"] is not None and row["Serie"] is not None:
            item.fields["group_id"] = f"{row['Specialite']}/{row['Serie']}"
        yield item


def _is_open(row: dict[str, Any]) -> bool:
    if not isinstance(row["instruction"], str):
        return False
    if any(map(_shows_options, row["instruction"].splitlines())):
        return False
    return not isinstance(row["Answer"], str) or parse_gold(row["Answer"], []) is None


def _shows_options(line: str) -> bool:
    if _LABEL.match(line):
        return True
    return ("b)" in line or "B)" in line) and _LABELS_WITHIN.search(line) is not None


def _read_open(file: InputFile, position: int, row: dict[str, Any]) -> Draft | Refused:
    name = f"{file.name}#{position}"
    fields = {
        "source_id": name,
        "instruction": row["instruction"],
        "answer": "" if row["output"] is None else row["output"],
        "type": "oeq",
        "task": "exam-question",
        "subject": row["Specialite"],
    }
    return Draft(position, file.split, fields)
