"""The real pipeline, where Debian's packages are installed."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest

from medinjection_fr.models.apertium import Apertium
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request

pytestmark = pytest.mark.skipif(
    shutil.which("apertium-wblank-mode") is None, reason="apt-get install apertium-eng-cat apertium-fra-cat"
)

SEGMENTS = [
    "Thiamine deficiency is seen",  # from which the Catalan tagger learns to read the next two otherwise
    "None",
    "None of these",
    "The currents of membranes are electric",
    "Glucose in the blood is 98.7 mg/dL",
]
RESERVED = ["5 < 6 > 4 [1] {2} \\ $ ^ / @ 10%", "8\n9  10\t11", "", "  "]


def test_segments_are_translated_each_by_itself():
    """Starts the pipeline once, which takes seconds."""
    model = Apertium()
    translations = model.translate([*SEGMENTS, *RESERVED, *SEGMENTS[::-1]])
    forwards, reserved, backwards = translations[:5], translations[5:9], translations[9:]
    assert forwards[1] == "Aucun"
    assert "98.7 mg/dl" in forwards[4]
    assert backwards[::-1] == forwards
    assert reserved == RESERVED


def test_a_labelled_message_comes_back_with_its_labels():
    async def ask(model: Apertium, request: Request) -> Reply:
        try:
            return await model.ask(request)
        finally:
            await model.close()

    model = Apertium()
    asked = Request(
        ({"role": "user", "content": json.dumps({"question": "Fever?", "A": "Yes", "B": "None"})},)
    )
    reply = asyncio.run(ask(model, asked))
    assert list(json.loads(reply.text)) == ["question", "A", "B"]
    assert json.loads(reply.text)["B"] == "Aucun"
    assert (reply.finish, reply.input_tokens, reply.output_tokens) == ("stop", 0, 0)
    assert model.name.startswith("apertium-eng-cat-1.") and "+fra-cat-1." in model.name


@pytest.mark.parametrize("content", ["Fever?", '["Fever?"]', '{"A": 1}'])
def test_any_other_message_is_refused(content: str):
    with pytest.raises(ModelError, match="request-refused"):
        asyncio.run(Apertium().ask(Request(({"role": "user", "content": content},))))


CRASHES = "There would have to be safeguards against abuse and the rights of citizens to respond to abuses;"


def test_a_segment_that_crashes_apertium_is_refused_and_takes_no_other_along():
    async def ask_all() -> list[Reply | ModelError]:
        model = Apertium()
        texts = [*SEGMENTS, CRASHES, *SEGMENTS[::-1]]
        requests = [Request(({"role": "user", "content": json.dumps({"A": text})},)) for text in texts]
        try:
            return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
        finally:
            await model.close()

    *replies, crashed = sorted(asyncio.run(ask_all()), key=lambda reply: isinstance(reply, ModelError))
    assert crashed.rule == "content-crashes" and crashed.refuses_request
    translations = [json.loads(reply.text)["A"] for reply in replies]
    assert translations[:5] == translations[5:][::-1]
    assert translations[1] == "Aucun"
