"""The translations that are scored: out of a file, or by a model from the journal."""

from __future__ import annotations

import html
import json
import random
from collections.abc import Sequence
from pathlib import Path

from medinjection_fr.checked_yaml import read_text
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.attempts import sent_parameters
from medinjection_fr.generate.outcome import Ask
from medinjection_fr.generate.pairs import Pair, Pairs
from medinjection_fr.generate.templates import LIKE_SEGMENTS, Template
from medinjection_fr.generate.translation.parts import schema_of
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.reply_json import ReplyError, parse_reply
from medinjection_fr.models.request import Request
from medinjection_fr.models.run import RunReport, run_all
from medinjection_fr.models.session import Session

_PART = "context"
"""The part of an item that a text without a question is sent as."""
_SEED = 13
_GROWTH = 2.5


def sample(pairs: Pairs, limit: int | None) -> list[int]:
    """Which of the kept pairs are scored: all, or a random sample that is always the same, in order."""
    places = range(len(pairs.kept))
    return sorted(random.Random(_SEED).sample(places, limit)) if limit and limit < len(places) else list(places)


def read_hypotheses(path: Path, pairs: Pairs) -> list[str]:
    """Reads a translation a line, one for each unit of the pairs' file, those that are left out included.

    Returns:
        Those of the kept pairs, with HTML entities read.

    Raises:
        InputError: The file is absent, or has another number of lines.
    """
    lines = read_text(path).removesuffix("\n").split("\n")
    if len(lines) != pairs.units:
        expected = f"{pairs.units:,}, one for each unit of the pairs"
        raise InputError(Problem(str(path), f"{len(lines):,} lines", expected))
    return [html.unescape(lines[place]).strip() for place in pairs.places]


def translate_pairs(
    session: Session, pairs: Sequence[Pair], template: Template, report: RunReport
) -> dict[str, str]:
    """Translates the English of pairs, once each and with no check: what is scored is the model.

    Args:
        session: The model with its journal.
        pairs: The pairs.
        template: One of translation.
        report: Filled with how the run went.

    Returns:
        Translation by the pair's name, HTML entities read; empty where the reply could not be used. A
        pair without a reply this time is absent.
    """

    async def translate(pair: Pair, ask: Ask) -> tuple[str, str]:
        return pair.name, await _translate(pair.english, template, ask)

    return dict(run_all(session, pairs, translate, what="Translating", total=len(pairs), report=report))


async def _translate(english: str, template: Template, ask: Ask) -> str:
    sent = {_PART: english}
    source = json.dumps(sent, ensure_ascii=False, indent=1)
    values = {name: "" for name in template.content["fields"]} | {"source": source, "segments": source}
    parameters, _ = sent_parameters(template.content["parameters"], int(len(source) * _GROWTH))
    schema = schema_of(sent)
    request = Request(template.messages(values), schema, parameters, template.reference)
    try:
        reply = await ask(request)
        translation = parse_reply(reply.text, {"type": "object", "required": [_PART]})[_PART]
    except ReplyError:
        return ""
    except ModelError as error:
        if not error.refuses_request:
            raise
        return ""
    return html.unescape(translation).strip() if isinstance(translation, str) else ""
