"""Faults come in the same order, with the same words, in every process: a model that is told of them is asked once."""

from __future__ import annotations

import pytest
from translation_cases import GLOSSARY

from medinjection_fr.generate.checks import check_text

VALUES = [86, 12, 73, 25, 61, 37, 59, 48]


@pytest.mark.parametrize(
    ("rule", "english", "french", "told"),
    [
        ("unit-changed", "{} mg", "{} mL", "{}: mg became mL"),
        ("sign-changed", "more than {} cases", "moins de {} cas", "{}: above became below"),
    ],
)
def test_in_the_order_of_the_text(rule: str, english: str, french: str, told: str) -> None:
    texts = (" ; ".join(form.format(value) for value in VALUES) for form in (english, french))
    faults = [fault.evidence for fault in check_text(*texts, GLOSSARY) if fault.rule == rule]
    assert faults == [told.format(value) for value in VALUES]


def test_of_several_words_always_the_same() -> None:
    endings = ("tension", "thyroid", "kalemia", "glycemia", "trophy", "natremia", "capnia", "calcemia")
    texts = (", ".join(start + ending for ending in endings) for start in ("hypo", "hyper"))
    [fault] = [fault for fault in check_text(*texts, GLOSSARY) if fault.rule == "opposite"]
    assert fault.evidence == "hypotrophy became hypertrophy"
