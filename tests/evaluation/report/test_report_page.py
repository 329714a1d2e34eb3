"""The report's page: its numbers against a recount in plain Python, that it stands alone, and what it leaves out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

pytest.importorskip("matplotlib", reason="matplotlib comes with the extra `report`")

import report_cases as cases
from report_study import HOSTILE, JUDGES, Study, make_study

from evaluation.report.material import Asked, read_material
from evaluation.report.page import describe, render_page, write_report
from evaluation.report.pictures import draw
from evaluation.run_folder import read_predictions
from medinjection_fr.resources import load_schema

SHOWN = {
    *("configurations", "sources", "learnt", "positions", "judged"),
    *("scatter", "agreement", "length", "flips", "order"),
}
SECTIONS = ("choice", "differences", "sources", "learnt", "positions", "contamination")
SECTIONS = (*SECTIONS, "open", "agreement", "length", "style", "examples", "method")


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(reported: Path) -> str:
    return (reported / "report.html").read_text(encoding="utf-8")


def test_made_up_runs_have_the_real_form(study: Study) -> None:
    for line in list(read_predictions(study.runs[1]))[::9]:
        jsonschema.validate(line, load_schema("prediction"))


def test_scores_are_those_of_the_predictions(study: Study, page: str) -> None:
    texts = Page(page).texts
    for run in study.runs:
        lines = [p for p in read_predictions(run) if p["options"] and not p["permutation"]]
        several = [p for p in lines if p["type"] == "mcq"]
        for protocol, own in (("constrained", lines), ("likelihood", lines), ("constrained", several)):
            right = sum(p["outputs"][protocol]["letters"] == p["gold"].replace(",", "") for p in own)
            assert any(text.startswith(f"{100 * right / len(own):.1f} [") for text in texts)
    assert "type mcq" in texts


def test_numbers_for_programs_are_those_of_the_predictions(study: Study) -> None:
    numbers = describe(read_material(study.asked()))
    assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers
    for row in numbers["scores"]:
        (run,) = (path for path in study.runs if path.name == row["run"])
        lines = [p for p in read_predictions(run) if p["options"] and not p["permutation"]]
        for source in cases.SOURCES:
            own = [p["outputs"][row["protocol"]]["exact_match"] for p in lines if p["source"] == source]
            found = row["exact_match"][f"source {source}"]
            assert found["records"] == len(own)
            assert found["mean"] == pytest.approx(sum(own) / len(own))
            assert found["low"] <= found["mean"] <= found["high"]


def test_unscored_verdicts_are_counted_and_are_no_zeros(study: Study) -> None:
    numbers = describe(read_material(study.asked()))
    for one in numbers["judged"]:
        if one["kind"] != "equivalence":
            continue
        (run,) = (path for path in study.runs if path.name == one["run"])
        text = (run / "judges" / one["judge"] / "judgements.jsonl").read_text(encoding="utf-8")
        verdicts = [json.loads(line)["verdict"] for line in text.splitlines()]
        said = [verdict for verdict in verdicts if verdict is not None]
        assert one["unscored"] == len(verdicts) - len(said)
        assert one["figure"]["mean"] == pytest.approx(said.count("equivalent") / len(said))
    assert any(one["unscored"] for one in numbers["judged"])


def test_every_section_and_figure_is_there(page: str, reported: Path) -> None:
    sections = {attributes.get("id") for attributes in Page(page).all("section")}
    assert set(SECTIONS) < sections
    files = {path.name for path in (reported / "figures").iterdir()}
    assert files == {f"{name}.{kind}" for name in SHOWN for kind in ("png", "svg")}
    assert all(p.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for p in (reported / "figures").glob("*.png"))


def test_page_stands_alone(page: str) -> None:
    parsed = Page(page)
    assert not {"script", "link", "iframe", "img", "object", "embed"} & {tag for tag, _ in parsed.tags}
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    for _, attributes in parsed.tags:
        for name in ("href", "src", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert not re.search(r"@import|url\((?!['\"]?#)", page)


def test_figures_have_a_text_and_tables_have_heads(page: str) -> None:
    parsed = Page(page)
    pictures = [a for a in parsed.all("div") if a.get("role") == "img"]
    assert len(pictures) == len(SHOWN) == len(parsed.all("figcaption"))
    assert all(len(a["aria-label"] or "") > 60 for a in pictures)
    labels = {a.get("id") for a in parsed.all("p")}
    assert {a["aria-labelledby"] for a in parsed.all("table")} <= labels
    assert all(a.get("scope") == "col" for a in parsed.all("th"))
    assert page.count("What it shows.") == page.count("What it does not show.") == len(SHOWN)
    ids = [a["id"] for _, a in parsed.tags if a.get("id")]
    assert len(ids) == len(set(ids))


def test_same_input_gives_the_same_bytes(study: Study, reported: Path, tmp_path: Path) -> None:
    write_report(study.asked(), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == (reported / "report.html").read_bytes()
    for path in (reported / "figures").glob("*.png"):
        assert not {b"tIME", b"Software", b"Creation"} & set(
            re.findall(rb"tIME|Software|Creation", path.read_bytes())
        )


def test_nothing_in_names_remarks_or_answers_is_markup(tmp_path: Path) -> None:
    study = make_study(tmp_path, remark=HOSTILE, sources=(HOSTILE, "mediqal"), reply=HOSTILE)
    hostile = tmp_path / "runs" / "<img src=x onerror=alert(3)>"
    study.runs[0].rename(hostile)
    (hostile / "judges" / JUDGES[0]).rename(hostile / "judges" / "<script>x<")
    training = json.loads(study.training[0].read_text(encoding="utf-8"))
    assert training["data"]["config"] == "native-controlled"
    agreement = json.loads((study.agreement / "agreement.json").read_text(encoding="utf-8"))
    told = json.dumps(agreement).replace('"base"', json.dumps(hostile.name))
    (study.agreement / "agreement.json").write_text(told, encoding="utf-8")
    material = read_material(study.asked(runs=[hostile, *study.runs[1:]], with_text=True))
    page = render_page(material, draw(material, with_png=False)[0])
    parsed = Page(page)
    assert not {"script", "img"} & {tag for tag, _ in parsed.tags}
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert any(HOSTILE in text for text in parsed.texts)
    assert page.count("&lt;script&gt;") > 5


def test_texts_are_shown_only_when_asked(study: Study, page: str) -> None:
    assert "metformine" not in page and "À revoir." not in page
    material = read_material(study.asked(with_text=True))
    shown = render_page(material, {})
    assert "La metformine est à éviter." in shown and "claire: À revoir." in shown
    assert "question" not in {name for example in material.examples for name in example.texts}


def test_examples_are_where_judge_and_people_are_farthest_apart(study: Study) -> None:
    agreement = json.loads((study.agreement / "agreement.json").read_text(encoding="utf-8"))
    material = read_material(study.asked())
    for judge in JUDGES:
        distances = [abs(p["people"] - p["score"]) for p in agreement["scatter"] if p["judge"] == judge]
        shown = [abs(e.people - e.score) for e in material.examples if e.judge == judge]
        assert shown == sorted(distances, reverse=True)[: len(shown)] and min(shown) >= 0.5


def test_what_is_missing_is_said_with_how_to_get_it(tmp_path: Path) -> None:
    run = cases.write_run(tmp_path, "base", records=20, orders=1, open_share=0, protocols=["greedy"])
    material = read_material(Asked([run], resamples=100))
    page = render_page(material, draw(material, with_png=False)[0])
    for sentence in (
        "No judge has judged these runs.",
        "There is one run only",
        "in one order of its options",
        "No reviews by people were given.",
        "Agreement of judges and people was not measured.",
        "No run says what its model was trained on.",
        "no scored open answer",
    ):
        assert sentence in page
    assert "Exact match of every run" in page


def test_runs_of_open_questions_alone_have_a_report(tmp_path: Path) -> None:
    run = cases.write_run(tmp_path, "base", records=12, open_share=1)
    cases.write_judgements(run, JUDGES[0])
    material = read_material(Asked([run], resamples=100))
    page = render_page(material, draw(material, with_png=False)[0])
    assert "answered no multiple-choice question" in page
    assert "Open answers called equivalent" in page


def test_where_every_number_is_from(study: Study, page: str) -> None:
    from medinjection_fr.release.digests import digest_file

    for run in study.runs:
        for path in (run / "run.json", run / "predictions.jsonl", *run.glob("judges/*/judgements.jsonl")):
            assert digest_file(path) in page
    text = "".join(Page(page).texts)
    for told in (
        "a" * 64,
        "b" * 64,
        "c" * 64,
        "BLEU|nrefs:1|tok:13a|version:2.6.0",
        digest_file(study.reviews),
    ):
        assert told in text
    assert f"python -m evaluation report {study.runs[0]}" in text and "--resamples 100" in text
