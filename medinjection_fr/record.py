"""What one record is: columns, identity and invariants. The contract of the project.

The columns, the identity and the physical layout are frozen. ``schemas/record.schema.json`` says
the same as the Arrow schema here, and a test holds the two together.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from medinjection_fr.resources import load_schema

ID_SCHEME = "medinjection-fr/1"
"""First element of the hashed content; another scheme would be another identity."""

LIST_COLUMNS = frozenset({"choices", "facts", "flags"})
NULLABLE_COLUMNS = frozenset({"explanation", "subject", "derived_from", "generator", "generation_id"})
COLUMNS = tuple(load_schema("record")["properties"])
TYPES: tuple[str, ...] = ("mcqu", "mcq", "oeq")
ORIGINS: tuple[str, ...] = ("native", "synthetic", "translated")
SPLITS: tuple[str, ...] = ("train", "validation", "test")
LETTERS = "ABCDEFGHIJ"
"""Labels of the options; their number is the largest number of options."""


def _arrow_schema() -> pa.Schema:
    # The features are written in the literal list form: the only one that datasets 2.21 to 5 all
    # read. What the installed library would write depends on its version.
    value = {"dtype": "string", "_type": "Value"}
    features = {name: [value] if name in LIST_COLUMNS else value for name in COLUMNS}
    fields = [
        pa.field(name, pa.list_(pa.string()) if name in LIST_COLUMNS else pa.string()) for name in COLUMNS
    ]
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(fields, metadata=metadata)


SCHEMA = _arrow_schema()
"""Arrow schema of every shard, with the ``huggingface`` metadata as fixed bytes."""


def record_id(record: Mapping[str, Any]) -> str:
    """Identity of a record's content.

    The first 32 hex digits of the SHA-256 of the canonical JSON (RFC 8785) of
    ``[scheme, type, instruction, context, choices, answer]``, in UTF-8. The texts must be
    normalised already (``curate.normalise``): the same content then has the same identity on
    every machine.

    Raises:
        UnicodeEncodeError: A text holds a lone surrogate; validation refuses such a record.

    """
    content = [
        ID_SCHEME,
        record["type"],
        record["instruction"],
        record["context"],
        record["choices"],
        record["answer"],
    ]
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:32]


class Violation(NamedTuple):
    """One broken rule. The evidence tells the place and never quotes the record's text."""

    rule: str
    field: str
    evidence: str


INVARIANTS = {
    "field-missing": "every column is present",
    "field-unknown": "no column but those of the schema",
    "field-type": "each column has its type",
    "id-format": "the id is 32 lower-case hex digits",
    "instruction-empty": "the instruction has text",
    "answer-empty": "the answer has text",
    "type-unknown": "the type is mcqu, mcq or oeq",
    "origin-unknown": "the origin is native, synthetic or translated",
    "task-unknown": "the task is in the schema's list",
    "source-format": "the source is a catalogue name: lower-case words joined by dashes",
    "source-id-empty": "the upstream identifier has text",
    "group-id-empty": "the group has text",
    "license-format": "the licence is an SPDX identifier or LicenseRef-…",
    "derived-from-empty": "derived_from is null or has text",
    "generator-empty": "generator is null or has text",
    "generation-id-empty": "generation_id is null or has text",
    "flag-unknown": "flags are in the schema's list",
    "flags-order": "flags are sorted, without repeats",
    "text-not-unicode": "texts hold no lone surrogate",
    "text-control-character": "texts hold no control character but line feed and tab",
    "text-replacement-character": "texts hold no U+FFFD: a letter was lost upstream",
    "text-not-nfc": "texts are in Unicode normalisation form C",
    "text-untrimmed": "texts neither begin nor end with white space",
    "choices-count": "a multiple-choice record has two to ten options",
    "choice-empty": "every option has text",
    "choices-distinct": "options differ as written",
    "gold-not-letters": "the answer of a multiple-choice record is letters joined by commas",
    "gold-outside-choices": "every gold letter is the label of an option",
    "gold-order": "gold letters are in order, without repeats",
    "gold-not-single": "an mcqu record has one gold letter",
    "open-with-choices": "an oeq record has no options",
    "lineage-missing": "a generated record names what it came from and its generator",
    "lineage-contradiction": "a record of unknown lineage names neither its origin nor a generator",
}
"""Every rule that a single record can break, with what it demands."""


def validate(record: Mapping[str, Any]) -> list[Violation]:
    """Says every rule that a record breaks, in the order of ``INVARIANTS``.

    A compiled validator only sorts out the rows that the schema accepts; the verdict on any other
    row is that of ``validate_plainly``, so that both give the same verdicts.
    """
    try:
        accepted = _compiled_schema().is_valid(record)
    except (ValueError, TypeError):  # what JSON cannot hold: a surrogate, NaN, bytes
        accepted = False
    return list(_joint_rules(record)) if accepted else validate_plainly(record)


def validate_plainly(record: Mapping[str, Any]) -> list[Violation]:
    """The same verdict from ``jsonschema`` alone: the reference of ``validate``."""
    violations = list(_schema_rules(record))
    if not {v.rule for v in violations} & {"field-missing", "field-type", "field-unknown"}:
        violations.extend(_joint_rules(record))
    rank = {rule: position for position, rule in enumerate(INVARIANTS)}
    return sorted(violations, key=lambda violation: (rank[violation.rule], violation.field))


@functools.cache
def _compiled_schema() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(load_schema("record"))


@functools.cache
def _reference_schema() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(load_schema("record"))


_RULE_OF_KEYWORD = {
    "required": "field-missing",
    "additionalProperties": "field-unknown",
    "type": "field-type",
}


def _schema_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    seen = set()
    for error in _reference_schema().iter_errors(record):
        keyword = str(error.validator)
        rule = _RULE_OF_KEYWORD.get(keyword) or error.schema["x-rule"]
        if rule == "field-missing":
            fields = [name for name in COLUMNS if name not in record]
        elif rule == "field-unknown":
            fields = [str(name) for name in record if name not in COLUMNS]
        else:
            fields = [str(error.absolute_path[0]) if error.absolute_path else "record"]
        for field in fields:
            if (rule, field) not in seen:
                seen.add((rule, field))
                yield Violation(rule, field, f"{field} breaks the schema's {keyword!r}")


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_COLUMNS = tuple(name for name in COLUMNS if name not in LIST_COLUMNS)


def _joint_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    """Rules that the schema cannot say, on a record whose fields have their types."""
    yield from _text_rules(record)
    yield from _choice_rules(record)
    flags = record["flags"]
    if sorted(set(flags)) != list(flags):
        yield Violation("flags-order", "flags", "flags are unsorted or repeated")
    if record["origin"] in ("synthetic", "translated"):
        yield from _lineage_rules(record)


def _texts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _TEXT_COLUMNS:
        if record[name]:
            yield name, record[name]
    for name in sorted(LIST_COLUMNS):
        for position, text in enumerate(record[name]):
            yield f"{name}[{position}]", text


def _text_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    found: list[Violation] = []
    for name, text in _texts(record):
        if not text.isascii():
            if match := _SURROGATE.search(text):
                found.append(_at("text-not-unicode", name, text, match.start()))
                continue
            if "\ufffd" in text:
                found.append(_at("text-replacement-character", name, text, text.index("\ufffd")))
            if not unicodedata.is_normalized("NFC", text):
                found.append(Violation("text-not-nfc", name, f"{name} is not NFC"))
        if match := _CONTROL.search(text):
            found.append(_at("text-control-character", name, text, match.start()))
        if text[:1].isspace() or text[-1:].isspace():
            found.append(Violation("text-untrimmed", name, f"{name} has white space at an end"))
    rank = list(INVARIANTS)
    yield from sorted(found, key=lambda violation: rank.index(violation.rule))


def _at(rule: str, name: str, text: str, position: int) -> Violation:
    character = f"U+{ord(text[position]):04X}"
    return Violation(rule, name, f"{name} has {character} at character {position + 1}")


def _choice_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    choices, answer = record["choices"], record["answer"]
    if record["type"] == "oeq":
        if choices:
            yield Violation("open-with-choices", "choices", f"an oeq with {len(choices)} options")
        return
    if record["type"] not in TYPES:
        return
    if not 2 <= len(choices) <= len(LETTERS):
        yield Violation("choices-count", "choices", f"{len(choices)} options")
    if "" in choices:
        label = LETTERS[choices.index("") % len(LETTERS)]
        yield Violation("choice-empty", "choices", f"option {label} is empty")
    elif len(set(choices)) != len(choices):
        first = {text: position for position, text in reversed(list(enumerate(choices)))}
        again = next(p for p, text in enumerate(choices) if first[text] != p)
        evidence = f"options {first[choices[again]] + 1} and {again + 1} are the same"
        yield Violation("choices-distinct", "choices", evidence)
    if not answer:
        return
    letters = answer.split(",")
    if any(len(letter) != 1 or letter not in LETTERS for letter in letters):
        evidence = f"the answer is not letters A to {LETTERS[-1]} joined by commas"
        yield Violation("gold-not-letters", "answer", evidence)
        return
    outside = [letter for letter in letters if LETTERS.index(letter) >= len(choices)]
    if outside and 2 <= len(choices) <= len(LETTERS):
        evidence = f"gold {','.join(outside)}, options are A–{LETTERS[len(choices) - 1]}"
        yield Violation("gold-outside-choices", "answer", evidence)
    if sorted(set(letters)) != letters:
        yield Violation("gold-order", "answer", f"gold letters {answer}")
    if record["type"] == "mcqu" and len(letters) != 1:
        yield Violation("gold-not-single", "answer", f"mcqu with {len(letters)} gold letters")


def _lineage_rules(record: Mapping[str, Any]) -> Iterator[Violation]:
    named = [record["derived_from"], record["generator"]]
    if "lineage-unknown" in record["flags"]:
        if any(value is not None for value in named):
            evidence = "flagged lineage-unknown, yet derived_from or generator is given"
            yield Violation("lineage-contradiction", "flags", evidence)
    elif any(value is None for value in named):
        field = "derived_from" if record["derived_from"] is None else "generator"
        yield Violation("lineage-missing", field, f"{record['origin']} record without {field}")
