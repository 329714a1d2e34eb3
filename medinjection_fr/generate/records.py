"""What a model wrote → a whole record of a source of its own, with its lineage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medinjection_fr.generate.checks import Fault
from medinjection_fr.generate.job import Job, name_of
from medinjection_fr.generate.outcome import Material
from medinjection_fr.generate.templates import Template, generation_id
from medinjection_fr.record import COLUMNS, RECORD
from medinjection_fr.sources.adapter import UNSPLIT
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.complete import complete

RECORDS_FILE = "records.jsonl"
_TITLES = {"translation": "translated by", "synthesis": "records made by"}
_ORIGINS = {"translation": "translated", "synthesis": "synthetic"}
_WRITTEN = ("instruction", "context", "choices", "answer", "explanation", "facts", "type", "task", "subject")
_LINEAGE = ("source_id", "group_id", "derived_from", "generator", "generation_id", "license", "split")


def source_of(job: Job) -> Source:
    """The catalogue entry of a job's records: what its source is, with the licence carried on."""
    facts = job.source.facts
    note = f"As {job.source.name}, which these records are derived from."
    entry = {
        "title": f"{facts['title']}, {_TITLES[job.kind]} {job.model}",
        "origin": _ORIGINS[job.kind],
        "adapter": "jsonl",
        "location": {"kind": "folder"},
        "files": {"in-record": [RECORDS_FILE]},
        "columns": {name: name for name in (*_WRITTEN, *_LINEAGE)},
        "answer": "labels",
        "license": facts["license"],
        "license_note": f"{note} {facts.get('license_note', '')}".strip(),
        "redistributable": facts["redistributable"],
        "lineage": "known",
        "languages": ["fr"],
        "citation": facts["citation"],
    }
    return Source(job.name, entry)


def make_record(
    material: Material,
    written: Mapping[str, Any],
    name: str,
    task: str,
    job: Job,
    template: Template,
    parameters: Mapping[str, Any],
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Makes the record that the build will make of it, or says why there can be none.

    Args:
        material: What it is derived from: gives group, split, subject and licence.
        written: The columns that the model wrote, with ``type`` and ``answer``.
        name: Its ``source_id``.
        task: Its task.
        job: Gives source and generator.
        template: What the model was asked with.
        parameters: Of the request.

    Returns:
        The record, with ``split`` besides the columns; or the broken rules of the record.
    """
    lineage = {
        "source_id": name,
        "group_id": material["group_id"],
        "subject": material["subject"],
        "license": material["license"],
        "derived_from": name_of(material),
        "generator": job.model,
        "generation_id": generation_id(template, parameters),
        "task": task,
    }
    split = material["split"] or UNSPLIT
    record = complete({**written, **lineage}, split, source_of(job))
    if violations := RECORD.validate(record):
        return None, [Fault(violation.rule, violation.evidence) for violation in violations]
    # The group and the flags are the build's to make: it names the one within the source, as here.
    return {
        **{column: record[column] for column in COLUMNS},
        "group_id": lineage["group_id"],
        "split": split,
    }, []
