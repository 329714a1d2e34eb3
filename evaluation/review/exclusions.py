"""Reviews of rows → entries for a recipe's ``exclude:``, for the maintainer to decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import yaml

from evaluation.review.review_files import Review
from evaluation.review.review_set import CRITERIA, ROWS

_SAYS = {
    "correct": "the answer is not correct",
    "faithful": "not faithful to its source",
    "fluent": "not fluent French",
    "answerable": "cannot be answered",
}


def propose_exclusions(reviews: Sequence[Review]) -> list[dict[str, str]]:
    """Rows to withdraw: those where at least half of the annotators who could judge a criterion say no.

    Returns:
        By id: ``id``, ``reason`` with the votes, and ``date``, the day of the last verdict.
    """
    rows: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        if review["kind"] == ROWS:
            rows[review["id"]].append(review)
    proposals = []
    for id, found in sorted(rows.items()):
        if reasons := [said for criterion in CRITERIA if (said := _objection(found, criterion))]:
            date = max(review["at"] for review in found)[:10]
            proposals.append({"id": id, "reason": f"review: {'; '.join(reasons)}", "date": date})
    return proposals


def _objection(reviews: Sequence[Review], criterion: str) -> str:
    votes = [review["verdicts"].get(criterion) for review in reviews]
    no, judged = votes.count("no"), votes.count("no") + votes.count("yes")
    return f"{_SAYS[criterion]} ({no} of {judged})" if no and 2 * no >= judged else ""


def write_exclusions(proposals: Sequence[dict[str, str]]) -> str:
    """YAML to paste into a recipe, once it was read."""
    head = "# Proposals of a review. Read each row (medinjection-fr show ID) before you paste its entry.\n"
    return head + yaml.safe_dump(
        {"exclude": list(proposals)}, allow_unicode=True, sort_keys=False, width=1_000
    )
