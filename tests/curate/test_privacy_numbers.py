"""Social security numbers: with their key anywhere, without it only where they are announced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_cases import found

from medinjection_fr.curate.privacy import nir_key


def with_key(number: str) -> str:
    """The number with its key, as arithmetic has it, in the usual groups."""
    digits = number.replace("2A", "19").replace("2B", "18")
    parts = [number[0], number[1:3], number[3:5], number[5:7], number[7:10], number[10:13]]
    return " ".join([*parts, f"{97 - int(digits) % 97:02d}"])


INSURED = "1850578006084 2560334172011 285122A004123 177052B120045 1992099100023 7031075116210".split()


@pytest.mark.parametrize("number", INSURED)
@pytest.mark.parametrize("blank", [" ", "", "\u00a0", ".", "-"])
def test_social_security_numbers_with_their_key(number: str, blank: str) -> None:
    written = with_key(number).replace(" ", blank)
    assert found(f"Assuré {written}, affilié") == [("nir", written)]


@pytest.mark.parametrize("number", INSURED)
def test_social_security_numbers_without_key_need_to_be_announced(number: str) -> None:
    assert found(number) == found(f"Code {number}.") == []
    for cue in ("N° de sécurité sociale : ", "NIR ", "numéro de Sécurité sociale du patient : ", "n° SS "):
        assert found(f"{cue}{number}") == [("nir", number)]


@pytest.mark.parametrize("number", INSURED)
def test_a_wrong_key_is_no_social_security_number_unless_announced(number: str) -> None:
    *groups, key = with_key(number).split()
    wrong = " ".join([*groups, f"{int(key) % 97 + 1:02d}"])
    assert found(wrong) == []
    assert found(f"NIR : {wrong}") == [("nir", wrong)]


@given(
    sex=st.sampled_from("12"),
    year=st.integers(0, 99),
    month=st.integers(1, 12),
    department=st.sampled_from([*(f"{n:02d}" for n in range(1, 96)), "2A", "2B"]),
    place=st.integers(1, 990),
    order=st.integers(1, 999),
    wrong=st.integers(1, 96),
)
def test_keys(sex: str, year: int, month: int, department: str, place: int, order: int, wrong: int) -> None:
    number = f"{sex}{year:02d}{month:02d}{department}{place:03d}{order:03d}"
    key = nir_key(number)
    assert 1 <= key <= 97
    assert (int(number.replace("2A", "19").replace("2B", "18")) + key) % 97 == 0
    assert found(f"{number}{key:02d}") == [("nir", f"{number}{key:02d}")]
    assert found(f"{number}{(key - 1 + wrong) % 97 + 1:02d}") == []
