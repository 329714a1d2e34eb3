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
_SPELT = re.compile(r">=|=>|<=|=<|\+/-|\+-|\b(?:per|pour) cent\b|\bpercent\b|\bmm Hg\b")
_SIGN = {">=": "≥", "=>": "≥", "<=": "≤", "=<": "≤", "+/-": "±", "+-": "±", "mm Hg": "mmHg"}
_MAY_BE_SPELT = re.compile("[=+]|cent|mm H")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s()<>]+")
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")


class Reading:
    """One text.

    Attributes:
        raw: The text as it stands.
        text: The text with spaces, hyphens, apostrophes, superscripts and signs of several letters in one
            form each: "10⁹", "10^9" and "109" are the same, and so are ">=" and "≥", "percent" and "%".
        lower: The same in small letters.
        words: Its words, in small letters, in order.
        word_set: The same, without order.
        has_digit: Whether there is any digit. Addresses of the web are not read.
    """

    __slots__ = ("has_digit", "lower", "raw", "text", "word_set", "words")

    def __init__(self, text: str) -> None:
        self.raw = text
        if "&" in text:
            text = html.unescape(text)
        if "www." in text or "http" in text:
            text = _ADDRESS.sub(" ", text)
        text = _TO_FOLD.sub(lambda match: _FOLDED[match[0]], text)
        if _MAY_BE_SPELT.search(text):
            text = _SPELT.sub(lambda match: _SIGN.get(match[0], "%"), text)
        self.text = text
        self.lower = self.text.lower()
        self.words = _WORD.findall(self.lower)
        self.word_set = frozenset(self.words)
        self.has_digit = _DIGIT.search(self.text) is not None
