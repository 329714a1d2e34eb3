"""FrenchMedMCQA: pharmacy exam questions with one to five correct answers, as JSON arrays.

Upstream says in ``type`` whether one or several answers are correct, but not in the test file;
``nbr_correct_answers`` says it everywhere, and is what the type is taken from.
"""

from __future__ import annotations

from collections.abc import Iterator

from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.readers import read_json_array

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_KEYS = ("id", "question", "answers", "correct_answers", "nbr_correct_answers")


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the three files."""
    for position, item in read_json_array(file.path):
        source_id = item.get("id") if isinstance(item, dict) else None
        source_id = source_id if isinstance(source_id, str) else None
        missing = [key for key in _KEYS if not isinstance(item, dict) or key not in item]
        if missing:
            evidence = f"lacks {', '.join(missing)}"
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        options, gold = item["answers"], item["correct_answers"]
        if not isinstance(options, dict) or not isinstance(gold, list):
            evidence = "answers is not an object or correct_answers not a list"
            yield Refused(position, source_id, "record-unreadable", evidence)
            continue
        # One record stores its options out of order: the key is the label, not the place.
        labels = sorted(options)
        if labels != list("abcde"[: len(labels)]):
            yield Refused(
                position,
                source_id,
                "choices-unparsed",
                f"{len(labels)} labels that are not a to e in a row",
            )
            continue
        if not all(isinstance(letter, str) for letter in gold):
            evidence = "correct_answers holds what is not a letter"
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        if len(gold) != item["nbr_correct_answers"]:
            evidence = f"{len(gold)} correct_answers, which nbr_correct_answers contradicts"
            yield Refused(position, source_id, "answer-unparsed", evidence)
            continue
        yield Draft(
            position,
            file.split,
            {
                "source_id": item["id"],
                "instruction": item["question"],
                "choices": [options[label] for label in labels],
                "answer": ",".join(sorted(letter.upper() for letter in gold)),
                "type": "mcqu" if len(gold) == 1 else "mcq",
                "task": "exam-question",
                "subject": item.get("subject_name"),
            },
        )
