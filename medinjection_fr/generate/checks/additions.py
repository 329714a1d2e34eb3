"""Nothing is added: no "Voici la traduction :", no note, no fence, no label, no second proposal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.reading import Reading

_ANNOUNCED = re.compile(
    r"\W*(?:(?:bien sûr|certainement|d'accord|très bien|ok|sure|certainly|of course|okay)\b[\s,.!:]*)?"
    r"(?:(?:voici|voilà|here(?: is|'s)|ci-dessous|below is)\b[^:\n]{0,60}?"
    r"(?:tradu|translat|version|texte|français|french|résultat|question|réponse|json)[^:\n]{0,40}[:\n]"
    r"|(?:la\s+|ma\s+|my\s+)?(?:traduction|translation|version française|texte traduit|en français|in french|french)\b"
    r"[^:\n]{0,40}:"
    r"|(?:bien sûr|certainement|sure|certainly|of course)\s*[,!:.])",
    re.IGNORECASE,
)
_LABELS = {
    "question": re.compile(r"\W*question\s*(?:\d+\s*)?:", re.IGNORECASE),
    "answer": re.compile(r"\W*(?:réponse|answer|option|choix|choice)\s*(?:[a-z\d]\s*)?:", re.IGNORECASE),
    "explanation": re.compile(
        r"\W*(?:explication|explanation|contexte|context|instruction|énoncé)\s*:", re.IGNORECASE
    ),
}
_LABEL_ENGLISH = re.compile(
    r"\W*(?:question|q|answer|ans|option|choice|explanation|exp|context|instruction)\s*(?:[a-z\d]{1,2}\s*)?[:.)-]",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"\s*(?:\([A-Ja-j]\)|[A-J][.):])\s")
_NOTE = re.compile(
    r"(?:^|[\s([*_])(?:notes?(?: du traducteur| de (?:la )?traduction)?|remarque(?: du traducteur)?|n\. ?b\.|nb"
    r"|n\. ?d\. ?t\.|ndt|translator's note)\s*:",
    re.IGNORECASE,
)
_NOTE_ENGLISH = re.compile(
    r"note|n\.? ?b\b|remark|nb\b|caution|warning|comment|notice|reminder", re.IGNORECASE
)
_ALTERNATIVE = re.compile(
    r"\((?:ou|alternative|alternativement|litt|littéralement|traduction|sic|en anglais|in english|anglais)\b[ :]"
    r"|\[(?:traduction|sic|note|\.\.\.|…)",
    re.IGNORECASE,
)
_MARKS = {
    "a code fence": re.compile("```"),
    "a heading": re.compile(r"^\s{0,3}#{1,6}\s", re.MULTILINE),
    "bold": re.compile(r"\*\*|__\w"),
    "a tag": re.compile(
        r"</?[a-z][\w-]{1,20}(?: [^<>]{0,80})?>|<\|[^|<>]{1,30}\|>|\[/?INST\]", re.IGNORECASE
    ),
    "JSON": re.compile(r'^\s*[{\[]\s*"|"\s*[}\]]\s*$|\\n|\\u[0-9a-f]{4}|"\s*:\s*"'),
    "a bullet": re.compile(r"^\s*[-*•]\s+\w", re.MULTILINE),
}
_RUN = 6
"""Words of a run that, coming twice, are a repetition."""
_LONG_WINDED = 1.6
"""Characters in French for one in English from which repetitions are looked for."""
_QUOTED = re.compile(r'\s*["«“„].*["»”]\s*', re.DOTALL)
_SUSPICIOUS = re.compile(r"[:`#*<\[{\\\n\"«“(_•]")
_SUSPICIOUS_STARTS = frozenset("bien certainement sure certainly of okay ok".split())


def _may_have_additions(text: Reading) -> bool:
    """Whether anything in a text is like what models add; most options have nothing."""
    if _SUSPICIOUS.search(text.raw) or text.raw.lstrip()[1:2] in (".", ")", " "):
        return True
    return bool(text.words) and text.words[0] in _SUSPICIOUS_STARTS


def check_additions(english: Reading, french: Reading) -> Iterator[Fault]:
    """Looks for what a model adds to a translation into French."""
    found = ["a repetition"] if _repeats(french, english) else []
    if _may_have_additions(french):
        found += _find_additions(english.raw, french.raw.replace("’", "'"))
    if found:
        yield Fault("text-added", ", ".join(found))


def _find_additions(source: str, target: str) -> list[str]:
    found = [name for name, mark in _MARKS.items() if mark.search(target) and not mark.search(source)]
    if _ANNOUNCED.match(target) and not _ANNOUNCED.match(source):
        found.append("an announcement")
    if not _LABEL_ENGLISH.match(source):
        found += [f"the label of a {name}" for name, label in _LABELS.items() if label.match(target)]
    if _LETTERED.match(target) and not _LETTERED.match(source):
        found.append("the letter of an option")
    if _NOTE.search(target) and not _NOTE_ENGLISH.search(source):
        found.append("a note")
    if _ALTERNATIVE.search(target) and not re.search(r"\((?:or|sic|literally)\b|\[", source, re.IGNORECASE):
        found.append("an alternative or a gloss")
    if _QUOTED.fullmatch(target) and not _QUOTED.fullmatch(source) and target.count('"') <= 2:
        found.append("quotation marks round all of it")
    if _lines(target) > _lines(source):
        found.append(f"{_lines(target) - _lines(source)} line(s)")
    return found


def _lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())


def _repeats(french: Reading, english: Reading) -> bool:
    """Whether a model has run into a loop: a run of words comes twice that does not in English."""
    if len(french.words) < 2 * _RUN or len(french.raw) < _LONG_WINDED * len(english.raw):
        return False
    return _has_twice(french.words) and not _has_twice(english.words)


def _has_twice(words: list[str]) -> bool:
    runs = [tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)]
    return len(set(runs)) < len(runs)
