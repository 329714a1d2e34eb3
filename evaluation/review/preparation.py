"""From runs or a release to a review database with its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evaluation.review.access import digest_token, make_tokens, tokens_path, write_tokens
from evaluation.review.answers_set import make_answers_set
from evaluation.review.review_set import Design, ReviewSet, read_design
from evaluation.review.rows_set import make_rows_set
from evaluation.review.store import Store, create
from medinjection_fr.errors import InputError, Problem


@dataclass(frozen=True)
class Drawing:
    """What is reviewed: answers of runs, or rows of a release.

    Attributes:
        runs: Folders of runs.
        data: The release: a folder, or ``organisation/name@1.2.0``.
        items: Questions at most.
        rows: Rows of each origin, in place of runs.
        origins: Of the rows.
        materials: What the rows were made from.
    """

    runs: tuple[Path, ...]
    data: str
    items: int | None = None
    rows: int | None = None
    origins: tuple[str, ...] = ()
    materials: tuple[Path, ...] = ()


def prepare_review(drawing: Drawing, annotators: str, overlap: float, seed: int, output: Path) -> list[str]:
    """Draws a set and writes its database and tokens; what was prepared alike before stays as it is.

    Returns:
        What there is to say of it.

    Raises:
        InputError: Every mistake of the options, or another review stands at the output.
    """
    problems = _option_problems(drawing, output)
    try:
        design = read_design(annotators, overlap, seed)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    left_out = 0
    if drawing.rows:
        review_set = make_rows_set(drawing.data, drawing.rows, drawing.origins, drawing.materials, seed)
    else:
        review_set, left_out = make_answers_set(drawing.runs, drawing.data, drawing.items, seed)
    _check_hands(review_set, design)
    if output.exists():
        _check_same(output, review_set, design)
        return [f"{output} was prepared alike before: its ratings and tokens stay."]
    tokens = make_tokens(design.annotators)
    write_tokens(tokens, tokens_path(output))
    create(output, review_set, design, {name: digest_token(token) for name, token in tokens.items()})
    return _describe(review_set, design, left_out, output)


def _option_problems(drawing: Drawing, output: Path) -> list[Problem]:
    problems = []
    if bool(drawing.runs) == bool(drawing.rows):
        what = "are given together" if drawing.runs else "are both missing"
        problems.append(Problem("RUNS and --rows", what, "one of the two"))
    if drawing.materials and not drawing.rows:
        problems.append(Problem("--materials", "belongs to --rows"))
    if drawing.items and drawing.rows:
        problems.append(Problem("--items", "belongs to RUNS", "--rows alone"))
    if not output.parent.is_dir():
        problems.append(
            Problem(str(output.parent), "no such folder", mend="Make it, or give another --output")
        )
    return problems


def _check_hands(review_set: ReviewSet, design: Design) -> None:
    hands = design.deal([item.name for item in review_set.items])
    if empty := [annotator for annotator, hand in hands.items() if not hand]:
        what = f"of {len(review_set.items):,} items, none is left for {', '.join(empty)}"
        mend = "Draw more items, raise --overlap, or name fewer"
        raise InputError(Problem("--annotators", what, mend=mend))


def _check_same(output: Path, review_set: ReviewSet, design: Design) -> None:
    with Store(output) as store:
        pairs = {
            "set": (store.digest, review_set.digest),
            "annotators": (store.design.annotators, design.annotators),
            "overlap": (store.design.overlap, design.overlap),
            "seed": (store.design.seed, design.seed),
        }
    problems = [
        Problem(f"{output} › {name}", f"is {_tell(standing)}", _tell(wanted), "Give another --output")
        for name, (standing, wanted) in pairs.items()
        if standing != wanted
    ]
    if problems:
        raise InputError(problems)


def _tell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value[:12]}…" if isinstance(value, str) else str(value)


def _describe(review_set: ReviewSet, design: Design, left_out: int, output: Path) -> list[str]:
    count = len(review_set.items)
    hands = design.deal([item.name for item in review_set.items])
    shared = round(design.overlap * count)
    lines = [f"Wrote {output}: {count:,} items, {shared:,} of them for everybody."]
    lines += [f"  {annotator}: {len(hand):,}" for annotator, hand in hands.items()]
    if left_out:
        lines.append(f"{left_out:,} open questions were left out: not every run has an answer to them.")
    if lacking := sum(item.shown.get("original", "") is None for item in review_set.items):
        lines.append(f"{lacking:,} rows have no original to show: give --materials.")
    return lines
