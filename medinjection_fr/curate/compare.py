"""The form in which texts are compared, and what must be equal before two records count as one.

For comparison only; what is stored is never changed. Case, punctuation, quotes, kinds of space and
hyphens between letters go. Digits, units, signs and negations stay, always: "60 mg/kg/j" is not
"6 mg/kg/j", "exacte" is not "inexacte", A+ is not A-.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml

GUARD_FILE = Path(__file__).with_name("guarded_words.yaml")

_TYPOGRAPHY = {
    **dict.fromkeys("’‘ʼ′`´", "'"),
    **dict.fromkeys("–—−‒‑‐", "-"),
    **dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\u2002\u2003", " "),
    "œ": "oe",
    "æ": "ae",
    "µ": "μ",
    "…": " ",
}
_TYPOGRAPHIC = re.compile(f"[{''.join(_TYPOGRAPHY)}]")
_THOUSANDS = re.compile(r" (?<=\d )(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"\d,\d")
_TOKEN = re.compile(
    r"(?:[cdjlmst]|qu|jusqu|lorsqu|puisqu|quoiqu)'"  # an elided word says nothing,
    r"|(n(?=')"  # but for a negation
    r"|\d+(?:[.,]\d+)*"  # a number, decimals included
    r"|[^\W\d_]+"  # a word
    r"|(?<=\d)[-/](?=\d)"  # a range or a fraction
    r"|(?<![^\W_])-|-(?![^\W_])"  # a minus; a hyphen that joins two words is none
    r"|[+<>≤≥=≠±%‰°×²³])",
)


def comparison_tokens(text: str) -> list[str]:
    """Words, numbers and signs of a text in the form of comparison, accents kept."""
    folded = unicodedata.normalize("NFC", text.casefold())
    if not folded.isascii() or "`" in folded:
        folded = _TYPOGRAPHIC.sub(lambda match: _TYPOGRAPHY[match[0]], folded)
    tokens = list(filter(None, _TOKEN.findall(_THOUSANDS.sub("", folded))))
    return [token.replace(",", ".") for token in tokens] if _DECIMAL_COMMA.search(folded) else tokens


@functools.lru_cache(maxsize=300_000)
def without_accents(text: str) -> str:
    """A token without its diacritics; ligatures are spelt out already."""
    if text.isascii() or not text.isalpha():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def guarded(tokens: Iterable[str]) -> list[str]:
    """The tokens that turn a meaning, in their order: two records with other ones are never merged.

    Numbers, units, signs, single letters (hépatite B), negations, words with an opposite
    (droit/gauche, systolique/diastolique), words of quantity, and names of drugs, organs and diseases,
    listed or told by their ends. The reviewed lists are in ``guarded_words.yaml``.

    Args:
        tokens: Comparison tokens without accents.
    """
    return [token for token in tokens if _is_guarded(token)]


@functools.lru_cache(maxsize=200_000)
def _is_guarded(token: str) -> bool:
    if len(token) == 1 or not token.isalpha():
        return token not in "ay"  # "à", "a", "y"; of the letters of hépatite A and B, one is enough
    words, ordinary, ends, beginnings = _guard()
    forms = {token, token.rstrip("sx")}
    if forms & words:
        return True
    return not forms & ordinary and bool(ends.search(token) or beginnings.match(token))


@functools.cache
def _guard() -> tuple[frozenset[str], frozenset[str], re.Pattern[str], re.Pattern[str]]:
    lists: dict[str, Any] = read_yaml(GUARD_FILE)
    words = {without_accents(word) for group in lists["words"].values() for word in group.split()}
    ends = "|".join([*lists["drug_stems"].split(), *lists["medical_ends"].split()])
    beginnings = "|".join(lists["prefixes"].split())
    return (
        frozenset(words),
        frozenset(lists["ordinary"].split()),
        re.compile(f"(?:{ends})s?$"),
        re.compile(f"(?:{beginnings})(?=[a-z]{{4}})"),
    )


def differ_by_a_prefix(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether a word of one side is a word of the other with another beginning.

    "exacte" and "inexacte", "toxique" and "atoxique": one is the end of the other.

    Args:
        first: Tokens, without accents, that only one record has.
        second: Tokens that only the other has.
    """
    return bool(with_another_beginning(first, second))


def with_another_beginning(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Those of the first tokens that are one of the second with another beginning, or without one."""
    whole, ends = set(second), {end for token in second for end in _ends(token)}
    return [token for token in first if token in ends or not whole.isdisjoint(_ends(token))]


def _ends(token: str) -> list[str]:
    """Ends of four letters or more, without the whole."""
    return [token[start:] for start in range(1, len(token) - 3)]
