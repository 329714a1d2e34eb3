"""A review set: what annotators are shown, and how it is dealt out among them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.digests import digest_json

ANSWERS, ROWS = "answers", "row"
CRITERIA = ("correct", "faithful", "fluent", "answerable")
"""What is asked of a row."""
VERDICTS = {ANSWERS: ("equivalent", "different", "cannot-judge"), ROWS: ("yes", "no", "cannot-judge")}
NO_PREFERENCE = "none"
_PSEUDONYM = re.compile(r"[a-z][a-z0-9-]{0,31}")


def rank(*parts: object) -> str:
    """A key that puts things in an order which looks random and is always the same."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


@dataclass(frozen=True)
class Item:
    """What is judged at once.

    Attributes:
        name: Its name in the set.
        id, group_id: The record and its case.
        shown: Answers: ``question``, ``context``, ``reference``, ``answers`` by run. Row: ``row``, and
            ``original``, the text that it was made from, or ``None``.
    """

    name: str
    id: str
    group_id: str
    shown: Mapping[str, Any]

    @property
    def words(self) -> dict[str, int]:
        """Words of each run's answer, parted by white space."""
        return {run: len(text.split()) for run, text in self.shown.get("answers", {}).items()}


@dataclass(frozen=True)
class ReviewSet:
    """Items of one kind.

    Attributes:
        kind: ``answers`` or ``row``.
        release: Digest of the release that the records are from.
        runs: Names of the runs whose answers are judged, sorted; empty for rows.
        items: In the order of their names.
    """

    kind: str
    release: str
    runs: tuple[str, ...]
    items: Sequence[Item]

    @cached_property
    def digest(self) -> str:
        """Tells the set apart from any other: SHA-256 of all that annotators are shown."""
        items = [[item.name, item.id, item.group_id, item.shown] for item in self.items]
        return digest_json([self.kind, self.release, list(self.runs), items])

    @property
    def questions(self) -> tuple[str, ...]:
        """What each item has a verdict for: runs, or criteria."""
        return self.runs if self.kind == ANSWERS else CRITERIA


@dataclass(frozen=True)
class Design:
    """Who judges what, and in which order.

    Attributes:
        annotators: Pseudonyms.
        overlap: Share of the items that everybody judges; each other item is judged by one.
        seed: Of every order.
    """

    annotators: tuple[str, ...]
    overlap: float
    seed: int

    def deal(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Deals items out: the shared ones to all, the others by turns, each hand in an order of its own."""
        drawn = sorted(names, key=lambda name: rank(self.seed, "deal", name))
        shared = drawn[: round(self.overlap * len(drawn))]
        own = drawn[len(shared) :]
        count = len(self.annotators)
        return {
            annotator: sorted(
                [*shared, *own[place::count]], key=lambda name: rank(self.seed, "hand", annotator, name)
            )
            for place, annotator in enumerate(self.annotators)
        }

    def order_answers(self, runs: Sequence[str], item: str, annotator: str) -> list[str]:
        """The order in which an annotator sees the answers of an item."""
        return sorted(runs, key=lambda run: rank(self.seed, "answers", item, annotator, run))


def read_design(annotators: str, overlap: float, seed: int) -> Design:
    """Reads who judges.

    Args:
        annotators: Pseudonyms joined by commas.
        overlap: Share of the items that everybody judges, 0 to 1.
        seed: Of every order.

    Raises:
        InputError: Every name that cannot be one.
    """
    names = tuple(name.strip() for name in annotators.split(","))
    expected = "1 to 32 of a-z, 0-9 and -, a letter first"
    problems = [
        Problem("--annotators", f'"{name}" is no pseudonym', expected)
        for name in names
        if not _PSEUDONYM.fullmatch(name)
    ]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [Problem("--annotators", f'"{name}" stands twice', mend="Keep one") for name in twice]
    if not 0 <= overlap <= 1:
        problems.append(Problem("--overlap", str(overlap), "a share of the items, from 0 to 1"))
    if problems:
        raise InputError(problems)
    return Design(names, overlap, seed)
