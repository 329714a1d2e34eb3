"""What tells two similar texts apart and a cosine does not see: a number, a unit, a sign, a negation."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.curate.compare import GUARD_FILE, guarded, with_another_beginning, without_accents

KINDS = ("number", "unit", "sign", "negation", "word")
"""``word``: any other guarded word (see ``compare.guarded``), and one that is the other with another
beginning: "exacte", "inexacte"."""

Differences = dict[str, tuple[list[str], list[str]]]
"""Kind → tokens that only the first text has, tokens that only the second has; sorted as ``KINDS`` are."""


def find_differences(first: Sequence[str], second: Sequence[str]) -> Differences:
    """Compares the tokens that turn a meaning, wherever in the texts they stand.

    Args:
        first: Comparison tokens of a text, without accents.
        second: Those of another text in the same language.

    Returns:
        Only the kinds that differ.
    """
    ours, theirs = _only_in(first, second), _only_in(second, first)
    sides = _telling(ours, theirs), _telling(theirs, ours)
    found = {kind: tuple([t for t in side if _kind(t) == kind] for side in sides) for kind in KINDS}
    return {kind: (own, other) for kind, (own, other) in found.items() if own or other}


def _only_in(first: Sequence[str], second: Sequence[str]) -> list[str]:
    left = Counter(map(_folded, second))
    left.subtract(map(_folded, first))
    more = {form: -number for form, number in left.items() if number < 0}
    kept = []
    for token in first:
        if more.get(form := _folded(token), 0) > 0:
            more[form] -= 1
            kept.append(token)
    return kept


def _folded(token: str) -> str:
    """A plural and an elided negation are no difference."""
    return "ne" if token == "n" else token.rstrip("sx") or token


def _telling(own: Sequence[str], other: Sequence[str]) -> list[str]:
    """Those of the tokens that are guarded, or the contrary of one of the others by their beginning."""
    telling = {*guarded(own), *with_another_beginning(own, other)}
    return [token for token in own if token in telling]


def _kind(token: str) -> str:
    if token[0].isdigit():
        return "number"
    if not token.isalnum():
        return "sign"
    return next((kind for kind, words in _listed().items() if token in words), "word")


@functools.cache
def _listed() -> dict[str, frozenset[str]]:
    words = read_yaml(GUARD_FILE)["words"]
    groups = {"unit": words["units"], "negation": words["negations"]}
    return {kind: frozenset(map(without_accents, group.split())) for kind, group in groups.items()}
