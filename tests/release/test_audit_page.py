"""The page of an audit: it stands alone, escapes everything, and leaves out what there is not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from audited import HOSTILE
from recipes import built, few_rows

from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_page import render_page


class Parsed(HTMLParser):
    """Elements with their attributes, and the text outside of styles and pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_stands_alone(page: str) -> None:
    parsed = Parsed(page)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "image", "form", "base"}
    for tag, attributes in parsed.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                assert value is not None and value.startswith("#"), (tag, name, value)
            for target in re.findall(r"url\(([^)]*)\)", value or ""):
                assert target.strip("'\"").startswith("#"), (tag, name, value)
    assert "@import" not in page
    assert not re.search(r"url\(['\"]?(?!#)", page)


def test_identifiers_of_the_pictures_do_not_clash(page: str) -> None:
    parsed = Parsed(page)
    ids = Counter(attributes["id"] for _, attributes in parsed.elements if "id" in attributes)
    assert ids.most_common(1)[0][1] == 1
    targets = {value for _, a in parsed.elements for n, value in a.items() if n in ("href", "xlink:href")}
    assert {str(target).removeprefix("#") for target in targets} <= ids.keys()


def test_every_picture_has_a_title_a_text_and_its_basis(page: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 14
    for figure in figures:
        assert re.search(r"<figcaption><strong>[^<]{10,}</strong>", figure)
        assert re.search(r'role="img" aria-label="[^"]{30,}"', figure)
        assert "Computed from " in figure
        assert figure.count("<svg") == 1
        assert "<dc:date>" not in figure
    tables = page.count("<table")
    assert tables == page.count("</table>") > 15
    assert page.count("Computed from ") >= len(figures) + tables


def test_names_and_evidence_are_escaped(page: str) -> None:
    assert HOSTILE in Parsed(page).text  # as text, twice: a title and an example of the ledger
    assert page.count("<script") == 0
    assert page.count("&lt;script&gt;") == 3  # the title, and an example for each of two sources
    assert "onerror=alert" in page and "<img" not in page


def test_hostile_rules_and_configurations_are_escaped_in_pictures(figures: dict[str, Any]) -> None:
    row = {"source": HOSTILE, "rule": HOSTILE, "rows": 3, "example": figures["ledger"][0]["example"]}
    changed = {**figures, "ledger": [row], "absent_configs": {HOSTILE: HOSTILE}}
    page = render_page(changed)
    assert "<script" not in page and "<img" not in page
    assert Parsed(page).text.count(HOSTILE) >= 4


def test_same_figures_give_the_same_bytes(figures: dict[str, Any], page: str) -> None:
    assert render_page(json.loads(json.dumps(figures))) == page


@pytest.mark.parametrize(
    ("wanted", "absent", "missing"),
    [
        (lambda row: row["split"] == "train", "validation</td>", {"ledger"}),
        (lambda row: row["split"] == "test", "Train rows of the controlled", {"ledger"}),
        (lambda row: row["type"] == "oeq", "Position of the gold options", {"gold_letters"}),
        (lambda row: row["type"] == "mcqu", "Number of gold letters", {"gold_letters_per_question"}),
        (lambda row: row["source_id"].startswith("nat"), "How far question type", {"repeats"}),
    ],
    ids=["train only", "no train", "no closed questions", "no mcq", "one provenance"],
)
def test_what_a_release_lacks_is_left_out(
    wanted: Callable[[dict[str, Any]], bool], absent: str, missing: set[str], tmp_path: Path
) -> None:
    rows = {origin: kept for origin, own in few_rows().items() if (kept := list(filter(wanted, own)))}
    found = audit(built(tmp_path, rows).folder)
    assert not any(found[part] for part in missing)
    page = render_page(found)
    assert absent not in page
    assert "Nothing was dropped." in page
    assert "No row carries the flag" in page
    has_train = any(row["split"] == "train" for row in found["composition"])
    assert ("fewer than two provenances have train rows" in page) == (not has_train)
    assert has_train or all(config["confound"] is None for config in found["configs"].values())


def test_empty_figures_make_a_page(figures: dict[str, Any]) -> None:
    empty = {part: [] if isinstance(value, list) else value for part, value in figures.items()}
    empty |= {"configs": {}, "absent_configs": {}, "languages": {"flags": [], "dropped": []}}
    page = render_page(empty)
    for text in ("release has no rows.", "no closed questions", "Nothing stands out", "Nothing was dropped"):
        assert text in page
    assert "<figure>" not in page and "<table" not in page
