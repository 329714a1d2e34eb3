"""Changes that make of a record its copy, or another record that only looks like it."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

import planted_words as words
from real_files import Row

from medinjection_fr.record import LETTERS

Change = Callable[[str, random.Random], str | None]
"""Makes another text of a text, if it can."""


def replace_one(text: str, found: Sequence[tuple[re.Match[str], str]], chance: random.Random) -> str | None:
    """The text with one of the matches for what stands beside it, if there are any."""
    if not found:
        return None
    match, new = chance.choice(found)
    return text[: match.start()] + new + text[match.end() :]


def everywhere(change: Callable[[str], str]) -> Callable[[Row, random.Random], Row]:
    """A copy whose every text is changed; the letters of the gold answer are not a text."""

    def copy(row: Row, _: random.Random) -> Row:
        texts = {name: change(row[name]) for name in ("context", "instruction")}
        answer = row["answer"] if row["choices"] else change(row["answer"])
        return {**row, **texts, "choices": [change(text) for text in row["choices"]], "answer": answer}

    return copy


def typography(text: str) -> str:
    """Curly apostrophes, guillemets, no-break spaces, no-break hyphens, ligatures; not in NFC."""
    text = text.replace("'", "\u2019").replace("oe", "œ").replace("...", "…")
    text = re.sub(r'"([^"]*)"', "«\u00a0\\1\u00a0»", text)
    text = re.sub(r" ?([:;?!%])", "\u202f\\1", text)
    return unicodedata.normalize("NFD", text.replace("-", "\u2011"))


def without_accents(text: str) -> str:
    text = text.replace("œ", "oe").replace("Œ", "OE")
    composed = unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFD", c)[0] if c.isalpha() else c for c in composed)


def permuted(row: Row, chance: random.Random) -> Row:
    """The options in another order; the letters of the gold answer move along."""
    order = list(range(len(row["choices"])))
    while order == sorted(order):
        chance.shuffle(order)
    gold = {LETTERS.index(letter) for letter in row["answer"].split(",")}
    letters = [LETTERS[place] for place, old in enumerate(order) if old in gold]
    return {**row, "choices": [row["choices"][old] for old in order], "answer": ",".join(letters)}


def neutral(row: Row, pairs: Sequence[tuple[str, str]], chance: random.Random) -> Row | None:
    """One word of the context for another that says the same."""
    context = row["context"]
    found = [(match, new) for old, new in pairs for match in re.finditer(rf"(?<!\w){old}(?!\w)", context)]
    changed = replace_one(context, found, chance)
    return None if changed is None else {**row, "context": changed}


def embedded(hosts: Iterator[str]) -> Callable[[Row, random.Random], Row]:
    """The question inside a longer context, its answer with it; something else is asked."""

    def copy(row: Row, chance: random.Random) -> Row:
        host = next(hosts).split()[:200]
        place = chance.randrange(20, len(host))
        answer = " ; ".join(row["choices"][LETTERS.index(letter)] for letter in row["answer"].split(","))
        held = f"{row['instruction']} Réponse : {answer}."
        context = " ".join([*host[:place], held, *host[place:]])
        asked = {"context": context, "instruction": "Que retient-on de ce texte ?", "answer": answer}
        return {**row, **asked, "type": "oeq", "choices": []}

    return copy


EXAM_COPIES: dict[str, Callable[[Row, random.Random], Row | None]] = {
    "verbatim": everywhere(lambda text: text),
    "case": everywhere(str.upper),
    "accents removed": everywhere(without_accents),
    "typography": everywhere(typography),
    "options permuted": permuted,
}
TEXT_COPIES = {name: copy for name, copy in EXAM_COPIES.items() if name != "options permuted"}


def one_of(pattern: re.Pattern[str], change: Callable[[str, random.Random], str]) -> Change:
    """Changes one match of a pattern."""

    def change_one(text: str, chance: random.Random) -> str | None:
        found = list(pattern.finditer(text))
        if not found:
            return None
        match = chance.choice(found)
        return text[: match.start()] + change(match[0], chance) + text[match.end() :]

    return change_one


def any_word(vocabulary: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(vocabulary)})(?!\w)", flags)


def swapped(pairs: Sequence[tuple[str, str]]) -> Change:
    """One word for its opposite, wherever the text has one of the pair."""
    other = {**dict(pairs), **{b: a for a, b in pairs}}
    longest_first = sorted(map(re.escape, other), key=len, reverse=True)
    return one_of(any_word(longest_first), lambda old, _: other[old])


def word_of(vocabulary: Sequence[str], flags: int = 0) -> Change:
    """One word of a vocabulary for another of it."""

    def another(old: str, chance: random.Random) -> str:
        return chance.choice([word for word in vocabulary if word != old.lower()])

    return one_of(any_word(vocabulary, flags), another)


def other_number(old: str, chance: random.Random) -> str:
    """Ten times as much, without its last digit, without its comma, or with another digit."""
    digit = chance.randrange(len(old))
    news = [old + "0", old[:-1] or "7", old.replace(",", "").replace(".", "")]
    if old[digit].isdigit():
        news.append(old[:digit] + str((int(old[digit]) + chance.randrange(1, 10)) % 10) + old[digit + 1 :])
    return chance.choice([new for new in news if new.replace(",", ".") != old.replace(",", ".")])


def unit_changed(text: str, chance: random.Random) -> str | None:
    found = [
        (match, match[1] + new)
        for old, news in words.UNITS.items()
        for new in news
        for match in re.finditer(rf"(?<=\d)(\s*){re.escape(old)}(?![\w/])", text)
    ]
    return replace_one(text, found, chance)


def prefix_swapped(text: str, chance: random.Random) -> str | None:
    found = [
        (match, new)
        for pair in words.PREFIXES
        for old, new in (pair, pair[::-1])
        for match in re.finditer(rf"(?<!\w){old}(?=[a-zéè]{{4}})", text)
    ]
    return replace_one(text, found, chance)


_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SIGN = re.compile(r"(?<=[A-Z0-9])[+\-−](?![\w+\-−])|[<>≤≥]")
"""A+ and A-: a sign that stands after a letter or a digit and before no word."""
_OTHER_SIGN = {"+": "-", "-": "+", "−": "+", "<": ">", ">": "<", "≤": "≥", "≥": "≤"}

LOOK_ALIKES: dict[str, Change] = {
    "number": one_of(_NUMBER, other_number),
    "unit": unit_changed,
    "negation": swapped(words.NEGATIONS),
    "exacte / inexacte": swapped(words.TRUTH),
    "A+ / A−, < / >": one_of(_SIGN, lambda old, _: _OTHER_SIGN[old]),
    "hypo / hyper": prefix_swapped,
    "droit / gauche": swapped(words.SIDES),
    "systolique / diastolique and other opposites": swapped(words.OPPOSITES),
    "another drug": word_of(words.DRUGS, re.IGNORECASE),
    "another organ": word_of(words.ORGANS),
    "another disease": word_of(words.DISEASES),
}


def with_sentence(text: str, sentence: str, chance: random.Random) -> str:
    """The text with a sentence of ours after one of its own."""
    ends = [match.end() for match in re.finditer(r"\.(?= )", text)] or [len(text)]
    place = chance.choice(ends)
    return f"{text[:place]} {sentence}{text[place:]}"
