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


def check_written(texts: Sequence[str]) -> Iterator[Fault]:
    """Looks for what models put around what they were asked for."""
    found = [
        name for name, mark in _MARKS.items() if any(mark.search(text.replace("’", "'")) for text in texts)
    ]
    if found:
        yield Fault("not-plain", ", ".join(found))
