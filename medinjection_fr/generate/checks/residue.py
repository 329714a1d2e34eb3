"""Nothing is left in English: no copy of the source, no word of it between French ones.

Names may stay: of drugs, germs, organisations ("le New England Journal of Medicine"), and what both
languages write alike.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from medinjection_fr.curate.language import ENGLISH_ENDING, ENGLISH_NOUNS, ENGLISH_WORDS, holds_english
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary
from medinjection_fr.generate.checks.reading import ADDRESS, Reading

_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[.?!:;]")
_SHORTEST = 4
"""Letters from which the shape of a word says something of its language."""
_ENGLISH_SHAPE = re.compile(
    r"(?:[wk]|th|sh|gh|ght|ew|ow|ay|ey|ee|oo[a-z]?|ould|ound|own|ea[drt]|ee[dnpt]|ful|ship|wards?|like|[ai]bly|[ai]lly)$"
    r"|^(?:wh|kn|wr)"
)
"""Of a million words of French exams, abstracts and cases, 464 have such an end or beginning: "alcool", "spray",
and English words."""


def check_residue(source: Reading, target: Reading, glossary: Glossary) -> Iterator[Fault]:
    """Looks for English in a French translation."""
    shared = [word for word in source.word_set & target.word_set if is_english(word, glossary)]
    if shared and source.words == target.words:
        yield Fault("not-translated", f"a copy of the source, with {', '.join(sorted(shared)[:3])}")
    elif shared and (left := _outside_names(set(shared), target)):
        yield Fault("english-left", ", ".join(left))
    elif not ENGLISH_WORDS.isdisjoint(target.word_set) and holds_english([target.words]):
        yield Fault("english-left", "a passage in English")


def is_english(word: str, glossary: Glossary) -> bool:
    """Whether a word, in small letters, is English and no French word."""
    if word in glossary.both_languages:
        return False
    return _looks_english(word) or word in glossary.english_words


@functools.lru_cache(maxsize=200_000)
def _looks_english(word: str) -> bool:
    if word in ENGLISH_WORDS or word in ENGLISH_NOUNS:
        return True
    if len(word) < _SHORTEST or not word.isascii():
        return False
    return bool(ENGLISH_ENDING.search(word) or _ENGLISH_SHAPE.search(word))


def _outside_names(words: set[str], target: Reading) -> list[str]:
    """Those of the words that stand in small letters with no capitalised word beside them."""
    left = []
    tokens = _TOKEN.findall(ADDRESS.sub(" ", target.text))
    for place, token in enumerate(tokens):
        if token in words and not any(_is_name(tokens, beside) for beside in (place - 1, place + 1)):
            left.append(token)
    return list(dict.fromkeys(left))


def _is_name(tokens: list[str], place: int) -> bool:
    """Whether a token is capitalised for its own sake, not because a sentence begins."""
    if not 0 < place < len(tokens):
        return False
    return tokens[place][0].isupper() and tokens[place - 1] not in ".?!:;"
