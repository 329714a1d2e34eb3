"""Contracts of rows: what a JSON Schema says of one field, and the rules that tie fields together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa

from medinjection_fr.resources import load_schema

LETTERS = "ABCDEFGHIJ"
"""Labels of the options; their number is the largest number of options."""


class Violation(NamedTuple):
    """One broken rule. The evidence tells the place and never quotes the row's text."""

    rule: str
    field: str
    evidence: str


Row = Mapping[str, Any]
Rules = Callable[[Row], Iterable[Violation]]


class Contract:
    """One kind of row: its columns from a JSON Schema, and its joint rules.

    Args:
        name: ``schemas/<name>.schema.json``; its keyword ``x-rule`` names the rule of a failed
            keyword.
        invariants: Every rule, with what it demands, in the order of verdicts.
        joint_rules: The rules that the schema cannot say, for a row whose fields have their types.
    """

    def __init__(self, name: str, invariants: Mapping[str, str], joint_rules: Rules) -> None:
        self.name = name
        self.invariants = invariants
        self._joint_rules = joint_rules
        properties = load_schema(name)["properties"]
        self.columns = tuple(properties)
        self.list_columns = frozenset(c for c, p in properties.items() if p.get("type") == "array")
        self.nullable_columns = frozenset(c for c, p in properties.items() if "null" in p.get("type", ()))
        self._rank = {rule: position for position, rule in enumerate(invariants)}

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns as Arrow strings and lists of strings, without metadata."""
        return pa.schema(
            [
                pa.field(name, pa.list_(pa.string()) if name in self.list_columns else pa.string())
                for name in self.columns
            ]
        )

    @property
    def empty(self) -> dict[str, Any]:
        """A row of empty texts and lists, null where the column allows it."""
        return {
            name: [] if name in self.list_columns else None if name in self.nullable_columns else ""
            for name in self.columns
        }

    def validate(self, row: Row) -> list[Violation]:
        """Says every rule that a row breaks, in the order of the invariants.

        A compiled validator only sorts out the rows that the schema accepts; the verdict on any
        other row is that of ``validate_plainly``, so that both give the same verdicts.
        """
        try:
            accepted = self._compiled.is_valid(row)
        except (ValueError, TypeError):  # what JSON cannot hold: a surrogate, NaN, bytes
            accepted = False
        return self._ranked(self._joint_rules(row)) if accepted else self.validate_plainly(row)

    def validate_plainly(self, row: Row) -> list[Violation]:
        """The same verdict from ``jsonschema`` alone: the reference of ``validate``."""
        violations = list(self._schema_rules(row))
        if not {v.rule for v in violations} & {"field-missing", "field-type", "field-unknown"}:
            violations.extend(self._joint_rules(row))
        return self._ranked(violations)

    def _ranked(self, violations: Iterable[Violation]) -> list[Violation]:
        return sorted(violations, key=lambda violation: (self._rank[violation.rule], violation.field))

    @cached_property
    def _compiled(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.validator_for(load_schema(self.name))

    @cached_property
    def _reference(self) -> Any:
        import jsonschema

        plain = jsonschema.Draft202012Validator
        types = plain.TYPE_CHECKER.redefine("array", lambda _, value: isinstance(value, (list, tuple)))
        extend: Any = jsonschema.validators.extend
        return extend(plain, type_checker=types)(load_schema(self.name))

    def _schema_rules(self, row: Row) -> Iterator[Violation]:
        seen = set()
        for error in self._reference.iter_errors(row):
            keyword = str(error.validator)
            rule = _RULE_OF_KEYWORD.get(keyword) or error.schema["x-rule"]
            if rule == "field-missing":
                fields = [name for name in self.columns if name not in row]
            elif rule == "field-unknown":
                fields = [str(name) for name in row if name not in self.columns]
            else:
                fields = [str(error.absolute_path[0]) if error.absolute_path else "row"]
            for field in fields:  # what has the wrong type breaks no other rule besides
                if (rule, field) not in seen and ("field-type", field) not in seen:
                    seen.add((rule, field))
                    yield Violation(rule, field, f"{field} breaks the schema's {keyword!r}")


_RULE_OF_KEYWORD = {
    "required": "field-missing",
    "additionalProperties": "field-unknown",
    "type": "field-type",
}

STRUCTURE_INVARIANTS = {
    "field-missing": "every column is present",
    "field-unknown": "no column but those of the schema",
    "field-type": "each column has its type",
}
TEXT_INVARIANTS = {
    "text-not-unicode": "texts hold no lone surrogate",
    "text-control-character": "texts hold no control character but line feed and tab",
    "text-replacement-character": "texts hold no U+FFFD: a letter was lost upstream",
    "text-not-nfc": "texts are in Unicode normalisation form C",
    "text-untrimmed": "texts neither begin nor end with white space",
}
CHOICE_INVARIANTS = {
    "choices-count": "a multiple-choice record has two to ten options",
    "choice-empty": "every option has text",
    "choices-distinct": "options differ as written",
    "gold-not-letters": "the answer of a multiple-choice record is letters joined by commas",
    "gold-outside-choices": "every gold letter is the label of an option",
    "gold-order": "gold letters are in order, without repeats",
    "gold-not-single": "an mcqu record has one gold letter",
    "open-with-choices": "an oeq record has no options",
}

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def text_rules(row: Row) -> Iterator[Violation]:
    """``TEXT_INVARIANTS`` on every text of a row, those in lists too."""
    for name, value in row.items():
        if isinstance(value, str):
            yield from _rules_of_text(name, value)
        elif value:
            for position, text in enumerate(value):
                yield from _rules_of_text(f"{name}[{position}]", text)


def _rules_of_text(name: str, text: str) -> Iterator[Violation]:
    if not text.isascii():
        if match := _SURROGATE.search(text):
            yield _at("text-not-unicode", name, text, match.start())
            return
        if "\ufffd" in text:
            yield _at("text-replacement-character", name, text, text.index("\ufffd"))
        if not unicodedata.is_normalized("NFC", text):
            yield Violation("text-not-nfc", name, f"{name} is not NFC")
    if match := _CONTROL.search(text):
        yield _at("text-control-character", name, text, match.start())
    if text[:1].isspace() or text[-1:].isspace():
        yield Violation("text-untrimmed", name, f"{name} has white space at an end")


def _at(rule: str, name: str, text: str, position: int) -> Violation:
    character = f"U+{ord(text[position]):04X}"
    return Violation(rule, name, f"{name} has {character} at character {position + 1}")


def choice_rules(row: Row) -> Iterator[Violation]:
    """``CHOICE_INVARIANTS`` on ``type``, ``choices`` and ``answer``."""
    choices, answer, kind = row["choices"], row["answer"], row["type"]
    if kind == "oeq":
        if choices:
            yield Violation("open-with-choices", "choices", f"an oeq with {len(choices)} options")
    elif kind in ("mcqu", "mcq"):
        yield from _rules_of_options(choices)
        if answer:
            yield from _rules_of_gold(answer.split(","), len(choices), kind)


def _rules_of_options(choices: list[str]) -> Iterator[Violation]:
    if not 2 <= len(choices) <= len(LETTERS):
        yield Violation("choices-count", "choices", f"{len(choices)} options")
    if "" in choices:
        yield Violation("choice-empty", "choices", f"option {choices.index('') + 1} is empty")
    elif len(set(choices)) != len(choices):
        first = {text: position for position, text in reversed(list(enumerate(choices)))}
        again = next(p for p, text in enumerate(choices) if first[text] != p)
        evidence = f"options {first[choices[again]] + 1} and {again + 1} are the same"
        yield Violation("choices-distinct", "choices", evidence)


def _rules_of_gold(letters: list[str], options: int, kind: str) -> Iterator[Violation]:
    if any(len(letter) != 1 or letter not in LETTERS for letter in letters):
        evidence = f"the answer is not letters A to {LETTERS[-1]} joined by commas"
        yield Violation("gold-not-letters", "answer", evidence)
        return
    outside = [letter for letter in letters if LETTERS.index(letter) >= options]
    if outside and 2 <= options <= len(LETTERS):
        evidence = f"gold {','.join(outside)}, options are A–{LETTERS[options - 1]}"
        yield Violation("gold-outside-choices", "answer", evidence)
    if sorted(set(letters)) != letters:
        yield Violation("gold-order", "answer", f"gold letters {','.join(letters)}")
    if kind == "mcqu" and len(letters) != 1:
        yield Violation("gold-not-single", "answer", f"mcqu with {len(letters)} gold letters")
