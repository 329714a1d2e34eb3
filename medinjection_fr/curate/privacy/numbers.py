"""Numbers of people: of social security, of files and stays, of telephones."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from medinjection_fr.curate.privacy.exceptions import follows_a_firm, load_exceptions
from medinjection_fr.curate.privacy.patterns import S, Span, text_before

# Social-security numbers.
_JOIN = r"[ .\-\u00a0\u202f]?"
_NIR = re.compile(
    r"(?<![\w.,])(?<!\d[ \-\u00a0\u202f])"
    rf"(?P<number>[1-478]{_JOIN}\d\d{_JOIN}\d\d{_JOIN}(?:\d\d|2[ABab]){_JOIN}\d{{3}}{_JOIN}\d{{3}})"
    rf"(?:{S}?[-/.|]?{S}?(?:\(?cl[ée]{S}?:?{S}?)?(?P<key>\d\d))?(?!\w)",
    re.IGNORECASE,
)
_NIR_CUE = re.compile(
    r"(?:s[ée]curit[ée] sociale|num[ée]ro de s[ée]cu|assur[ée]e? sociale?|\bNIR\b|\bINSEE\b"
    r"|\bn(?:[°ºo]|um[ée]ro)\.? ?SS\b)[^\d\n]{0,30}\Z",
    re.IGNORECASE,
)
_MONTHS_OF_NIR = frozenset([*range(1, 13), *range(20, 43), *range(50, 100)])
"""Besides the twelve months: unknown ones, as the registry writes them."""


def nir_key(number: str) -> int:
    """The key of a social-security number from its first 13 characters: 97 − (n mod 97).

    Corsica's departments 2A and 2B count as 19 and 18.
    """
    return 97 - int(number.upper().replace("2A", "19").replace("2B", "18")) % 97


def find_nirs(text: str) -> Iterator[Span]:
    """Finds social-security numbers whose key is right, or that the text calls so."""
    for match in _NIR.finditer(text):
        number = "".join(filter(str.isalnum, match["number"]))
        is_right = match["key"] is not None and int(match["key"]) == nir_key(number)
        if int(number[3:5]) in _MONTHS_OF_NIR and (
            is_right or _NIR_CUE.search(text_before(text, match.start(), 60))
        ):
            yield "nir", match.start(), match.end()


# Numbers of files and stays.
_FILE = r"(?:dossier|s[ée]jour|patiente?|hospitalisation|admission|venue|archives?)"
_KIND_OF_FILE = rf"(?:{S}(?:m[ée]dical|patient|hospitalier|clinique|administratif)){{0,2}}"
_NO = r"(?:\bn[°ºo]s?\.?|\bnum[ée]ro|\bnum\.|\br[ée]f(?:[ée]rence)?\.?)"
_RECORD_NUMBER = re.compile(
    rf"(?:{_NO}{S}?(?:(?:du|de{S}la|de){S}|d['’]|de{S}l['’])?{_FILE}\b{_KIND_OF_FILE}"
    rf"|\b{_FILE}{_KIND_OF_FILE}{S}?,?{S}?{_NO}|\bdossier{_KIND_OF_FILE}(?={S}?:)"
    rf"|\bidentifiant{S}(?:permanent{S})?(?:du{S})?patient|\b(?P<letters>(?-i:IPP|NIP|IEP|NDA))\b)"
    rf"(?:{S}?\([A-Z]{{2,4}}\))?{S}?[:=#]?{S}?(?:{_NO}{S}?)?"
    rf"(?P<value>(?:[A-Z]{{1,3}}[ -]?)?\d(?:[ ./-]?\d){{3,14}})(?!\w|{S}?(?:%|m?g\b)|[.,]\d)",
    re.IGNORECASE,
)
_WORDS_OF_FILES = (
    "°",
    "º",
    "uméro",
    "UMÉRO",
    "umero",
    "ossier",
    "OSSIER",
    "dentifiant",
    "IPP",
    "NIP",
    "IEP",
    "NDA",
)
_SHORTEST_IPP = 6
"""Digits after the bare letters; "IPP 20 40 mg" is a dose of a proton-pump inhibitor."""


def find_record_numbers(text: str) -> Iterator[Span]:
    """Finds numbers after words for a file, a stay or a patient's identifier."""
    if not any(word in text for word in _WORDS_OF_FILES):
        return
    for match in _RECORD_NUMBER.finditer(text):
        if not match["letters"] or sum(map(str.isdigit, match["value"])) >= _SHORTEST_IPP:
            yield "record-number", match.start("value"), match.end("value")


# Telephone.
_PHONE = re.compile(
    r"(?<![\w+])(?<!\d[ .,\-/\u00a0\u202f])"
    r"(?:(?P<pairs>0[1-9](?P<gap>[ .\-/\u00a0\u202f]|[ \u00a0\u202f][.\-/][ \u00a0\u202f])"
    r"\d\d(?:(?P=gap)\d\d){3})(?!(?P=gap)\d)"
    rf"|(?:\+|00) ?(?:33|262|590|594|596){_JOIN}(?:\(0\){_JOIN})?[1-9](?:{_JOIN}\d){{8}}"
    rf"|(?P<digits>0{_JOIN}[1-9](?:{_JOIN}\d){{8}}))(?![\w%]|[.,]\d)"
)
_PHONE_CUE = re.compile(
    r"(?:\bt[ée]l(?:[ée]phon\w{1,4}|\b)|\bportable|\bmobile|\bfax\b|t[ée]l[ée]copie|\bjoindre|\bjoignable"
    r"|\brappel\w{1,3}|\bappele[rz]|\bcontact(?:e[rz])?\b|☎)[^\d\n]{0,25}\Z",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"(?:PMC?ID|DOI|ISBN|ISSN|NCT|EudraCT|\bCAS|\bCIP|\bAMM|RPPS|ADELI|FINESS|SIRE[TN]|\blot|\br[ée]f)\W{0,4}"
    r"(?:n[°ºo]\W{0,3})?\Z",
    re.IGNORECASE,
)
_LIST_STEP = 11


def find_phones(text: str) -> Iterator[Span]:
    """Finds telephone numbers, but landlines of public services and firms."""
    for match in _PHONE.finditer(text):
        before = text_before(text, match.start(), 80)
        digits = "".join(filter(str.isdigit, match[0]))
        needs_cue = match["digits"] is not None or (match["pairs"] is not None and _counts_up(digits))
        if needs_cue and not _PHONE_CUE.search(before):
            continue
        is_mobile = digits.removeprefix("00").removeprefix("33").lstrip("0")[:1] in ("6", "7")
        is_public = digits.startswith("08") or load_exceptions().services.search(before)
        if _OTHER_NUMBER.search(before) or (
            not is_mobile and (is_public or follows_a_firm(text, match.start()))
        ):
            continue
        yield "phone", match.start(), match.end()


def _counts_up(digits: str) -> bool:
    """Whether pairs of digits are a list in small equal steps: 01 02 03 04 05, 05 10 15 20 25."""
    pairs = [int(digits[position : position + 2]) for position in range(0, 10, 2)]
    steps = {later - earlier for earlier, later in itertools.pairwise(pairs)}
    return len(steps) == 1 and abs(steps.pop()) <= _LIST_STEP
