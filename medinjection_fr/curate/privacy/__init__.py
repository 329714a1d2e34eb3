"""Personal data in records: numbers, addresses, dates of birth and names that could point to somebody.

A finding is a kind and a place; the text itself is neither kept nor logged. What looks like a finding and
is none (eponyms, hospitals, species, firms) is in ``exceptions.yaml``, a list that people review.

A cheap first pass tells which kinds could stand in a text at all; most texts end there. Every pattern
repeats a bounded number of times, so that the time grows with the length of a text, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from medinjection_fr.curate.privacy.addresses import MORE_OF_HOUSE_NUMBER, STREET, find_addresses
from medinjection_fr.curate.privacy.birth_dates import MONTH, find_birth_dates
from medinjection_fr.curate.privacy.emails import find_emails
from medinjection_fr.curate.privacy.exceptions import EXCEPTIONS
from medinjection_fr.curate.privacy.numbers import find_nirs, find_phones, find_record_numbers, nir_key
from medinjection_fr.curate.privacy.patterns import UPPER, S, Span
from medinjection_fr.curate.privacy.persons import find_persons

__all__ = ["EXCEPTIONS", "KINDS", "LOW_SEVERITY", "Finding", "find_personal_data", "nir_key", "scan_text"]

KINDS: dict[str, str] = {
    "nir": "French social-security number",
    "record-number": "number of a patient's file or stay: IPP, n° de dossier, numéro de séjour",
    "phone": "French telephone number",
    "email": "e-mail address",
    "birth-date": "date of birth",
    "address": "postal address: number, street and its name, with postal code and city if they follow",
    "named-person": "person with a title and a surname: Mme Durand, Dr Jean Durand",
    "initialled-person": "person whose name is reduced to letters: M. X, Mme D., Mlle A.B.",
}
"""Every kind of finding, with what it is. Of two kinds that begin at the same place, the first is told."""

LOW_SEVERITY = frozenset({"initialled-person"})
"""Kinds that somebody has already made anonymous, as far as it goes."""

_FIELDS = ("instruction", "context", "answer", "choices", "explanation", "facts")


class Finding(NamedTuple):
    """What may be personal, and where: ``field`` as in ``choices[2]``, from ``start`` to before ``end``."""

    kind: str
    field: str
    start: int
    end: int


def find_personal_data(record: Mapping[str, Any]) -> list[Finding]:
    """Finds personal data in the texts of a record. The gold letters of a multiple choice are none."""
    found = []
    for name in _FIELDS:
        value = record.get(name)
        if not value or (name == "answer" and record.get("choices")):
            continue
        texts = {name: value} if isinstance(value, str) else {f"{name}[{i}]": t for i, t in enumerate(value)}
        for field, text in texts.items():
            found += [Finding(kind, field, start, end) for kind, start, end in scan_text(text)]
    return found


def scan_text(text: str) -> list[Span]:
    """Finds personal data in a text: kind, start and end of each, in order and without overlaps.

    A span holds the datum without the words that announce it; that of a person begins with the title.
    """
    hints = {match.lastgroup for match in _HINT.finditer(text)}
    spans = [*find_emails(text), *find_record_numbers(text)]
    if "number" in hints:
        spans += [*find_nirs(text), *find_phones(text)]
    if "number" in hints or "date" in hints:
        spans += find_birth_dates(text)
    if "street" in hints:
        spans += find_addresses(text)
    if "person" in hints or any(word in text for word in _LOWER_CASE_TITLES):
        spans += find_persons(text)
    return _without_overlaps(spans) if spans else spans


def _without_overlaps(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span[1], _RANK[span[0]], -span[2])):
        if not kept or span[1] >= kept[-1][2]:
            kept.append(span)
    return kept


_RANK = {kind: position for position, kind in enumerate(KINDS)}

# The first pass: from the rare characters, digits and capitals, it looks at what stands around them.
_HINT = re.compile(
    rf"[\d{UPPER}](?:(?<=\d)(?:(?=(?:[ .\-/()\u00a0\u202f]{{0,3}}[\dABab]){{9}})(?P<number>)"
    rf"|(?=\d{{0,3}}{MORE_OF_HOUSE_NUMBER}{STREET}(?!\w))(?P<street>)"
    rf"|(?=\d?(?i:er)?{S}?(?:{MONTH}|[/.\- ]{S}?\d\d?{S}?[/.\- ]{S}?\d\d)|\d{{3}}-\d\d-\d\d)(?P<date>))"
    r"|(?P<person>(?<=M)(?:[.M]|rs?\b|mes?\b|elle\b|lles?\b|le\b|ME\b|LLE\b|adame|onsieur|ademoiselle|es[sd]|ADAME"
    rf"|ONSIEUR|ADEMOISELLE|{S}{{1,2}}[{UPPER}]\W)"
    r"|(?<=D)(?:re?\b|rs\b|octeur|OCTEUR)|(?<=P)(?:rs?\b|rof|ROFESSEUR|R[ÉE]NOM|r[ée]nom)|(?<=N)(?:oms?\b|OMs?\b)))"
)
_LOWER_CASE_TITLES = (
    "adame",
    "onsieur",
    "oiselle",
    "essieurs",
    "esdames",
    "octeur",
    "fesseur",
    "énom",
    "renom",
)
