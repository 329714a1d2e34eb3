"""Personal data in lines and records of ours, of invented people."""

from __future__ import annotations

import re

import pytest
from examples import valid_record
from privacy_cases import MARKED, NOTHING, found

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.curate.privacy import EXCEPTIONS, KINDS, LOW_SEVERITY, Finding, find_personal_data


@pytest.mark.parametrize(("kind", "line"), MARKED)
def test_personal_data_are_found(kind: str, line: str) -> None:
    text = re.sub("[⟦⟧]", "", line)
    assert found(text) == [(kind, datum) for datum in re.findall("⟦(.*?)⟧", line)]


@pytest.mark.parametrize("line", NOTHING)
def test_what_only_looks_like_them_is_not(line: str) -> None:
    assert found(line) == []


def test_fields_of_a_record() -> None:
    record = valid_record(
        "oeq",
        instruction="Que répondre à Mme Durand ?",
        context="M. X, né le 12/03/1956.",
        answer="Appeler le 06 12 34 56 78.",
        explanation="IPP 0123456",
        facts=["Rien.", "Écrire à a.b@exemple.fr."],
    )
    assert find_personal_data(record) == [
        Finding("named-person", "instruction", 15, 25),
        Finding("initialled-person", "context", 0, 4),
        Finding("birth-date", "context", 12, 22),
        Finding("phone", "answer", 11, 25),
        Finding("record-number", "explanation", 4, 11),
        Finding("email", "facts[1]", 9, 23),
    ]


def test_options_are_read_and_gold_letters_are_not() -> None:
    record = valid_record("mcq", choices=["Mme Durand", "Rien", "M. Y a 5 ans"], answer="A,C")
    assert find_personal_data(record) == [
        Finding("named-person", "choices[0]", 0, 10),
        Finding("initialled-person", "choices[2]", 0, 4),
    ]
    assert find_personal_data(valid_record()) == find_personal_data(valid_record("oeq")) == []


def test_absent_fields_are_nothing() -> None:
    assert find_personal_data({}) == find_personal_data({"explanation": None, "facts": []}) == []


def test_kinds() -> None:
    assert {kind for kind, _ in MARKED} | {"nir"} == set(KINDS)
    assert set(KINDS) > LOW_SEVERITY


EPONYMS = read_yaml(EXCEPTIONS)["eponyms"]


def test_exceptions_are_many_and_stand_once() -> None:
    assert len(EPONYMS) >= 150
    for name, entries in read_yaml(EXCEPTIONS).items():
        assert all(isinstance(entry, str) for entry in entries), name
        assert len(set(entries)) == len(entries), name


@pytest.mark.parametrize("name", EPONYMS)
def test_eponyms(name: str) -> None:
    for text in (f"La maladie de {name} est rare.", f"Le Dr {name} l'a décrite.", f"Le Pr {name.upper()}"):
        assert found(text) == []


@pytest.mark.parametrize("word", read_yaml(EXCEPTIONS)["latin"])
def test_latin_after_its_letter(word: str) -> None:
    for name in (word, word.capitalize(), word.upper()):
        assert found(f"Une infection à M. {name} est traitée.") == []
