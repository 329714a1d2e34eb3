"""Gold answers as upstream files write them, read as labels without guessing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from medinjection_fr.curate.normalise import normalise_text
from medinjection_fr.record import LETTERS

# Letters are spelled out: [A-J] in any case would match "ı" and "İ" too. SPACE is white space without the
# separators U+001C to U+001F, which stand in damaged files where a sign was.
SPACE = r"[^\S\x1c-\x1f]"
_LETTERS = re.compile(
    rf"\(?[A-Ja-j]\)?(?:(?:{SPACE}*[,;/]{SPACE}*|{SPACE}+[eE][tT]{SPACE}+|{SPACE}+)\(?[A-Ja-j]\)?)*"
)
_RUN = re.compile("[A-J]{2,10}")
_LABELLED = re.compile(rf"\(?([A-Ja-j])(?:\)|{SPACE}*[.:)\-–]){SPACE}*(.+)", re.DOTALL)
_LETTER = re.compile(r"(?<![^\W\d_])[A-Ja-j](?![^\W\d_])")


def parse_gold(answer: str, choices: list[str]) -> str | None:
    """Reads ``A``, ``a``, ``(A)``, ``A, C``, ``A et C``, ``AC``, ``A. text``, or an option's own text.

    Several answers may stand on lines of their own.

    Returns:
        The letters in order, comma-separated; repeats and letters beyond the options are kept, for
        validation to refuse. ``None`` if there is no reading, or two that differ (options that are
        themselves letters, as blood groups are).
    """
    answer, options = normalise_text(answer), [normalise_text(text) for text in choices[: len(LETTERS)]]
    readings = {_parse_whole(answer, options)}
    lines = [line for line in map(normalise_text, answer.split("\n")) if line]
    if len(lines) > 1:
        parsed = [_parse_whole(line, options) for line in lines]
        if None not in parsed:
            readings.add(_in_order(letter for letters in parsed if letters for letter in letters.split(",")))
    readings.discard(None)
    return readings.pop() if len(readings) == 1 else None


def _parse_whole(answer: str, options: list[str]) -> str | None:
    readings = set()
    run = _RUN.fullmatch(answer)
    if run or _LETTERS.fullmatch(answer):
        letters = list(answer) if run else [letter.upper() for letter in _LETTER.findall(answer)]
        readings.add(_in_order(letters))
        texts = [text.upper() for text in options]
        if all(texts.count(letter) == 1 for letter in letters):
            readings.add(_in_order(LETTERS[texts.index(letter)] for letter in letters))
    if labelled := _LABELLED.fullmatch(answer):
        letter = labelled[1].upper()
        if options[LETTERS.index(letter) :][:1] == [labelled[2]]:
            readings.add(letter)
    if options.count(answer) == 1:
        readings.add(LETTERS[options.index(answer)])
    return readings.pop() if len(readings) == 1 else None


def _in_order(letters: Iterable[str]) -> str:
    return ",".join(sorted(letters))
