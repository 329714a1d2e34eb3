"""Faults to plant in a faithful translation into French: what a model really does, one at a time.

Each function takes the French text (and the English one) and a random generator, and gives texts with one fault.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from planted_words import UNITS


class Pair(NamedTuple):
    """A text and its translation.

    Attributes:
        name: Where it stands.
        english, french: The texts.
    """

    name: str
    english: str
    french: str


Plant = Callable[[Pair, random.Random], Iterator[str]]

_GAP = "[ \u00a0\u202f]?"
_OTHER_UNITS = {
    **UNITS,
    "°C": ["°F"],
    "secondes": ["minutes"],
    "seconde": ["minute"],
    "minutes": ["secondes", "heures"],
    "semaine": ["mois"],
    "jour": ["mois"],
    "heure": ["jour"],
    "an": ["mois"],
    "pieds": ["mètres"],
    "mètres": ["pieds", "cm"],
    "m": ["cm", "km"],
    "km": ["m"],
    "nm": ["µm", "mm"],
    "mol/L": ["mmol/L"],
    "kilobases": ["bases"],
    "fois": [""],
    "mmHg": ["cmHg", "kPa"],
    "µg": ["mg"],
    "mEq/L": ["mg/L"],
}
_UNIT_AFTER = re.compile(
    rf"(?<=\d)({_GAP})({'|'.join(sorted(map(re.escape, _OTHER_UNITS), key=len, reverse=True))})(?![\w/'’])"
)


def digit(pair: Pair, chance: random.Random) -> Iterator[str]:
    """One digit of a number is another, is dropped or is doubled."""
    for match in re.finditer(r"\d+", pair.french):
        place = match.start() + chance.randrange(len(match[0]))
        before, old, after = pair.french[:place], pair.french[place], pair.french[place + 1 :]
        yield before + chance.choice([d for d in "0123456789" if d != old]) + after
        if len(match[0]) > 1 and not (old == "0" and place == match.start()):
            yield before + after
        if old != "0" or place > match.start():
            yield before + old + old + after


def unit(pair: Pair, _: random.Random) -> Iterator[str]:
    """The unit of a number is another one."""
    for match in _UNIT_AFTER.finditer(pair.french):
        for other in _OTHER_UNITS[match[2]]:
            yield pair.french[: match.start(2)] + other + pair.french[match.end(2) :]


def sign(pair: Pair, _: random.Random) -> Iterator[str]:
    """A sign is dropped or turned round: < > ≤ ≥ ± + − %."""
    turned = {
        "<": ">",
        ">": "<",
        "≤": "≥",
        "≥": "≤",
        "+": "-",
        "−": "+",
        "±": "+",
        "%": "‰",
        "~": "",
        "-": "+",
    }
    for match in re.finditer(
        r"[<>≤≥±+−~]|%(?![\s\u00a0\u202f]?[–-])|(?<![\w)\]%-])(?<!% )-(?=\d)|(?<=[A-Z0-9])-(?=[\s,;.)]|$)",
        pair.french,
    ):
        for other in dict.fromkeys([turned[match[0]], ""]):
            yield pair.french[: match.start()] + other + pair.french[match.end() :]


def decimal_comma(pair: Pair, _: random.Random) -> Iterator[str]:
    """A decimal comma or a space of thousands is lost, or moves by a digit."""
    for match in re.finditer(r"(?<=\d)[, \u00a0\u202f](?=\d)", pair.french):
        after = pair.french[match.end() :]
        if match[0] == ",":
            yield pair.french[: match.start()] + after
            yield pair.french[: match.start()] + after[0] + "," + after[1:]
        elif re.match(r"\d{3}(?!\d)", after):
            yield pair.french[: match.start()] + "," + after


def negation_dropped(pair: Pair, _: random.Random) -> Iterator[str]:
    """A sentence that denied affirms."""
    text = pair.french
    for match in re.finditer(r"(?i)\b(?:ne |n['’])((?:[\w'’-]+ ){1,3}?)(pas|jamais)\b ?", text):
        yield text[: match.start()] + match[1] + text[match.end() :]
    for match in re.finditer(r"(?i)\b(?:ne |n['’])((?:[\w'’-]+ ){1,3}?)aucun(e?)\b", text):
        yield text[: match.start()] + match[1] + "un" + match[2] + text[match.end() :]
    for old, new in (("sans", "avec"), ("sauf", "y compris"), ("non", "")):
        for match in re.finditer(rf"(?i)\b{old}\b(?! doute| seulement)", text):
            yield text[: match.start()] + new + text[match.end() :]


def negation_added(pair: Pair, _: random.Random) -> Iterator[str]:
    """A sentence that affirmed denies."""
    text = pair.french
    if re.search(r"(?i)\b(?:ne|n['’]|sans|aucune?|ni)\b", text):
        return
    for match in re.finditer(
        r"\b(est|sont|a|ont|était|étaient|peut|peuvent|doit|doivent|sera|avait)\b", text
    ):
        ne = "n'" if match[0][0] in "aeoé" else "ne "
        yield f"{text[: match.start()]}{ne}{match[0]} pas{text[match.end() :]}"
    for match in re.finditer(r"\bavec\b", text):
        yield text[: match.start()] + "sans" + text[match.end() :]


NUMBER_PLANTS: dict[str, Plant] = {
    "one digit": digit,
    "one unit": unit,
    "one sign": sign,
    "decimal comma, thousands space": decimal_comma,
}
NEGATION_PLANTS: dict[str, Plant] = {"negation dropped": negation_dropped, "negation added": negation_added}
