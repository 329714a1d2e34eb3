"""Reads an export of the review, JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem

Review = dict[str, Any]
_NAMES = ("set", "item", "id", "group_id", "annotator")
_SAYS = {"answers": {"equivalent", "different", "cannot-judge"}, "row": {"yes", "no", "cannot-judge"}}


def read_reviews(path: Path) -> list[Review]:
    """Reviews of a file, in its order.

    Raises:
        InputError: With every mistake of the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(Problem(str(path), "cannot be read", "an export of the review")) from None
    found, problems = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if review := _parse(line):
            found.append(review)
        elif line.strip():
            what, mend = "is no review", "Export it again"
            problems.append(Problem(f"{path}, line {number}", what, mend=mend))
    if problems:
        raise InputError(problems)
    return found


def _parse(line: str) -> Review | None:
    try:
        review: Review = json.loads(line)
        kind, verdicts = review["kind"], review["verdicts"]
        strings = all(isinstance(review[name], str) for name in _NAMES)
        words = kind == "row" or review["words"].keys() >= verdicts.keys()
        return review if strings and words and set(verdicts.values()) <= _SAYS[kind] else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
