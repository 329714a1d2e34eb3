"""Gold answers as upstream files write them, read as labels without guessing."""

from __future__ import annotations

import re

from medinjection_fr.record import LETTERS

_LETTERS = re.compile(r"\(?[A-J]\)?(?:(?:\s*[,;/]\s*|\s+et\s+|\s+)\(?[A-J]\)?)*", re.IGNORECASE)
_RUN = re.compile("[A-J]{2,10}")
_LABELLED = re.compile(r"\(?([A-J])(?:\)|\s*[.:)\-–])\s*(.+)", re.IGNORECASE | re.DOTALL)
_LETTER = re.compile(r"(?<![^\W\d_])[A-J](?![^\W\d_])", re.IGNORECASE)


def parse_gold(answer: str, choices: list[str]) -> str | None:
    """Reads ``A``, ``a``, ``(A)``, ``A, C``, ``A et C``, ``AC``, ``A. text``, or an option's own text.

    Several answers may stand on lines of their own.

    Returns:
        The letters in order, comma-separated; repeats and letters beyond the options are kept, for
        validation to refuse. ``None`` if there is no reading, or two that differ (options that are
        themselves letters, as blood groups are).
    """
    readings = {_parse_whole(answer, choices)}
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    if len(lines) > 1:
        parsed = [_parse_whole(line, choices) for line in lines]
        if None not in parsed:
            readings.add(_in_order(",".join(letters for letters in parsed if letters)))
    readings.discard(None)
    return readings.pop() if len(readings) == 1 else None


def _parse_whole(answer: str, choices: list[str]) -> str | None:
    answer = answer.strip()
    readings = set()
    if _LETTERS.fullmatch(answer):
        readings.add(_in_order(",".join(letter.upper() for letter in _LETTER.findall(answer))))
    elif _RUN.fullmatch(answer):
        readings.add(_in_order(",".join(answer)))
    elif labelled := _LABELLED.fullmatch(answer):
        letter = labelled[1].upper()
        place = LETTERS.index(letter)
        if place < len(choices) and choices[place].strip() == labelled[2].strip():
            readings.add(letter)
    matching = [LETTERS[p] for p, text in enumerate(choices[:10]) if text.strip() == answer]
    if len(matching) == 1:
        readings.add(matching[0])
    return readings.pop() if len(readings) == 1 else None


def _in_order(letters: str) -> str:
    return ",".join(sorted(letters.split(",")))
