"""What may be asked of a document: templates with their task, their type and the kinds of document they are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.templates import Template, find_template, parse_template
from medinjection_fr.resources import load_schema

FIELDS = ("document", "title", "subject", "correct_count")
"""What a task's template may show. ``correct_count``: how many of five options have to be correct."""
NEEDED = ("document",)
ANSWERING_FIELDS = ("document", "instruction", "options")
"""What the template of the second request shows: all of it."""
ANSWERING = "answer-question"
OPTIONS = 5
"""Options of a question, as exams of medicine in France have them."""

SHIPPED = (
    "case-note-summary",
    "case-factual-question",
    "case-differential-diagnosis",
    "case-treatment-plan",
    "case-laboratory",
    "case-patient-instructions",
    "case-imaging-report",
    "case-prognosis",
    "case-mcqu",
    "case-mcq",
    "abstract-factual-question",
    "abstract-mcqu",
    "abstract-mcq",
    "abstract-summary",
    "abstract-key-finding",
    "abstract-layman",
)
"""The tasks that ship with the package, in the order in which they are asked."""

_KEYS = ("documents", "task", "type", "context", "longest")
_WRITTEN = {
    "oeq": {"possible": "boolean", "instruction": "string", "answer": "string"},
    "closed": {"possible": "boolean", "instruction": "string", "correct": "array", "incorrect": "array"},
}
_TASKS = load_schema("record")["properties"]["task"]["enum"]


def find_tasks(names: Sequence[str]) -> tuple[Template, ...]:
    """Finds the templates of tasks.

    Args:
        names: Of templates that ship, or YAML files; all that ship if empty.

    Raises:
        InputError: Every name that is none, stands twice, or has mistakes in its template.
    """
    found: list[Template] = []
    problems: list[Problem] = []
    for name in names or SHIPPED:
        try:
            found.append(check_task(find_template(name, FIELDS, NEEDED), name))
        except InputError as error:
            problems += error.problems
    seen = [template.name for template in found]
    for name in sorted({name for name in seen if seen.count(name) > 1}):
        problems.append(Problem("--tasks", f"{name} stands twice", mend="Keep one"))
    if problems:
        raise InputError(problems)
    return tuple(found)


def check_task(template: Template, where: str) -> Template:
    """Checks that a template says what a task's has to say besides.

    Raises:
        InputError: Every mistake of it.
    """
    content = template.content
    problems = [
        Problem(f"{where} › {key}", "is missing", "see the templates that ship, like case-mcqu")
        for key in _KEYS
        if key not in content
    ]
    if content.get("task", _TASKS[0]) not in _TASKS:
        problems.append(Problem(f"{where} › task", f'"{content["task"]}"', f"one of {', '.join(_TASKS)}"))
    if "type" in content:
        problems += _output_problems(content, where)
    if problems:
        raise InputError(problems)
    return template


def _output_problems(content: Any, where: str) -> list[Problem]:
    output = content["output"]
    known = output.get("properties", {}) if isinstance(output, dict) else {}
    needed = _WRITTEN["oeq" if content["type"] == "oeq" else "closed"]
    return [
        Problem(f"{where} › output", f"has no property {name} of type {kind}", f"{', '.join(needed)}")
        for name, kind in needed.items()
        if not isinstance(known.get(name), dict) or known[name].get("type") != kind
    ]


def find_answering(name: str) -> Template:
    """Finds the template of the second request, which asks a question without its answer.

    Raises:
        InputError: There is none, or it does not show document, question and options.
    """
    return _check_answering(find_template(name, ANSWERING_FIELDS, ANSWERING_FIELDS), name)


def parse_answering(text: str, where: str) -> Template:
    """The same of a template as it is written."""
    return _check_answering(parse_template(text, where, ANSWERING_FIELDS, ANSWERING_FIELDS), where)


def _check_answering(template: Template, where: str) -> Template:
    problems = [
        Problem(f"{where} › fields", f"{name} is missing", ", ".join(ANSWERING_FIELDS))
        for name in ANSWERING_FIELDS
        if name not in template.content["fields"]
    ]
    if "longest" not in template.content:
        problems.append(Problem(f"{where} › longest", "is missing", "characters of the longest reply"))
    output = template.content["output"]
    letters = output.get("properties", {}).get("letters", {}) if isinstance(output, dict) else {}
    if letters.get("type") != "array":
        problems.append(Problem(f"{where} › output", "has no property letters of type array", "letters"))
    if problems:
        raise InputError(problems)
    return template
