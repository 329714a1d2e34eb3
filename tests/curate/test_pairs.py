"""Which pairs of records count as copies, and which do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from examples import valid_record

from medinjection_fr.curate.groups import Wanted, find_here
from medinjection_fr.curate.numbered import Numbered
from medinjection_fr.curate.pairs import (
    Pair,
    containment,
    near_similarity,
)
from medinjection_fr.curate.signals import ComparedRecord, compute_signals
from medinjection_fr.record import SCHEMA

LONG = (
    "Un patient de 52 ans, sans antécédent notable, consulte aux urgences pour une douleur du genou "
    "droit apparue depuis 3 jours après une marche en montagne. Il présente également une fièvre à 38,5 "
    "°C. L'examen montre un épanchement, sans rougeur de la peau. La ponction ramène un liquide "
    "trouble, et la culture est en cours. Un traitement par amoxicilline, 60 mg/kg/j, est débuté ; une "
    "réponse favorable est notamment attendue en 48 heures."
)
QUESTION = "Quelle est la conduite à tenir la plus adaptée devant ce tableau d'arthrite aiguë du genou ?"
CASE = {"context": LONG, "instruction": QUESTION}


def numbered(rows: Sequence[dict[str, Any]]) -> Numbered:
    batch = pa.RecordBatch.from_pylist(list(rows), SCHEMA)
    return Numbered([batch], [compute_signals(batch)])


def pairs(*rows: dict[str, Any], queries: Sequence[int] = (0,)) -> list[Pair]:
    asked = np.isin(np.arange(len(rows)), queries)
    return find_here(numbered(rows), Wanted(np.ones(len(rows), bool), asked, near=True, embedded=True))


def kinds(*rows: dict[str, Any]) -> list[str]:
    return [pair.kind for pair in pairs(*rows)]


def closed(
    question: str = QUESTION, choices: Sequence[str] = (), answer: str = "B", **more: Any
) -> dict[str, Any]:
    options = list(choices) or ["Une ponction", "Une arthroscopie", "Un simple repos", "Une pêche à la ligne"]
    return valid_record("mcqu", context="", instruction=question, choices=options, answer=answer, **more)


@pytest.mark.parametrize(
    ("copy", "kind"),
    [
        (closed(source_id="other"), "verbatim"),
        (closed(QUESTION.upper()), "typography"),
        (closed(QUESTION.replace("'", "’").replace(" ?", "\u202f?")), "typography"),
        (closed(QUESTION.replace("à", "a").replace("é", "e").replace("ë", "e")), "accents"),
        (
            closed(choices=["Un simple repos", "Une arthroscopie", "Une pêche à la ligne", "Une ponction"]),
            "permuted",
        ),
        (
            closed(
                choices=["Un simple repos", "Une ponction", "Une pêche à la ligne", "Une arthroscopie"],
                answer="D",
            ),
            "permuted",
        ),
        (closed(answer="A"), "conflict"),
    ],
)
def test_exact_kinds(copy: dict[str, Any], kind: str) -> None:
    assert pairs(closed(), copy) == [Pair(0, 1, kind, 1.0)]


def test_an_open_question_with_another_answer() -> None:
    first = valid_record("oeq", answer="Oui.")
    assert kinds(first, valid_record("oeq", answer="Non.")) == ["answer"]
    assert kinds(first, valid_record("oeq", answer="oui")) == ["typography"]


def test_two_accented_words_are_two_words_unless_all_else_is_the_same() -> None:
    options = ["Le pêcheur", "Le chanteur"]
    assert not kinds(closed("Qui pêche ?", options), closed("Qui péché ?", ["Le pécheur", "Le chanteur"]))
    assert kinds(closed("Qui est sécrétée ?", options), closed("Qui est secrétée ?", options)) == ["accents"]
    assert kinds(closed("Qui peche ?", ["Un", "Deux"]), closed("Qui pêche ?", ["Un", "Deux"])) == ["accents"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("notable", "particulier"),
        ("notamment", "en particulier"),
        ("également", "aussi"),
        ("présente", "montre"),
        ("montre", "révèle"),
        ("patient", "malade"),
        ("débuté", "commencé"),
    ],
)
def test_one_neutral_word_of_a_long_case(old: str, new: str) -> None:
    first = valid_record("oeq", **CASE)
    second = valid_record("oeq", **{**CASE, "context": LONG.replace(old, new, 1)})
    (pair,) = pairs(first, second)
    assert pair.kind == "near"
    assert 0.8 <= pair.similarity < 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("60 mg/kg/j", "6 mg/kg/j"),
        ("60 mg/kg/j", "60 mg/kg"),
        ("60 mg", "60 g"),
        ("3 jours", "3 mois"),
        ("38,5", "3,85"),
        ("est débuté", "n'est pas débuté"),
        ("sans rougeur", "avec rougeur"),
        ("genou droit", "genou gauche"),
        ("genou", "coude"),
        ("amoxicilline", "clindamycine"),
        ("amoxicilline", "linézolide"),
        ("favorable", "défavorable"),
        ("fièvre", "toux"),
        ("aux urgences", "aux urgences avec un œdème"),
    ],
)
def test_look_alikes_of_a_long_case_live(old: str, new: str) -> None:
    assert old in LONG
    first = valid_record("oeq", **CASE)
    assert not pairs(first, valid_record("oeq", **{**CASE, "context": LONG.replace(old, new, 1)}))


@pytest.mark.parametrize(
    "changes",
    [
        {"instruction": "Quel est le germe le plus probable devant ce tableau d'arthrite aiguë du genou ?"},
        {"answer": "Une immobilisation."},
    ],
)
def test_another_question_or_answer_on_a_case_lives(changes: dict[str, Any]) -> None:
    context = LONG.replace("notable", "particulier")
    first, second = (
        valid_record("oeq", **CASE),
        valid_record("oeq", **{**CASE, "context": context, **changes}),
    )
    assert not pairs(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (closed("Laquelle est exacte ?"), closed("Laquelle est inexacte ?")),
        (closed("Quel sang ?", ["A+", "B+"]), closed("Quel sang ?", ["A-", "B+"])),
        (closed("Hépatite B ou non ?"), closed("Hépatite C ou non ?")),
        (closed("Une hyponatrémie ?"), closed("Une hypernatrémie ?")),
        (closed("Laquelle est exacte ?"), closed("Laquelle est exacte ?", ["Un foie", "Un rein"])),
        (closed("Le souffle est systolique ?"), closed("Le souffle est diastolique ?")),
    ],
)
def test_short_look_alikes_live(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert not pairs(first, second)


def test_a_question_inside_a_longer_text() -> None:
    first = closed()
    held = f"{LONG} {QUESTION} On retient une arthroscopie. {LONG}"
    holder = valid_record("oeq", context=held, instruction="Résumez.", answer="Voir le texte.")
    (pair,) = pairs(first, holder)
    assert pair == Pair(0, 1, "embedded", 1.0)
    assert not pairs(first, holder, queries=[1])
    no_answer = valid_record(
        "oeq", context=f"{LONG} {QUESTION} {LONG}", instruction="Résumez.", answer="Oui."
    )
    assert not pairs(first, no_answer)
    other = held.replace("genou ?", "coude ?")
    assert not pairs(first, valid_record("oeq", context=other, instruction="Résumez.", answer="Oui."))


def test_a_question_with_its_context_inside_a_longer_text() -> None:
    first = valid_record("oeq", **CASE)
    story = (
        "Le service a revu tous les dossiers de l'année ; voici le plus instructif d'entre eux, tel quel. "
    )
    told = {"instruction": "Résumez ce dossier.", "answer": first["answer"]}
    assert pairs(first, valid_record("oeq", context=f"{story} {LONG} {QUESTION}", **told)) == [
        Pair(0, 1, "embedded", 1.0)
    ]
    for changed in (LONG.replace("droit", "gauche"), LONG.replace("60", "6"), "Une toux de trois semaines."):
        assert not pairs(first, valid_record("oeq", context=f"{story} {changed} {QUESTION}", **told))
    assert not pairs(first, valid_record("oeq", **{**CASE, "context": f"{story} Une toux de 3 semaines."}))


def test_a_question_of_everybody_is_inside_nothing() -> None:
    short = ComparedRecord("", "Quel est le diagnostic ?", (), ["une arthrite"])
    assert (
        containment(
            short, ComparedRecord(f"{LONG} Quel est le diagnostic ? Une arthrite.", "Et ?", (), ["x"])
        )
        is None
    )


def test_near_copies_differ_in_something() -> None:
    form = ComparedRecord.of(valid_record("oeq", **CASE))
    assert near_similarity(form, form) == 1.0
    assert near_similarity(form, ComparedRecord("", QUESTION, (), form.gold)) is None


def test_many_copies_stay_tied_together() -> None:
    rows = [closed(source_id=f"q-{n}") for n in range(200)]
    found = pairs(*rows)
    assert {pair.second for pair in found} == set(range(1, 200))
    assert len(found) < 200 * 40


def test_buried_records_make_no_pair() -> None:
    rows = [closed(), closed(source_id="2"), closed(source_id="3")]
    alive = np.array([True, False, True])
    found = find_here(numbered(rows), Wanted(alive, alive, near=True, embedded=True))
    assert [(pair.first, pair.second) for pair in found] == [(0, 2)]
