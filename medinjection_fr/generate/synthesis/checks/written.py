"""What a model wrote is the record's text and nothing else: no announcement, no mark-up, no label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medinjection_fr.generate.checks.fault import Fault

RULES = {"not-plain": "texts are plain: no announcement, mark-up, label, thought or placeholder"}

_MARKS = {
    "a code fence": re.compile("```"),
    "a heading": re.compile(r"^\s{0,3}#{1,6}\s", re.MULTILINE),
    "bold": re.compile(r"\*\*|__\w"),
    "a tag": re.compile(
        r"</?[a-z][\w-]{1,20}(?: [^<>]{0,80})?>|</?(?:b|i|p|u|br)\s?/?>|<\|[^|<>]{1,30}\|>|\[/?INST\]",
        re.IGNORECASE,
    ),
    "JSON": re.compile(r'^\s*[{\[]\s*"|"\s*[}\]]\s*$|\\n|\\u[0-9a-f]{4}|"\s*:\s*"'),
    "an announcement": re.compile(
        r"^\W*(?:(?:bien sûr|certainement|d'accord|très bien|sure|certainly|of course)\b\s*[,.!:]|"
        r"(?:voici|voilà|here(?: is|'s)|ci-dessous)\b[^:\n]{0,60}:)",
        re.IGNORECASE,
    ),
    "a label": re.compile(
        r"^\W*(?:question|réponse|answer|consigne|instruction|explication|résumé)\s*\d*\s*:", re.IGNORECASE
    ),
    "a placeholder": re.compile(
        r"\[(?:…|\.\.\.|à compléter|nom|date|insérer)[^\]]{0,40}\]|\bXX+\b|\blorem ipsum\b", re.IGNORECASE
    ),
    "a model speaking of itself": re.compile(
        r"\b(?:en tant que|je suis)\s+(?:un\s+|une\s+)?(?:modèle|assistant|ia\b|intelligence artificielle)"
        r"|\bas an ai\b",
        re.IGNORECASE,
    ),
}


_SIGNS = re.compile(r"[`#*_<\[{\\\"]")
_WORDS = (
    "XX",
    "lorem",
    "LOREM",
    "en tant",
    "En tant",
    "EN TANT",
    "je suis",
    "Je suis",
    "JE SUIS",
    "as an",
    "As an",
)
"""What all marks have, a sign or words, but those at the beginning of a text."""
_AT_THE_START = ("an announcement", "a label")
_STARTS = re.compile(
    r"\W*(?:bien sûr|certain|d'accord|très bien|sure|of course|voici|voilà|here|ci-dessous"
    r"|question|réponse|answer|consigne|instruction|explication|résumé)",
    re.IGNORECASE,
)
"""What a text with one of them begins with."""


def check_written(texts: Sequence[str]) -> Iterator[Fault]:
    """Looks for what models put around what they were asked for."""
    plain = [text.replace("’", "'") for text in texts]
    found: list[str] = []
    if begun := [text for text in plain if _STARTS.match(text)]:
        found += [name for name in _AT_THE_START if any(map(_MARKS[name].match, begun))]
    whole = "\n".join(plain)
    if _SIGNS.search(whole) or any(map(whole.__contains__, _WORDS)):
        found += [
            name
            for name, mark in _MARKS.items()
            if name not in _AT_THE_START and any(map(mark.search, plain))
        ]
    if found:
        yield Fault("not-plain", ", ".join(found))
