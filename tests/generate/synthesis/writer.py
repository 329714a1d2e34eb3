"""A server that writes what each prompt asks of our documents, and answers the questions when it is asked again."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from generate.synthesis.documents import Text, find_text
from models.proxy import Answer, Body, Proxy, completion, running_proxy

from medinjection_fr.generate.synthesis.tasks import find_answering, find_tasks
from medinjection_fr.rules import LETTERS

ANSWERING = "answer-question"
ORDERS = {
    "case-note-summary": "Résumez cette observation en quelques phrases.",
    "case-factual-question": "Que mesure-t-on à l'arrivée du patient ?",
    "case-differential-diagnosis": "Quel diagnostic différentiel a été discuté, avec quels arguments ?",
    "case-treatment-plan": "Exposez la prise en charge thérapeutique.",
    "case-laboratory": "Interprétez le bilan biologique.",
    "case-patient-instructions": "Rédigez des consignes simples de sortie.",
    "case-imaging-report": "Rédigez le compte rendu d'imagerie.",
    "case-prognosis": "Quelle est l'évolution, et quel suivi prévoir ?",
    "abstract-factual-question": "Combien de personnes ont été suivies, et pendant combien de temps ?",
    "abstract-summary": "Résumez ce texte en deux phrases.",
    "abstract-key-finding": "Quel est le résultat principal ?",
    "abstract-layman": "Expliquez ce travail à un lecteur sans formation médicale.",
}


@functools.cache
def _prompts() -> dict[str, tuple[str, int]]:
    """What the model is told first → name of the template, and how many options have to be correct."""
    empty = {"document": "", "title": "", "subject": ""}
    found = {
        task.messages({**empty, "correct_count": count})[0]["content"]: (task.name, count)
        for task in find_tasks([])
        for count in range(5, 0, -1)
    }
    answering = find_answering(ANSWERING).messages({"document": "", "instruction": "", "options": ""})
    return {**found, answering[0]["content"]: (ANSWERING, 0)}


def prompt_of(body: Body) -> str:
    """Name of the template that a request was made from."""
    return _prompts()[body["messages"][0]["content"]][0]


def document_of(body: Body) -> Text:
    """The document that a request is about."""
    return find_text(body["messages"][1]["content"])


def options_of(body: Body) -> dict[str, str]:
    """The options of a second request, by letter."""
    lines = body["messages"][1]["content"].split("\n")
    return {line[0]: line[3:] for line in lines if line[:1] in LETTERS and line[1:3] == ". "}


def write(body: Body) -> Answer:
    """Answers as a faithful model does."""
    name, count = _prompts()[body["messages"][0]["content"]]
    text = document_of(body)
    if name == ANSWERING:
        letters = [letter for letter, option in options_of(body).items() if option in text.true]
        return completion(json.dumps({"letters": letters}), body)
    return completion(json.dumps(written(name, count, text), ensure_ascii=False), body)


def written(name: str, count: int, text: Text) -> dict[str, Any]:
    """What a task makes of a document."""
    said = {"possible": True, "instruction": ORDERS.get(name, ""), "quotes": [text.sentences[0]]}
    if name in ORDERS:
        start = list(ORDERS).index(name) % (len(text.sentences) - 1)
        answer = " ".join(text.sentences[start : start + 2])
        return {**said, "answer": answer, "facts": [text.sentences[start]]}
    correct = list(text.true[:count])
    asked = text.asked if name.endswith("mcqu") else f"Indiquez les propositions exactes. {text.asked}"
    why = f"Il s'agit de ce qui est établi : {', '.join(correct)}."
    incorrect = list(text.false[: 5 - count])
    return {**said, "instruction": asked, "correct": correct, "incorrect": incorrect, "explanation": why}


@contextmanager
def writer() -> Iterator[Proxy]:
    """Runs the server, with faults to be had."""
    with running_proxy(write) as proxy:
        yield proxy


def about(prompt: str, document: str = "") -> Callable[[Body], bool]:
    """Whether a request was made from a template, and about a document of this name."""
    return lambda body: prompt_of(body) == prompt and document in document_of(body).name


def changed(**parts: Any) -> Callable[[str], str]:
    """A reply with some of its parts put otherwise; a function is given the faithful one."""

    def change(reply: str) -> str:
        came = json.loads(reply)
        for name, value in parts.items():
            came[name] = value(came[name]) if callable(value) else value
        return json.dumps(came, ensure_ascii=False)

    return change
