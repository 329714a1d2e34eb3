"""Questions of our own in English and French, in the form of MedMCQA, and a server that knows the translation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.proxy import Answer, Body, Proxy, completion, running_proxy
from recipes import write_lines

QUESTIONS: list[tuple[str, str, list[str], list[str], int, str | None, str | None]] = [
    (
        "Which drug is given first to a man of 54 years with chest pain for 2 hours?",
        "Quel médicament donne-t-on d'abord à un homme de 54 ans qui a une douleur thoracique depuis 2 heures ?",
        ["Aspirin 250 mg", "Ibuprofen 400 mg", "Codeine 30 mg", "None of the above"],
        ["Aspirine 250 mg", "Ibuprofène 400 mg", "Codéine 30 mg", "Aucune de ces réponses"],
        1,
        "Aspirin lowers the mortality.",
        "L'aspirine réduit la mortalité.",
    ),
    (
        "All of the following are signs of hyperthyroidism, EXCEPT:",
        "Tous les signes suivants sont des signes d'hyperthyroïdie, SAUF :",
        ["Weight loss", "Tremor of the hands", "Slow pulse", "Heat intolerance"],
        ["Perte de poids", "Tremblement des mains", "Pouls lent", "Intolérance à la chaleur"],
        3,
        None,
        None,
    ),
    (
        "What is the usual length of a pregnancy, in weeks?",
        "Quelle est la durée habituelle d'une grossesse, en semaines ?",
        ["28", "34.5", "40", "50"],
        ["28", "34,5", "40", "50"],
        3,
        None,
        None,
    ),
    (
        "Which vitamin does the skin make when it is exposed to the light of the sun?",
        "Quelle vitamine la peau fabrique-t-elle quand elle est exposée à la lumière du soleil ?",
        ["Vitamin A", "Vitamin C", "Vitamin D", "Vitamin K"],
        ["Vitamine A", "Vitamine C", "Vitamine D", "Vitamine K"],
        3,
        "The skin makes vitamin D from cholesterol.",
        "La peau fabrique la vitamine D à partir du cholestérol.",
    ),
    (
        "Which organ makes the insulin of the human body?",
        "Quel organe fabrique l'insuline du corps humain ?",
        ["The liver", "The pancreas", "The spleen", "The kidney"],
        ["Le foie", "Le pancréas", "La rate", "Le rein"],
        2,
        None,
        None,
    ),
    (
        "Which of these bones does not belong to the arm?",
        "Lequel de ces os n'appartient pas au bras ?",
        ["The humerus", "The radius", "The ulna", "The femur"],
        ["L'humérus", "Le radius", "L'ulna", "Le fémur"],
        4,
        None,
        None,
    ),
]
FRENCH = {
    english: french
    for question, traduction, options, choix, _, why, pourquoi in QUESTIONS
    for english, french in zip(
        [question, *options, *([why] if why else [])],
        [traduction, *choix, *([pourquoi] if pourquoi else [])],
        strict=True,
    )
}


def rows(times: int = 1) -> list[dict[str, Any]]:
    """The questions as a file of MedMCQA has them; further rounds differ by a word at the end."""
    return [
        {
            "id": f"q-{number}" + (f"-{round}" if round else ""),
            "question": question + (f" ({round})" if round else ""),
            **dict(zip(("opa", "opb", "opc", "opd"), options, strict=True)),
            "cop": gold,
            "exp": why,
            "subject_name": "Medicine",
            "topic_name": None,
            "choice_type": "single",
        }
        for round in range(times)
        for number, (question, _, options, _, gold, why, _) in enumerate(QUESTIONS, 1)
    ]


def write_source(folder: Path, items: list[dict[str, Any]]) -> Path:
    """Writes them where the source ``medmcqa`` has its files; returns the folder of data."""
    write_lines(folder / "medmcqa" / "data" / "dev.json", items)
    return folder


def source_in(body: Body) -> dict[str, Any]:
    """What a request wants to have translated: the JSON of its first turn of the user."""
    user = next(message for message in body["messages"] if message["role"] == "user")
    found: dict[str, Any] = json.JSONDecoder().raw_decode(user["content"])[0]
    return found


def translated(value: Any) -> Any:
    """The French of each text."""
    if isinstance(value, Mapping):
        return {name: translated(text) for name, text in value.items()}
    text, mark, round = value.partition(" (")
    return FRENCH[text] + (f" ({round}" if mark else "") if text in FRENCH else FRENCH[value]


def translate(body: Body) -> Answer:
    """Answers as a faithful translator does."""
    return completion(json.dumps(translated(source_in(body)), ensure_ascii=False), body)


@contextmanager
def translator() -> Iterator[Proxy]:
    """Runs the server, with faults to be had."""
    with running_proxy(translate) as proxy:
        yield proxy


def about(text: str) -> Callable[[Body], bool]:
    """Whether a request is about a question that begins with a text."""
    return lambda body: source_in(body)["instruction"].startswith(text)


def changed(**parts: Any) -> Callable[[str], str]:
    """A translation with some of its parts put otherwise; a function is given the faithful one."""

    def change(reply: str) -> str:
        french = json.loads(reply)
        for name, value in parts.items():
            french[name] = value(french[name]) if callable(value) else value
        return json.dumps(french, ensure_ascii=False)

    return change
