"""A question is understood by who sees what the record gives, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medinjection_fr.generate.checks.fault import Fault

RULES = {
    "not-self-contained": "a question speaks of a text, a study or a patient only if the record gives it, and of no "
    "figure or table",
}

_ANY = r"(?:texte|document|article|résumé|abstract|extrait|passage|compte[- ]rendu|énoncé)"
_SHOWN = r"(?:étude|travail|essai|série|publication|revue|cas|observation|vignette|enquête|cohorte)"
_PERSON = r"(?:patiente?|malade|homme|femme|enfant|garçon|fille|nourrisson|nouveau-né|sujet)"
_TEXTS = re.compile(
    rf"\b(?:l[ea]s?|l'|ces?|cette|cet|notre|présente?)\s*{_ANY}s?\b(?!\s+(?:de|des|du|d')\b)"
    rf"|\b(?:cette|cet|ces?|notre|nos)\s+(?:présente?\s+)?{_SHOWN}s?\b(?!-ci\b)"
    rf"|\b(?:selon|d'après)\s+(?:l'|la |le |les )?{_SHOWN}s?\b"
    r"|\b(?:les|des|aux|nos)\s+auteurs\b|\b(?:l'auteure?|nous avons|avons-nous|notre équipe)\b"
    r"|\b(?:ci-dessus|ci-après|ci-dessous|ci-joint\w*|précité\w*)\b"
    r"|\b(?:décrite?s?|présentée?s?|rapportée?s?|mentionnée?s?|étudiée?s?)\s+(?:ici|plus haut|précédemment|dans)\b",
    re.IGNORECASE,
)
_THAT_PERSON = re.compile(
    rf"\b(?:cet|cette|ce|notre|nos|ces)\s+(?:jeune\s+)?{_PERSON}s?\b"
    r"|(?:\bdu|\ble|\bla|\bau)\s+(?:patiente?|malade)\s+(?:a-t-|présente|présentait|souffr)",
    re.IGNORECASE,
)
_A_PERSON = re.compile(
    rf"\b(?:une?|d'une?|des|chez (?:les|l[ea]|un|une))\s+(?:\w+\s+)?{_PERSON}s?\b|\b(?:M\.|Mme|Monsieur|Madame)\s",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(?:figures?|fig\.|planche|photo(?:graphie)?s?|schéma|courbe|graphique)\s*(?:n°\s*)?\d"
    r"|\btableau(?:x)?\s+(?:n°\s*)?(?:\d|[IVX]+\b)"
    r"|\b(?:figures?|tableau|image|cliché|photographie|schéma|courbe|graphique)\s+(?:suivante?|ci-|jointe?)"
    r"|\b(?:cette|sur l[a']|de la|voir la)\s*(?:figure|photographie|planche)\b",
    re.IGNORECASE,
)


def check_self_contained(texts: Sequence[str], has_context: bool) -> Iterator[Fault]:
    """Looks for what a reader of the record would look for in vain.

    Args:
        texts: The question first, then its options or its answer.
        has_context: Whether the record gives the document.
    """
    plain = [text.replace("’", "'") for text in texts if text]
    found = [match[0] for text in plain for match in _FIGURES.finditer(text)]
    if not has_context:
        found += [match[0] for text in plain for match in _TEXTS.finditer(text)]
        seen = ""
        for text in plain:
            for match in _THAT_PERSON.finditer(text):
                if not _A_PERSON.search(seen + text[: match.start()]):
                    found.append(match[0])
            seen += f"{text} "
    if found:
        yield Fault("not-self-contained", ", ".join(dict.fromkeys(found)))
