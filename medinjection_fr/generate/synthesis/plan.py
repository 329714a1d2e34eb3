"""What ``synthesize run`` asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from medinjection_fr.curate.questions import read_benchmark
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.plan import Plan
from medinjection_fr.generate.synthesis.balance import check_balance, read_balance
from medinjection_fr.generate.synthesis.checks.copies import write_questions
from medinjection_fr.generate.synthesis.tasks import ANSWERING, find_answering, find_tasks
from medinjection_fr.generate.templates import Template
from medinjection_fr.sources.catalogue import find_source

AGAINST, BALANCE = "against", "balance"
"""Options of the job: digests of test sets, and shares by type."""


def plan(
    source: str,
    model: str,
    tasks: str | None,
    balance: str | None,
    against: Sequence[str],
    answering: str | None,
) -> Plan:
    """Plans records of the documents of a source.

    Args:
        source: Its name in the catalogue.
        model: Who is asked.
        tasks: Names or files of templates, separated by commas; all that ship if ``None``.
        balance: Shares by type, like ``mcqu=1,mcq=1,oeq=2``; if ``None``, all tasks are asked of each document.
        against: Test sets that no record may say, as ``leaks --against`` takes them.
        answering: Name or file of the template of the second request.

    Raises:
        InputError: Every mistake of what was given, files that hold no questions included.
    """
    problems: list[Problem] = []
    if model == "apertium":
        problems.append(
            Problem("--model apertium", "translates and does nothing else", "a model at an endpoint")
        )
    found = find_source(source)
    templates: tuple[Template, ...] = ()
    shares = None
    questions: dict[str, str] = {}
    try:
        templates = find_tasks([name.strip() for name in tasks.split(",")] if tasks is not None else [])
    except InputError as error:
        problems += error.problems
    try:
        shares = read_balance(balance)
        check_balance(shares, templates)
    except InputError as error:
        problems += error.problems
    try:
        templates += (find_answering(answering or ANSWERING),)
    except InputError as error:
        problems += error.problems
    for reference in against:
        try:
            text = write_questions(read_benchmark(reference))
            questions[hashlib.sha256(text.encode("utf-8")).hexdigest()] = text
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return Plan(
        kind="synthesis",
        source=found,
        yields="documents",
        templates=templates,
        options={BALANCE: shares, AGAINST: sorted(questions)},
        name=f"{source}-synthetic",
        questions=questions,
    )
