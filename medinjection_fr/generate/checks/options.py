"""The options of a question: as many as there were, each with a text, still distinct, and in their order."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from itertools import combinations

from medinjection_fr.curate.compare import comparison_tokens, without_accents
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.numbers import find_digits
from medinjection_fr.generate.checks.reading import Reading
from medinjection_fr.rules import LETTERS

_STEM = 4
"""Letters at the beginning of a word by which an English and a French one are known to be kin."""
_MARGIN = 2
"""Stems by which two options must fit better when swapped."""


def check_count(source: Sequence[Reading], target: Sequence[Reading]) -> Iterator[Fault]:
    """Compares the number of options; a translation may add none, lose none, leave none empty."""
    if len(source) != len(target):
        yield Fault("option-count", f"{len(target)} options, {len(source)} expected")
    elif empty := [letter for letter, option in zip(LETTERS, target, strict=False) if not option.raw.strip()]:
        yield Fault("option-count", f"option {', '.join(empty)} is empty")


def check_distinct(source: Sequence[Reading], target: Sequence[Reading]) -> Iterator[Fault]:
    """Looks for options that became the same, whatever their case and punctuation."""
    for one, other in combinations(range(len(target)), 2):
        differing = target[one].word_set ^ target[other].word_set
        if source[one].raw == source[other].raw or any(len(word) > 2 for word in differing):
            continue
        if (form := comparison_tokens(target[one].raw)) and form == comparison_tokens(target[other].raw):
            yield Fault("options-merged", f"options {LETTERS[one]} and {LETTERS[other]} became the same")


def check_order(source: Sequence[Reading], target: Sequence[Reading]) -> Iterator[Fault]:
    """Looks for two options that fit much better when swapped.

    Told by words of one origin (ventricle, ventricule), names and numbers; options without any are not
    told apart.
    """
    asked, given = list(map(_stems, source)), list(map(_stems, target))
    for one, other in combinations(range(len(asked)), 2):
        crossed = len(asked[one] & given[other]) + len(asked[other] & given[one])
        if crossed < _MARGIN:
            continue
        straight = len(asked[one] & given[one]) + len(asked[other] & given[other])
        if crossed >= straight + _MARGIN:
            yield Fault(
                "options-swapped", f"options {LETTERS[one]} and {LETTERS[other]} fit the other way round"
            )


def _stems(option: Reading) -> set[str]:
    stems = set(map(_stem, option.word_set))
    return stems.union(find_digits(option)) if option.has_digit else stems


@functools.lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return without_accents(word)[:_STEM]
