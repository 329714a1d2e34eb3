"""A review database ↔ reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.review.exclusions import propose_exclusions, write_exclusions
from evaluation.review.rating import Rating
from evaluation.review.review_files import FORMATS, Review, read_reviews, write_reviews
from evaluation.review.review_set import ANSWERS, ROWS, Item
from evaluation.review.store import Store
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.whole import write_whole


def collect_reviews(store: Store, annotator: str | None = None) -> list[Review]:
    """All that was rated, whole or in part, by item and annotator.

    Args:
        store: The database.
        annotator: Whose; everybody's if ``None``.
    """
    reviews = []
    for name, item_name, standing in store.all(annotator):
        item = store.item(item_name)
        assert item is not None
        rating = standing.rating
        review: Review = {**_head(store, item), "annotator": name}
        review["verdicts"] = {q: rating.verdicts[q] for q in store.questions if q in rating.verdicts}
        if store.kind == ANSWERS:
            review |= {"words": item.words, "preference": rating.preference}
        reviews.append(review | {"remark": rating.remark, "at": standing.at})
    return reviews


def _head(store: Store, item: Item) -> Review:
    named = {"id": item.id, "group_id": item.group_id}
    return {"set": store.digest, "item": item.name, "kind": store.kind, **named}


@dataclass
class Imported:
    """What an import did.

    Attributes:
        added: Ratings that count now.
        same: Ratings that stood here already.
        older: Ratings that were left out: the one here is newer.
    """

    added: int = 0
    same: int = 0
    older: int = 0


def import_reviews(store: Store, paths: Sequence[Path]) -> Imported:
    """Brings reviews into a database of the same set; the newest rating of an item counts.

    Raises:
        InputError: Every mistake of every file; then nothing was written.
    """
    problems: list[Problem] = []
    read: list[Review] = []
    for path in paths:
        try:
            reviews = read_reviews(path)
        except InputError as error:
            problems += error.problems
            continue
        problems += _set_problems(store, reviews, path)
        read += reviews
    if problems:
        raise InputError(problems)
    done = Imported()
    with store.transaction():
        for review in sorted(read, key=lambda review: str(review["at"])):
            _bring(store, review, done)
    return done


def _set_problems(store: Store, reviews: Sequence[Review], path: Path) -> list[Problem]:
    others = sorted({review["set"] for review in reviews} - {store.digest})
    problems = [
        Problem(
            str(path),
            f"is of another review set, {digest[:12]}…",
            f"{store.digest[:12]}…, the set of {store.path}",
            "Import it into the database that it was exported from, or one prepared alike",
        )
        for digest in others
    ]
    known = store.design.annotators
    strangers = sorted({review["annotator"] for review in reviews} - set(known))
    problems += [
        Problem(str(path), f'"{name}" is no annotator of {store.path}', f"one of {', '.join(known)}")
        for name in strangers
    ]
    for review in reviews:
        if review["set"] == store.digest:
            problems += _item_problems(store, review, f"{path} › {review['item']} of {review['annotator']}")
    return problems


def _item_problems(store: Store, review: Review, place: str) -> list[Problem]:
    item = store.item(review["item"])
    if item is None:
        return [Problem(place, "is no item of the set", mend="Export it again")]
    expected = _head(store, item) | ({"words": item.words} if store.kind == ANSWERS else {})
    problems = [
        Problem(f"{place} › {key}", f"is {review.get(key)}", str(value), "Export it again")
        for key, value in expected.items()
        if review.get(key) != value
    ]
    if (
        review["annotator"] in store.design.annotators
        and store.place_of(review["annotator"], item.name) is None
    ):
        problems.append(Problem(place, "was not given to this annotator", mend="Look who rated it"))
    return problems


def _bring(store: Store, review: Review, done: Imported) -> None:
    rating = Rating(review["verdicts"], review.get("preference"), review["remark"])
    standing = store.find(review["annotator"], review["item"])
    if standing and standing.rating == rating and standing.at == review["at"]:
        done.same += 1
    elif standing and standing.at >= review["at"]:
        done.older += 1
    else:
        store.add(review["annotator"], review["item"], rating, "import", review["at"])
        done.added += 1


def export_reviews(store: Store, output: Path | None, exclude: Path | None) -> list[str]:
    """Writes everybody's reviews, and what they propose to withdraw.

    Returns:
        What was written.

    Raises:
        InputError: Every mistake of what is asked.
    """
    _check_export(store, output, exclude)
    reviews = collect_reviews(store)
    lines = []
    if output:
        write_whole(
            output, write_reviews(reviews, output.suffix[1:].lower(), store.questions).encode("utf-8")
        )
        whole = sum(all(q in review["verdicts"] for q in store.questions) for review in reviews)
        lines.append(
            f"Wrote {output}: {len(reviews):,} reviews, {len(reviews) - whole:,} of them unfinished."
        )
    if exclude:
        proposals = propose_exclusions(reviews)
        write_whole(exclude, write_exclusions(proposals).encode("utf-8"))
        lines.append(f"Wrote {exclude}: {len(proposals):,} rows to withdraw, for you to decide.")
    return lines


def _check_export(store: Store, output: Path | None, exclude: Path | None) -> None:
    problems = []
    if output is None and exclude is None:
        problems.append(Problem("--output and --exclude", "are both missing", "one of them"))
    if output and output.suffix[1:].lower() not in FORMATS:
        expected = " or ".join(f".{format}" for format in FORMATS)
        problems.append(
            Problem(f"--output {output}", "does not say its format", f"a name that ends with {expected}")
        )
    if exclude and store.kind != ROWS:
        problems.append(Problem("--exclude", f"{store.path} is a review of answers", "a review of rows"))
    if problems:
        raise InputError(problems)
