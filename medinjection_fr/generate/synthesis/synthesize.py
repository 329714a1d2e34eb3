"""The whole life of one record of a document: asked for, read, checked, asked again without its answer, made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from medinjection_fr.generate.attempts import ask_until_sound, sent_parameters
from medinjection_fr.generate.checks import Fault, Glossary
from medinjection_fr.generate.job import Job, name_of
from medinjection_fr.generate.outcome import Ask, Finding, Material, Outcome, Unit
from medinjection_fr.generate.records import make_record
from medinjection_fr.generate.synthesis.answering import ask_without_gold
from medinjection_fr.generate.synthesis.balance import choose_tasks
from medinjection_fr.generate.synthesis.checks import ClosedQuestion, OpenQuestion, check_closed, check_open
from medinjection_fr.generate.synthesis.checks.copies import TestSets
from medinjection_fr.generate.synthesis.plan import AGAINST, BALANCE
from medinjection_fr.generate.synthesis.shuffle import draw_correct_count, shuffle_options
from medinjection_fr.generate.synthesis.tasks import FIELDS, NEEDED, parse_answering
from medinjection_fr.generate.templates import Template, parse_template
from medinjection_fr.models.reply_json import ReplyError, parse_reply
from medinjection_fr.models.request import Reply, Request

_SAYS_WHETHER = {"type": "object", "required": ["possible"], "properties": {"possible": {"const": False}}}
Written = tuple[dict[str, Any] | None, list[Fault]]


class Synthesis:
    """Makes records of French documents.

    Args:
        job: What was asked for. Its last template is that of the second request.
        glossary: Names that the checks know.
        read_questions: Digest of a test set → its questions, as the job keeps them.
    """

    def __init__(self, job: Job, glossary: Glossary, read_questions: Callable[[str], str]) -> None:
        where = f"template of {job.name}"
        self._job = job
        self._glossary = glossary
        self._read_questions = read_questions
        self._tasks = {
            task.name: task for task in (parse_template(t, where, FIELDS, NEEDED) for t in job.templates[:-1])
        }
        self._answering = parse_answering(job.templates[-1], where)

    @cached_property
    def _tests(self) -> TestSets:
        return TestSets([self._read_questions(digest) for digest in self._job.options[AGAINST]])

    def units(self, material: Material) -> list[Unit]:
        """One for each task that is asked of a document; one without a task if there is none for its kind."""
        chosen = choose_tasks(material, list(self._tasks.values()), self._job.options[BALANCE])
        if not chosen:
            return [Unit(name_of(material), material, "")]
        return [Unit(f"{name_of(material)}#{task.name}", material, task.name) for task in chosen]

    async def make(self, unit: Unit, ask: Ask) -> Outcome:
        """Makes the record of a unit.

        Raises:
            ModelError: There is no reply this time.
        """
        document = unit.material
        if not unit.template:
            return Outcome(
                unit.name, findings=(Finding("document-kind", f"a document of kind {document['kind']}", 0),)
            )
        if document["language"] != "fr":
            return Outcome(
                unit.name,
                findings=(Finding("document-not-french", f"its language is {document['language']}", 0),),
            )
        task = self._tasks[unit.template]
        parameters = {**task.content["parameters"], **self._job.parameters}
        sent, reason = sent_parameters(parameters, task.content["longest"])
        if reason:
            return Outcome(unit.name, findings=(Finding("too-long", reason, 0),))
        wanted = _wanted(unit, task)
        values = {
            "document": document["text"],
            "title": document["title"] or "",
            "subject": document["subject"] or "",
            "correct_count": wanted,
        }
        request = Request(task.messages(values), task.content["output"], sent, task.reference)

        async def check(reply: Reply) -> Written:
            return await self._read(reply, unit, task, wanted, parameters, ask)

        record, found = await ask_until_sound(ask, request, task, check)
        return Outcome(unit.name, [record] if record else [], tuple(found))

    async def _read(
        self, reply: Reply, unit: Unit, task: Template, wanted: int, parameters: Mapping[str, Any], ask: Ask
    ) -> Written:
        try:
            came = _parse(reply, task)
        except ReplyError as error:
            return None, [Fault(error.rule, error.message)]
        if not came["possible"]:
            return None, [Fault("not-in-document", "the model says so")]
        document = unit.material
        text = "\n".join(filter(None, [document["title"], document["text"]]))
        kind, has_context = task.content["type"], task.content["context"]
        if kind == "oeq":
            written, faults = _read_open(came, text, has_context, self._glossary)
        else:
            written, faults = _read_closed(came, wanted, unit.name, text, has_context, self._glossary)
        if faults:
            return None, faults
        written |= {"context": document["text"] if has_context else "", "type": kind}
        name = f"{document['source_id']}#{task.name}"
        record, faults = make_record(
            document, written, name, task.content["task"], self._job, task, parameters
        )
        faults += self._tests.check(record) if record else []
        if not faults and kind != "oeq":
            faults = await ask_without_gold(
                ask,
                self._answering,
                self._job.parameters,
                document["text"],
                written["instruction"],
                written["choices"],
                written["answer"],
            )
        return (None, faults) if faults else (record, [])


def _wanted(unit: Unit, task: Template) -> int:
    """How many options have to be correct."""
    return draw_correct_count(unit.name) if task.content["type"] == "mcq" else 1


def _parse(reply: Reply, task: Template) -> dict[str, Any]:
    """The object of a reply; one that says that the task is impossible needs no other field.

    Raises:
        ReplyError: There is none.
    """
    try:
        came: dict[str, Any] = parse_reply(reply.text, task.content["output"])
    except ReplyError:
        try:
            came = parse_reply(reply.text, _SAYS_WHETHER)
        except ReplyError:
            came = {}
        if not came:
            raise
    return came


def _read_open(
    came: Mapping[str, Any], document: str, has_context: bool, glossary: Glossary
) -> tuple[dict[str, Any], list[Fault]]:
    facts = [fact.strip() for fact in came.get("facts", ()) if fact.strip()]
    question = OpenQuestion(came["instruction"].strip(), came["answer"].strip(), facts, came.get("quotes"))
    written = {
        "instruction": question.instruction,
        "choices": [],
        "answer": question.answer,
        "explanation": _quoted(came.get("quotes") or ()),
        "facts": facts,
    }
    return written, check_open(question, document, has_context, glossary)


def _read_closed(
    came: Mapping[str, Any], wanted: int, unit: str, document: str, has_context: bool, glossary: Glossary
) -> tuple[dict[str, Any], list[Fault]]:
    correct, incorrect = ([text.strip() for text in came[name]] for name in ("correct", "incorrect"))
    explanation = came.get("explanation", "").strip()
    question = ClosedQuestion(
        came["instruction"].strip(), correct, incorrect, explanation, came.get("quotes")
    )
    choices, answer = shuffle_options(unit, correct, incorrect)
    written = {
        "instruction": question.instruction,
        "choices": choices,
        "answer": answer,
        "explanation": explanation or None,
        "facts": [],
    }
    return written, check_closed(question, wanted, document, has_context, glossary)


def _quoted(quotes: Sequence[str]) -> str | None:
    """Quotations as the reasons of an open answer."""
    return " ".join(f"« {quote.strip()} »" for quote in quotes if quote.strip()) or None
