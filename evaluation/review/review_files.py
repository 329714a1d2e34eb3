"""Reviews as JSON Lines and as CSV: the same content, ``schemas/review.schema.json``."""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.review.review_set import ANSWERS, CRITERIA, NO_PREFERENCE, ROWS
from evaluation.review.spreadsheet import defuse, restore
from medinjection_fr.checked_yaml import read_text, schema_problems
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.resources import load_schema

FORMATS = ("jsonl", "csv")
_HEAD = ("set", "item", "kind", "id", "group_id", "annotator")
_VERDICT, _WORDS = "verdict:", "words:"
_BOM = "\ufeff"  # or a spreadsheet takes UTF-8 for something else

Review = dict[str, Any]


# Writing


def write_reviews(reviews: Sequence[Review], format: str, questions: Sequence[str]) -> str:
    """Reviews of one set as text.

    Args:
        reviews: As the schema has them.
        format: ``jsonl`` or ``csv``.
        questions: Runs or criteria: the columns of a CSV, whether anybody rated or not.
    """
    if format == "jsonl":
        return "".join(json.dumps(review, ensure_ascii=False) + "\n" for review in reviews)
    columns = [*_HEAD, *(f"{_VERDICT}{name}" for name in questions)]
    if tuple(questions) != CRITERIA:
        columns += [*(f"{_WORDS}{name}" for name in questions), "preference"]
    columns += ["remark", "at"]
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow([defuse(name) for name in columns])
    for review in reviews:
        writer.writerow([defuse(_cell(review, column)) for column in columns])
    return _BOM + file.getvalue()


def _cell(review: Review, column: str) -> str:
    if column.startswith(_VERDICT):
        value = review["verdicts"].get(column.removeprefix(_VERDICT))
    elif column.startswith(_WORDS):
        value = review["words"].get(column.removeprefix(_WORDS))
    else:
        value = review[column]
    return "" if value is None else str(value)


# Reading


def read_reviews(path: Path) -> list[Review]:
    """Reads reviews, and checks each against the schema.

    Args:
        path: A file of JSON Lines; CSV if it ends with ``.csv``.

    Returns:
        Reviews as ``schemas/review.schema.json`` has them, in the order of the file.

    Raises:
        InputError: Every mistake of the file.
    """
    text = read_text(path).removeprefix(_BOM)
    read = _read_csv if path.suffix.lower() == ".csv" else _read_lines
    problems: list[Problem] = []
    reviews: list[Review] = []
    places: dict[tuple[str, str, str], str] = {}
    for place, review in read(text, str(path), problems):
        if mistakes := _mistakes(review, place):
            problems += mistakes
            continue
        name = (review["set"], review["item"], review["annotator"])
        if earlier := places.get(name):
            what = f"{name[2]} rates {name[1]} again, as at {earlier}"
            problems.append(Problem(place, what, "one line", "Keep one of the two"))
        places.setdefault(name, place)
        reviews.append(review)
    if problems:
        raise InputError(problems)
    return reviews


def _read_lines(text: str, path: str, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            yield place, json.loads(line)
        except (ValueError, RecursionError):
            problems.append(Problem(place, "is not JSON", "a review", "Export it again"))


def _read_csv(text: str, path: str, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    """The separator is what follows the first column: spreadsheets choose it by country."""
    head, _, _ = text.partition("\n")
    separator = next((sign for sign in ",;\t" if f'"{sign}' in head or f"set{sign}" in head), ",")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [restore(cell) for cell in next(rows, [])]
        if not _columns_are_right(columns, f"{path}, line 1", problems):
            return
        for row in rows:
            place = f"{path}, line {rows.line_num}"
            if len(row) == len(columns):
                yield place, _from_cells(dict(zip(columns, map(restore, row), strict=True)))
            elif row:
                what = f"has {len(row)} cells"
                problems.append(Problem(place, what, f"{len(columns)}, as the first line", "Export it again"))
    except csv.Error as error:
        problems.append(
            Problem(f"{path}, line {rows.line_num}", f"is no CSV ({error})", mend="Export it again")
        )


def _columns_are_right(columns: Sequence[str], place: str, problems: list[Problem]) -> bool:
    known = {*_HEAD, "preference", "remark", "at"}
    wrong = [name for name in columns if name not in known and not name.startswith((_VERDICT, _WORDS))]
    missing = [name for name in (*_HEAD, "remark", "at") if name not in columns]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    told = (
        *((name, "is no column of reviews") for name in wrong),
        *((name, "is missing") for name in missing),
        *((name, "stands twice") for name in twice),
    )
    mend = "Leave the first line as it was exported"
    problems += [Problem(f'{place}, column "{name}"', what, mend=mend) for name, what in told]
    return not told


def _from_cells(cells: Mapping[str, str]) -> Review:
    def under(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): cell for name, cell in cells.items() if name.startswith(prefix)}

    review: Review = {name: cells[name] for name in _HEAD}
    review["verdicts"] = {name: cell for name, cell in under(_VERDICT).items() if cell}
    if review["kind"] != ROWS:
        words = under(_WORDS)
        review["words"] = {name: int(c) if c.isascii() and c.isdigit() else c for name, c in words.items()}
        review["preference"] = cells.get("preference") or None
    return review | {"remark": cells["remark"], "at": cells["at"]}


def _mistakes(review: Any, place: str) -> list[Problem]:
    if not _validator().is_valid(review):
        return [_without_text(problem) for problem in schema_problems(review, "review", place)]
    if review["kind"] != ANSWERS:
        return []
    runs = ", ".join(review["words"])
    problems = [
        Problem(f"{place} › verdicts", f'"{run}" has no answer here', f"among {runs}")
        for run in review["verdicts"]
        if run not in review["words"]
    ]
    if review["preference"] not in (None, NO_PREFERENCE, *review["words"]):
        what = f'"{review["preference"]}" has no answer here'
        problems.append(Problem(f"{place} › preference", what, f"{NO_PREFERENCE}, or among {runs}"))
    return problems


@functools.cache
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(load_schema("review"))


def _without_text(problem: Problem) -> Problem:
    """What an annotator wrote does not stand in messages."""
    if problem.where.endswith("› remark"):
        return Problem(problem.where, "is no text, or too long", "a text of 5,000 characters at most")
    return problem
