"""Personal data in records: numbers, addresses, dates of birth and names that could point to somebody.

A finding is a kind and a place; the text itself is neither kept nor logged. What looks like a finding and
is none (eponyms, hospitals, species, firms) is in ``privacy_exceptions.yaml``, a list that people review.

A cheap first pass tells which kinds could stand in a text at all; most texts end there. Every pattern
repeats a bounded number of times, so that the time grows with the length of a text, whatever it holds.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.checked_yaml import read_yaml

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

EXCEPTIONS = Path(__file__).with_name("privacy_exceptions.yaml")

_FIELDS = ("instruction", "context", "answer", "choices", "explanation", "facts")

Span = tuple[str, int, int]


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
    spans = [*_emails(text), *_record_numbers(text)]
    if "number" in hints:
        spans += [*_nirs(text), *_phones(text)]
    if "number" in hints or "date" in hints:
        spans += _birth_dates(text)
    if "street" in hints:
        spans += _addresses(text)
    if "person" in hints or any(word in text for word in _LOWER_CASE_TITLES):
        spans += _persons(text)
    return _without_overlaps(spans) if spans else spans


def _without_overlaps(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span[1], _RANK[span[0]], -span[2])):
        if not kept or span[1] >= kept[-1][2]:
            kept.append(span)
    return kept


_RANK = {kind: position for position, kind in enumerate(KINDS)}

# Parts of patterns.
_BLANK = r" \t\u00a0\u202f"
_S = f"[{_BLANK}]"
_UPPER = "A-ZÀ-ÖØ-ÞŒŠŽŸŁŚŞĆČĐĞİ"
_LOWER = rf"[^\W\d_{_UPPER}]"
_MONTH = (
    r"(?i:janv(?:ier|\.)?|f[ée]v(?:rier|r?\.)?|mars|avr(?:il|\.)?|mai|juin|juil(?:let|\.)?|ao[uû]t|sept(?:embre|\.)?"
    r"|oct(?:obre|\.)?|nov(?:embre|\.)?|d[ée]c(?:embre|\.)?)"
)
_STREET = (
    r"(?i:rue|avenue|av\.?|boulevard|bl?v?d\.?|faubourg|allées?|quai|impasse|chemin|square|esplanade|ruelle|promenade"
    r"|sentier|lotissement|hameau|place|cours|passage|route|voie|cité|résidence|villa|montée)"
)
_MORE_OF_HOUSE_NUMBER = (
    rf"(?:{_S}?[-/]{_S}?\d{{1,4}})?(?:{_S}?(?:(?i:bis|ter|quater)\b|[A-D](?!\w)))?{_S}?,?{_S}{{1,2}}"
)

# The first pass: from the rare characters, digits and capitals, it looks at what stands around them.
_HINT = re.compile(
    rf"[\d{_UPPER}](?:(?<=\d)(?:(?=(?:[ .\-/()\u00a0\u202f]{{0,3}}[\dABab]){{9}})(?P<number>)"
    rf"|(?=\d{{0,3}}{_MORE_OF_HOUSE_NUMBER}{_STREET}(?!\w))(?P<street>)"
    rf"|(?=\d?(?i:er)?{_S}?(?:{_MONTH}|[/.\- ]{_S}?\d\d?{_S}?[/.\- ]{_S}?\d\d)|\d{{3}}-\d\d-\d\d)(?P<date>))"
    r"|(?P<person>(?<=M)(?:[.M]|rs?\b|mes?\b|elle\b|lles?\b|le\b|ME\b|LLE\b|adame|onsieur|ademoiselle|es[sd]|ADAME"
    rf"|ONSIEUR|ADEMOISELLE|{_S}{{1,2}}[{_UPPER}]\W)"
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


class _Exceptions(NamedTuple):
    """The lists of ``privacy_exceptions.yaml``, made ready."""

    names: frozenset[str]
    no_names: frozenset[str]
    species: frozenset[str]
    before_letter_m: frozenset[str]
    before_monsieur: frozenset[str]
    places_or_things: re.Pattern[str]
    credits_before: re.Pattern[str]
    credits_after: re.Pattern[str]
    firms: re.Pattern[str]
    services: re.Pattern[str]


@functools.cache
def _exceptions() -> _Exceptions:
    lists: dict[str, list[str]] = read_yaml(EXCEPTIONS)

    def plain(*names: str) -> frozenset[str]:
        return frozenset(_plain(word) for name in names for word in lists[name])

    def pattern(before: str, names: Iterable[str], after: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
        words = [re.escape(word).replace("'", "['’]") for name in names for word in lists[name]]
        return re.compile(f"{before}(?:{'|'.join(words)}){after}", flags)

    adjective = rf"{_S}{{1,2}}[\w-]{{1,30}}(?:ique|aire|ale?|ier|ière|gie|ité)s?"
    article = rf"(?:{_S}{{1,2}}(?:du|de{_S}la|des|de|d['’]))?"
    return _Exceptions(
        names=plain("eponyms", "whole_names", "fiction"),
        no_names=plain("words_that_are_no_names"),
        species=plain("species"),
        before_letter_m=plain("words_before_the_letter_m"),
        before_monsieur=plain("words_before_monsieur"),
        places_or_things=pattern(
            r"(?<!\w)", ["places", "things"], rf"(?:{adjective}){{0,2}}{article}{_S}{{0,2}}\Z"
        ),
        credits_before=pattern(r"(?<!\w)", ["credits_before"], rf"{_S}{{0,2}}(?:l[ea]{_S})?\Z"),
        credits_after=pattern(rf"{_S}?", ["credits_after"], ""),
        firms=pattern(r"(?<!\w)", ["firms"], r"(?!\w)", flags=0),
        services=pattern(r"(?<!\w)", ["services"], r"(?!\w)"),
    )


def _plain(words: str) -> str:
    """Words without accents, case and hyphens, to compare names."""
    decomposed = unicodedata.normalize("NFD", words.replace("-", " ").replace("’", "'").casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _before(text: str, start: int, length: int) -> str:
    return text[max(0, start - length) : start]


# E-mail.
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
_LONGEST_LOCAL = 64
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


def _emails(text: str) -> Iterator[Span]:
    at = text.find("@")
    while at >= 0:
        start = at
        while start > max(0, at - _LONGEST_LOCAL) and text[start - 1] in _LOCAL:
            start -= 1
        start = at - len(text[start:at].lstrip("._%+-"))
        domain = _DOMAIN.match(text, at + 1)
        if start < at and domain:
            yield "email", start, domain.end()
        at = text.find("@", at + 1)


# Social-security numbers.
_JOIN = r"[ .\-\u00a0\u202f]?"
_NIR = re.compile(
    r"(?<![\w.,])(?<!\d[ \-\u00a0\u202f])"
    rf"(?P<number>[1-478]{_JOIN}\d\d{_JOIN}\d\d{_JOIN}(?:\d\d|2[ABab]){_JOIN}\d{{3}}{_JOIN}\d{{3}})"
    rf"(?:{_S}?[-/.|]?{_S}?(?:\(?cl[ée]{_S}?:?{_S}?)?(?P<key>\d\d))?(?!\w)",
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


def _nirs(text: str) -> Iterator[Span]:
    for match in _NIR.finditer(text):
        number = "".join(filter(str.isalnum, match["number"]))
        is_right = match["key"] is not None and int(match["key"]) == nir_key(number)
        if int(number[3:5]) in _MONTHS_OF_NIR and (
            is_right or _NIR_CUE.search(_before(text, match.start(), 60))
        ):
            yield "nir", match.start(), match.end()


# Numbers of files and stays.
_FILE = r"(?:dossier|s[ée]jour|patiente?|hospitalisation|admission|venue|archives?)"
_KIND_OF_FILE = rf"(?:{_S}(?:m[ée]dical|patient|hospitalier|clinique|administratif)){{0,2}}"
_NO = r"(?:\bn[°ºo]s?\.?|\bnum[ée]ro|\bnum\.|\br[ée]f(?:[ée]rence)?\.?)"
_RECORD_NUMBER = re.compile(
    rf"(?:{_NO}{_S}?(?:(?:du|de{_S}la|de){_S}|d['’]|de{_S}l['’])?{_FILE}\b{_KIND_OF_FILE}"
    rf"|\b{_FILE}{_KIND_OF_FILE}{_S}?,?{_S}?{_NO}|\bdossier{_KIND_OF_FILE}(?={_S}?:)"
    rf"|\bidentifiant{_S}(?:permanent{_S})?(?:du{_S})?patient|\b(?P<letters>(?-i:IPP|IEP|NDA))\b)"
    rf"(?:{_S}?\([A-Z]{{2,4}}\))?{_S}?[:=#]?{_S}?(?:{_NO}{_S}?)?"
    rf"(?P<value>(?:[A-Z]{{1,3}}[ -]?)?\d(?:[ ./-]?\d){{3,14}})(?!\w|{_S}?(?:%|m?g\b)|[.,]\d)",
    re.IGNORECASE,
)
_WORDS_OF_FILES = ("°", "º", "uméro", "UMÉRO", "umero", "ossier", "OSSIER", "dentifiant", "IPP", "IEP", "NDA")
_SHORTEST_IPP = 6
"""Digits after the bare letters; "IPP 20 40 mg" is a dose of a proton-pump inhibitor."""


def _record_numbers(text: str) -> Iterator[Span]:
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


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        before = _before(text, match.start(), 80)
        digits = "".join(filter(str.isdigit, match[0]))
        needs_cue = match["digits"] is not None or (match["pairs"] is not None and _counts_up(digits))
        if needs_cue and not _PHONE_CUE.search(before):
            continue
        is_mobile = digits.removeprefix("00").removeprefix("33").lstrip("0")[:1] in ("6", "7")
        is_public = digits.startswith("08") or _exceptions().services.search(before)
        if _OTHER_NUMBER.search(before) or (
            not is_mobile and (is_public or _follows_a_firm(text, match.start()))
        ):
            continue
        yield "phone", match.start(), match.end()


def _counts_up(digits: str) -> bool:
    """Whether pairs of digits are a list in small equal steps: 01 02 03 04 05, 05 10 15 20 25."""
    pairs = [int(digits[position : position + 2]) for position in range(0, 10, 2)]
    steps = {later - earlier for earlier, later in itertools.pairwise(pairs)}
    return len(steps) == 1 and abs(steps.pop()) <= _LIST_STEP


# Dates of birth.
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d\d"
_DATE = re.compile(
    rf"(?<![\w/.,-])(?:{_DAY}{_S}?(?P<sign>[/.\- ]){_S}?(?:0?[1-9]|1[0-2]){_S}?(?P=sign){_S}?"
    rf"(?P<year>{_YEAR}|\d\d)"
    rf"|{_DAY}(?:er)?{_S}{_MONTH}{_S}(?P<year_after_month>{_YEAR})|(?P<year_first>{_YEAR})-[01]\d-[0-3]\d)"
    r"(?!\w|[/-]\d)"
)
_BORN = r"(?<![\w-])n[ée]e?(?:\(e?s?\)|[·.]e)?s?"
_BIRTH_CUE = re.compile(
    rf"(?:{_BORN}{_S}(?P<between>(?:à|au|aux|en|dans|par){_S}[^\d.;:,\n]{{1,40}}?,?{_S}?|[^\W\d]{{3,20}}ment{_S})?le{_S}"
    rf"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche){_S})?"
    rf"|\bdate{_S}de{_S}(?:sa{_S})?naissance(?:{_S}(?:du|de){_S}[^\d.;:,\n]{{1,25}}?)?{_S}?(?:(?:est|était){_S})?:?{_S}?"
    rf"(?:le{_S})?|\bnaissance{_S}?(?:[,:]{_S}?|survenue{_S}|a{_S}eu{_S}lieu{_S})?le{_S}|\bnaissance{_S}?:{_S}?"
    rf"|\b(?:DDN|D\.D\.N\.?){_S}?[:=]?{_S}?(?:le{_S})?|{_BORN}{_S}?:{_S}?)\Z",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(r"\b(?:et|puis|mais)\b|[^\W\d]{2}ée?s?\b", re.IGNORECASE)
_FIRST_YEAR = 1900
"""Whoever was born before is history."""


def _birth_dates(text: str) -> Iterator[Span]:
    for match in _DATE.finditer(text):
        cue = _BIRTH_CUE.search(_before(text, match.start(), 90))
        if cue and not (cue["between"] and _NO_PLACE.search(cue["between"])):
            year = match["year"] or match["year_after_month"] or match["year_first"]
            if len(year) == 2 or int(year) >= _FIRST_YEAR:
                yield "birth-date", match.start(), match.end()


# Postal addresses.
_OF = rf"(?:(?i:de{_S}?la|du|des|de|aux?){_S}|(?i:de{_S}?l|d|l)['’]{_S}?)"
_PROPER = rf"[{_UPPER}][\w.'’-]{{0,25}}"
_LINK = rf"(?:{_OF}|(?:à|et|la|le|les|sur|sous|en|lès){_S})"
_ADDRESS = re.compile(
    rf"(?<![\w.,/+-])\d{{1,4}}{_MORE_OF_HOUSE_NUMBER}(?P<street>{_STREET})(?!\w){_S}{{1,2}}"
    rf"(?:(?P<proper>{_OF}{{0,2}}{_PROPER}(?:{_S}{_LINK}{{0,2}}{_PROPER}){{0,6}})"
    rf"|(?P<plain>{_OF}{_LOWER}{{3,25}}(?!\w))|(?P<bare>{_LOWER}{{3,25}}(?:{_S}{_LOWER}{{2,25}}){{0,3}}(?!\w)))"
)
_CITY_IN_CAPITALS = rf"[{_UPPER}]{{2,25}}(?:(?:['’-]|{_S})(?!CEDEX)[{_UPPER}]{{1,25}}(?!\w)){{0,5}}"
_CITY = (
    rf"[{_UPPER}]{_LOWER}{{1,25}}(?:['’-][\w'’]{{1,25}}){{0,5}}"
    rf"(?:{_S}{_LINK}{{0,2}}(?!Cedex)[{_UPPER}]{_LOWER}{{1,25}}(?:-[\w'’]{{1,25}}){{0,5}}){{0,3}}"
)
_CODE_AND_CITY = re.compile(
    rf"[^.;\n]{{0,50}}?(?<!\w)(?:F-{_S}?)?(?:\d{{5}}|\d\d{_S}\d{{3}}){_S}?[-–]?{_S}?"
    rf"(?P<city>{_CITY_IN_CAPITALS}|{_CITY}|{_LOWER}{{3,25}}(?:-{_LOWER}{{1,25}}){{0,5}})(?!\w)"
    rf"(?:{_S}(?i:cedex)(?:{_S}\d{{1,2}}(?!\w))?)?"
)
_AT_CITY = re.compile(
    rf"(?:{_S}?,{_S}?(?:à{_S})?|{_S}à{_S})[{_UPPER}]{_LOWER}{{2,30}}(?:-[\w'’]{{1,25}}){{0,5}}"
)
_HOME = re.compile(
    r"\b(?:habit\w{0,6}|demeur\w{0,6}|domicil\w{0,5}|résid\w{0,6}|adresse|vi(?:t|vant)|sise?|log\w{1,4})\b"
    r"[^\d.;\n]{0,30}\Z",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(r"\b(?:en|depuis|années?|jusqu['’]en|fin|début)\s\Z", re.IGNORECASE)
_SURE_STREETS = ("rue", "ruelle", "avenue", "boulevard", "faubourg")
_VAGUE_STREETS = ("av", "cours", "passage", "voie", "cité", "résidence", "villa", "montée")


def _addresses(text: str) -> Iterator[Span]:
    for match in _ADDRESS.finditer(text):
        before = _before(text, match.start(), 60)
        is_home = _HOME.search(before) is not None
        code = _CODE_AND_CITY.match(text, match.end())
        if code and code["city"][0].islower() and _is_vague(match["street"]):
            code = None
        if (not code and not _is_street(match, is_home)) or (not code and _YEAR_BEFORE.search(before)):
            continue
        if is_home or not _follows_a_firm(text, match.start()):
            city = code or _AT_CITY.match(text, match.end())
            yield "address", match.start(), (city or match).end()


def _is_street(match: re.Match[str], is_home: bool) -> bool:
    """Whether number, word and name are an address without a postal code: "2 voies d'abord" is none."""
    street = match["street"].rstrip(".")
    if match["bare"] or (_is_vague(street) and not is_home):
        return False
    if street.lower() in _SURE_STREETS or is_home:
        return True
    is_heading = street.lower() in ("place", "route") and street[0].isupper()
    return match["proper"] is not None and not is_heading


def _is_vague(street: str) -> bool:
    return street.lower().rstrip(".") in _VAGUE_STREETS


def _follows_a_firm(text: str, start: int) -> bool:
    return _exceptions().firms.search(_before(text, start, 250)) is not None


# Persons.
_WORD = (
    rf"(?:[{_UPPER}]['’])?[{_UPPER}]{_LOWER}{{1,25}}"
    rf"(?:(?:['’-][{_UPPER}]?|[{_UPPER}]){_LOWER}{{1,25}}){{0,3}}"
)
_CAPITALS = rf"(?:[{_UPPER}]['’])?[{_UPPER}]{{3,25}}(?:['’-][{_UPPER}]{{1,25}}){{0,3}}"
_TOKEN = rf"(?:{_WORD}|{_CAPITALS})(?!\w|-\w)"
_PARTICLE = (
    rf"(?:(?:van{_S}de[nr]|van|von|der|el|al|ben|bin|ould|di|da|dos|de{_S}la|des|du|de"
    rf"|VAN|VON|EL|AL|BEN|DE{_S}LA|DES|DU|DE|LE|LA){_S}"
    rf"|de{_S}l['’]|d['’])"
)
_NAME = re.compile(
    rf"(?P<letters>[{_UPPER}]\.[{_BLANK}-]?){{0,3}}{_PARTICLE}?{_TOKEN}"
    rf"(?:{_S}{_PARTICLE}?(?:[{_UPPER}]\.{_S})?{_TOKEN}){{0,3}}(?:,?{_S}née?{_S}{_TOKEN})?"
)
_TOKENS = re.compile(_TOKEN)
_LETTERS = re.compile(
    rf"[{_UPPER}](?:\.?[ \u00a0-]?[{_UPPER}]){{0,4}}(?:\.{{1,3}}|…|\*{{1,3}})?(?![\w'’]|-\w)"
)
_TITLE = re.compile(
    r"(?<![\w.-])(?:(?P<monsieur>M\.?)|(?P<several>MM\.|Mmes|Mlles|[Mm]essieurs|[Mm]esdames)"
    r"|(?P<civil>Mrs?\.?|Mme\.?|Mlle\.?|Mle\.?|Melle\.?|MME|MLLE|[Mm]onsieur|MONSIEUR|[Mm]adame|MADAME"
    r"|[Mm]ademoiselle|MADEMOISELLE)"
    r"|(?P<medical>Drs?\.?|Dre|[Dd]octeure?|DOCTEUR|Prs?\.?|Prof\.?|[Pp]rofesseure?|PROFESSEUR)"
    rf"|(?P<header>(?:Nom|NOM)s?{_S}(?i:et{_S}pr[ée]noms?|de{_S}naissance|de{_S}famille|de{_S}jeune{_S}fille"
    rf"|marital|d['’]usage|du{_S}patient|de{_S}la{_S}patiente){_S}?:"
    rf"|(?:Nom|NOM){_S}?:(?=[^.\n]{{1,40}}(?i:pr[ée]nom))|(?:[Pp]r[ée]nom|PR[ÉE]NOM)s?{_S}?:))"
    r"(?:(?<=\.)|(?![^\W_]))"
)
_GAP = frozenset(" \t\n\u00a0\u202f")
_OTHERS = re.compile(rf"(?:,{_S}{_TOKEN}){{0,3}}{_S}et{_S}(?:(?:M\.|Mme|Mlle){_S})?{_PARTICLE}?{_TOKEN}")
_AGE = re.compile(
    rf"(?:{_S}?[,;:(])?{_S}?(?:(?:est|était|jeune|une?){_S}){{0,3}}"
    rf"(?:[âaÂA]g[ée]e?|\d{{1,3}}{_S}?ans|[Pp]atiente?|garçon|fille|homme|femme|enfant)(?!\w)"
)
_VERB = re.compile(
    rf"{_S}(?:(?:est|était|a|avait|sera|présent\w{{1,4}}|consult\w{{1,4}}|souffr\w{{1,4}}|vient|prend|reçoit"
    r"|vous|qui|se|ne)(?!\w)|[sn]['’])"
)
_BEGINNING = re.compile(rf"(?:^|[.!?:;,(«\n\d])[{_BLANK}]{{0,2}}\Z")
_FULL_TITLES = ("octeur", "octeure", "rofesseur", "rofesseure")
_OF_A_SUBJECT = re.compile(rf"d(?:es?|u|e{_S}la){_S}|de{_S}l['’]|d['’]")
_TAKES_A_NAME = re.compile(
    rf"\b(?:de|chez|à|par|pour|que|avec|et|patiente?|cas|où|lorsque|quand|si|selon|dont|sur|ou){_S}{{1,2}}\Z"
)
_LAST_WORD = re.compile(rf"([^\W\d_]{{1,40}}){_S}{{1,2}}\Z")
_INITIAL = re.compile(
    rf"(?:^|[^\w ][{_BLANK}]{{0,2}}|[{_UPPER}]{_LOWER}{{1,25}}{_S})[{_UPPER}]\.{_S}{{0,2}}\Z"
)
_VOWELS = frozenset("AEIOUYÀÂÉÈÊËÎÏÔÖÙÛÜ")
_PARTICLES = frozenset({"le", "la", "les", "de", "du", "des"})


def _persons(text: str) -> Iterator[Span]:
    for title in _TITLE.finditer(text):
        begin = _end_of_gap(text, title.end())
        is_glued = begin == title.end() and title.lastgroup != "header"
        if is_glued and not title[0].endswith("."):
            continue
        name = _NAME.match(text, begin)
        end = _end_of_name(name) if name and not (is_glued and name["letters"]) else 0
        if end and title.lastgroup == "several":
            others = _OTHERS.match(text, end)
            end = others.end() if others else 0 if title[0] == "MM." else end
        if end:
            if _names_a_person(text, title, begin, end):
                yield "named-person", begin if title.lastgroup == "header" else title.start(), end
        elif (letters := _LETTERS.match(text, begin)) and _stands_for_a_person(
            text, title, letters, is_glued
        ):
            yield "initialled-person", title.start(), letters.end()


def _end_of_gap(text: str, start: int) -> int:
    end = start
    while end < len(text) and end < start + 2 and text[end] in _GAP:
        end += 1
    return end


def _end_of_name(name: re.Match[str]) -> int:
    """Where the name ends once the words that are no names are off it; 0 if none is left."""
    no_names = _exceptions().no_names
    tokens = list(_TOKENS.finditer(name[0]))
    while tokens and _plain(tokens[-1][0]) in no_names:
        tokens.pop()
    if not tokens or (len(tokens) == 1 and not _can_be_a_name(tokens[0][0])):
        return 0
    first = _plain(tokens[0][0])
    if first in no_names and not (first in _PARTICLES and len(tokens) > 1):
        return 0
    return name.start() + tokens[-1].end()


def _can_be_a_name(token: str) -> bool:
    """Tells names from letters (DURAND, BAH; not LBA, NNJJ) and from adverbs that begin a sentence."""
    if token.isupper():
        return not _VOWELS.isdisjoint(token) and (len(token) > 3 or token[1] in _VOWELS)
    return not token.endswith(("ement", "amment", "emment"))


def _names_a_person(text: str, title: re.Match[str], begin: int, end: int) -> bool:
    name, exceptions = text[begin:end], _exceptions()
    tokens = [_plain(token) for token in _TOKENS.findall(name)]
    if _plain(name) in exceptions.names or tokens[-1] in exceptions.names:
        return False
    before = _before(text, title.start(), 80)
    if exceptions.credits_before.search(before) or exceptions.credits_after.match(text, end):
        return False
    if title.lastgroup == "medical":
        is_degree = title[0][1:] in _FULL_TITLES and _OF_A_SUBJECT.match(name)  # professeur de Médecine
        return not is_degree and not exceptions.places_or_things.search(before)
    if title.lastgroup == "monsieur":
        return title[0] == "M." and tokens[0] not in exceptions.species and _can_precede_monsieur(before)
    return True


def _can_precede_monsieur(before: str) -> bool:
    """Whether "M." here is a title, and neither the letter M nor the first name of an author."""
    if _INITIAL.search(before):
        return False
    last = _LAST_WORD.search(before)
    if not last:
        return True
    word, exceptions = _plain(last[1]), _exceptions()
    if last[1][0].isupper():
        return word in exceptions.before_monsieur
    return word not in exceptions.before_letter_m


def _stands_for_a_person(text: str, title: re.Match[str], letters: re.Match[str], is_glued: bool) -> bool:
    if title.lastgroup == "medical":
        return not title[0].startswith("Pr") or title[0].startswith("Prof")
    if title.lastgroup != "monsieur":
        return title.lastgroup == "civil"
    before = _before(text, title.start(), 80)
    is_introduced = _TAKES_A_NAME.search(before) is not None
    begins = _BEGINNING.search(before) is not None
    has_age = _AGE.match(text, letters.end()) is not None
    if is_glued or title[0] == "M":  # M.O, âgé de 42 ans
        return has_age and (is_introduced or begins)
    if not _can_precede_monsieur(before):
        return False
    if has_age or letters[0] == "X" or _VERB.match(text, letters.end()):
        return True
    return letters[0] not in "AÀY" and (is_introduced or begins)
