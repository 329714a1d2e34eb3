"""Reads what physicians said of answers: exports of the review, JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem

VERDICTS = ("different", "equivalent")
CANNOT_JUDGE = "cannot-judge"


def read_reviews(files: Sequence[Path]) -> list[dict[str, Any]]:
    """The reviews of answers of all files, each once; reviews of dataset rows are left out.

    Raises:
        InputError: With every mistake: a file that cannot be read or holds no review of answers, a line that
            is no review, another review set, an annotator who says two things of one item.
    """
    problems: list[Problem] = []
    found: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
    sets: dict[str, str] = {}
    for path in files:
        answers = 0
        for where, review in _read_lines(path, problems):
            answers += review["kind"] == "answers"
            sets.setdefault(review["set"], where)
            if review["kind"] == "answers":
                _add(found, where, review, problems)
        if not answers and path.exists():
            mend = "Export it after somebody has rated answers"
            problems.append(Problem(str(path), "holds no review of answers", mend=mend))
    first, *others = sets or [""]
    for other in others:
        what = f"is of the review set {other[:12]}…"
        problems.append(
            Problem(sets[other], what, f"{first[:12]}…, as {sets[first]}", "Compare one set at a time")
        )
    if problems:
        raise InputError(problems)
    return [review for _, review in found.values()]


def _add(
    found: dict[tuple[str, str], tuple[str, dict[str, Any]]],
    where: str,
    review: dict[str, Any],
    problems: list[Problem],
) -> None:
    key = (review["annotator"], review["id"])
    standing = found.setdefault(key, (where, review))
    if standing[1]["verdicts"] != review["verdicts"]:
        what = f"{key[0]} says something else of record {key[1]} than in {standing[0]}"
        problems.append(Problem(where, what, mend="Give the newest export only"))


def _read_lines(path: Path, problems: list[Problem]) -> list[tuple[str, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        problems.append(Problem(str(path), "cannot be read", "an export of the review, as JSON Lines"))
        return []
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{path} line {number}"
        if not line.strip():
            continue
        if review := _parse(line):
            found.append((where, review))
        else:
            problems.append(Problem(where, "is no review", "a line as schemas/review.schema.json says"))
    return found


def _parse(line: str) -> dict[str, Any] | None:
    try:
        review = json.loads(line)
        kind = review["kind"]
        strings = all(isinstance(review[key], str) for key in ("set", "item", "id", "group_id", "annotator"))
        said = set(review["verdicts"].values())
        if kind == "answers":
            allowed = (
                said <= {*VERDICTS, CANNOT_JUDGE} and review["words"].keys() >= review["verdicts"].keys()
            )
        else:
            allowed = kind == "row"
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return review if strings and allowed else None
