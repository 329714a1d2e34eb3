"""The client against a real server with a real, small and bad, model; faults come from the proxy before it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proxy import Fault, Proxy, forward_to, running_proxy
from real_model import NAME, RealModel

from medinjection_fr.models.endpoint import Endpoint, Patience
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.reply_json import ReplyError, parse_reply
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.run import Ask, RunReport, replay_all, run_all
from medinjection_fr.models.session import Replay, Session

pytestmark = pytest.mark.slow

RUNNER = Path(__file__).parent / "runner.py"
SCHEMA = {
    "type": "object",
    "properties": {"disease": {"type": "string"}, "drug": {"type": "string"}},
    "required": ["disease", "drug"],
    "additionalProperties": False,
}


@pytest.fixture
def proxy(real_model: RealModel) -> Iterator[Proxy]:
    with running_proxy(forward_to(real_model.url)) as proxy:
        yield proxy


def endpoint(proxy: Proxy, model: RealModel, told: list[str], served_as: str | None = None) -> Endpoint:
    return Endpoint(
        NAME,
        proxy.url,
        served_as=served_as or model.served_as,
        window=model.window,
        patience=Patience(pause=0),
        tell=told.append,
    )


def ask(model: Endpoint, request: Request) -> Reply:
    async def once() -> Reply:
        try:
            return await model.ask(request)
        finally:
            await model.close()

    return asyncio.run(once())


def question(text: str, tokens: int = 12, schema: Any = None) -> Request:
    return Request(({"role": "user", "content": text},), schema, {"max_tokens": tokens, "temperature": 0})


def test_a_reply_and_an_endless_one(proxy: Proxy, real_model: RealModel):
    told: list[str] = []
    model = endpoint(proxy, real_model, told)
    short = ask(model, question("What is 2 plus 2?", 60))
    assert (short.finish, short.estimated) == ("stop", False) and short.text
    endless = ask(model, question("Thank you, goodbye.", 20))
    assert (endless.finish, endless.output_tokens) == ("length", 20)
    assert "smollm2-135m-instruct" in endless.served_by
    assert told == []


def test_it_is_noticed_that_the_server_ignores_the_schema(proxy: Proxy, real_model: RealModel):
    told: list[str] = []
    model = endpoint(proxy, real_model, told)
    for disease in ("influenza", "malaria", "scurvy"):
        reply = ask(model, question(f"Which drug is given against {disease}?", 60, SCHEMA))
        try:
            assert set(parse_reply(reply.text, SCHEMA)) == {"disease", "drug"}
        except ReplyError as error:
            assert error.rule in ("reply-not-json", "reply-not-schema")
    assert len(told) == 1 and "takes response_format json_schema and ignores it" in told[0]
    assert "response_format" in proxy.asked[0] and "response_format" not in proxy.asked[-1]
    assert json.dumps(SCHEMA) in proxy.asked[-1]["messages"][0]["content"]


def test_mistakes_are_told(proxy: Proxy, real_model: RealModel):
    unknown = endpoint(proxy, real_model, [], served_as="another-model")
    with pytest.raises(ModelError, match=r"model-unknown: .*another-model"):
        ask(unknown, question("Fever?"))
    with pytest.raises(ModelError, match=r"request-refused: .*422.*repetition_pace"):
        ask(
            endpoint(proxy, real_model, []),
            Request(({"role": "user", "content": "a"},), None, {"repetition_pace": 1}),
        )
    paid = len(proxy.asked)
    with pytest.raises(ModelError, match="context-too-long"):
        ask(endpoint(proxy, real_model, []), question("fever and cough " * 3000))
    assert len(proxy.asked) == paid


def test_a_run_through_faults_pays_each_request_once(proxy: Proxy, real_model: RealModel, tmp_path: Path):
    async def work(number: int, ask: Ask) -> str:
        return (await ask(question(f"What is {number} plus {number}?"))).text

    proxy.spoil(
        Fault(429, {"Retry-After": "0"}, times=2),
        Fault(500, times=2),
        Fault(cut=30, times=1),
        Fault(raw=b'{"choices": [{"message": {"content": "4', times=1),
    )
    report = RunReport()
    with Journal(tmp_path / "journal.sqlite") as journal:
        model = endpoint(proxy, real_model, [])
        results = set(run_all(Session(model, journal, at_once=2), range(8), work, report=report))
        replayed = {result for _, result in replay_all(Replay(model.name, journal), range(8), work)}
        assert replayed == results
        assert journal.totals(model.name).answers == 8
    assert report == RunReport(done=8)
    assert set(proxy.paid.values()) == {1} and len(proxy.paid) == 8
    assert len(proxy.asked) == 8 + 6


def test_a_killed_run_goes_on(proxy: Proxy, real_model: RealModel, tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    command = [sys.executable, str(RUNNER), str(path), proxy.url, "6", "2", real_model.served_as]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        proxy.wait_for(lambda: sum(proxy.paid_so_far.values()) >= 5 or process.poll() is not None)
        process.kill()
    proxy.wait_for(lambda: proxy.under_way == 0)
    with Journal(path, read_only=True) as journal:
        kept = journal.totals("small").answers
    assert 0 < kept < 12
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *_, end = done.stdout.splitlines()
    assert end.split() == ["end", "6", str(12 - kept)]
    with Journal(path, read_only=True) as journal:
        assert journal.totals("small").answers == 12 == len(proxy.paid)
    assert sum(proxy.paid.values()) <= 12 + 2
