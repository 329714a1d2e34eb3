"""Dates of birth: dates that something announces as such."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.curate.privacy.patterns import S, Span, text_before

MONTH = (
    r"(?i:janv(?:ier|\.)?|f[ée]v(?:rier|r?\.)?|mars|avr(?:il|\.)?|mai|juin|juil(?:let|\.)?|ao[uû]t|sept(?:embre|\.)?"
    r"|oct(?:obre|\.)?|nov(?:embre|\.)?|d[ée]c(?:embre|\.)?)"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d\d"
_DATE = re.compile(
    rf"(?<![\w/.,-])(?:{_DAY}{S}?(?P<sign>[/.\- ]){S}?(?:0?[1-9]|1[0-2]){S}?(?P=sign){S}?"
    rf"(?P<year>{_YEAR}|\d\d)"
    rf"|{_DAY}(?:er)?{S}{MONTH}{S}(?P<year_after_month>{_YEAR})|(?P<year_first>{_YEAR})-[01]\d-[0-3]\d)"
    r"(?!\w|[/-]\d)"
)
_BORN = r"(?<![\w-])n[ée]e?(?:\(e?s?\)|[·.]e)?s?"
_BIRTH_CUE = re.compile(
    rf"(?:{_BORN}{S}(?P<between>(?:à|au|aux|en|dans|par){S}[^\d.;:,\n]{{1,40}}?,?{S}?|[^\W\d]{{3,20}}ment{S})?le{S}"
    rf"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche){S})?"
    rf"|\bdate{S}de{S}(?:sa{S})?naissance(?:{S}(?:du|de){S}[^\d.;:,\n]{{1,25}}?)?{S}?(?:(?:est|était){S})?:?{S}?"
    rf"(?:le{S})?|\bnaissance{S}?(?:[,:]{S}?|survenue{S}|a{S}eu{S}lieu{S})?le{S}|\bnaissance{S}?:{S}?"
    rf"|\b(?:DDN|D\.D\.N\.?){S}?[:=]?{S}?(?:le{S})?|{_BORN}{S}?:{S}?)\Z",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(r"\b(?:et|puis|mais)\b|[^\W\d]{2}ée?s?\b", re.IGNORECASE)
_FIRST_YEAR = 1900
"""Whoever was born before is history."""


def find_birth_dates(text: str) -> Iterator[Span]:
    """Finds dates of birth since 1900."""
    for match in _DATE.finditer(text):
        cue = _BIRTH_CUE.search(text_before(text, match.start(), 90))
        if cue and not (cue["between"] and _NO_PLACE.search(cue["between"])):
            year = match["year"] or match["year_after_month"] or match["year_first"]
            if len(year) == 2 or int(year) >= _FIRST_YEAR:
                yield "birth-date", match.start(), match.end()
