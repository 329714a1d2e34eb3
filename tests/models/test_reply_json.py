from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medinjection_fr.models.reply_json import ReplyError, is_exactly, parse_reply

SCHEMA = {
    "type": "object",
    "properties": {"A": {"type": "string"}, "B": {"type": "string"}},
    "required": ["A", "B"],
    "additionalProperties": False,
}
VALUE = {"A": "fièvre, [38,5 °C], }", "B": "toux"}
JSON = json.dumps(VALUE, ensure_ascii=False)
FENCED = f"```json\n{JSON}\n```"


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"\n {JSON}\n",
        FENCED,
        f"```\n{JSON}\n```",
        f"Voici la traduction :\n{JSON}\nBonne journée !",
        f"Voici {{la}} traduction [1] : {JSON}",
        f"<think>Is it {{...}}?</think>\n{JSON}",
        f"<think>\n</think>Voici :\n{FENCED}",
        JSON[:-1] + ",\n}",
        f"{JSON}\n{JSON}",
        f'{{"A": 1}} est faux. {JSON}',
    ],
)
def test_forgiven(text: str):
    assert parse_reply(text, SCHEMA) == VALUE


def test_a_line_feed_inside_a_string_is_forgiven():
    assert parse_reply('{"A": "un\ndeux", "B": ""}', SCHEMA) == {"A": "un\ndeux", "B": ""}


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        ("", "reply-not-json", "no JSON value was found"),
        ("Je ne sais pas.", "reply-not-json", "no JSON value was found"),
        (JSON[:-1], "reply-not-json", "no JSON value was found"),
        (FENCED[:-6], "reply-not-json", "no JSON value was found"),
        ("{'A': 'a', 'B': 'b'}", "reply-not-json", "no JSON value was found"),
        ('{"A": "a", "A": "b", "B": ""}', "reply-not-json", "a key stands twice"),
        ('{"A": "\\ud800", "B": ""}', "reply-not-json", "a text is not Unicode"),
        ('{"A": NaN, "B": ""}', "reply-not-json", "NaN is no number"),
        (JSON + '{"A": "x", "B": "y"}', "reply-not-json", "2 different values satisfy the schema"),
        ('{"A": 1, "B": "b"}', "reply-not-schema", "A breaks the schema's 'type'"),
        ('{"A": "a"}', "reply-not-schema", "the value breaks the schema's 'required'"),
        ('{"A": "a", "B": "b", "C": "c"}', "reply-not-schema", "'additionalProperties'"),
        ('Voici : ["a"]', "reply-not-schema", "the value breaks the schema's 'type'"),
    ],
)
def test_not_forgiven(text: str, rule: str, message: str):
    with pytest.raises(ReplyError) as told:
        parse_reply(text, SCHEMA)
    assert told.value.rule == rule
    assert message in told.value.message


def test_a_fault_quotes_nothing():
    with pytest.raises(ReplyError) as told:
        parse_reply('{"A": "a", "B": {"secret": "VIH"}}', SCHEMA)
    assert "secret" not in str(told.value) and "VIH" not in str(told.value)


def test_a_lone_surrogate_is_found_in_lists_too():
    with pytest.raises(ReplyError, match="a text is not Unicode"):
        parse_reply('["a", "\\ud800"]', {"type": "array"})


def test_exactly():
    assert is_exactly(JSON, SCHEMA)
    assert not is_exactly(FENCED, SCHEMA)
    assert not is_exactly('{"A": "a"}', SCHEMA)


@given(st.text(), st.fixed_dictionaries({"A": st.text(), "B": st.text()}))
def test_any_value_comes_back_whole(words: str, value: dict[str, str]):
    plain = words.replace("{", "").replace("[", "").replace("`", "")
    assert parse_reply(plain + json.dumps(value), SCHEMA) == value
    assert parse_reply(json.dumps(value, ensure_ascii=False, indent=2), SCHEMA) == value


@given(st.text())
def test_any_text_is_a_value_or_a_told_fault(text: str):
    try:
        assert set(parse_reply(text, SCHEMA)) == {"A", "B"}
    except ReplyError as error:
        assert error.rule in ("reply-not-json", "reply-not-schema")
