"""JSON out of a reply, with written rules for what is forgiven.

Forgiven: thoughts before the answer (``<think>…</think>``), a fence of three backticks, words before and after
the value, a comma before a closing bracket, and a line feed inside a string. Not forgiven, because mending it would
be guessing: a value that is cut, single quotes, a comment, ``NaN``, a key that stands twice, a lone surrogate,
and two different values that both satisfy the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

RULES = {
    "reply-not-json": "the reply holds one JSON value",
    "reply-not-schema": "the JSON of the reply satisfies the schema",
}

_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_STRING_OR_EXTRA_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_STARTS = 100
"""Opening brackets that are tried as the beginning of the value."""


class ReplyError(Exception):
    """A reply that is not what was asked for.

    Args:
        rule: ``reply-not-json`` or ``reply-not-schema``.
        message: The place and what is wrong there; holds no text of the reply.
    """

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule
        self.message = message


def parse_reply(text: str, schema: Mapping[str, Any]) -> Any:
    """Finds the JSON value of a reply.

    Args:
        text: The reply.
        schema: JSON Schema (2020-12) that the value must satisfy.

    Raises:
        ReplyError: There is none, or it does not satisfy the schema.
    """
    text = _THOUGHTS.sub("", text)
    problem = ReplyError("reply-not-json", "no JSON value was found")
    found: list[Any] = []
    for reading in (_whole, _in_fences, _in_words):
        for value in reading(text):
            if isinstance(value, ReplyError):
                problem = value
            elif not _is_unicode(value):
                problem = ReplyError("reply-not-json", "a text is not Unicode")
            elif fault := schema_fault(value, schema):
                if problem.rule == "reply-not-json":
                    problem = ReplyError("reply-not-schema", fault)
            elif value not in found:
                found.append(value)
        if len(found) > 1:
            raise ReplyError("reply-not-json", f"{len(found)} different values satisfy the schema")
        if found:
            return found[0]
    raise problem


def schema_fault(value: Any, schema: Mapping[str, Any]) -> str:
    """The first place where a value breaks a schema, and the keyword; empty if there is none."""
    error = next(iter(_validator(json.dumps(schema)).iter_errors(value)), None)
    if error is None:
        return ""
    place = " › ".join(map(str, error.instance_path)) or "the value"
    return f"{place} breaks the schema's {str(error.schema_path[-1])!r}"


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_exactly(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a text is JSON that satisfies a schema, with nothing to forgive."""
    try:
        return not schema_fault(json.loads(text), schema)
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(json.loads(schema))


def _whole(text: str) -> Iterator[Any]:
    try:
        yield _load(text)
    except _NotForgiven as error:
        yield ReplyError("reply-not-json", str(error))
    except ValueError:
        return


def _in_fences(text: str) -> Iterator[Any]:
    for match in _FENCED.finditer(text):
        yield from _whole(match[1])


def _in_words(text: str) -> Iterator[Any]:
    text, at = _mend(text), 0
    for _ in range(_STARTS):
        start = min((place for bracket in "{[" if (place := text.find(bracket, at)) >= 0), default=-1)
        if start < 0:
            return
        try:
            value, at = _DECODER.raw_decode(text, start)
            yield value
        except _NotForgiven as error:
            yield ReplyError("reply-not-json", str(error))
            return
        except ValueError:
            at = start + 1


def _mend(text: str) -> str:
    """Drops commas that stand before a closing bracket, outside of strings."""
    return _STRING_OR_EXTRA_COMMA.sub(lambda match: match[0] if match[0] != "," else "", text)


def _load(text: str) -> Any:
    return _DECODER.decode(_mend(text.strip()))


class _NotForgiven(ValueError):
    """What the JSON decoder would let pass."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NotForgiven("a key stands twice")
    return value


def _constant(name: str) -> Any:
    raise _NotForgiven(f"{name} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, strict=False)
