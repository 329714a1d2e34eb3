"""FrBMedQA: sentences of French biomedical Wikipedia with one term taken out, and the rest of the passage.

The keys are those that the authors' scripts write and read; not tried on the real files. The scripts put
``@entity12`` for a term together with the letters and signs that touch it, and ``entities_list`` says
which term that is: the adapter puts the terms back, without what was lost around them. The scripts find
``@entity1`` in ``@entity12`` too; where they cut a number so, the blank is not that of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault
from medinjection_fr.sources.readers import read_json_records

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

INSTRUCTION = "Quel terme complète la phrase suivante, d'après le texte ?"
BLANK = "_____"

_KEYS = ("passage", "question", "entities_list", "answer")
_ENTITY = re.compile(r"@entity[0-9]+")
_PLACEHOLDER = "@placeholder"
_CUT_PLACEHOLDER = re.compile(rf"{_PLACEHOLDER}[0-9]")


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one of the three files."""
    for position, item in read_json_records(file.path):
        name = f"{file.name}#{position}"
        if evidence := fault(item, _KEYS):
            yield Refused(position, name, "record-unreadable", evidence)
            continue
        fields = _read_fields(item)
        if isinstance(fields, tuple):
            yield Refused(position, name, *fields)
        else:
            yield Draft(position, file.split, {**fields, "source_id": name, "type": "mcqu", "task": "cloze"})


def _read_fields(item: dict[str, Any]) -> dict[str, Any] | tuple[str, str]:
    """Columns of a record, or the rule and evidence of its refusal."""
    passage, question, answer = item["passage"], item["question"], item["answer"]
    if not isinstance(passage, str) or not isinstance(question, str):
        return "record-unreadable", "passage or question is not text"
    if not passage.strip():
        return "record-unreadable", "the passage is empty"
    if question.count(_PLACEHOLDER) != 1:
        return "record-unreadable", f"{question.count(_PLACEHOLDER)} placeholders in the question"
    if _CUT_PLACEHOLDER.search(question):
        return "answer-unparsed", "the placeholder stands for a part of another entity's number"
    terms = _read_terms(item["entities_list"])
    if isinstance(terms, str):
        return "choices-unparsed", terms
    if not set(_ENTITY.findall(passage + question)) <= terms.keys():
        return "record-unreadable", "the text names an entity that entities_list lacks"
    if answer is None or answer == "":
        gold = ""
    elif not isinstance(answer, str) or answer not in terms:
        return "answer-unparsed", f"the answer is none of the {len(terms)} entities"
    else:
        gold = LETTERS[list(terms).index(answer)]
    sentence = _with_terms(question, terms).replace(_PLACEHOLDER, BLANK)
    return {
        "instruction": f"{INSTRUCTION}\n{sentence}",
        "context": _with_terms(passage, terms),
        "choices": list(terms.values()),
        "answer": gold,
    }


def _read_terms(entities: Any) -> dict[str, str] | str:
    """The term of each entity, in order, or the reason why the list cannot be read."""
    if not isinstance(entities, list):
        return "entities_list is not a list"
    terms: dict[str, str] = {}
    for place, entity in enumerate(entities, 1):
        # Beside the entity an object may hold its semantic groups.
        keys = [key for key in entity if _ENTITY.fullmatch(key)] if isinstance(entity, dict) else []
        if len(keys) != 1 or not isinstance(entity[keys[0]], str) or keys[0] in terms:
            return f"element {place} of entities_list is not an entity of its own with its term"
        terms[keys[0]] = entity[keys[0]]
    if len(terms) > len(LETTERS):
        return f"{len(terms)} entities, of which {len(LETTERS)} can be labelled"
    return terms


def _with_terms(text: str, terms: dict[str, str]) -> str:
    return _ENTITY.sub(lambda match: terms[match[0]], text)
