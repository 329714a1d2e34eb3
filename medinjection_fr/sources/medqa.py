"""MedQA, its questions of the United States' exams: JSON Lines with four or five labelled options.

``metamap_phrases`` of the prepared files repeats the question's words, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault
from medinjection_fr.sources.readers import read_json_lines

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_KEYS = ("question", "options", "answer", "answer_idx")
_LABELS = (["A", "B", "C", "D"], ["A", "B", "C", "D", "E"])


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file; its records have no identifier but their line."""
    for position, item in read_json_lines(file.path):
        source_id = f"{file.name}#{position}"
        if evidence := fault(item, _KEYS):
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        options, gold = item["options"], item["answer_idx"]
        if not isinstance(options, dict) or (labels := sorted(options)) not in _LABELS:
            evidence = "the options are not labelled A to D or A to E"
            yield Refused(position, source_id, "choices-unparsed", evidence)
            continue
        if not isinstance(gold, str) or gold not in options:
            evidence = f"answer_idx is none of the {len(options)} labels"
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        if item["answer"] != options[gold]:
            evidence = f"answer is not the text of option {gold}"
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": source_id,
                "instruction": item["question"],
                "choices": [options[label] for label in labels],
                "answer": gold,
                "type": "mcqu",
            },
        )
