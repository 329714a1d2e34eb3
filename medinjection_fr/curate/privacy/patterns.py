"""What the patterns and searches of several kinds share."""

from __future__ import annotations

Span = tuple[str, int, int]
"""Kind, start and end of a finding."""

BLANK = r" \t\u00a0\u202f"
S = f"[{BLANK}]"
UPPER = "A-ZÀ-ÖØ-ÞŒŠŽŸŁŚŞĆČĐĞİ"
LOWER = rf"[^\W\d_{UPPER}]"


def text_before(text: str, start: int, length: int) -> str:
    """Up to ``length`` characters before a place, for what announces a finding there."""
    return text[max(0, start - length) : start]
