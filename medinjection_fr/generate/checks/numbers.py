"""The numbers of a text, read as its language writes them.

"1,500.5" in English and "1 500,5" in French are one number; "1,5" in French is not "15". Numbers that
are written out or in Roman numerals are read too, and digits inside names (COVID-19, IL-6) count like any others.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.generate.checks.reading import Reading

_WORDS_FILE = Path(__file__).with_name("number_words.yaml")

_DIGITS = r"\d(?:\d{0,2}(?: \d{3})+(?:[.,]\d+)?(?!\d)|\d*(?:[.,]\d+)*)"
"""A number in digits: with groups of three, or as it comes with its points and commas."""
_NUMBER = re.compile(_DIGITS)
_POINT_FIRST = re.compile(r"(?<![\w.])\.$")
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?$")  # 1,00,000 as well, as in India
_POINT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?$")
_YEARS = re.compile(r"\d{4}[-–/]$")
_DECADE = re.compile(r"années (?:\d\d(?: et |-))?$")
_TWO_NUMERALS = re.compile("[IVX][IVX]")
_ROMAN = re.compile(r"(?<![\w-])(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})(?=(?:ème|e|è)?(?![\w-]))")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_TIMES_A_DAY = re.compile(r"(?<![a-z])([bqt])\.? ?i\.? ?d(?![a-z])")
_AFTERNOON = re.compile(r"(\d{1,2})(?:[:.]\d\d)? ?p\.?m(?![a-z])")
_AFTER_NOON = re.compile(r"(1[3-9]|2[0-3])(?<!\d\d\d)(?: ?h(?:eures?)?(?![a-z])|:\d\d)")


class Number(NamedTuple):
    """A number and its place.

    Attributes:
        value: Decimal notation with a point: "1500.5".
        start, end: Where it stands in the folded text, in characters.
        in_digits: Whether it is written in digits.
    """

    value: str
    start: int
    end: int
    in_digits: bool


class _Language:
    def __init__(self, name: str) -> None:
        words: Mapping[str, Any] = read_yaml(_WORDS_FILE)[name]
        self.is_english = name == "english"
        self.values: Mapping[str, int] = words["values"]
        self.hundred = frozenset(words["hundred"])
        self.scales: Mapping[str, int] = words["scales"]
        self.hints: Mapping[str, list[int]] = words["hints"]
        self.words = frozenset({*self.values, *self.hundred, *self.scales})
        self.ones = frozenset(word for word, value in self.values.items() if value == 1)
        self.gap = re.compile(rf"(?:[ -]|[ -]{words['joiner']}[ -])$")
        self.scale_gap = re.compile("[ +-]{1,2}$")

    def continues(self, last: int, value: int) -> bool:
        """Whether a word of this value goes on with a number whose last word had the other."""
        if last == 100:
            return value < 100
        if self.is_english or last not in (10, 60, 80):
            return last >= 20 and last % 10 == 0 and 0 < value < 10
        return value in (7, 8, 9) if last == 10 else 0 < value < 20  # dix-sept, soixante-treize


@functools.cache
def _language(name: str) -> _Language:
    return _Language(name)


@functools.cache
def _whole(word: str) -> re.Pattern[str]:
    """A number word on its own. It comes first in the pattern: what begins with letters is found soonest."""
    return re.compile(rf"{word}(?<![^\W\d_]{word})(?![^\W\d_])")


def find_numbers(reading: Reading, language: str) -> list[Number]:
    """Finds the numbers that a translation has to keep, in order.

    "One" and "un", "une" are articles as often as numbers: they are left out.

    Args:
        reading: The text.
        language: ``english`` or ``french``.
    """
    rules = _language(language)
    found: list[Number] = []
    if _TWO_NUMERALS.search(reading.text):
        found += [_read_roman(match) for match in _ROMAN.finditer(reading.text)]
    text = reading.lower
    words = rules.words & reading.word_set
    if words <= rules.ones:  # articles, most often, and no numbers on their own
        for match in _NUMBER.finditer(text):
            found += _read_digits(match[0], match.start(), text, rules)
        return found
    places = [(*match.span(), "") for match in _NUMBER.finditer(text)]
    for word in words:
        places += [(*match.span(), word) for match in _whole(word).finditer(text)]
    run: list[tuple[str, int, int]] = []  # number words that stand together
    for start, end, word in sorted(places):
        if not word:
            found += _read_run(run, rules)
            found += _read_digits(text[start:end], start, text, rules)
            continue
        if run and not rules.gap.match(text, run[-1][2], start):
            found += _read_run(run, rules)
        scale = rules.scales.get(word)
        if scale and not run and found and rules.scale_gap.match(text, found[-1].end, start):
            found[-1] = _scaled(found[-1], scale, end)
        else:
            run.append((word, start, end))
    found += _read_run(run, rules)
    return found


def find_digits(reading: Reading) -> list[str]:
    """Finds what stands in digits, group by group, whatever it means."""
    return re.findall(r"\d+", reading.text)


def hinted_values(reading: Reading, language: str) -> set[str]:
    """Values that other words of a text may stand for: "twice", "deuxième", "moitié", "b.i.d."."""
    rules = _language(language)
    hints = {str(value) for word in reading.word_set & rules.hints.keys() for value in rules.hints[word]}
    if rules.is_english:
        hints |= {{"b": "2", "t": "3", "q": "4"}[match[1]] for match in _TIMES_A_DAY.finditer(reading.lower)}
        hints |= {str(int(match[1]) + 12) for match in _AFTERNOON.finditer(reading.lower)}
    else:
        hints |= {str(int(match[1]) - 12) for match in _AFTER_NOON.finditer(reading.lower)}
    return hints


def _read_digits(written: str, start: int, text: str, rules: _Language) -> Iterator[Number]:
    if written == "00":  # 8:00, 8 h 00
        return
    end = start + len(written)
    parts = [written] if written.isdecimal() else _parts(written, rules)
    if len(parts) > 2:  # a date, a version, a list: "12.03.2020", "1.2.3", "1,2,3"
        at = start
        for part in parts:
            yield Number(_canonical(part), at, at + len(part), True)
            at += len(part) + 1
        return
    before = text[start - 1 : start]
    if before == "." and len(parts) == 1 and _POINT_FIRST.search(text, max(0, start - 2), start):  # p < .05
        parts = ["0", *parts]
    value = _canonical(".".join(parts))
    if len(written) == 2:
        if before in ("-", "–", "/") and _YEARS.match(text, start - 5, start):  # 2019-20
            value = text[start - 5 : start - 3] + value
        elif not rules.is_english and _DECADE.search(text, max(0, start - 14), start):  # les années 90
            value = f"19{value}"
    yield Number(value, start, end, True)


def _parts(written: str, rules: _Language) -> list[str]:
    """What stands between points and commas, but for those that part thousands."""
    plain = written.replace(" ", "")
    if rules.is_english and _COMMA_GROUPS.match(plain):
        plain = plain.replace(",", "")
    elif _POINT_GROUPS.match(plain):
        plain = plain.replace(".", "")
    return re.split("[.,]", plain)


def _canonical(digits: str) -> str:
    whole, point, fraction = digits.partition(".")
    return f"{whole.lstrip('0') or '0'}{point}{fraction}"


def _scaled(number: Number, scale: int, end: int) -> Number:
    value = Decimal(number.value) * scale
    whole = value.to_integral_value()
    return number._replace(value=str(whole if whole == value else value.normalize()), end=end)


def _read_run(run: list[tuple[str, int, int]], rules: _Language) -> list[Number]:
    """Reads number words that stand together, and empties the list.

    "Two hundred and five" is one number, "two, three" are two.
    """
    if not run:
        return []
    numbers: list[Number] = []
    total = current = last = 0
    start = end = -1

    def close() -> None:
        if start >= 0 and total + current != 1:
            numbers.append(Number(str(total + current), start, end, False))

    for word, word_start, word_end in run:
        value = rules.values.get(word)
        if value == 20 and last == 4 and not rules.is_english:  # quatre-vingt
            current, last = current - 4 + 80, 80
        elif value is not None:
            if last and not rules.continues(last, value):
                close()
                total = current = 0
                start = -1
            current, last = current + value, value
        elif word in rules.hundred:
            current, last = max(current, 1) * 100, 100
        else:
            total, current, last = total + max(current, 1) * rules.scales[word], 0, 0
        start, end = (word_start if start < 0 else start), word_end
    close()
    run.clear()
    return numbers


def _read_roman(match: re.Match[str]) -> Number:
    values = [_ROMAN_VALUES[letter] for letter in match[0]]
    following = [*values[1:], 0]
    value = sum(-one if one < after else one for one, after in zip(values, following, strict=True))
    return Number(str(value), match.start(), match.end(), False)
