from __future__ import annotations

from dataclasses import replace

from medinjection_fr.models.request import Request

ASKED = Request(
    messages=({"role": "user", "content": "Fièvre à 38,5 °C ?"},),
    schema={"type": "object", "properties": {"a": {}, "b": {}}},
    parameters={"temperature": 0, "max_tokens": 64},
    template="translate@1234",
)


def test_key_is_the_same_on_every_machine():
    assert ASKED.key("small") == "efe2d02d55110a2f02a4403fbef62ce45c85bccc475b241e0d96338c2a4373c7"


def test_everything_that_may_change_the_reply_changes_the_key():
    others = [
        replace(ASKED, messages=({"role": "user", "content": "Fièvre à 38,6 °C ?"},)),
        replace(ASKED, messages=({"role": "system", "content": "Fièvre à 38,5 °C ?"},)),
        replace(ASKED, schema={"type": "object", "properties": {"b": {}, "a": {}}}),
        replace(ASKED, schema=None),
        replace(ASKED, parameters={"temperature": 1, "max_tokens": 64}),
        replace(ASKED, template="translate@1235"),
    ]
    keys = {ASKED.key("small"), ASKED.key("large"), *(other.key("small") for other in others)}
    assert len(keys) == len(others) + 2


def test_order_of_parameters_and_of_message_fields_does_not_count():
    same = replace(
        ASKED,
        messages=({"content": "Fièvre à 38,5 °C ?", "role": "user"},),
        parameters={"max_tokens": 64, "temperature": 0},
    )
    assert same.key("small") == ASKED.key("small")
