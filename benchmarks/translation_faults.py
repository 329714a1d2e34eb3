"""Faults to plant in a faithful translation into French: what a model really does, one at a time.

Each function takes the French text (and the English one) and a random generator, and gives texts with one fault.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

from own_pairs import ANNOUNCEMENTS, turned
from planted_words import DRUGS, OPPOSITES, PREFIXES, SIDES, UNITS

from medinjection_fr.generate.pairs import Pair

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


def question_turned(pair: Pair, _: random.Random) -> Iterator[str]:
    """An exam question of our own is turned round by a word."""
    yield from turned(pair)


def other_acronym(pair: Pair, chance: random.Random) -> Iterator[str]:
    """An acronym is another one."""
    for match in re.finditer(r"(?<![\w-])[A-Z]{3,5}(?![\w-])", pair.french):
        others = [name for name in ("VHB", "IRM", "BPCO", "CRP", "TSH", "LCR", "SEP") if name != match[0]]
        yield pair.french[: match.start()] + chance.choice(others) + pair.french[match.end() :]


def other_drug(pair: Pair, chance: random.Random) -> Iterator[str]:
    """A drug is another one."""
    names = "|".join(
        map(re.escape, sorted({*DRUGS, "chloroquine", "remdésivir", "favipiravir", "lopinavir"}))
    )
    for match in re.finditer(rf"(?i)(?<!\w)({names})(?!\w)", pair.french):
        other = chance.choice([drug for drug in DRUGS if drug.lower() != match[0].lower()])
        yield pair.french[: match.start()] + other + pair.french[match.end() :]


def opposite(pair: Pair, _: random.Random) -> Iterator[str]:
    """A word or its beginning is the opposite, as in the look-alikes of ``curation_planted``."""
    for one, other in [*SIDES, *OPPOSITES]:
        for old, new in ((one, other), (other, one)):
            for match in re.finditer(rf"(?<!\w){old}(?!\w)", pair.french):
                yield pair.french[: match.start()] + new + pair.french[match.end() :]
    for one, other in PREFIXES[:5]:
        for old, new in ((one, other), (other, one)):
            for match in re.finditer(rf"(?<!\w){old}(?=\w{{4}})", pair.french):
                yield pair.french[: match.start()] + new + pair.french[match.end() :]


def added(pair: Pair, _: random.Random) -> Iterator[str]:
    """The translation is announced, explained, quoted, fenced or labelled."""
    for template in ANNOUNCEMENTS:
        yield template.replace("\\n", "\n").replace("{}", pair.french).replace("{{", "{").replace("}}", "}")


def copied(pair: Pair, _: random.Random) -> Iterator[str]:
    """Nothing is translated."""
    yield pair.english


def half_translated(pair: Pair, _: random.Random) -> Iterator[str]:
    """The second half is left in English."""
    english, french = pair.english.split(), pair.french.split()
    yield " ".join(french[: len(french) // 2] + english[len(english) // 2 :])


def one_word_left(pair: Pair, chance: random.Random) -> Iterator[str]:
    """One French word gives way to a word of the English text that is not in the French one."""
    left = re.findall(r"(?<![\w-])[a-z]{5,}(?![\w-])", pair.english)
    left = [word for word in left if word[:4] not in pair.french.lower()]
    words = pair.french.split(" ")
    if left and len(words) > 4:
        words[chance.randrange(1, len(words) - 1)] = chance.choice(left)
        yield " ".join(words)


def cut(pair: Pair, _: random.Random) -> Iterator[str]:
    """The second half is missing."""
    words = pair.french.split()
    yield " ".join(words[: len(words) // 2])


def repeated(pair: Pair, _: random.Random) -> Iterator[str]:
    """The text comes twice."""
    yield f"{pair.french} {pair.french}"


TEXT_PLANTS: dict[str, Sequence[Plant]] = {
    "number-changed": (digit, decimal_comma),
    "unit-changed": (unit,),
    "sign-changed": (sign,),
    "negation-lost": (negation_dropped,),
    "negation-added": (negation_added,),
    "acronym-lost": (other_acronym,),
    "drug-lost": (other_drug,),
    "opposite": (opposite,),
    "text-added": (added,),
    "not-translated": (copied,),
    "english-left": (half_translated, one_word_left),
    "length": (cut, repeated),
}
"""What each rule is there to find, in the translation of a text."""
