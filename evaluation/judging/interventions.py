"""The same answer in another form: longer, shorter, in another order, in another tone.

No number, unit, negation or medical statement changes, so that a judge whose verdict does has looked at the form. An
answer to which a change cannot be made so has no such variant. Wordings are in ``interventions.yaml``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.judging.sentences import Sentence, join_sentences, split_sentences
from medinjection_fr.checked_yaml import read_yaml

_FILE = Path(__file__).with_name("interventions.yaml")
_LONGER = 1.5
"""Times the words that a padded answer has at least, as long as there are sentences to add."""
_LAID_OUT = re.compile(r"^\s*(?:\d+\s*[.)]|[a-z]\)|#|\|)|:\s*$", re.MULTILINE)
"""A numbered list, a title or a table: its order says something."""
_POINTS_BACK = re.compile(r"\b(?:ce|cet|cette|ces|cela|ceci|celui|celle|ceux|celles)\b", re.IGNORECASE)
_TELLS_TO_DO = re.compile(r"\w{2,}(?:ez|er|ir)\b")
"""Begins a sentence that may be a step: steps stay in their order."""
_YES_OR_NO = re.compile(r"(?:oui|non|si)\b", re.IGNORECASE)


def intervene(variant: str, answer: str) -> str | None:
    """An answer in another form; the same each time.

    Args:
        variant: One of ``INTERVENTIONS``.
        answer: In French.

    Returns:
        The other answer; ``None`` if the change would change nothing, or more than the form.
    """
    answer = answer.strip()
    changed = INTERVENTIONS[variant](answer) if answer else None
    return None if changed == answer else changed


def _padded(answer: str) -> str:
    """With sentences before and behind that say nothing of the matter."""
    openings, closings = _wordings().padding
    before: list[str] = []
    after: list[str] = []
    words = len(answer.split())
    enough = _LONGER * words
    for opening, closing in zip(openings, closings, strict=True):
        if before and words >= enough:
            break
        before.append(opening)
        after.append(closing)
        words += len(opening.split()) + len(closing.split())
    return _around(" ".join(before), answer, " ".join(after))


def _confident(answer: str) -> str:
    return _around(*_wordings().tones["confident"](answer))


def _hesitant(answer: str) -> str:
    return _around(*_wordings().tones["hesitant"](answer))


def _around(before: str, answer: str, after: str) -> str:
    between = "\n" if "\n" in answer else " "
    return between.join([before, answer, after])


def _shortened(answer: str) -> str | None:
    """Without what says nothing: fillers, courtesy, and what was said already in the same words."""
    wordings, kept, said = _wordings(), [], set()
    for sentence in split_sentences(answer, wordings.abbreviations):
        text = wordings.filler.sub("", sentence.text)
        if text != sentence.text:
            text = text[:1].upper() + text[1:]
        folded = " ".join(text.casefold().split())
        if folded not in said and not wordings.courtesy.fullmatch(text):
            kept.append(Sentence(text, sentence.gap))
        said.add(folded)
    return join_sentences(kept) or None


def _reordered(answer: str) -> str | None:
    """With its sentences in reverse, each with those that go on from it."""
    wordings = _wordings()
    if _LAID_OUT.search(answer) or _YES_OR_NO.match(answer):
        return None
    units: list[list[Sentence]] = []
    for sentence in split_sentences(answer, wordings.abbreviations):
        if units and _goes_on(sentence.text, wordings.continues):
            units[-1].append(sentence)
        else:
            units.append([sentence])
    if any(unit[-1].text[-1:] not in ".!?…»" for unit in units):
        return None
    gaps = [unit[-1].gap for unit in units]
    moved = [[*unit[:-1], unit[-1]._replace(gap=gap)] for unit, gap in zip(units[::-1], gaps, strict=True)]
    return join_sentences([sentence for unit in moved for sentence in unit])


def _goes_on(sentence: str, beginnings: re.Pattern[str]) -> bool:
    """Whether a sentence needs the one before it."""
    begins = beginnings.match(sentence) or _TELLS_TO_DO.match(sentence) or not sentence[:1].isupper()
    return bool(begins or _POINTS_BACK.search(sentence))


INTERVENTIONS: Mapping[str, Callable[[str], str | None]] = {
    "padded": _padded,
    "shortened": _shortened,
    "reordered": _reordered,
    "confident": _confident,
    "hesitant": _hesitant,
}


@dataclass(frozen=True)
class _Wordings:
    padding: tuple[Sequence[str], Sequence[str]]
    tones: Mapping[str, Callable[[str], tuple[str, str, str]]]
    filler: re.Pattern[str]
    courtesy: re.Pattern[str]
    continues: re.Pattern[str]
    abbreviations: frozenset[str]


@functools.cache
def _wordings() -> _Wordings:
    content = read_yaml(_FILE)
    padding = content["padded"]["opening"], content["padded"]["closing"]

    def tone(name: str) -> Callable[[str], tuple[str, str, str]]:
        opening, closing = content[name]["opening"], content[name]["closing"]
        return lambda answer: (opening, answer, closing)

    def any_of(patterns: Sequence[str]) -> str:
        return f"(?:{'|'.join(patterns)})".replace("'", "['’]")

    filler = (
        rf"(?:{any_of(content['connectors'])}\s*,\s*)?(?:{any_of(content['clauses'])}\s+qu(?:e\s+|['’])|)"
    )
    neutral = [re.escape(sentence.rstrip(".")) for part in padding for sentence in part]
    courtesy = rf"{any_of([*content['courtesy'], *neutral])}\s*[.!,:]?"
    beginnings = [
        word for line in content["continues"] for word in (line.split("|") if "|" in line else line.split())
    ]
    return _Wordings(
        padding,
        {name: tone(name) for name in ("confident", "hesitant")},
        re.compile(rf"\A{filler}", re.IGNORECASE),
        re.compile(courtesy, re.IGNORECASE),
        re.compile(rf"{any_of(beginnings)}(?![\w-])", re.IGNORECASE),
        frozenset(content["abbreviations"].split()),
    )
