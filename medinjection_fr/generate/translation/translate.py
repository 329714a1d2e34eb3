"""The whole life of one item: sent, read, checked, and made a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from medinjection_fr.generate.attempts import ask_until_sound, sent_parameters
from medinjection_fr.generate.checks import Fault, Glossary, check_item
from medinjection_fr.generate.job import Job, name_of
from medinjection_fr.generate.outcome import Ask, Finding, Material, Outcome, Unit
from medinjection_fr.generate.plan import Plan
from medinjection_fr.generate.records import make_record
from medinjection_fr.generate.templates import LIKE_SEGMENTS, find_template, parse_template
from medinjection_fr.generate.translation.parts import (
    Parts,
    flat,
    item_in_french,
    parts_of,
    put_back,
    schema_of,
    to_send,
    unflat,
)
from medinjection_fr.generate.translation.refuse import refuse
from medinjection_fr.models.reply_json import ReplyError, parse_reply
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.sources.catalogue import find_source

FIELDS = ("source", "segments", "instruction", "context", "options", "answer", "explanation", "facts")
"""What a template may show. ``source`` is all that is sent, as JSON; ``segments`` the same on one level."""
NEEDED = ("source", "segments")
EXPLAIN = "explain"
"""Option of the job: whether explanations are translated."""

_WRITTEN = ("instruction", "context", "choices", "answer", "explanation", "facts", "type")
_WHOLE = {"type": "object", "required": ["instruction"]}
"""Schema of a whole reply, and not of a piece of one. What else it must hold is told by rules of its own."""
GROWTH = 2.5
"""Characters of the longest answer that is expected, for a character that is sent: French is longer than
English by a fifth, and some tokenizers cut its words into small pieces."""


def plan(source: str, model: str, template: str | None, explain: bool) -> Plan:
    """Plans the translation of a source.

    Args:
        source: Its name in the catalogue.
        model: Decides on the template if none is given.
        template: Name or file of the template.
        explain: Whether explanations are translated.

    Raises:
        InputError: There is no such source or template, or the template has mistakes.
    """
    options = {EXPLAIN: explain}
    return Plan(
        kind="translation",
        source=find_source(source),
        yields="items",
        templates=(find_template(template or template_for(model), FIELDS, NEEDED),),
        options=options,
        name=f"{source}-translated",
    )


def template_for(model: str) -> str:
    """The template that a model is asked with if none is given."""
    return "translate-apertium" if model == "apertium" else "translate-item"


class Translation:
    """Makes records of items in English.

    Args:
        job: What was asked for.
        glossary: Drug names, acronyms and terms that the checks know.
    """

    def __init__(self, job: Job, glossary: Glossary) -> None:
        self._job = job
        self._glossary = glossary
        self._template = parse_template(job.templates[0], f"template of {job.name}", FIELDS, NEEDED)
        self._is_flat = self._template.content["output"] == LIKE_SEGMENTS
        self._parameters = {**self._template.content["parameters"], **job.parameters}

    def units(self, material: Material) -> list[Unit]:
        """An item is translated once."""
        return [Unit(name_of(material), material, self._template.name)]

    async def make(self, unit: Unit, ask: Ask) -> Outcome:
        """Translates an item.

        Raises:
            ModelError: There is no reply this time.
        """
        item = unit.material
        if findings := list(refuse(item)):
            return Outcome(unit.name, findings=tuple(findings))
        parts = parts_of(item, self._job.options[EXPLAIN])
        sent = to_send(parts)
        request, reason = self._request(sent)
        if reason:
            return Outcome(unit.name, findings=(Finding("too-long", reason, 0),))

        async def check(reply: Reply) -> tuple[dict[str, Any] | None, list[Fault]]:
            return self._read(reply, item, parts, sent)

        record, found = await ask_until_sound(ask, request, self._template, check)
        return Outcome(unit.name, [record] if record else [], tuple(found))

    def _request(self, sent: Parts) -> tuple[Request, str]:
        """The first request about what is sent, and why it should not be asked."""
        source, segments = (json.dumps(form, ensure_ascii=False, indent=1) for form in (sent, flat(sent)))
        values = {name: sent.get(name, "") for name in FIELDS} | {"source": source, "segments": segments}
        parameters, reason = sent_parameters(self._parameters, int(len(source) * GROWTH))
        schema = schema_of(flat(sent) if self._is_flat else sent)
        return Request(self._template.messages(values), schema, parameters, self._template.reference), reason

    def _read(
        self, reply: Reply, item: Material, parts: Parts, sent: Parts
    ) -> tuple[dict[str, Any] | None, list[Fault]]:
        try:
            came = parse_reply(reply.text, _WHOLE)
        except ReplyError as error:
            return None, [Fault(error.rule, error.message)]
        if faults := _structure_faults(flat(sent) if self._is_flat else sent, came):
            return None, faults
        french = item_in_french(item, put_back(parts, unflat(came)))
        english = {**item, "explanation": parts.get("explanation")}
        if faults := check_item(english, french, self._glossary):
            return None, faults
        written = {column: french[column] for column in _WRITTEN}
        task = self._job.source.facts.get("constants", {}).get("task", "other")
        return make_record(
            item, written, item["source_id"], task, self._job, self._template, self._parameters
        )


def _structure_faults(sent: Parts, came: Mapping[str, Any]) -> list[Fault]:
    """Whether what came has the keys of what was sent, each with a text."""
    faults = []
    for name in sent.keys() - came.keys():
        faults.append(Fault("part-missing", name))
    if added := came.keys() - sent.keys():
        faults.append(Fault("part-added", f"{len(added)} that were not sent"))
    for name in sent.keys() & came.keys():
        value, expected = came[name], sent[name]
        if isinstance(expected, str):
            if not isinstance(value, str) or not value.strip():
                faults.append(Fault("part-missing", f"{name} is no text"))
        elif not isinstance(value, Mapping):
            faults.append(Fault("part-missing", f"{name} is no object"))
        else:
            faults += _label_faults(name, expected, value)
    return sorted(faults, key=lambda fault: (fault.rule, fault.evidence))


def _label_faults(name: str, expected: Mapping[str, str], came: Mapping[str, Any]) -> list[Fault]:
    missing = [label for label in expected if not isinstance(came.get(label), str) or not came[label].strip()]
    added = len(came.keys() - expected.keys())
    if not missing and not added:
        return []
    what = f"{', '.join(missing)} without a text" if missing else f"{added} that were not sent"
    if name == "options":
        return [Fault("option-labels", what)]
    return [Fault("part-missing", f"{name}: {what}")]
