"""What the page says, in French, and how it shows texts: as they are, never as HTML, Markdown or formulas."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.review.review_set import ANSWERS
from medinjection_fr.record import LETTERS

_FOLDER = Path(__file__).parent

VERDICTS = {
    ANSWERS: [
        ("1 · Équivalente", "equivalent"),
        ("2 · Non équivalente", "different"),
        ("3 · Je ne peux pas juger", "cannot-judge"),
    ],
    "row": [("1 · Oui", "yes"), ("2 · Non", "no"), ("3 · Je ne peux pas juger", "cannot-judge")],
}
CRITERIA = {
    "correct": "Correcte : la réponse donnée comme juste l'est",
    "faithful": "Fidèle à la source : le sens du texte d'origine est gardé",
    "fluent": "Français fluide : écrite comme par un professionnel de santé",
    "answerable": "Répondable : tout ce qu'il faut pour répondre est là",
}
NO_PREFERENCE = "0 · Aucune"
TITLE = {ANSWERS: "Évaluation de réponses", "row": "Relecture de fiches"}
OTHER_TAB = (
    "Cette question a aussi été évaluée dans un autre onglet. Votre dernier choix compte ; ce que l'autre onglet avait "
    "enregistré est affiché ici s'il le complète, et tout reste dans l'historique."
)
DONE = "Tout est évalué, merci ! Vous pouvez relire vos évaluations, puis les exporter."
_TYPES = {
    "mcqu": "choix multiple, une seule réponse",
    "mcq": "choix multiple, une ou plusieurs réponses",
    "oeq": "question ouverte",
}
_ORIGINS = {"synthetic": "Fiche écrite par un modèle", "translated": "Fiche traduite par un modèle"}
_SPECIAL = str.maketrans({sign: f"&#{ord(sign)};" for sign in "{}$`\\"})


def escape(text: str) -> str:
    """Text that neither the browser nor gradio's templates take for anything else."""
    return html.escape(text).translate(_SPECIAL)


def show_guide(kind: str) -> str:
    """The annotation guide."""
    name = "answers" if kind == ANSWERS else "rows"
    text = (_FOLDER / f"guide_{name}.html").read_text(encoding="utf-8")
    return re.sub(r" (?=[?!:;»])|(?<=«) ", "\N{NO-BREAK SPACE}", text)


def show_keys(kind: str, candidates: int) -> str:
    """The keys of the page, on one line."""
    what = "la réponse" if kind == ANSWERS else "la ligne"
    keys = [
        (("1", "2", "3"), f"verdict sur {what} encadrée"),
        (("↑", "↓"), f"changer de {'réponse' if kind == ANSWERS else 'ligne'}"),
        (("Entrée",), "suivante à évaluer"),
        (("←", "→"), "parcourir"),
        (("R",), "remarque (Échap pour en sortir)"),
        (("?",), "guide"),
    ]
    if kind == ANSWERS and candidates > 1:
        letters = (LETTERS[0], LETTERS[candidates - 1])
        keys.insert(2, (("–".join(letters), "0"), "préférence"))
    shown = " ".join(
        f"<span>{''.join(f'<kbd>{key}</kbd>' for key in names)} {meaning}</span>" for names, meaning in keys
    )
    return f'<div class="keys">{shown}<span>chiffres avec ou sans Maj</span></div>'


def show_bar(
    annotator: str, place: int, size: int, done: int, message: str, warning: bool, coming: str
) -> str:
    """Progress, and what became of the last action.

    Args:
        annotator: Pseudonym.
        place: Where the item stands.
        size: Of how many.
        done: How many are judged.
        message: What there is to say.
        warning: Whether it is one.
        coming: Tells the page's script that an item has come, by another text each time; empty if none has.
    """
    kind = "warning" if warning else "said"
    return (
        f'<div class="bar" data-coming="{coming}"><b>{done}</b> sur {size} évaluées'
        f'<progress max="{size}" value="{done}" aria-label="Progression"></progress>'
        f'<span>n° {place}</span><span class="who">{escape(annotator)}</span>'
        f'<span class="{kind}" role="status">{escape(message)}</span></div>'
    )


def show_question(shown: Mapping[str, Any]) -> str:
    """Context, question and reference of an item of answers."""
    context = _block("Contexte", shown["context"], "context") if shown["context"] else ""
    question = _block("Question", shown["question"], "question")
    return context + question + _block("Réponse de référence", shown["reference"], "reference")


def show_answer(letter: str, text: str) -> str:
    """An answer of a model."""
    if not text.strip():
        return _block_of(f"Réponse {letter}", '<div class="text"><i>(réponse vide)</i></div>')
    return _block(f"Réponse {letter}", text, "")


def show_row(shown: Mapping[str, Any]) -> str:
    """A row of the dataset."""
    row = shown["row"]
    title = f"{_ORIGINS[row['origin']]} · {_TYPES[row['type']]}"
    context = _block("Contexte", row["context"], "context") if row["context"] else ""
    return f'<p class="kind">{title}</p>{context}' + _question_and_answer(row)


def show_original(shown: Mapping[str, Any]) -> str:
    """What a row was made from."""
    original = shown["original"]
    if original is None:
        return _block("Texte d'origine", "Non disponible pour cette fiche.", "missing")
    if "text" in original:
        return _block("Document d'origine", original["text"], "context")
    context = _block("Contexte d'origine", original["context"], "context") if "context" in original else ""
    return f'<div class="original">{context}{_question_and_answer(original, " d’origine")}</div>'


def _question_and_answer(row: Mapping[str, Any], of: str = "") -> str:
    parts = [_block(f"Question{of}", row["instruction"], "question")]
    if choices := row.get("choices"):
        gold = row["answer"].split(",")
        parts.append(_block_of(f"Propositions{of} (✓ : donnée comme juste)", _options(choices, gold)))
    else:
        parts.append(_block(f"Réponse{of}", row["answer"], "reference"))
    if row.get("facts"):
        parts.append(_block(f"Éléments attendus{of}", "\n".join(f"– {f}" for f in row["facts"]), ""))
    if row.get("explanation"):
        parts.append(_block(f"Explication{of}", row["explanation"], ""))
    return "".join(parts)


def _options(choices: Sequence[str], gold: Sequence[str]) -> str:
    lines = [
        f'<li class="{"gold" if letter in gold else ""}"><b>{letter}</b> {escape(choice)}'
        f"{' ✓' if letter in gold else ''}</li>"
        for letter, choice in zip(LETTERS, choices, strict=False)
    ]
    return f'<ul class="options">{"".join(lines)}</ul>'


def _block(title: str, text: str, kind: str) -> str:
    return _block_of(title, f'<div class="text">{escape(text)}</div>', kind)


def _block_of(title: str, content: str, kind: str = "") -> str:
    return f'<section class="{kind}"><h3>{escape(title)}</h3>{content}</section>'


def tell_missing(kind: str, missing: Sequence[str]) -> str:
    """What has no verdict yet."""
    if kind == ANSWERS:
        answers = "la réponse" if len(missing) == 1 else "les réponses"
        return f"Il manque un verdict pour {answers} {', '.join(missing)}."
    names = ", ".join(CRITERIA[name].split(" :")[0].lower() for name in missing)
    return f"Il manque un verdict : {names}."
