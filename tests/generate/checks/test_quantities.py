"""Numbers and units: what a faithful translator may write, and what is a fault."""

from __future__ import annotations

import pytest

from medinjection_fr.generate.checks import check_text, load_glossary

GLOSSARY = load_glossary()

FAITHFUL = [
    ("Give 60 mg/kg/day in two doses.", "Donner 60 mg/kg/j en deux prises."),
    ("Give 60 mg/kg per day.", "Administrer 60 mg/kg par jour."),
    ("About 1,500 patients were followed.", "Environ 1\u202f500 patients ont été suivis."),
    ("The potassium is 3.5 mEq/L.", "La kaliémie est de 3,5 mEq/l."),
    ("A 45-year-old man", "Un homme de 45 ans"),
    ("It rose by 5 percent.", "Il a augmenté de 5\u00a0%."),
    ("2.7 million people", "2,7 millions de personnes"),
    ("three times a day for 10 days", "3 fois par jour pendant 10 jours"),
    ("in the 1990s", "dans les années 90"),
    ("twenty-one days", "21 jours"),
    ("the 2nd week of the 19th century", "la deuxième semaine du XIXe siècle"),
]
CHANGED = [
    ("Give 60 mg/kg/day.", "Donner 6 mg/kg/j.", "number-changed"),
    ("Give 60 mg/kg/day.", "Donner 60 mg/kg.", "unit-changed"),
    ("Give 60 mg/kg/day.", "Donner 60 µg/kg/j.", "unit-changed"),
    ("About 1,500 patients were followed.", "Environ 1,500 patients ont été suivis.", "number-changed"),
    ("for 10 days", "pendant 10 mois", "unit-changed"),
    ("1.3 billion people", "1,3 billion de personnes", "number-changed"),
    ("three times a day", "deux fois par jour", "number-changed"),
]


def rules(source: str, target: str) -> list[str]:
    return [fault.rule for fault in check_text(source, target, GLOSSARY)]


@pytest.mark.parametrize(("source", "target"), FAITHFUL)
def test_faithful(source: str, target: str) -> None:
    assert rules(source, target) == []


@pytest.mark.parametrize(("source", "target", "rule"), CHANGED)
def test_changed(source: str, target: str, rule: str) -> None:
    assert rules(source, target) == [rule]
