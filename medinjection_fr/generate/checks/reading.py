"""A text as the checks read it: typography folded, words taken once."""

from __future__ import annotations

import html
import re

_FOLDED = {
    **dict.fromkeys("’‘ʼ′`´", "'"),
    **dict.fromkeys("−‐‑⁻", "-"),
    **dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\u2002\u2003\t\n\r", " "),
    **dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff^", ""),
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789", strict=True)),
    **dict.fromkeys("º˚", "°"),
    **dict.fromkeys("∼≈", "~"),
    **dict.fromkeys("⁺＋", "+"),
    "\u00b5": "\u03bc",
    "⩽": "≤",
    "⩾": "≥",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
    "℃": "°C",
    "℉": "°F",
    "Œ": "Oe",
    "œ": "oe",
}
_TO_FOLD = re.compile(f"[{re.escape(''.join(_FOLDED))}]")
_FOLDED_ASCII = frozenset(filter(str.isascii, _FOLDED))
_SPELT = re.compile(r">=|=>|<=|=<|\+/-|\+-|\b(?:per|pour) cent\b|\bpercent\b|\bmm Hg\b")
_SIGN = {">=": "≥", "=>": "≥", "<=": "≤", "=<": "≤", "+/-": "±", "+-": "±", "mm Hg": "mmHg"}
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s()<>]+")
_WORD = re.compile("[a-zß-öø-ɏͰ-ӿ]+")  # Latin, Greek and Cyrillic small letters: half the time of the next
_ANY_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile("[0-9]")
_SIGNS = re.compile("[<>≤≥±~‰+%-]")


class Reading:
    """One text.

    Attributes:
        raw: The text as it stands.
        text: The text with spaces, hyphens, apostrophes, superscripts and signs of several letters in one
            form each: "10⁹", "10^9" and "109" are the same, and so are ">=" and "≥", "percent" and "%".
        lower: The same in small letters.
        words: Its words, in small letters, in order, but for those of web addresses.
        word_set: The same, without order.
    """

    __slots__ = ("lower", "raw", "text", "word_set", "words")

    def __init__(self, text: str) -> None:
        self.raw = text
        if "&" in text:
            text = html.unescape(text)
        if not text.isascii() or not _FOLDED_ASCII.isdisjoint(text):
            text = _TO_FOLD.sub(lambda match: _FOLDED[match[0]], text)
        if "=" in text or "+" in text or "r cent" in text or "percent" in text or "mm H" in text:
            text = _SPELT.sub(lambda match: _SIGN.get(match[0], "%"), text)
        self.text = text
        self.lower = lower = text.lower()
        if "www." in text or "http" in text:
            lower = ADDRESS.sub(" ", lower)
        self.words = _WORD.findall(lower) or _ANY_WORD.findall(lower)
        self.word_set = frozenset(self.words)

    @property
    def has_digit(self) -> bool:
        """Whether there is any digit."""
        return _DIGIT.search(self.text) is not None

    @property
    def has_sign(self) -> bool:
        """Whether there is any sign, or a hyphen."""
        return _SIGNS.search(self.text) is not None
