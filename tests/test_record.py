"""The contract of the project: columns, identity, invariants."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pyarrow as pa
import pytest
from examples import valid_record
from hypothesis import given, settings
from hypothesis import strategies as st

from medinjection_fr.curate.normalise import normalise_record
from medinjection_fr.materials import DOCUMENT, ITEM
from medinjection_fr.record import (
    COLUMNS,
    INVARIANTS,
    LIST_COLUMNS,
    NULLABLE_COLUMNS,
    ORIGINS,
    RECORD,
    SCHEMA,
    TYPES,
    record_id,
    validate,
    validate_plainly,
)
from medinjection_fr.resources import load_schema
from medinjection_fr.rules import Contract

KINDS = [(type, origin) for type in TYPES for origin in ORIGINS]
ABSENT = object()


def rules(record: Any) -> set[str]:
    """The broken rules, on which both validators must agree."""
    verdict = validate(record)
    assert verdict == validate_plainly(record)
    return {violation.rule for violation in verdict}


# --- columns ---------------------------------------------------------------------------------------------


def test_arrow_and_json_schema_say_the_same() -> None:
    schema = load_schema("record")
    arrow = {"string": pa.string(), "array": pa.list_(pa.string())}

    def types(name: str) -> set[str]:
        value = schema["properties"][name]["type"]
        return {value} if isinstance(value, str) else set(value)

    assert SCHEMA.names == list(COLUMNS) == list(schema["properties"]) == schema["required"]
    assert {name for name in COLUMNS if "null" in types(name)} == NULLABLE_COLUMNS
    for field in SCHEMA:
        (json_type,) = types(field.name) - {"null"}
        assert field.type == arrow[json_type]
        assert (json_type == "array") == (field.name in LIST_COLUMNS)
        # datasets has no notion of a column without nulls: the JSON schema alone refuses them.
        assert field.nullable


def test_frozen_columns() -> None:
    assert (
        *(
            "id",
            "instruction",
            "context",
            "choices",
            "answer",
            "explanation",
            "facts",
            "type",
            "origin",
            "task",
        ),
        *("source", "source_id", "group_id", "subject", "license"),
        *("derived_from", "generator", "generation_id", "flags"),
    ) == COLUMNS
    assert {"choices", "facts", "flags"} == LIST_COLUMNS
    assert {"explanation", "subject", "derived_from", "generator", "generation_id"} == NULLABLE_COLUMNS


METADATA_DIGEST = "e3cd268758c69f7613263923fdb6350f4c2547f11b18e4d0e224fe171ce86994"


def test_huggingface_metadata_is_fixed_bytes() -> None:
    value = '{"dtype": "string", "_type": "Value"}'
    features = ", ".join(
        f'"{name}": [{value}]' if name in ("choices", "facts", "flags") else f'"{name}": {value}'
        for name in COLUMNS
    )
    golden = f'{{"info": {{"features": {{{features}}}}}}}'.encode()
    assert SCHEMA.metadata == {b"huggingface": golden}
    assert hashlib.sha256(golden).hexdigest() == METADATA_DIGEST


def test_metadata_opens_as_features() -> None:
    from datasets import Features, List, Value

    text = Value("string")
    expected = {name: List(text) if name in LIST_COLUMNS else text for name in COLUMNS}
    assert Features.from_arrow_schema(SCHEMA) == Features(expected)


@pytest.mark.parametrize(("type", "origin"), KINDS)
def test_valid_record_survives_arrow(type: str, origin: str) -> None:
    record = valid_record(type, origin)
    assert rules(record) == set()
    assert pa.Table.from_pylist([record], SCHEMA).to_pylist() == [record]


# --- identity --------------------------------------------------------------------------------------------

HASHED = ("type", "instruction", "context", "choices", "answer")


def test_id_is_golden() -> None:
    """A record's identity holds for ever: a change of this value is a new id scheme."""
    record = {
        "type": "mcq",
        "instruction": "Lesquels sont « exacts » ?\n\tDose : 5\u00a0mg/kg/j",
        "context": "",
        "choices": ['Œdème "vrai"', "A+ \\ A-", "β ≥ 2 😀"],
        "answer": "A,C",
    }
    canonical = (
        '["medinjection-fr/1","mcq","Lesquels sont « exacts » ?\\n\\tDose : 5\u00a0mg/kg/j","",'
        '["Œdème \\"vrai\\"","A+ \\\\ A-","β ≥ 2 😀"],"A,C"]'
    )
    assert record_id(record) == hashlib.sha256(canonical.encode()).hexdigest()[:32]
    assert record_id(record) == "509db5e161e67c49a115686bced2d5ad"


@pytest.mark.parametrize("name", COLUMNS)
def test_id_depends_on_content_alone(name: str) -> None:
    record = valid_record("mcq", "synthetic")
    other = [*record[name], "X"] if name in LIST_COLUMNS else f"{record[name]}X"
    assert (record_id({**record, name: other}) != record["id"]) == (name in HASHED)


def test_id_depends_on_the_place_of_a_text() -> None:
    record = valid_record("mcq")
    same_texts = [
        {"choices": record["choices"][::-1]},
        {"choices": [*record["choices"][:-2], "".join(record["choices"][-2:])]},
        {"instruction": record["context"], "context": record["instruction"]},
        {"context": "", "instruction": record["context"] + record["instruction"]},
    ]
    ids = [record_id({**record, **change}) for change in same_texts]
    assert len({record["id"], *ids}) == 5


def test_id_is_that_of_the_normal_form() -> None:
    composed = valid_record(
        instruction="Quel est l'\u0153dème\u00a0le plus sévère\u00a0?", choices=["Été", "Hâte"]
    )
    changes = {
        "instruction": " Quel est l'œde\u0300me\u00a0le plus s\u00ade\u0301ve\u0300re\u00a0?\r\n",
        "choices": ["E\u0301te\u0301\u200b", "Ha\u0302te"],
    }
    other = normalise_record({**composed, **changes})
    assert record_id(other) == composed["id"]
    assert rules(other) == set()


def test_id_of_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        record_id({**valid_record(), "context": "\ud800"})


# --- invariants ------------------------------------------------------------------------------------------

RULE_OF_BLANK = {
    "id": "id-format",
    "instruction": "instruction-empty",
    "answer": "answer-empty",
    "type": "type-unknown",
    "origin": "origin-unknown",
    "task": "task-unknown",
    "source": "source-format",
    "source_id": "source-id-empty",
    "group_id": "group-id-empty",
    "license": "license-format",
    "derived_from": "derived-from-empty",
    "generator": "generator-empty",
    "generation_id": "generation-id-empty",
}
RULE_OF_TEXT = {
    "\u00e9 \ud83d": "text-not-unicode",
    "\udc00": "text-not-unicode",
    "\x00": "text-control-character",
    "dose \x1c 5 mg": "text-control-character",
    "a\rb": "text-control-character",
    "a\x0bb": "text-control-character",
    "a\x7fb": "text-control-character",
    "a\x80b": "text-control-character",
    "H\ufffdpatite": "text-replacement-character",
    "He\u0301patite": "text-not-nfc",
    "\u2126": "text-not-nfc",
    " a": "text-untrimmed",
    "a\n": "text-untrimmed",
    "a\u00a0": "text-untrimmed",
    "\u3000a": "text-untrimmed",
}
WRONG_TYPES = (5, 0.5, math.nan, True, {}, {"a": "b"}, b"B", [5], [None], [["B"]])

Case = tuple[str, Any, set[str]]
"""A column, the value it gets (``ABSENT``: it is removed), the rules that break."""


def cases_of_structure(record: dict[str, Any]) -> list[Case]:
    generated = record["origin"] != "native"
    cases: list[Case] = [("extra", "", {"field-unknown"})]
    for name in COLUMNS:
        cases.append((name, ABSENT, {"field-missing"}))
        cases += [(name, value, {"field-type"}) for value in WRONG_TYPES]
        cases.append((name, "B" if name in LIST_COLUMNS else ["B"], {"field-type"}))
        blank = [] if name in LIST_COLUMNS else ""
        cases.append((name, blank, {RULE_OF_BLANK[name]} if name in RULE_OF_BLANK else set()))
        if name not in NULLABLE_COLUMNS:
            cases.append((name, None, {"field-type"}))
        elif generated and name in ("derived_from", "generator"):
            cases.append((name, None, {"lineage-missing"}))
        else:
            cases.append((name, None, set()))
    if record["type"] != "oeq":
        cases.remove(("choices", [], set()))
        cases.append(("choices", [], {"choices-count"}))
    return cases


def cases_of_values(record: dict[str, Any]) -> list[Case]:
    cases: list[Case] = [
        *[("id", id, {"id-format"}) for id in ("0" * 31, "0" * 33, "A" * 32, "g" * 32, "\u0663" * 32)],
        *[("type", type, {"type-unknown"}) for type in ("QCM", "MCQ", "mcqm")],
        *[("origin", origin, {"origin-unknown"}) for origin in ("trad", "Native", "mixed")],
        ("task", "cuisine", {"task-unknown"}),
        *[("source", s, {"source-format"}) for s in ("Our", "o_s", "-a", "a-", "a--b", "é", "a/b", "a" * 65)],
        *[("license", s, {"license-format"}) for s in ("CC BY", "-MIT", "MIT!", "priv\u00e9e", "a" * 101)],
        ("license", "LicenseRef-our-agreement", set()),
        ("flags", ["seen"], {"flag-unknown"}),
        ("flags", ["mixed-language", "privacy-finding"], set()),
        ("flags", ["privacy-finding", "mixed-language"], {"flags-order"}),
        ("flags", ["mixed-language", "mixed-language"], {"flags-order"}),
    ]
    if record["origin"] != "native":
        cases.append(("flags", ["lineage-unknown"], {"lineage-contradiction"}))
    for text, rule in RULE_OF_TEXT.items():
        free = ["instruction", "context", "explanation", "subject", "source_id", "group_id"]
        free += ["derived_from", "generator", "generation_id"]
        cases += [(name, text, {rule}) for name in free]
        cases.append(("facts", ["Un fait.", text], {rule}))
        if record["type"] == "oeq":
            cases.append(("answer", text, {rule}))
        else:
            cases.append(("choices", ["Oui", "Non", text, "Peut-\u00eatre"], {rule}))
    for text in ("", "Une ligne\n\tune autre", "5\u00a0mg\u202f/\u202fkg", "\u2265 2 \U0001f600", "Œdème"):
        cases += [(name, text, set()) for name in ("context", "explanation", "subject")]
    return cases


def cases_of_choices(record: dict[str, Any]) -> list[Case]:
    if record["type"] == "oeq":
        return [("choices", ["Oui", "Non"], {"open-with-choices"}), ("answer", "A,C", set())]
    not_letters = ("Aciclovir", "b", "K", "B, C", "B,", ",", "BC", "\uff22", "B;C", "(B)")
    several = {"gold-not-single"} if record["type"] == "mcqu" else set()
    return [
        ("choices", ["Seule"], {"choices-count"}),
        ("choices", [f"Option {number}" for number in range(10)], set()),
        ("choices", [f"Option {number}" for number in range(11)], {"choices-count"}),
        ("choices", ["Oui", "", "Non", "Peut-\u00eatre"], {"choice-empty"}),
        ("choices", ["A+", "A-", "A+", "B"], {"choices-distinct"}),
        ("choices", ["A+", "A-", "a+", "A +"], set()),
        *[("answer", gold, {"gold-not-letters"}) for gold in not_letters],
        *[("answer", gold, {"gold-outside-choices"}) for gold in ("E", "J")],
        ("answer", "D", set()),
        ("answer", "A,C", several),
        ("answer", "A,B,C,D", several),
        ("answer", "A,E", {"gold-outside-choices"} | several),
        ("answer", "C,A", {"gold-order"} | several),
        ("answer", "A,A", {"gold-order"} | several),
    ]


def all_cases(record: dict[str, Any]) -> list[Case]:
    return [*cases_of_structure(record), *cases_of_values(record), *cases_of_choices(record)]


@pytest.mark.parametrize(("type", "origin"), KINDS)
def test_each_break_fires_its_rule_and_no_other(type: str, origin: str) -> None:
    record = valid_record(type, origin)
    found = []
    for name, value, expected in all_cases(record):
        changed = {k: v for k, v in {**record, name: value}.items() if v is not ABSENT}
        if (broken := rules(changed)) != expected:
            found.append((name, value, expected, broken))
    assert found == []


def test_every_rule_has_a_case() -> None:
    cases = [case for type, origin in KINDS for case in all_cases(valid_record(type, origin))]
    assert {rule for _, _, expected in cases for rule in expected} == set(INVARIANTS)


@pytest.mark.parametrize("origin", ["synthetic", "translated"])
@pytest.mark.parametrize(
    ("flags", "derived_from", "generator", "expected"),
    [
        (["lineage-unknown"], None, None, set()),
        (["lineage-unknown"], "a/1", None, {"lineage-contradiction"}),
        (["lineage-unknown"], None, "m@1", {"lineage-contradiction"}),
        ([], "a/1", None, {"lineage-missing"}),
        ([], None, "m@1", {"lineage-missing"}),
        ([], None, None, {"lineage-missing"}),
        ([], "a/1", "m@1", set()),
    ],
)
def test_lineage(
    origin: str, flags: list[str], derived_from: Any, generator: Any, expected: set[str]
) -> None:
    lineage = {"flags": flags, "derived_from": derived_from, "generator": generator}
    assert rules(valid_record("mcq", origin, **lineage)) == expected


def test_all_broken_rules_come_in_order() -> None:
    broken = valid_record("mcqu", "synthetic", context="\x00", answer="C,A", generator=None, task="", id="x")
    expected = ["id-format", "task-unknown", "text-control-character", "gold-order", "gold-not-single"]
    assert [v.rule for v in validate(broken)] == [*expected, "lineage-missing"]
    assert sorted(expected, key=list(INVARIANTS).index) == expected


@pytest.mark.parametrize("row", [[], None, "a record", 5])
def test_what_is_no_row_is_refused(row: Any) -> None:
    assert rules(row) == {"field-type"}


def test_evidence_quotes_no_text() -> None:
    secret = "Madame Dupont"
    for name, value, _ in all_cases(valid_record("mcq", "synthetic")):
        if isinstance(value, str):
            value = f"{secret}{value}"
        elif isinstance(value, list):
            value = [secret, *value, secret]
        changed = {**valid_record("mcq", "synthetic"), name: value}
        assert not [v for v in validate(changed) if secret in v.evidence]


# --- the compiled validator and its reference ------------------------------------------------------------

ODD = ["", "B", "B\n", "A,B", " A", "\ud800", "\udfff\ud800", "\x00", "\ufffd", "e\u0301", "\u212a", "a-b\n"]
NEAR = ["0" * 32, "0" * 32 + "\n", "mcq\n", "oeq", "native", "translated", "lineage-unknown", "a" * 100_000]
odd_texts = st.one_of(st.text(st.characters(), max_size=12), st.sampled_from(ODD), st.sampled_from(NEAR))
odd_values = st.recursive(
    st.one_of(odd_texts, st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(odd_texts, max_size=12).map(tuple),
        st.dictionaries(odd_texts, inner, max_size=2),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("contract", [RECORD, DOCUMENT, ITEM], ids=lambda contract: contract.name)
@settings(max_examples=300)
@given(data=st.data())
def test_both_validators_give_the_same_verdict(contract: Contract, data: st.DataObject) -> None:
    kind, origin = data.draw(st.sampled_from(KINDS))
    material = {"language": "en", "split": None, "text": "Un texte.", "title": None, "kind": "abstract"}
    whole = {**valid_record(kind, origin), **material}
    row = {name: whole[name] for name in contract.columns}
    names = st.sampled_from([*contract.columns, "extra", 5])
    for name, value in data.draw(st.dictionaries(names, odd_values | st.just(ABSENT), max_size=4)).items():
        if value is ABSENT:
            row.pop(name, None)
        else:
            row[name] = value
    assert contract.validate(row) == contract.validate_plainly(row)
