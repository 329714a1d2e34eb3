"""The signs of a text: < > ≤ ≥ ± ~ + − are those of the source, or the words that say the same.

"≥ 65" may become "au moins 65"; "A+" is not "A-", "p < 0.05" not "p > 0,05", "more than 5" not "moins de 5".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.numbers import Number
from medinjection_fr.generate.checks.reading import Reading

_SIGN = re.compile(
    r"(?P<plain>[<>≤≥±~‰])"
    r"|(?<![^\W_])[A-Z][A-Za-z]{0,2}\d{0,3}(?P<name>\+|-(?![\w(]| +[A-Z]))"  # A+, CD4-, Rh-
    r"|(?P<plus>\+)"
    r"|(?<![\w)\]%.-])(?<![\d%] )(?P<minus>-)(?=\.?\d)"  # 10-15 and 10 -15 are ranges
    r"|(?<![\d ])(?P<percent>%)|(?<=[^\d] )(?P<a_percent>%)"  # without a number
)
_ANY_SIGN = re.compile(r"[<>≤≥±~‰+%]|-(?!\w)|(?<!\w)-")
_ENGLISH = {
    "<": "less fewer under below lower smaller within younger shorter",
    ">": "more over above greater higher exceed exceeds exceeding exceeded older larger longer beyond",
    "≥": "least more greater older above over minimum up",
    "≤": "most up less fewer below maximum no not younger under",
    "±": "plus deviation",
    "~": "about around approximately roughly nearly almost some circa estimated approx",
    "‰": "",
    "%": "percentage percentages proportion rate",
    "+": "plus positive and with over more older",
    "-": "minus negative below without",
    "name+": "positive",
    "name-": "negative",
}
_FRENCH = {
    "<": "moins inférieur inférieure inférieurs inférieures dessous sous deçà",
    ">": "plus supérieur supérieure supérieurs supérieures dessus delà dépasse dépassent dépassant excède excédant",
    "≥": "moins plus minimum minimal minimale partir égal égale égaux égales",
    "≤": "plus jusqu moins maximum maximal maximale égal égale égaux égales dépasse dépassant",
    "±": "plus écart",
    "~": "environ près autour approximativement presque quelque quelques estimé estimée estimés voisin",
    "‰": "",
    "%": "pourcentage pourcentages proportion taux",
    "+": "plus positif positive positifs positives et avec",
    "-": "moins négatif négative négatifs négatives zéro sans",
    "name+": "positif positive positifs positives",
    "name-": "négatif négative négatifs négatives",
}
_ENGLISH_WORDS = {sign: frozenset(words.split()) for sign, words in _ENGLISH.items()}
_FRENCH_WORDS = {sign: frozenset(words.split()) for sign, words in _FRENCH.items()}

_ENGLISH_BEFORE = re.compile(
    r"(?<![a-z])(?:(not|no) )?(?:(more|greater|higher|older|longer|larger|over|above|at least|exceed\w*|[>≥])"
    r"|(less|fewer|lower|younger|shorter|smaller|under|below|at most|up to|[<≤]))(?: than)?(?: or equal to)? ?$"
)
_FRENCH_BEFORE = re.compile(
    r"(?<![^\W_])(?:(pas) )?(?:(plus|supérieure?s?|au-dessus|au-delà|au moins|dépass\w+|[>≥])"
    r"|(moins|inférieure?s?|au-dessous|en dessous|en deçà|au plus|jusqu'à|[<≤]))(?: ou égale?s?)?(?: (?:de|à|aux?))? ?$"
)
_REACH = 36
"""Characters before a number in which its comparison stands."""


def check_signs(source: Reading, target: Reading) -> Iterator[Fault]:
    """Compares the signs of an English text and its French translation."""
    if not (source.has_sign or target.has_sign):
        return
    if not (_ANY_SIGN.search(source.text) or _ANY_SIGN.search(target.text)):
        return
    mine, other = _signs(source.text), _signs(target.text)
    if mine == other:
        return
    lost, new = sorted((mine - other).keys()), sorted((other - mine).keys())
    if not (lost and new):
        lost = [sign for sign in lost if _FRENCH_WORDS[sign].isdisjoint(target.word_set)]
        new = [sign for sign in new if _ENGLISH_WORDS[sign].isdisjoint(source.word_set)]
    if lost and new:
        yield Fault("sign-changed", f"{' '.join(lost)} became {' '.join(new)}")
    elif lost or new:
        yield Fault("sign-changed", f"{' '.join(lost or new)} {'missing' if lost else 'new'}")


def _signs(text: str) -> Counter[str]:
    """Counts the signs; those of a name (A+, CD4-) apart from those of numbers."""
    return Counter(
        f"name{match['name']}" if match["name"] else str(match[match.lastgroup or 0])
        for match in _SIGN.finditer(text)
    )


def check_comparisons(
    source: Reading, target: Reading, english: list[Number], french: list[Number]
) -> Iterator[Fault]:
    """Looks whether what is above a number in English is below it in French, or the other way round.

    Args:
        source: The text in English.
        target: The text in French.
        english: The numbers of the one.
        french: The numbers of the other.
    """
    mine, other = _directions(source, english, _ENGLISH_BEFORE), _directions(target, french, _FRENCH_BEFORE)
    for value in filter(other.__contains__, mine):  # in their order: the model is told of it, and asked again
        if mine[value] != other[value] and len(mine[value]) == len(other[value]) == 1:
            way = "above became below" if mine[value] == {True} else "below became above"
            yield Fault("sign-changed", f"{value}: {way}")


def _directions(reading: Reading, numbers: list[Number], before: re.Pattern[str]) -> dict[str, set[bool]]:
    """For each value that is compared, whether what is meant lies above it."""
    found: dict[str, set[bool]] = {}
    for number in numbers:
        start = max(0, number.start - _REACH)
        if match := before.search(reading.lower[start : number.start]):
            found.setdefault(number.value, set()).add((match[2] is not None) != (match[1] is not None))
    return found
