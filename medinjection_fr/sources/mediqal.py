"""MediQAl: exam questions with one or several correct answers, and open ones, as JSON.

The keys are as the dataset's card and its evaluation scripts have them; not tried on the real files.
``task`` says which kind a multiple-choice question is: real files are reported to say QCU and QCM, a
description of the card says MCQU and MCQM. An identifier is given to several questions, of other kinds
or splits, so both belong to the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault
from medinjection_fr.sources.gold import parse_gold
from medinjection_fr.sources.readers import read_json_records

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

_TASKS = {"QCU": "mcqu", "MCQU": "mcqu", "QCM": "mcq", "MCQM": "mcq"}
_SUBSETS = {"mcqu": "mcqu", "mcq": "mcqm", "oeq": "oeq"}
_OPTIONS = [f"answer_{letter}" for letter in LETTERS.lower()]
_COMMON = ("id", "clinical_case", "question")
_CHOICE = (*_COMMON, *_OPTIONS[:5], "correct_answers", "task")
_OPEN = (*_COMMON, "answer")

Fields = dict[str, Any]


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the seven files; each record shows by its keys whether it is open."""
    for position, item in read_json_records(file.path):
        name = _name(item)
        fields = _read_fields(item) if name else ("record-unreadable", "not an object with an identifier")
        if isinstance(fields, tuple):
            yield Refused(position, name, *fields)
        else:
            fields["source_id"] = f"{_SUBSETS[fields['type']]}/{file.split}/{name}"
            yield Draft(position, file.split, fields)


def _name(item: Any) -> str | None:
    name = item.get("id") if isinstance(item, dict) else None
    return str(name).strip() or None if type(name) in (str, int) else None


def _read_fields(item: Fields) -> Fields | tuple[str, str]:
    """Columns of a record, or the rule and evidence of its refusal."""
    is_open = "correct_answers" not in item
    if evidence := fault(item, _OPEN if is_open else _CHOICE):
        return "record-unreadable", evidence
    if not is_open and "answer" in item:
        return "record-unreadable", "the keys of two kinds of questions"
    own = _read_open(item) if is_open else _read_choices(item)
    if isinstance(own, tuple):
        return own
    return {
        "instruction": item["question"],
        "context": "" if item["clinical_case"] is None else item["clinical_case"],
        "task": "exam-question",
        "subject": item.get("medical_subject"),
        **own,
    }


def _read_open(item: Fields) -> Fields:
    return {"type": "oeq", "answer": "" if item["answer"] is None else item["answer"]}


def _read_choices(item: Fields) -> Fields | tuple[str, str]:
    task, answer = item["task"], item["correct_answers"]
    kind = _TASKS.get(task.strip()) if isinstance(task, str) else None
    if kind is None:
        return "record-unreadable", f"task is none of {', '.join(_TASKS)}"
    options = [item.get(key) for key in _OPTIONS]
    while options and _is_absent(options[-1]):  # a question may have fewer than five
        options.pop()
    if any(map(_is_absent, options)):
        hole = next(place for place, text in enumerate(options) if _is_absent(text))
        return (
            "choices-unparsed",
            f"option {LETTERS[hole]} is empty, option {LETTERS[len(options) - 1]} is not",
        )
    fields = {"type": kind, "choices": options}
    if answer is None or answer == "":
        return {**fields, "answer": ""}
    # The column holds labels alone: options that are themselves letters leave no doubt.
    gold = parse_gold(answer, []) if isinstance(answer, str) else None
    if gold is None:
        return "answer-unparsed", "correct_answers is not letters with commas between"
    return {**fields, "answer": gold}


def _is_absent(text: Any) -> bool:
    return text is None or (isinstance(text, str) and not text.strip())
