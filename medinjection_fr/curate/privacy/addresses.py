"""Postal addresses: number, street and its name, with postal code and city if they follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.curate.privacy.exceptions import follows_a_firm
from medinjection_fr.curate.privacy.patterns import LOWER, UPPER, S, Span, text_before

STREET = (
    r"(?i:rue|avenue|av\.?|boulevard|bl?v?d\.?|faubourg|allées?|quai|impasse|chemin|square|esplanade|ruelle|promenade"
    r"|sentier|lotissement|hameau|place|cours|passage|route|voie|cité|résidence|villa|montée)"
)
MORE_OF_HOUSE_NUMBER = (
    rf"(?:{S}?[-/]{S}?\d{{1,4}})?(?:{S}?(?:(?i:bis|ter|quater)\b|[A-D](?!\w)))?{S}?,?{S}{{1,2}}"
)
_OF = rf"(?:(?i:de{S}?la|du|des|de|aux?){S}|(?i:de{S}?l|d|l)['’]{S}?)"
_PROPER = rf"(?:[{UPPER}]\.|[{UPPER}][\w'’-]{{0,25}})"
_LINK = rf"(?:{_OF}|(?:à|et|la|le|les|sur|sous|en|lès){S})"
_ADDRESS = re.compile(
    rf"(?<![\w.,/+-])\d{{1,4}}{MORE_OF_HOUSE_NUMBER}(?P<street>{STREET})(?!\w){S}{{1,2}}"
    rf"(?:(?P<proper>{_OF}{{0,2}}{_PROPER}(?:{S}{_LINK}{{0,2}}{_PROPER}){{0,6}})"
    rf"|(?P<plain>{_OF}{LOWER}{{3,25}}(?!\w))|(?P<bare>{LOWER}{{3,25}}(?:{S}{LOWER}{{2,25}}){{0,3}}(?!\w)))"
)
_CITY_IN_CAPITALS = rf"[{UPPER}]{{2,25}}(?:(?:['’-]|{S})(?!CEDEX)[{UPPER}]{{1,25}}(?!\w)){{0,5}}"
_CITY = (
    rf"[{UPPER}]{LOWER}{{1,25}}(?:['’-][\w'’]{{1,25}}){{0,5}}"
    rf"(?:{S}{_LINK}{{0,2}}(?!Cedex)[{UPPER}]{LOWER}{{1,25}}(?:-[\w'’]{{1,25}}){{0,5}}){{0,3}}"
)
_CODE_AND_CITY = re.compile(
    rf"[^.;\n]{{0,50}}?(?<!\w)(?:F-{S}?)?(?:\d{{5}}|\d\d{S}\d{{3}}){S}?[-–]?{S}?"
    rf"(?P<city>{_CITY_IN_CAPITALS}|{_CITY}|{LOWER}{{3,25}}(?:-{LOWER}{{1,25}}){{0,5}})(?!\w)"
    rf"(?:{S}(?i:cedex)(?:{S}\d{{1,2}}(?!\w))?)?"
)
_AT_CITY = re.compile(rf"(?:{S}?,{S}?(?:à{S})?|{S}à{S})[{UPPER}]{LOWER}{{2,30}}(?:-[\w'’]{{1,25}}){{0,5}}")
_HOME = re.compile(
    r"\b(?:habit\w{0,6}|demeur\w{0,6}|domicil\w{0,5}|résid\w{0,6}|adresse|vi(?:t|vant)|sise?|log\w{1,4})\b"
    r"[^\d.;\n]{0,30}\Z",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(r"\b(?:en|depuis|années?|jusqu['’]en|fin|début)\s\Z", re.IGNORECASE)
_SURE_STREETS = ("rue", "ruelle", "avenue", "boulevard", "faubourg")
_VAGUE_STREETS = ("av", "cours", "passage", "voie", "cité", "résidence", "villa", "montée")


def find_addresses(text: str) -> Iterator[Span]:
    """Finds addresses; after the name of a firm, only those that are told to be a home."""
    for match in _ADDRESS.finditer(text):
        before = text_before(text, match.start(), 60)
        is_home = _HOME.search(before) is not None
        code = _CODE_AND_CITY.match(text, match.end())
        if code and code["city"][0].islower() and _is_vague(match["street"]):
            code = None
        if (not code and not _is_street(match, is_home)) or (not code and _YEAR_BEFORE.search(before)):
            continue
        if is_home or not follows_a_firm(text, match.start()):
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
