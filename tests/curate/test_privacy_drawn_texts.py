"""Personal data in texts drawn at random or made to be slow: nothing is hidden, and the search ends."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_cases import MARKED, NOTHING, every_search

from medinjection_fr.curate.privacy import KINDS, scan_text

PIECES = [
    *(part for _, line in MARKED for part in re.split("[⟦⟧]", line) if part),
    *NOTHING,
    *"M. |Mme |Dr |Pr |docteur  |12 |rue |né le |06 |12/03/|@|IPP |NIR |\n|A".split("|"),
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)


@given(texts)
def test_findings_are_in_the_text_in_order_without_overlaps(text: str) -> None:
    end = 0
    for kind, start, stop in scan_text(text):
        assert kind in KINDS
        assert end <= start < stop <= len(text)
        assert text[start:stop].strip() == text[start:stop]
        end = stop


@given(texts)
def test_the_first_pass_hides_nothing(text: str) -> None:
    assert scan_text(text) == every_search(text)


HOSTILE = [
    *("1", "0", "1 ", "06 ", "+33 ", "1 85 05 78 ", "12/03/1956 ", "né le 12/03/56 ", "né à a ", "IPP "),
    *("n° de dossier ", "12 rue ", "12 rue de la ", "12 rue d'", "12 place Aa de la Aa d'Aa Aa ", "12-"),
    *("habite 1 place Aa ", "M. ", "M.", "Mme Aa-", "Dr Aa ", "MM. Aa, ", "Aa ", "A'", "A-A", "Nom : Aa "),
    *("hôpital aire aire Dr Aa ", "a", "@", "a@a.", " ", "\n", "é", "tél "),
]
"""What is repeated to make a text slow."""


@pytest.mark.parametrize("piece", HOSTILE)
def test_long_hostile_texts_come_to_an_end(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    assert all(0 <= start < end <= len(text) for _, start, end in scan_text(text))
