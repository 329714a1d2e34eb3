"""Anybody's own JSON Lines file, with the mapping of its keys in the catalogue entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medinjection_fr.record import LETTERS, LIST_COLUMNS, NULLABLE_COLUMNS, SPLITS
from medinjection_fr.sources.adapter import UNSPLIT, Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.gold import parse_gold
from medinjection_fr.sources.readers import read_json_lines

__all__ = ["find_files", "read"]

find_files = find_catalogued_files


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads one file. A record without the key of ``source_id`` is named by its place."""
    columns: Mapping[str, str] = source.facts["columns"]
    constants: Mapping[str, str] = source.facts.get("constants", {})
    implied = {*constants, "license"}
    for position, item in read_json_lines(file.path):
        name = f"{file.name}#{position}"
        if not isinstance(item, dict):
            yield Refused(position, name, "record-unreadable", "the line is not an object")
            continue
        fields = dict(constants)
        for column, key in columns.items():
            if key in item and not (item[key] is None and column in implied):
                fields[column] = _value(column, item[key])
        fields.setdefault("source_id", name)
        source_id = fields["source_id"] if isinstance(fields["source_id"], str) else name
        named_split = fields.pop("split", None)
        split = named_split if file.split == "in-record" else file.split
        if split not in (*SPLITS, UNSPLIT):
            yield Refused(position, source_id, "split-unknown", "the record's split is none of ours")
            continue
        if file.split in SPLITS and named_split not in (None, "", file.split):
            yield Refused(position, source_id, "split-unknown", f"its file is of the split {file.split}")
            continue
        if fields.get("type") in ("mcqu", "mcq"):
            reason = _read_choices_and_gold(fields, source.facts.get("answer", "letters"))
            if reason:
                yield Refused(position, source_id, *reason)
                continue
        yield Draft(position, split, fields)


def _value(column: str, value: Any) -> Any:
    if column in ("source_id", "group_id") and type(value) is int:
        return str(value)  # numbered records are the commonest of anybody's files
    if value is None and column not in NULLABLE_COLUMNS:
        return [] if column in LIST_COLUMNS else ""
    return value


def _read_choices_and_gold(fields: dict[str, Any], form: str) -> tuple[str, str] | None:
    """Puts options and gold answer into our form; returns the rule and evidence of a refusal."""
    choices, answer = fields.get("choices"), fields.get("answer")
    if isinstance(choices, dict):
        labels = sorted(choices)
        if [label.upper() for label in labels] != list(LETTERS[: len(labels)]):
            return "choices-unparsed", f"{len(labels)} labels that are not A, B, C … in a row"
        choices = fields["choices"] = [choices[label] for label in labels]
    if not isinstance(choices, list) or not all(isinstance(text, str) for text in choices):
        return "choices-unparsed", "the options are not a list of texts"
    if answer in (None, "", []):
        fields["answer"] = ""
        return None
    if form == "labels" and isinstance(answer, str):
        return None
    answers = answer if isinstance(answer, list) else [answer]
    if form.startswith("index"):
        gold = _letters_of_indices(answers, 0 if form == "index-from-0" else 1)
    elif not all(isinstance(text, str) for text in answers):
        gold = None
    elif form == "text":
        gold = _letters_of_texts(answers, choices)
    else:
        gold = parse_gold(",".join(answers) if isinstance(answer, list) else answer, choices)
    if gold is None:
        return "answer-unparsed", f"no single reading as labels of {len(choices)} options"
    fields["answer"] = gold
    return None


def _letters_of_indices(answers: list[Any], base: int) -> str | None:
    places = [answer - base for answer in answers if type(answer) is int]
    if len(places) != len(answers) or not all(0 <= place < len(LETTERS) for place in places):
        return None
    return ",".join(sorted(LETTERS[place] for place in places))


def _letters_of_texts(answers: list[str], choices: list[str]) -> str | None:
    if any(choices.count(text) != 1 for text in answers) or len(choices) > len(LETTERS):
        return None
    return ",".join(sorted(LETTERS[choices.index(text)] for text in answers))
