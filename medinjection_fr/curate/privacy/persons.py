"""Persons with a title: named, or reduced to letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.curate.privacy.exceptions import load_exceptions, plain_words
from medinjection_fr.curate.privacy.patterns import BLANK, LOWER, UPPER, S, Span, text_before

_WORD = (
    rf"(?:[{UPPER}]['’])?[{UPPER}]{LOWER}{{1,25}}"
    rf"(?:(?:['’-][{UPPER}]?|[{UPPER}]){LOWER}{{1,25}}){{0,3}}"
)
_CAPITALS = rf"(?:[{UPPER}]['’])?[{UPPER}]{{3,25}}(?:['’-][{UPPER}]{{1,25}}){{0,3}}"
_TOKEN = rf"(?:{_WORD}|{_CAPITALS})(?!\w|-\w)"
_PARTICLE = (
    rf"(?:(?:[Vv]euve|Vve|van{S}de[nr]|van|von|der|el|al|ben|bin|ould|di|da|dos|de{S}la|des|du|de"
    rf"|VAN|VON|EL|AL|BEN|DE{S}LA|DES|DU|DE|LE|LA){S}"
    rf"|de{S}l['’]|d['’])"
)
_NAME = re.compile(
    rf"(?P<letters>[{UPPER}]\.[{BLANK}-]?){{0,3}}{_PARTICLE}?{_TOKEN}"
    rf"(?:{S}{_PARTICLE}?(?:[{UPPER}]\.{S})?{_TOKEN}){{0,3}}(?:,?{S}née?{S}{_TOKEN})?"
)
_TOKENS = re.compile(_TOKEN)
_LETTERS = re.compile(rf"[{UPPER}](?:\.?[ \u00a0-]?[{UPPER}]){{0,4}}(?:\.{{1,3}}|…|\*{{1,3}})?(?![\w'’]|-\w)")
_TITLE = re.compile(
    r"(?<![\w.-])(?:(?P<monsieur>M\.?)|(?P<several>MM\.|Mmes|Mlles|[Mm]essieurs|[Mm]esdames|Drs|[Dd]octeurs|Prs"
    r"|[Pp]rofesseurs)"
    r"|(?P<civil>Mrs?\.?|Mme\.?|Mlle\.?|Mle\.?|Melle\.?|MME|MLLE|[Mm]onsieur|MONSIEUR|[Mm]adame|MADAME"
    r"|[Mm]ademoiselle|MADEMOISELLE)"
    r"|(?P<medical>Dr\.?|Dre|[Dd]octeure?|DOCTEUR|Pr\.?|Prof\.?|[Pp]rofesseure?|PROFESSEUR)"
    rf"|(?P<header>(?:Nom|NOM)s?{S}(?i:et{S}pr[ée]noms?|de{S}naissance|de{S}famille|de{S}jeune{S}fille"
    rf"|marital|d['’]usage|du{S}patient|de{S}la{S}patiente){S}?:"
    rf"|(?:Nom|NOM){S}?:(?=[^.\n]{{1,40}}(?i:pr[ée]nom))|(?:[Pp]r[ée]nom|PR[ÉE]NOM)s?{S}?:))"
    r"(?:(?<=\.)|(?![^\W_]))"
)
_GAP = frozenset(" \t\n\u00a0\u202f")
_OTHERS = re.compile(rf"(?:,{S}{_TOKEN}){{0,3}}{S}et{S}(?:(?:M\.|Mme|Mlle){S})?{_PARTICLE}?{_TOKEN}")
_AGE = re.compile(
    rf"(?:{S}?[,;:(])?{S}?(?:(?:est|était|jeune|une?){S}){{0,3}}"
    rf"(?:[âaÂA]g[ée]e?|\d{{1,3}}{S}?ans|[Pp]atiente?|garçon|fille|homme|femme|enfant)(?!\w)"
)
_VERB = re.compile(
    rf"{S}(?:(?:est|était|a|avait|sera|présent\w{{1,4}}|consult\w{{1,4}}|souffr\w{{1,4}}|vient|prend|reçoit"
    r"|vous|qui|se|ne)(?!\w)|[sn]['’])"
)
_BEGINNING = re.compile(rf"(?:^|[.!?:;,(«\n\d])[{BLANK}]{{0,2}}\Z")
_FULL_TITLES = ("octeur", "octeure", "rofesseur", "rofesseure")
_OF_A_SUBJECT = re.compile(rf"d(?:es?|u|e{S}la){S}|de{S}l['’]|d['’]")
_TAKES_A_NAME = re.compile(
    rf"\b(?:de|chez|à|par|pour|que|avec|et|patiente?|cas|où|lorsque|quand|si|selon|dont|sur|ou){S}{{1,2}}\Z"
)
_LAST_WORD = re.compile(rf"([^\W\d_]{{1,40}}){S}{{1,2}}\Z")
_INITIAL = re.compile(rf"(?:^|[^\w ][{BLANK}]{{0,2}}|[{UPPER}]{LOWER}{{1,25}}{S})[{UPPER}]\.{S}{{0,2}}\Z")
_VOWELS = frozenset("AEIOUYÀÂÉÈÊËÎÏÔÖÙÛÜ")
_PARTICLES = frozenset({"le", "la", "les", "de", "du", "des"})


def find_persons(text: str) -> Iterator[Span]:
    """Finds persons, named and initialled."""
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
    no_names = load_exceptions().no_names
    tokens = list(_TOKENS.finditer(name[0]))
    while tokens and plain_words(tokens[-1][0]) in no_names:
        tokens.pop()
    if not tokens or (len(tokens) == 1 and not _can_be_a_name(tokens[0][0])):
        return 0
    first = plain_words(tokens[0][0])
    if first in no_names and not (first in _PARTICLES and len(tokens) > 1):
        return 0
    return name.start() + tokens[-1].end()


def _can_be_a_name(token: str) -> bool:
    """Tells names from letters (DURAND, BAH; not LBA, NNJJ) and from adverbs that begin a sentence."""
    if token.isupper():
        return not _VOWELS.isdisjoint(token) and (len(token) > 3 or token[1] in _VOWELS)
    return not token.endswith(("ement", "amment", "emment"))


def _names_a_person(text: str, title: re.Match[str], begin: int, end: int) -> bool:
    name, exceptions = text[begin:end], load_exceptions()
    tokens = [plain_words(token) for token in _TOKENS.findall(name)]
    if plain_words(name) in exceptions.names or tokens[-1] in exceptions.names:
        return False
    before = text_before(text, title.start(), 80)
    if exceptions.credits_before.search(before) or exceptions.credits_after.match(text, end):
        return False
    if title.lastgroup == "medical":
        is_degree = title[0][1:] in _FULL_TITLES and _OF_A_SUBJECT.match(name)  # professeur de Médecine
        return not is_degree and not exceptions.places_or_things.search(before)
    if title.lastgroup == "monsieur":
        return title[0] == "M." and tokens[0] not in exceptions.latin and _can_precede_monsieur(before)
    return True


def _can_precede_monsieur(before: str) -> bool:
    """Whether "M." here is a title, and neither the letter M nor the first name of an author."""
    if _INITIAL.search(before):
        return False
    last = _LAST_WORD.search(before)
    if not last:
        return True
    word, exceptions = plain_words(last[1]), load_exceptions()
    if last[1][0].isupper():
        return word in exceptions.before_monsieur
    return word not in exceptions.before_letter_m


def _stands_for_a_person(text: str, title: re.Match[str], letters: re.Match[str], is_glued: bool) -> bool:
    if title.lastgroup == "medical":
        is_name = "." in letters[0] or len(letters[0]) <= 2
        return is_name and title[0].rstrip(".") != "Pr"
    if title.lastgroup != "monsieur":
        return title.lastgroup == "civil"
    before = text_before(text, title.start(), 80)
    is_introduced = _TAKES_A_NAME.search(before) is not None
    begins = _BEGINNING.search(before) is not None
    has_age = _AGE.match(text, letters.end()) is not None
    if is_glued or title[0] == "M":  # M.O, âgé de 42 ans
        return has_age and (is_introduced or begins)
    if not _can_precede_monsieur(before):
        return False
    if has_age or letters[0] == "X" or _VERB.match(text, letters.end()):
        return True
    is_word = letters[0] in "AÀY" and text.startswith(" ", letters.end())  # "… M. A trois mois, …"
    return (is_introduced or begins) and not is_word
