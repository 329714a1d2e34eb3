"""The page: gradio's fields, wired to an annotator's desk. A call says all that it needs; the server keeps nothing.

This module imports gradio, which looks for ``gr.Request`` among its names: import it where the page is served.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from evaluation.review import french
from evaluation.review.desk import Desk, Form, Sheet
from evaluation.review.rating import REMARK_LENGTH
from evaluation.review.review_set import ANSWERS, CRITERIA, NO_PREFERENCE
from evaluation.review.store import Saved, Store
from medinjection_fr.record import LETTERS

_FOLDER = Path(__file__).parent
_TAKE_ACTION = "(_, ...said) => [window.review.take(), ...said]"


class Page:
    """Builds the page of a review.

    Args:
        store: The review database.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.kind = store.kind
        self.count = len(store.questions)

    def build(self) -> gr.Blocks:
        """Lays out the fields and wires them."""
        with gr.Blocks(title=french.TITLE[self.kind], analytics_enabled=False) as blocks:
            self._lay_out()
            self._wire(blocks)
        return blocks

    def _lay_out(self) -> None:
        self.action = gr.Textbox(visible="hidden")
        self.item = gr.Textbox(visible="hidden", elem_id="item")
        self.seen = gr.Textbox(visible="hidden", elem_id="seen")
        self.tab = gr.Textbox(visible="hidden", elem_id="tab")
        with gr.Row(elem_id="top"):
            self.bar = gr.HTML()
            gr.HTML((_FOLDER / "links.html").read_text(encoding="utf-8"))
        with gr.Accordion("Guide d'annotation", open=False, elem_id="guide"):
            gr.HTML(f'<div class="guide">{french.show_guide(self.kind)}</div>')
        candidates = self.count if self.kind == ANSWERS else 0
        gr.HTML(french.show_keys(self.kind, candidates))
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="asked", min_width=440):
                self.asked = gr.HTML()
            with gr.Column(elem_id="judged", min_width=440):
                self._lay_out_verdicts(candidates)
                self.remark = gr.Textbox(
                    label="Remarque (facultative)",
                    lines=2,
                    max_lines=6,
                    max_length=REMARK_LENGTH,
                    elem_id="remark",
                )
                with gr.Row(elem_id="moves"):
                    self.back = gr.Button("← Précédente", elem_id="back", size="md", min_width=130)
                    self.forth = gr.Button("Suivante →", elem_id="forth", size="md", min_width=130)
                    self.go = gr.Button(
                        "Valider et continuer (Entrée)", elem_id="go", variant="primary", size="md"
                    )

    def _lay_out_verdicts(self, candidates: int) -> None:
        """Answers, or the original, with a choice of verdict for each question."""
        self.texts = [] if candidates else [gr.HTML()]
        self.verdicts = []
        for place in range(self.count):
            with gr.Column(elem_classes="judgement"):
                if candidates:
                    self.texts.append(gr.HTML())
                choice = gr.Radio(
                    french.VERDICTS[self.kind],
                    label=LETTERS[place] if candidates else french.CRITERIA[CRITERIA[place]],
                    show_label=not candidates,
                    elem_classes="verdict",
                )
                self.verdicts.append(choice)
        letters = [(letter, letter) for letter in LETTERS[:candidates]]
        self.preference = gr.Radio(
            [*letters, (french.NO_PREFERENCE, NO_PREFERENCE)],
            label="Préférence (facultative)",
            visible=candidates > 1,
            elem_id="preference",
        )

    def _wire(self, blocks: gr.Blocks) -> None:
        """One event for all that is said and every move: gradio sends its calls one after the other."""
        fields = [self.preference, self.remark, *self.verdicts]
        sheet = [self.item, self.seen, self.bar, self.asked, *self.texts, *fields]
        how: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        blocks.load(self._open, None, [self.tab, *sheet], **how)
        gr.on(
            [*(field.input for field in fields), self.back.click, self.forth.click, self.go.click],
            self._act,
            [self.action, self.item, self.seen, self.tab, *fields],
            sheet,
            js=_TAKE_ACTION,
            trigger_mode="always_last",
            **how,
        )

    # What the page asks

    def _open(self, request: gr.Request) -> list[Any]:
        desk = self._desk(request)
        return [secrets.token_hex(8), *self._show(desk, desk.take_first())]

    def _act(
        self, request: gr.Request, action: str, item: str, seen: str, tab: str, *fields: Any
    ) -> list[Any]:
        """Saves what the page says; unless that is all, shows another item."""
        desk = self._desk(request)
        saved, form = desk.save(item, _form(fields), tab, int(seen))
        place = self.store.place_of(desk.annotator, item) or 1
        if action == "save":
            return self._tell_saved(desk, place, saved, list(fields), _values(form))
        missing = desk.missing(form) if action == "go" else []
        if missing:
            return self._show(desk, desk.take(place), french.tell_missing(self.kind, missing), warning=True)
        if (chosen := self._choose(desk, action, place)) is None:
            return self._show(desk, desk.take(place), french.DONE)
        message = french.OTHER_TAB if saved.other_tab else ""
        return self._show(desk, desk.take(chosen), message, saved.other_tab)

    def _choose(self, desk: Desk, action: str, place: int) -> int | None:
        """The place to go to; ``None`` if everything is judged."""
        if action == "back":
            return place - 1 or desk.size
        if action == "forth":
            return place % desk.size + 1
        return self.store.next_open(desk.annotator, place)

    def _tell_saved(
        self, desk: Desk, place: int, saved: Saved, said: list[Any], counts: list[Any]
    ) -> list[Any]:
        """The new bar, and what another tab had said where this one says nothing."""
        message = french.OTHER_TAB if saved.other_tab else f"✓ Enregistré à {datetime.now():%H:%M:%S}"
        bar = self._bar(desk, place, message, saved.other_tab, is_new=False)
        completed = [
            value if value and not own else gr.skip() for own, value in zip(said, counts, strict=True)
        ]
        unchanged = [gr.skip()] * (1 + len(self.texts))
        return [gr.skip(), str(saved.standing.number), bar, *unchanged, *completed]

    # What the page shows

    def _desk(self, request: gr.Request) -> Desk:
        return Desk(self.store, str(request.username))

    def _bar(self, desk: Desk, place: int, message: str, warning: bool, is_new: bool) -> str:
        done = self.store.count_complete(desk.annotator)
        coming = secrets.token_hex(4) if is_new else ""
        return french.show_bar(desk.annotator, place, desk.size, done, message, warning, coming)

    def _show(self, desk: Desk, sheet: Sheet, message: str = "", warning: bool = False) -> list[Any]:
        shown = sheet.item.shown
        if self.kind == ANSWERS:
            asked = french.show_question(shown)
            answers = [shown["answers"][run] for run in desk.order(sheet.item.name)]
            texts = [french.show_answer(letter, text) for letter, text in zip(LETTERS, answers, strict=False)]
        else:
            asked, texts = french.show_row(shown), [french.show_original(shown)]
        bar = self._bar(desk, sheet.place, message, warning, is_new=True)
        return [sheet.item.name, str(sheet.seen), bar, asked, *texts, *_values(sheet.form)]


def _form(fields: Sequence[str | None]) -> Form:
    preference, remark, *verdicts = fields
    return Form(tuple(verdicts), preference, remark or "")


def _values(form: Form) -> list[str | None]:
    return [form.preference, form.remark, *form.verdicts]
