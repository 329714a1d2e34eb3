"""K-QA: patients' questions answered by physicians, with the statements that an answer must contain.

Of upstream's files ``questions_w_answers.jsonl`` is read; ``questions.jsonl`` has the same questions and
others, none with its answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault
from medinjection_fr.sources.readers import read_json_lines

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_KEYS = ("Question", "Free_form_answer", "Must_have")


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads the file; its records have no identifier but their line. Blank statements are left out."""
    for position, item in read_json_lines(file.path):
        source_id = f"{file.name}#{position}"
        if evidence := fault(item, _KEYS):
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        facts = item["Must_have"]
        if not isinstance(facts, list) or not all(isinstance(text, str) for text in facts):
            yield Refused(position, source_id, "record-unreadable", "Must_have is not a list of texts")
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": source_id,
                "instruction": item["Question"],
                "answer": item["Free_form_answer"],
                "facts": [text for text in facts if text.strip()],
                "type": "oeq",
            },
        )
