"""Items of each type through the maker itself: what is asked, what becomes of the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from generate.test_parts import OPEN, item

from medinjection_fr.generate.checks import load_glossary
from medinjection_fr.generate.job import Job
from medinjection_fr.generate.outcome import Outcome
from medinjection_fr.generate.templates import find_template
from medinjection_fr.generate.translation.translate import EXPLAIN, FIELDS, NEEDED, Translation
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.sources.catalogue import find_source


def outcome_of(
    material: dict[str, Any], answer: Callable[[Request], Reply], template: str = "translate-item"
) -> Outcome:
    """What becomes of an item that gets these answers."""
    job = Job(
        name="our-translated",
        kind="translation",
        source=find_source("k-qa"),
        inputs={},
        model="small@1",
        templates=(find_template(template, FIELDS, NEEDED).text,),
        parameters={},
        options={EXPLAIN: True},
    )
    maker = Translation(job, load_glossary())

    async def ask(request: Request) -> Reply:
        return answer(request)

    async def make() -> Outcome:
        [unit] = maker.units(material)
        return await maker.make(unit, ask)

    return asyncio.run(make())


def saying(*answers: Any) -> Callable[[Request], Reply]:
    """These answers in turn."""
    left = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
    return lambda request: Reply(left.pop(0), "stop", 100, 50, 0.1)


def test_open_item_with_its_facts() -> None:
    material = OPEN | {
        "instruction": "Which drug is given first to a woman of 40?",
        "context": "",
        "answer": "Heparin is given first, because it acts at once.",
    }
    french = {
        "instruction": "Quel médicament donne-t-on d'abord à une femme de 40 ans ?",
        "answer": "L'héparine est donnée d'abord, parce qu'elle agit aussitôt.",
        "facts": {"1": "C'est un anticoagulant.", "2": "Elle agit aussitôt."},
    }
    outcome = outcome_of(material, saying(french))
    [record] = outcome.records
    assert (record["type"], record["choices"], record["task"]) == ("oeq", [], "consumer-question")
    assert record["answer"] == french["answer"]
    assert record["facts"] == ["C'est un anticoagulant.", "Elle agit aussitôt."]
    assert record["derived_from"] == "our-items/q-1"
    assert not outcome.findings


def test_open_item_whose_fact_is_lost() -> None:
    lost = {"instruction": "Quel médicament ?", "context": "Une femme de 40 ans.", "answer": "L'héparine."}
    outcome = outcome_of(OPEN, saying({**lost, "facts": {"1": "Un anticoagulant."}}, lost))
    assert not outcome.accepted
    assert [(finding.attempt, finding.rule) for finding in outcome.findings] == [
        (1, "part-missing"),
        (2, "part-missing"),
    ]
    assert [finding.evidence for finding in outcome.findings] == ["facts: 2 without a text", "facts"]
    assert [finding.attempt for finding in outcome.reasons] == [2]
    assert outcome.asked_again


def test_item_with_several_gold_letters() -> None:
    choices = ["The liver", "The spleen", "The femur", "The ulna"]
    material = item(
        type="mcq", answer="C,D", choices=choices, instruction="Which are bones?", explanation=None
    )
    french = {
        "instruction": "Lesquels sont des os ?",
        "options": {"A": "Le foie", "B": "La rate", "C": "Le fémur", "D": "L'ulna"},
    }
    [record] = outcome_of(material, saying(french)).records
    assert (record["type"], record["answer"]) == ("mcq", "C,D")
    assert record["choices"] == ["Le foie", "La rate", "Le fémur", "L'ulna"]


def test_record_that_would_break_a_rule_is_put_aside() -> None:
    french = {"instruction": "Lesquels sont des os \x07?", "options": {"A": "Le foie", "B": "Le fémur"}}
    material = item(
        choices=["The liver", "The femur"], answer="B", instruction="Which are bones?", explanation=None
    )
    outcome = outcome_of(material, saying(french, french))
    assert "text-control-character" in {finding.rule for finding in outcome.findings}
    assert not outcome.accepted


def test_flat_segments_come_back_under_their_labels() -> None:
    french = {
        "instruction": "Quel médicament donne-t-on d'abord ?",
        "options.A": "Aspirine",
        "options.C": "Héparine",
        "explanation": "Il agit aussitôt.",
    }
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return saying(french)(request)

    outcome = outcome_of(item(), answer, "translate-apertium")
    [request] = asked
    assert json.loads(request.messages[-1]["content"]).keys() == french.keys()
    assert request.schema and request.schema["required"] == list(french)
    [record] = outcome.records
    assert record["choices"] == ["Aspirine", "0,5 mg", "Héparine", "II"]
    outcome = outcome_of(item(), saying({**french, "options": "Aspirine"}), "translate-apertium")
    assert [finding.rule for finding in outcome.findings] == ["part-added"]


@pytest.mark.parametrize("finish", ["refusal", "content_filter"])
def test_model_that_refuses_is_asked_once_more(finish: str) -> None:
    outcome = outcome_of(item(), lambda request: Reply("Non.", finish, 10, 1, 0.1))
    assert [finding.rule for finding in outcome.findings] == ["reply-refused", "reply-refused"]


def test_request_that_is_refused_for_good_is_put_aside_and_others_are_left() -> None:
    def refuse(rule: str) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            raise ModelError(rule, "said so")

        return answer

    outcome = outcome_of(item(), refuse("content-filtered"))
    assert [(finding.rule, finding.attempt) for finding in outcome.findings] == [("content-filtered", 1)]
    with pytest.raises(ModelError):
        outcome_of(item(), refuse("rate-limited"))
