"""Every rule for which something that was to be generated is put aside, with what it demands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from medinjection_fr.generate import checks
from medinjection_fr.generate.checks import Fault
from medinjection_fr.generate.synthesis import checks as synthesis_checks
from medinjection_fr.models import model, reply_json
from medinjection_fr.record import INVARIANTS

REFUSED = {
    "item-not-english": "the item is in English",
    "item-options-images": "options are text, not pictures",
    "item-options-empty": "every option says something",
    "document-kind": "there is a task for the document's kind",
    "document-not-french": "the document is in French",
    "too-long": "the reply fits into max_tokens: nothing is cut",
}
"""Nothing was asked."""

ANSWERED = {
    "reply-cut": "the reply ends by itself",
    "reply-refused": "the model answers",
    "part-missing": "every part that was sent comes back, with a text",
    "part-added": "nothing comes back that was not sent",
    "option-labels": "every option comes back under its letter, and no other",
}
"""Of a reply, whatever it says."""

FINAL = {"not-in-document": synthesis_checks.RULES["not-in-document"]}
"""Told by the model in good faith: it is not asked once more, lest it invent."""

RULES = {
    **REFUSED,
    **model.REFUSING_RULES,
    **ANSWERED,
    **reply_json.RULES,
    **checks.RULES,
    **synthesis_checks.RULES,
    **INVARIANTS,
}


class Told(NamedTuple):
    """A fault as a model is told of it."""

    rule: str
    demand: str
    evidence: str


def told(faults: Iterable[Fault]) -> list[Told]:
    """Faults with what their rules demand, each once."""
    return list(dict.fromkeys(Told(fault.rule, RULES[fault.rule], fault.evidence) for fault in faults))
