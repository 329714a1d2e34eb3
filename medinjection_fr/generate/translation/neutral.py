"""Texts that read the same in English and in French: numbers, units, signs, and codes with a digit.

They are not sent to a model, which could only spoil them. "0.5 mg/dL" becomes "0,5 mg/dL" by rule. An
acronym without a digit (AIDS, DNA) or a word is never neutral, nor a number with a comma, which one
language reads as thousands and the other as decimals.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(?<![\w-])(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9][A-Z0-9-]{0,9}(?![\w-])")
_ROMAN = re.compile(r"(?<![\w-])[IVX]+(?![\w-])")
_UNIT = re.compile(
    r"(?<![^\W\d_])(?:mg|g|kg|µg|μg|ng|pg|mL|ml|dL|dl|L|cl|µL|μL|fL|mmol|µmol|μmol|nmol|pmol|mol|mEq|mOsm"
    r"|mm|cm|km|µm|μm|nm|mmHg|kPa|Pa|Hz|kHz|MHz|kJ|J|kcal|cal|°C|°F|ms|s|min|h|mV|kV|mA|Gy|mGy|mSv|Bq|MBq)"
    r"(?![^\W\d_])"
)
_LETTER = re.compile(r"[^\W\d_]")
_DECIMAL = re.compile(r"(?<![\w.,])\d+\.\d+(?!\d|[.,]\d)")


def in_french(text: str) -> str | None:
    """The French form of a neutral text, or ``None`` if it is none and has to be translated."""
    left = text
    for known in (_CODE, _ROMAN, _UNIT):
        left = known.sub(" ", left)
    if _LETTER.search(left) or re.search(r"\d,\d", left):
        return None
    return _DECIMAL.sub(lambda match: match[0].replace(".", ","), text)
