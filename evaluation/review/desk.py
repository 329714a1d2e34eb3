"""An annotator's desk: an item as the page shows it, and what the page says as a rating. Without gradio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.review.rating import Rating, clean_remark
from evaluation.review.review_set import ANSWERS, CRITERIA, NO_PREFERENCE, VERDICTS, Item
from evaluation.review.store import Saved, Store
from medinjection_fr.record import LETTERS


@dataclass(frozen=True)
class Form:
    """What stands in the page's fields.

    Attributes:
        verdicts: Of each question in the order that is shown; ``None`` if not given yet.
        preference: Letter of an answer, ``none``, or ``None``.
        remark: Free text.
    """

    verdicts: tuple[str | None, ...]
    preference: str | None
    remark: str


@dataclass(frozen=True)
class Sheet:
    """An item on the desk.

    Attributes:
        item: What is judged.
        place: Its number in the annotator's hand.
        form: What was said of it before.
        seen: Number of that rating in the history; 0 if there is none.
    """

    item: Item
    place: int
    form: Form
    seen: int


class Desk:
    """What one annotator does.

    Args:
        store: The review database.
        annotator: Who sits here.
    """

    def __init__(self, store: Store, annotator: str) -> None:
        self.store = store
        self.annotator = annotator
        self.size = store.hand_size(annotator)

    def order(self, item: str) -> list[str]:
        """The questions of an item as they are shown: runs in a blinded order, or the criteria."""
        if self.store.kind != ANSWERS:
            return list(CRITERIA)
        return self.store.design.order_answers(self.store.runs, item, self.annotator)

    def take(self, place: int) -> Sheet:
        """The item at a place of the hand."""
        name = self.store.item_at(self.annotator, place)
        item = self.store.item(name)
        assert item is not None
        standing = self.store.find(self.annotator, name)
        rating = standing.rating if standing else Rating()
        return Sheet(item, place, self._as_form(name, rating), standing.number if standing else 0)

    def take_first(self) -> Sheet:
        """Where to go on: the first item that is not judged, or the first of all."""
        return self.take(self.store.next_open(self.annotator) or 1)

    def save(self, item: str, form: Form, tab: str, seen: int) -> tuple[Saved, Form]:
        """Saves what the page says, and gives what counts now.

        Raises:
            ValueError: The item is not in this annotator's hand, or a field holds what cannot stand there: no page
                of ours sends that.
        """
        if self.store.place_of(self.annotator, item) is None:
            raise ValueError(f"{item} is not in the hand of {self.annotator}")
        self._check(form)
        saved = self.store.save(self.annotator, item, self._as_rating(item, form), tab, seen)
        return saved, self._as_form(item, saved.standing.rating)

    def _check(self, form: Form) -> None:
        questions = len(self.store.questions)
        letters = LETTERS[:questions] if self.store.kind == ANSWERS else ""
        if len(form.verdicts) != questions or not {*form.verdicts} <= {None, *VERDICTS[self.store.kind]}:
            raise ValueError("verdicts that cannot be")
        if form.preference not in (None, NO_PREFERENCE, *letters):
            raise ValueError("a preference that cannot be")

    def missing(self, form: Form) -> list[str]:
        """Letters or names of the questions without a verdict, as the page shows them."""
        names: Sequence[str] = LETTERS if self.store.kind == ANSWERS else CRITERIA
        return [name for name, verdict in zip(names, form.verdicts, strict=False) if verdict is None]

    def _as_form(self, item: str, rating: Rating) -> Form:
        order = self.order(item)
        preference = rating.preference
        if preference not in (None, NO_PREFERENCE):
            preference = LETTERS[order.index(preference)]
        return Form(tuple(rating.verdicts.get(name) for name in order), preference, rating.remark)

    def _as_rating(self, item: str, form: Form) -> Rating:
        order = self.order(item)
        verdicts = {name: v for name, v in zip(order, form.verdicts, strict=True) if v is not None}
        preference = form.preference
        if preference not in (None, NO_PREFERENCE):
            preference = order[LETTERS.index(preference)]
        return Rating(verdicts, preference, clean_remark(form.remark))
