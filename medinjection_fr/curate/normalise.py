"""The one form in which a text is stored: NFC, plain line ends, no invisible characters, trimmed.

Nothing else is touched: no-break spaces, apostrophes, case, digits, signs and accents stay as the
source wrote them. A control character that is not white space stays too, and validation refuses the
record: in damaged files it stands where a sign such as ≥ or µ was, and removing it would turn
"≥ 5 mg" into "5 mg".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from medinjection_fr.record import LIST_COLUMNS

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_WHITE_SPACE = (
    "".join(  # without U+001C to U+001F, which Python counts in and validation refuses
        character for character in map(chr, range(0x20, 0x3001)) if character.isspace()
    )
    + "\t\n"
)
_UNUSUAL = re.compile("[\r\x0b\x0c\x85\u2028\u2029\u00ad\u200b\u200e\u200f\u2060\ufeff]")


def normalise_text(text: str) -> str:
    """Returns the stored form of a text; applying it again changes nothing.

    Line ends become line feeds. Soft hyphens, zero-width spaces, byte-order marks, word joiners and
    direction marks, which show nothing, go. The text is composed (NFC) and trimmed at both ends.
    """
    if _UNUSUAL.search(text):
        text = _INVISIBLE.sub("", _LINE_END.sub("\n", text))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.strip(_WHITE_SPACE)


def normalise_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the record with every text in its stored form; other values pass unchanged.

    An optional text that is empty afterwards becomes null where the column allows it.
    """
    normalised: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, str):
            value = normalise_text(value)
            if not value and name in ("explanation", "subject"):
                value = None
        elif name in LIST_COLUMNS and isinstance(value, list):
            value = [normalise_text(v) if isinstance(v, str) else v for v in value]
        normalised[name] = value
    return normalised
