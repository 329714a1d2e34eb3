"""The sentences of a French text, with what stands between them."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

_END = re.compile(
    r"""(?P<mark>[.!?…]+(?:\s?»|["”)])*)(?P<gap>\s+)(?=[«"“(\-–•]?\s*[A-ZÀ-ÖØ-ÝŒ0-9])|(?P<line>\s*\n\s*)"""
)
_LAST_WORD = re.compile(r"[^\s(«\"“]+\Z")


class Sentence(NamedTuple):
    """A sentence.

    Attributes:
        text: Without white space around it.
        gap: The white space behind it.
    """

    text: str
    gap: str


def split_sentences(text: str, abbreviations: Collection[str]) -> list[Sentence]:
    """Splits a text; joined again, its sentences and gaps are the text without white space around it.

    A line's end ends a sentence. A point inside "60 mg/kg/j", "1.5" or "i.v.", after one of the
    abbreviations or after a single capital does not.

    Args:
        text: French.
        abbreviations: Words in lower case after which a point ends no sentence.
    """
    text = text.strip()
    sentences, start = [], 0
    for match in _END.finditer(text):
        if match["line"] is None:
            if match["mark"] == "." and _is_abbreviated(text[start : match.start()], abbreviations):
                continue
            end, gap = match.end("mark"), match["gap"]
        else:
            end, gap = match.start(), match["line"]
        sentences.append(Sentence(text[start:end], gap))
        start = match.end()
    return [*sentences, Sentence(text[start:], "")] if text else []


def _is_abbreviated(before: str, abbreviations: Collection[str]) -> bool:
    word = _LAST_WORD.search(before)
    if word is None:
        return True
    return word[0].lower() in abbreviations or (len(word[0]) == 1 and word[0].isupper())


def join_sentences(sentences: Collection[Sentence]) -> str:
    """The text of sentences that stand behind each other."""
    return "".join(sentence.text + sentence.gap for sentence in sentences).strip()
