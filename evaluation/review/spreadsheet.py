"""Cells that a spreadsheet does not compute, and that are read back exactly.

A cell that begins with ``= + - @``, a tab or a carriage return is a formula to a spreadsheet. So is what follows a
comma or semicolon inside a cell, where the program takes that for the separator. An apostrophe before it makes it
text. (OWASP, "CSV Injection".)
"""

from __future__ import annotations

import re

_BEGINS = r"(?:\A|(?<=[;,\t\r\n\"]))"
_FORMULA = r"(?='*[=+\-@\t\r])"
_TO_DEFUSE = re.compile(_BEGINS + _FORMULA)
_DEFUSED = re.compile(f"{_BEGINS}'{_FORMULA}")


def defuse(text: str) -> str:
    """The text of a cell, safe to open."""
    return _TO_DEFUSE.sub("'", text)


def restore(cell: str) -> str:
    """The text that ``defuse`` was given."""
    return _DEFUSED.sub("", cell)
