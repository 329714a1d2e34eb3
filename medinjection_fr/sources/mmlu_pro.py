"""MMLU-Pro, its categories of biology, health and psychology: Parquet of the Hub with up to ten options.

Questions of other categories are not read, as those of a split that is not wanted. The columns are those of
the Hub's dataset (``question_id, question, options, answer, answer_index, category, cot_content, src``); no
real file was at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.readers import read_parquet

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

CATEGORIES = ("biology", "health", "psychology")
_COLUMNS = ["question_id", "question", "options", "answer", "answer_index", "category", "cot_content"]


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file."""
    for position, row in read_parquet(file.path, _COLUMNS):
        if row["category"] not in CATEGORIES:
            continue
        source_id = str(row["question_id"])
        options = row["options"]
        if row["question_id"] is None or not isinstance(options, list):
            evidence = "question_id or options is null"
            yield Refused(position, f"{file.name}#{position}", "record-unreadable", evidence)
            continue
        if evidence := _gold_fault(row["answer"], row["answer_index"], len(options)):
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": source_id,
                "instruction": row["question"],
                "choices": options,
                "answer": row["answer"],
                "explanation": row["cot_content"],
                "type": "mcqu",
                "subject": row["category"],
            },
        )


def _gold_fault(letter: Any, index: Any, options: int) -> str:
    if type(index) is not int or not 0 <= index < min(options, len(LETTERS)):
        return f"answer_index is no number from 0 to {min(options, len(LETTERS)) - 1}"
    return "" if letter == LETTERS[index] else f"answer is not the letter of answer_index {index}"
