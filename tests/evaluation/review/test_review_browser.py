"""The page in a real browser: rated by keyboard, reloaded, its server killed and started again, exported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("gradio", reason="gradio comes with the extra `review`")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra `dev`")

from reviewing import HOSTILE, answers_set, open_store, rows_set
from serving import Served, serve_review

from evaluation.review.exchange import collect_reviews
from evaluation.review.review_files import read_reviews
from evaluation.review.review_set import Item, ReviewSet

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WAIT_MS = 300_000


class Desk(NamedTuple):
    """An annotator's browser."""

    page: Any
    requests: list[str]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for(self, place: int) -> None:
        """Waits until the item of a place is shown, and takes keys."""
        self.page.locator("body[data-ready] .bar", has_text=f"n° {place}").wait_for()

    def wait_for_text(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    def wait_for_verdicts(self, number: int) -> None:
        """Waits until so many verdicts are chosen: fields change a moment after the bar."""
        self.page.locator(".judgement input:checked").nth(number - 1).wait_for(state="attached")

    def chosen(self) -> list[str | None]:
        return [
            group.locator("input:checked").get_attribute("value")
            if group.locator("input:checked").count()
            else None
            for group in self.page.locator(".judgement").all()
        ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: `apt-get install chromium`")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def enter(browser: Any, served: Served, token: str) -> Desk:
    """Opens the page as an annotator."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    desk = Desk(page, [])
    page.on("request", lambda request: desk.requests.append(request.url))
    page.goto(served.address)
    page.fill("#token", token)
    page.click("button")
    desk.wait_for(1)
    return desk


def hostile_set() -> ReviewSet:
    """Six questions of which everything is hostile."""
    plain = answers_set(6)
    shown = {"question": HOSTILE, "context": HOSTILE, "reference": HOSTILE}
    answers = dict.fromkeys(plain.runs, HOSTILE)
    items = [Item(item.name, item.id, item.group_id, {**shown, "answers": answers}) for item in plain.items]
    return ReviewSet(plain.kind, plain.release, plain.runs, items)


def test_a_review_survives_all_and_is_exported(browser: Any, tmp_path: Path) -> None:
    database = tmp_path / "review.sqlite"
    store, tokens = open_store(database, answers_set(6))
    with store, serve_review(database, tmp_path / "log") as served:
        desk = enter(browser, served, tokens["anne"])
        desk.press("1", "2", "b", "Enter")
        desk.wait_for(2)
        desk.press("Enter")
        desk.wait_for_text("Il manque un verdict pour les réponses A, B.")
        desk.wait_for(2)  # keys pressed before are for no item
        desk.press("3", "1", "r")
        desk.page.keyboard.type("dose ? 1 g ?")
        desk.press("Escape", "Enter")
        desk.wait_for(3)
        assert store.count_complete("anne") == 2

        desk.page.reload()
        desk.wait_for(3)
        desk.wait_for_text("2 sur 6 évaluées")

        desk.press("2")
        desk.wait_for_text("Enregistré à")
        served.kill()
        desk.press("1")
        desk.page.locator("body.away").wait_for()
        assert store.count_complete("anne") == 2
        served.start()
        desk.wait_for(4)  # what was chosen meanwhile is saved, so it goes on behind it
        desk.wait_for_text("3 sur 6 évaluées")
        desk.press("ArrowLeft")
        desk.wait_for(3)
        desk.wait_for_verdicts(2)
        assert desk.chosen() == ["different", "equivalent"]

        desk.press("Enter")
        for place in (4, 5, 6):
            desk.wait_for(place)
            desk.press("1", "1", "0", "Enter")
        desk.wait_for_text("Tout est évalué, merci")
        for name in ("CSV", "JSON Lines"):
            with desk.page.expect_download() as waiting:
                desk.page.get_by_text(name, exact=True).click()
            path = tmp_path / waiting.value.suggested_filename
            waiting.value.save_as(path)
            assert read_reviews(path) == collect_reviews(store, "anne")
        second = store.find("anne", store.item_at("anne", 2))
        assert second and second.rating.remark == "dose ? 1 g ?"
        first = store.find("anne", store.item_at("anne", 1))
        order = store.design.order_answers(store.runs, store.item_at("anne", 1), "anne")
        assert first and first.rating.verdicts == {order[0]: "equivalent", order[1]: "different"}
        assert first.rating.preference == order[1]
        assert all(url.startswith((served.address, "data:", "blob:")) for url in desk.requests)


def test_texts_are_shown_as_they_are_and_execute_nothing(browser: Any, tmp_path: Path) -> None:
    store, tokens = open_store(tmp_path / "review.sqlite", hostile_set())
    with store, serve_review(store.path, tmp_path / "log") as served:
        desk = enter(browser, served, tokens["anne"])
        texts = desk.page.locator("#desk .text").all()
        assert len(texts) == 5 and {text.text_content() for text in texts} == {HOSTILE}
        assert desk.page.locator("#desk script, #desk img, #desk .katex, #desk strong").count() == 0
        assert desk.page.title() == "Évaluation de réponses"
        assert all(url.startswith((served.address, "data:", "blob:")) for url in desk.requests)


def test_two_tabs_and_two_annotators(browser: Any, tmp_path: Path) -> None:
    store, tokens = open_store(tmp_path / "review.sqlite", answers_set(2))
    with store, serve_review(store.path, tmp_path / "log") as served:
        one, two = (enter(browser, served, tokens["anne"]) for _ in range(2))
        item = store.item_at("anne", 1)
        one.press("1")
        one.wait_for_text("Enregistré à")
        two.press("ArrowDown", "2")
        two.wait_for_text("dans un autre onglet")
        two.wait_for_verdicts(2)
        assert two.chosen() == ["equivalent", "different"]
        assert len(store.history("anne", item)) == 2
        other = enter(browser, served, tokens["basile"])
        assert other.chosen() == [None, None]
        other.press("3", "3", "Enter")
        other.wait_for(2)
        assert store.count_complete("basile") == 1
        assert store.count_complete("anne") == 1


def test_rows_are_reviewed_on_a_tablet(browser: Any, tmp_path: Path) -> None:
    store, tokens = open_store(tmp_path / "rows.sqlite", rows_set(2))
    with store, serve_review(store.path, tmp_path / "log") as served:
        desk = enter(browser, served, tokens["anne"])
        desk.page.set_viewport_size({"width": 820, "height": 1180})
        for group in desk.page.locator(".judgement").all():
            group.get_by_text("2 · Non").click()
        desk.page.locator("#go").click()
        desk.wait_for(2)
        wide = desk.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 820
        standing = store.find("anne", store.item_at("anne", 1))
        assert standing and set(standing.rating.verdicts.values()) == {"no"}
