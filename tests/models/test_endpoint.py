from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from proxy import Body, Fault, Proxy, completion, echo, running_proxy

from medinjection_fr.models.endpoint import MAX_TOKENS, Endpoint, Patience
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request

SCHEMA = {
    "type": "object",
    "properties": {"reply": {"type": "string"}},
    "required": ["reply"],
    "additionalProperties": False,
}
NO_PAUSE = Patience(tries=3, pause=0, timeout=30)
KEY = "sk-secret-of-a-test"


def request(text: str = "Bonjour", schema: Any = None, **parameters: Any) -> Request:
    return Request(({"role": "user", "content": text},), schema, parameters)


def endpoint(proxy: Proxy, **options: Any) -> Endpoint:
    options.setdefault("tell", lambda message: None)
    return Endpoint("small", proxy.url, **{"patience": NO_PAUSE, **options})


def ask(model: Endpoint, *requests: Request) -> list[Reply]:
    """The replies to requests, one after the other."""

    async def all_of_them() -> list[Reply]:
        try:
            return [await model.ask(request) for request in requests]
        finally:
            await model.close()

    return asyncio.run(all_of_them())


def error_of(model: Endpoint, asked: Request | None = None) -> ModelError:
    with pytest.raises(ModelError) as told:
        ask(model, asked or request())
    return told.value


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with running_proxy(echo) as proxy:
        yield proxy


def test_a_reply_with_what_it_cost(proxy: Proxy):
    asked = request("Deux mots", temperature=0, top_k=5)
    (reply,) = ask(endpoint(proxy, served_as="/models/small", key=KEY), asked)
    assert (reply.text, reply.finish) == ("Deux mots", "stop")
    assert (reply.input_tokens, reply.output_tokens, reply.estimated) == (2, 2, False)
    assert reply.served_by == "small-2026-11"
    assert proxy.asked == [
        {
            "model": "/models/small",
            "messages": [{"role": "user", "content": "Deux mots"}],
            "temperature": 0,
            "top_k": 5,
            "max_tokens": MAX_TOKENS,
        }
    ]
    assert proxy.keys == [f"Bearer {KEY}"]


def test_an_endless_reply_is_told(proxy: Proxy):
    proxy.spoil(Fault(reply=lambda text: text * 50, finish="length"))
    (reply,) = ask(endpoint(proxy), request(max_tokens=7))
    assert reply.finish == "length"
    assert proxy.asked[0]["max_tokens"] == 7


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, {"Retry-After": "0"}),
        Fault(500),
        Fault(502),
        Fault(503, {"Retry-After": "0"}),
        Fault(504),
        Fault(cut=20),
        Fault(cut=0),
        Fault(raw=b'{"choices": [{"mess'),
        Fault(raw=b"<html>busy</html>"),
        Fault(raw=b"[]"),
        Fault(fields=("choices",)),
    ],
    ids=lambda fault: f"{fault.status}-{fault.cut}-{fault.raw}-{fault.fields}",
)
def test_what_is_transient_is_tried_again(proxy: Proxy, fault: Fault):
    fault.times = 2
    proxy.spoil(fault)
    (reply,) = ask(endpoint(proxy), request())
    assert reply.text == "Bonjour"
    assert len(proxy.asked) == 3


@pytest.mark.parametrize(
    ("fault", "rule"),
    [(Fault(500), "server-error"), (Fault(cut=20), "reply-broken"), (Fault(raw=b"{}"), "reply-broken")],
)
def test_what_lasts_is_told_after_the_last_try(proxy: Proxy, fault: Fault, rule: str):
    proxy.spoil(fault)
    error = error_of(endpoint(proxy))
    assert (error.rule, error.stops_run, error.refuses_request) == (rule, False, False)
    assert "3 times" in error.message
    assert len(proxy.asked) == 3


@pytest.mark.parametrize(
    ("status", "told", "rule"),
    [
        (401, {"message": f"Incorrect API key provided: {KEY}"}, "key-refused"),
        (403, {"message": "Country not supported"}, "key-refused"),
        (404, {"message": "The model `small` does not exist", "code": "model_not_found"}, "model-unknown"),
        (400, {"message": "Server is pinned to 'x'; requested 'small'."}, "model-unknown"),
        (400, {"message": "…", "code": "context_length_exceeded"}, "context-too-long"),
        (400, {"message": "This model's maximum context length is 2048 tokens."}, "context-too-long"),
        (400, {"message": "The input token count (9) exceeds the maximum number of tokens allowed (8)."},
         "context-too-long"),
        (413, {"message": "Payload Too Large"}, "context-too-long"),
        (400, {"message": "Filtered", "code": "content_filter"}, "content-filtered"),
        (402, {"message": "Pay first"}, "quota-spent"),
        (429, {"message": "You exceeded your quota", "code": "insufficient_quota"}, "quota-spent"),
        (422, {"message": "Unexpected fields in the request: {'top_k'}"}, "request-refused"),
    ],
)  # fmt: skip
def test_what_is_not_transient_is_told_at_once(proxy: Proxy, status: int, told: Any, rule: str):
    proxy.spoil(Fault(status, error=told))
    error = error_of(endpoint(proxy, key=KEY))
    assert error.rule == rule
    assert str(status) in error.message
    assert KEY not in str(error)
    assert len(proxy.asked) == 1


def test_no_key(proxy: Proxy):
    proxy.spoil(Fault(401))
    error = error_of(endpoint(proxy))
    assert error.rule == "key-missing"
    assert "--key-from" in error.message


def test_nobody_listens():
    with socket.socket() as taken:  # by nobody else meanwhile
        taken.bind(("127.0.0.1", 0))
        proxy = Proxy(echo)
        proxy.url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        error = error_of(endpoint(proxy))
    assert (error.rule, error.stops_run) == ("endpoint-down", True)
    assert proxy.url in error.message


def test_no_reply_in_time(proxy: Proxy):
    hold = threading.Event()
    proxy.spoil(Fault(hold=hold))
    try:
        error = error_of(endpoint(proxy, patience=Patience(tries=2, pause=0, timeout=2)))
        proxy.wait_for(lambda: len(proxy.asked) == 2)
    finally:
        hold.set()
    assert error.rule == "timeout"


def test_a_rate_limit_that_lasts_is_told(proxy: Proxy):
    proxy.spoil(Fault(429, {"Retry-After": "7200"}, {"message": "Too many"}))
    error = error_of(endpoint(proxy))
    assert (error.rule, error.refuses_request) == ("rate-limited", False)
    assert len(proxy.asked) == 1


def test_many_refused_for_their_number_are_all_answered_with_fewer_at_once(proxy: Proxy):
    proxy.spoil(Fault(429, {"Retry-After": "0"}, times=40))
    model = endpoint(proxy)

    async def at_once() -> list[Reply]:
        replies = await asyncio.gather(*(model.ask(request(f"{number}")) for number in range(16)))
        await model.close()
        return replies

    assert [reply.text for reply in asyncio.run(at_once())] == [f"{number}" for number in range(16)]
    assert len(proxy.asked) == 56


def test_the_schema_is_ordered(proxy: Proxy):
    (reply,) = ask(endpoint(proxy), request(schema=SCHEMA))
    assert json.loads(reply.text) == {"reply": "Bonjour"}
    order = proxy.asked[0]["response_format"]
    assert order == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA},
    }


def test_a_server_that_fails_on_json_schema_gets_json_object(proxy: Proxy):
    told: list[str] = []
    proxy.spoil(Fault(500, only=lambda body: body.get("response_format", {}).get("type") == "json_schema"))
    replies = ask(endpoint(proxy, tell=told.append), *[request(f"{n}", SCHEMA) for n in range(3)])
    assert [json.loads(reply.text)["reply"] for reply in replies] == ["0", "1", "2"]
    ways = [body["response_format"]["type"] for body in proxy.asked]
    assert ways == ["json_schema"] * 3 + ["json_object"] * 3
    assert proxy.asked[3]["response_format"]["schema"] == SCHEMA
    assert told == ["The endpoint takes response_format json_object with a schema, not json_schema."]


def test_a_server_that_ignores_the_schema_is_noticed_and_told_in_words(proxy: Proxy):
    told: list[str] = []
    proxy.spoil(Fault(reply=lambda text: f"```json\n{text}\n```"))
    model = endpoint(proxy, tell=told.append)
    replies = ask(model, *[request(f"{n}", SCHEMA) for n in range(3)])
    assert replies[0].text.startswith("```json")
    assert ["response_format" in body for body in proxy.asked] == [True, False, False]
    assert proxy.asked[1]["messages"][0]["content"].endswith(json.dumps(SCHEMA))
    assert len(told) == 1 and "ignores it" in told[0]
    ask(model, request("no schema"))
    assert proxy.asked[-1]["messages"][0]["content"] == "no schema"


def test_a_server_without_structured_output_gets_words(proxy: Proxy):
    told: list[str] = []
    refusal = {"message": "response_format is not supported"}
    proxy.spoil(Fault(400, error=refusal, only=lambda body: "response_format" in body))
    ask(endpoint(proxy, tell=told.append), request("1", SCHEMA), request("2", SCHEMA))
    assert ["response_format" in body for body in proxy.asked] == [True, True, False, False]
    assert len(told) == 1 and "no structured output" in told[0]


def test_a_reply_that_is_cut_does_not_tell_that_the_schema_is_ignored(proxy: Proxy):
    proxy.spoil(Fault(reply=lambda text: text[:5], finish="length", times=1))
    ask(endpoint(proxy), request("1", SCHEMA), request("2", SCHEMA))
    assert all(body["response_format"]["type"] == "json_schema" for body in proxy.asked)


def test_a_reply_that_is_cut_and_begins_otherwise_tells_that_the_schema_is_ignored(proxy: Proxy):
    told: list[str] = []
    proxy.spoil(Fault(reply=lambda text: "Voici la réponse : {", finish="length", times=1))
    ask(endpoint(proxy, tell=told.append), request("1", SCHEMA), request("2", SCHEMA))
    assert ["response_format" in body for body in proxy.asked] == [True, False]
    assert len(told) == 1 and "ignores it" in told[0]


def test_a_server_that_fails_for_a_moment_gets_the_schema_in_the_same_way_again(proxy: Proxy):
    proxy.spoil(Fault(500, times=2))
    ask(endpoint(proxy), request("1", SCHEMA), request("2", SCHEMA))
    assert proxy.asked[-1]["response_format"]["type"] == "json_schema"


def test_tokens_that_are_not_counted_are_estimated_and_that_is_told(proxy: Proxy):
    told: list[str] = []
    proxy.spoil(Fault(fields=("usage",)))
    replies = ask(endpoint(proxy, tell=told.append), request("a" * 30), request("b" * 31))
    assert [(reply.input_tokens, reply.estimated) for reply in replies] == [(10, True), (11, True)]
    assert len(told) == 1


def test_messages_longer_than_the_window_are_not_sent(proxy: Proxy):
    error = error_of(endpoint(proxy, window=1000), request("toux " * 600, max_tokens=1))
    assert (error.rule, error.refuses_request) == ("context-too-long", True)
    assert proxy.asked == []
    ask(endpoint(proxy, window=1001), request("toux " * 600, max_tokens=1))


def test_messages_that_the_server_has_cut_are_no_reply():
    def cuts(body: Body) -> Any:
        status, data = completion("Bonjour", body)
        return status, data.replace(b'"prompt_tokens": 2000', b'"prompt_tokens": 512')

    with running_proxy(cuts) as proxy:
        error = error_of(endpoint(proxy), request("céphalées " * 2000))
    assert error.rule == "context-too-long"
    assert "has cut" in error.message


def test_a_model_that_wants_max_completion_tokens_gets_it(proxy: Proxy):
    refusal = {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}
    proxy.spoil(Fault(400, error=refusal, only=lambda body: "max_tokens" in body))
    ask(endpoint(proxy), request("1", max_tokens=9), request("2", max_tokens=9))
    assert [body.get("max_completion_tokens") for body in proxy.asked] == [None, 9, 9]


def test_a_refusal_is_no_answer():
    def refuses(body: Body) -> Any:
        status, data = completion("", body)
        return status, data.replace(b'"content": ""', b'"content": null, "refusal": "Non."')

    with running_proxy(refuses) as proxy:
        (reply,) = ask(endpoint(proxy), request(schema=SCHEMA))
    assert (reply.text, reply.finish) == ("Non.", "refusal")


def test_text_that_is_not_unicode_can_be_kept(proxy: Proxy):
    proxy.spoil(Fault(reply=lambda text: "fi\ud800èvre"))
    (reply,) = ask(endpoint(proxy), request())
    assert reply.text == "fi\ufffdèvre"
