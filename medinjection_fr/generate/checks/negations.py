"""What the source denies the translation denies, and what it affirms is not denied.

"Which is NOT …", EXCEPT and LEAST turn a question round: one lost word makes the gold answer wrong. The
reviewed words are in ``negations.yaml``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.known_words import KnownWords
from medinjection_fr.generate.checks.reading import Reading

_FILE = Path(__file__).with_name("negations.yaml")
_WORD = re.compile(r"[^\W\d_]+")
_NOT = re.compile(r"n't(?![a-z])")
_NE = re.compile(r"(?<![^\W_])(?:ne(?![^\W_])|n'(?=\w))")
_LEAST = re.compile(r"(?<![^\W_])l[ea]s? moins(?![^\W_])")
_SENTENCE_END = re.compile(r"(?<=[.?!:;])\s+(?=[^\W\d_])")


class _Words:
    """The words by which one language denies."""

    def __init__(self, name: str) -> None:
        lists: dict[str, Any] = read_yaml(_FILE)[name]
        self.strong = frozenset(lists["strong"].split())
        self.partners = frozenset(lists["partners"].split())
        self.least = frozenset(lists["least"].split())
        self.untrue = frozenset(lists["untrue"].split())
        self.set_phrases = re.compile(rf"(?:{'|'.join(lists['set_phrases'])})(?!\w)")
        self._weak = frozenset(lists["weak"].split())
        self._patterns = re.compile("|".join(lists["patterns"].split()) or "(?!)")
        self._weak_patterns = re.compile("|".join(lists["weak_patterns"].split()))
        self.strong_words = KnownWords(self.is_strong)
        self.is_weak = functools.lru_cache(maxsize=200_000)(self._is_weak)

    def is_strong(self, word: str) -> bool:
        return word in self.strong or self._patterns.fullmatch(word) is not None

    def _is_weak(self, word: str) -> bool:
        return not self.is_strong(word) and (
            word in self._weak or self._weak_patterns.fullmatch(word) is not None
        )


@functools.cache
def _words(name: str) -> _Words:
    return _Words(name)


def check_negations(source: Reading, target: Reading) -> Iterator[Fault]:
    """Compares what an English text denies with what its French translation denies.

    Sentence by sentence where both have as many: a denial is not made up for in the next sentence.
    """
    english, french = _words("english"), _words("french")
    if _denies(source, english) or _denies(target, french):
        sentences = _SENTENCE_END.split(source.lower), _SENTENCE_END.split(target.lower)
        if len(sentences[0]) != len(sentences[1]):
            sentences = [source.lower], [target.lower]
        for asked, given in zip(*sentences, strict=True):
            yield from _check_sentence(asked, given, english, french)
    yield from _check_least(source, target, english, french)
    yield from _check_untrue(source, target, english, french)


def _denies(reading: Reading, words: _Words) -> bool:
    return bool(words.strong_words.among(reading.word_set)) or "n't" in reading.lower


def _check_sentence(asked: str, given: str, english: _Words, french: _Words) -> Iterator[Fault]:
    denied, denies = _count_english(asked, english), _count_french(given, french)
    if denied > denies and denied > denies + max(0, _count_weak(given, french) - _count_weak(asked, english)):
        yield Fault("negation-lost", f"{denied} in English, {denies} in French")
    elif denies and not denied and not _count_weak(asked, english):
        particles = len(_NE.findall(given))
        if denies > particles or _denies_for_certain(given, french):
            yield Fault("negation-added", f"none in English, {denies} in French")


def _found(text: str, words: _Words) -> list[str]:
    return _WORD.findall(words.set_phrases.sub(" ", f" {text}"))


def _count_english(text: str, words: _Words) -> int:
    found = _found(text, words)
    return sum(map(words.is_strong, found)) + len(_NOT.findall(text))


def _count_french(text: str, words: _Words) -> int:
    """Counts "ne … pas" as one, and what denies by itself; a "ne" without a partner denies too."""
    found = _found(text, words)
    particles = len(_NE.findall(words.set_phrases.sub(" ", f" {text}")))
    partners = sum(word in words.partners for word in found)
    return max(particles, partners) + sum(map(words.is_strong, found)) - partners


def _denies_for_certain(text: str, words: _Words) -> bool:
    """Whether there is more than a "ne", which denies nothing in "avant qu'il ne soit"."""
    return any(map(words.is_strong, _found(text, words)))


def _count_weak(text: str, words: _Words) -> int:
    return sum(map(words.is_weak, _found(text, words)))


def _check_least(source: Reading, target: Reading, english: _Words, french: _Words) -> Iterator[Fault]:
    """Looks whether "the least likely" became "le plus probable", or the other way round."""
    asks = "least" in source.word_set and "least" in _found(source.lower, english)
    if asks and french.least.isdisjoint(target.word_set):
        yield Fault("negation-lost", "least")
    gives = "moins" in target.word_set and _LEAST.search(french.set_phrases.sub(" ", f" {target.lower}"))
    if gives and english.least.isdisjoint(source.word_set):
        yield Fault("negation-added", "le moins")


def _check_untrue(source: Reading, target: Reading, english: _Words, french: _Words) -> Iterator[Fault]:
    """Looks whether "which is false" became "laquelle est vraie", or the other way round."""
    asked, given = english.untrue & source.word_set, french.untrue & target.word_set
    if asked and not given and not _count_french(target.lower, french) + _count_weak(target.lower, french):
        yield Fault("negation-lost", ", ".join(sorted(asked)))
    if given and not asked and not _count_english(source.lower, english) + _count_weak(source.lower, english):
        yield Fault("negation-added", ", ".join(sorted(given)))
