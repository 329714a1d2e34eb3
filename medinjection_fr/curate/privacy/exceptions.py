"""What looks like personal data and is none: the lists of ``exceptions.yaml``, which people review."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.curate.privacy.patterns import S, text_before

EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")


class Exceptions(NamedTuple):
    """The lists of ``exceptions.yaml``, made ready."""

    names: frozenset[str]
    no_names: frozenset[str]
    latin: frozenset[str]
    before_letter_m: frozenset[str]
    before_monsieur: frozenset[str]
    places_or_things: re.Pattern[str]
    credits_before: re.Pattern[str]
    credits_after: re.Pattern[str]
    firms: re.Pattern[str]
    services: re.Pattern[str]


@functools.cache
def load_exceptions() -> Exceptions:
    """Reads the lists, once."""
    lists: dict[str, list[str]] = read_yaml(EXCEPTIONS)

    def plain(*names: str) -> frozenset[str]:
        return frozenset(plain_words(word) for name in names for word in lists[name])

    def pattern(before: str, names: Iterable[str], after: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
        words = [re.escape(word).replace("'", "['’]") for name in names for word in lists[name]]
        return re.compile(f"{before}(?:{'|'.join(words)}){after}", flags)

    adjective = rf"{S}{{1,2}}[\w-]{{1,30}}(?:ique|aire|ale?|ier|ière|gie|ité)s?"
    article = rf"(?:{S}{{1,2}}(?:du|de{S}la|des|de|d['’]))?"
    return Exceptions(
        names=plain("eponyms", "whole_names", "fiction"),
        no_names=plain("words_that_are_no_names"),
        latin=plain("latin"),
        before_letter_m=plain("words_before_the_letter_m"),
        before_monsieur=plain("words_before_monsieur"),
        places_or_things=pattern(
            r"(?<!\w)", ["places", "things"], rf"(?:{adjective}){{0,2}}{article}{S}{{0,2}}\Z"
        ),
        credits_before=pattern(r"(?<!\w)", ["credits_before"], rf"{S}{{0,2}}(?:l[ea]{S})?\Z"),
        credits_after=pattern(rf"{S}?", ["credits_after"], ""),
        firms=pattern(r"(?<!\w)", ["firms"], r"(?!\w)", flags=0),
        services=pattern(r"(?<!\w)", ["services"], r"(?!\w)"),
    )


def plain_words(words: str) -> str:
    """Words without accents, case and hyphens, to compare names."""
    decomposed = unicodedata.normalize("NFD", words.replace("-", " ").replace("’", "'").casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def follows_a_firm(text: str, start: int) -> bool:
    """Whether a firm is named shortly before a place: what stands there is its own."""
    return load_exceptions().firms.search(text_before(text, start, 250)) is not None
