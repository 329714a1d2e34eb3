"""The report in a real browser: nothing is fetched, nothing fails, nothing sticks out, and it prints."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium (Debian: apt install chromium)"),
]
api = pytest.importorskip("playwright.sync_api", reason="playwright comes with the extra `dev`")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1366, 820, 390])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_page_is_whole_at_every_width(browser: Any, reported: Path, width: int, script: bool) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=script)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    address = (reported / "report.html").as_uri()
    page.goto(address)
    assert said == [] and asked == [address]
    assert page.locator("[role=img]").count() == 10
    if script:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = """() => [...document.querySelectorAll("main *")].filter(one =>
            !one.closest(".scroll, svg") && one.getBoundingClientRect().right > innerWidth + 1).length"""
        assert page.evaluate(beyond) == 0
        cut = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
            const whole = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text")].filter(text => {
                const own = text.getBoundingClientRect();
                return own.left < whole.left - 2 || own.right > whole.right + 2;
            }).map(text => text.textContent)})"""
        assert page.evaluate(cut) == []
    page.close()


def test_page_prints_on_a4(browser: Any, reported: Path, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto((reported / "report.html").as_uri())
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    page.set_viewport_size({"width": 703, "height": 1000})  # 186 mm, an A4 page without its margins
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    sticking = """() => [...document.querySelectorAll("table")].filter(one =>
        one.getBoundingClientRect().right > innerWidth + 1).map(one => one.getAttribute("aria-labelledby"))"""
    assert page.evaluate(sticking) == []
    page.close()
