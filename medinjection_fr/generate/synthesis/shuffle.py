"""The order of options, drawn after they were written: models put the correct one first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from medinjection_fr.generate.synthesis.tasks import OPTIONS
from medinjection_fr.rules import LETTERS

_KEY = b"medinjection-fr/generate/options"


def _draw(unit: str, what: object) -> bytes:
    return hashlib.blake2b(f"{unit} {what}".encode(), digest_size=16, key=_KEY).digest()


def shuffle_options(unit: str, correct: Sequence[str], incorrect: Sequence[str]) -> tuple[list[str], str]:
    """Puts options in an order that depends on the unit's name alone; every order is as likely.

    Args:
        unit: Name of the unit of work.
        correct: Texts of the correct options.
        incorrect: Texts of the others.

    Returns:
        The options, and the letters of the correct ones: ``A,C``.
    """
    written = [*correct, *incorrect]
    order = sorted(range(len(written)), key=lambda place: _draw(unit, place))
    gold = [letter for letter, place in zip(LETTERS, order, strict=False) if place < len(correct)]
    return [written[place] for place in order], ",".join(gold)


def draw_correct_count(unit: str) -> int:
    """How many of five options have to be correct in a question with one to five: each number as often."""
    return int.from_bytes(_draw(unit, "correct"), "big") % OPTIONS + 1
