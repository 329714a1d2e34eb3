"""The options of a question: five, told apart, free of letters, and none that its form gives away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from medinjection_fr.curate.compare import comparison_tokens, without_accents
from medinjection_fr.curate.options import fixes_the_order
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.synthesis.tasks import OPTIONS

RULES = {
    "options-not-as-asked": "a question has five options, as many of them correct as was asked",
    "options-alike": "no two options say the same",
    "options-name-options": "no option speaks of all, of none or of other options: their order is drawn afterwards",
    "letter-named": "no text speaks of an option by its letter: the order is drawn afterwards",
    "gold-stands-out": "correct options are about as long as the others",
}

STANDS_OUT = 2.0
"""How many times longer or shorter than the others, on the average, correct options may be."""
_LIKE = 25
"""Characters of difference, on the average, that nobody notices."""
_ARTICLES = frozenset("le la les l un une des de du d".split())
_ALONE = re.compile(r"[A-J](?<!\w.)(?![\w'’-])")
_LETTER = re.compile(
    r"\b(?:options?|réponses?|propositions?|items?|choix|affirmations?)\s+(?:\(?[A-J]\)?)(?![\w'’-])"
    r"|^\s*(?:\([A-J]\)|[A-J]\s?[):]|[A-J]\.(?=\s+[A-ZÀ-Ý]))\s|(?<=[.;]\s)[A-J]\s?[:)]\s|\b[Ll][ea]s?\s+[A-E]\s+(?:est|et\s+[A-E])\b"
)


def check_number(correct: Sequence[str], incorrect: Sequence[str], wanted: int) -> Iterator[Fault]:
    """Compares the numbers of options with what was asked for."""
    if len(correct) != wanted or len(correct) + len(incorrect) != OPTIONS:
        expected = f"{wanted} and {OPTIONS - wanted} expected"
        yield Fault("options-not-as-asked", f"{len(correct)} correct and {len(incorrect)} others, {expected}")
    elif not all(text.strip() for text in (*correct, *incorrect)):
        yield Fault("options-not-as-asked", "an option without a text")


def check_options(correct: Sequence[str], incorrect: Sequence[str]) -> Iterator[Fault]:
    """Looks for options that say the same, name others, or stand out by their length.

    With g and d the mean lengths in characters of correct and of other options, the correct ones stand
    out if max(g, d) > 2 · min(g, d) and |g − d| > 25.
    """
    written = [*correct, *incorrect]
    forms = [_form(text) for text in written]
    alike = [
        f"{one + 1} and {other + 1}"
        for one, other in combinations(range(len(forms)), 2)
        if forms[one] == forms[other]
    ]
    if alike:
        yield Fault("options-alike", f"options {', '.join(alike)} as written")
    if naming := [str(place) for place, text in enumerate(written, 1) if fixes_the_order([text])]:
        yield Fault("options-name-options", f"option {', '.join(naming)} as written")
    if correct and incorrect:
        gold, others = (sum(len(text.strip()) for text in side) / len(side) for side in (correct, incorrect))
        if max(gold, others) > STANDS_OUT * min(gold, others) and abs(gold - others) > _LIKE:
            yield Fault("gold-stands-out", f"{gold:.0f} characters, {others:.0f} of the others")


def check_letters(texts: Sequence[str]) -> Iterator[Fault]:
    """Looks for options that are called by a letter."""
    naming = [text for text in texts if _ALONE.search(text)]
    if found := [match[0].strip() for text in naming for match in _LETTER.finditer(text)]:
        yield Fault("letter-named", ", ".join(dict.fromkeys(found)))


def _form(text: str) -> list[str]:
    tokens = [without_accents(token) for token in comparison_tokens(text)]
    return [token for token in tokens if token not in _ARTICLES] or tokens
