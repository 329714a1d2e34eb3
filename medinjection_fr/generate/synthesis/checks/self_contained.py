"""A question is understood by who sees what the record gives, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medinjection_fr.generate.checks.fault import Fault

RULES = {
    "not-self-contained": "a question speaks of a text, a study or a patient only if the record gives it, and of no "
    "figure or table",
}

_ALONE = r"(?:texte|document|article|résumé|abstract|compte[- ]rendu|énoncé|extrait|passage)"
_SHOWN = (
    r"(?:texte|document|article|résumé|extrait|passage|étude|travail|essai|série|publication|revue|cas|observation|"
    r"vignette|enquête|cohorte)"
)
_PERSON = r"(?:patiente?|malade|homme|femme|enfant|garçon|fille|nourrisson|nouveau-né|sujet)"
_TEXTS = re.compile(
    r"\b(?:le texte|le document|l'article|le résumé|l'abstract|le compte[- ]rendu)\b(?!\s+(?:de|des|du|d'|\d|[LR]\b))"
    rf"|\b(?:selon|d'après)\s+(?:l'|la |le |les )?(?:{_ALONE}|{_SHOWN})s?\b(?!\s+(?:de|des|du|d'|\d|[LR]\b))"
    r"|\b(?:dans|à la lecture de) (?:l'(?:étude|extrait|essai)|le (?:passage|travail))\b(?!\s+(?:de|des|du|d'))"
    r"|\b(?:les|des|aux|nos) auteurs\b(?!\s+(?:de|des|d'))|\b(?:nous avons|notre équipe|notre étude|nos résultats)\b"
    r"|\bci-(?:dessus|joint\w*)|\bprécité\w*"
    r"|\b(?:décrite?s?|présentée?s?|rapportée?s?|mentionnée?s?|étudiée?s?) (?:ici|plus haut|précédemment)\b",
    re.IGNORECASE,
)
_THAT_TEXT = re.compile(rf"\b(?:cette|cet|ces?)\s+(?:présente?\s+)?({_SHOWN})s?\b", re.IGNORECASE)
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

# In small letters, what is in everything that a pattern above finds: looking for it takes a tenth of the time.
_FIGURE_WORDS = (
    "figure",
    "fig.",
    "planche",
    "photo",
    "schéma",
    "courbe",
    "graphique",
    "tableau",
    "image",
    "cliché",
)
_MAY_SHOW = re.compile(
    r"(?:figures?|fig\.|planche|photo(?:graphie)?s?|schéma|courbe|graphique|tableaux?|image|cliché)\s*"
    r"(?:n°\s*)?(?:\d|[ivx]|suivant|ci-|joint)"
    r"|(?:cette|sur l[a']|de la|voir la)\s*(?:figure|photo|planche)"
)
_MAY_NAME_TEXTS = (
    *(
        "le texte",
        "le document",
        "l'article",
        "le résumé",
        "l'abstract",
        "le compte",
        "selon",
        "d'après",
        "dans l'é",
    ),
    *("dans l'e", "le passage", "le travail", "de l'étude", "de l'e", " auteurs", "nous avons", "notre é"),
    *("nos résultats", "ci-dessus", "ci-joint", "précité", " ici", " plus haut", " précédemment"),
)
_MAY_BE_THAT_TEXT = re.compile(rf"ce(?:tte|t|s)?\s+(?:présente?\s+)?{_SHOWN}")
_MAY_BE_THAT_PERSON = re.compile(
    rf"ce(?:tte|t|s)?\s+(?:jeune\s+)?{_PERSON}|no(?:tre|s)\s+(?:jeune\s+)?{_PERSON}"
    r"|du\s+(?:patient|malade)|l[ea]\s+(?:patient|malade)|au\s+(?:patient|malade)"
)


def check_self_contained(texts: Sequence[str], has_context: bool) -> Iterator[Fault]:
    """Looks for what a reader of the record would look for in vain.

    Args:
        texts: The question first, then its options or its answer.
        has_context: Whether the record gives the document.
    """
    plain = [text.replace("’", "'") for text in texts if text]
    found: list[str] = []
    whole = " ".join(plain)
    low = whole.lower()
    if any(map(low.__contains__, _FIGURE_WORDS)) and _MAY_SHOW.search(low):
        found += [match[0] for text in plain for match in _FIGURES.finditer(text)]
    if not has_context:
        if any(map(low.__contains__, _MAY_NAME_TEXTS)):
            found += [match[0] for text in plain for match in _TEXTS.finditer(text)]
        if _MAY_BE_THAT_TEXT.search(low):
            found += [match[0] for match in _THAT_TEXT.finditer(whole) if not _is_introduced(match, whole)]
        if _MAY_BE_THAT_PERSON.search(low):
            found += _unknown_persons(plain)
    if found:
        yield Fault("not-self-contained", ", ".join(dict.fromkeys(found)))


def _unknown_persons(texts: Sequence[str]) -> Iterator[str]:
    """What is said of a patient of whom nothing was said before."""
    seen = ""
    for text in texts:
        for match in _THAT_PERSON.finditer(text):
            if not _A_PERSON.search(seen + text[: match.start()]):
                yield match[0]
        seen += f"{text} "


def _is_introduced(match: re.Match[str], text: str) -> bool:
    """Whether what "ces cas" or "cette enquête" speaks of was told before: "300 cas ont été …"."""
    return re.search(rf"\b{match[1]}", text[: match.start()], re.IGNORECASE) is not None
