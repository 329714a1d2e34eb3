"""Which language a record is in. French stays; English goes; what is short or mixed is marked.

A first pass counts French and English function words, which settles clear cases at a glance; langdetect,
seeded so that it always says the same, decides the rest. Both look at the whole record together:
on a single option or a one-line answer ("Hypokaliémie") no detector is to be trusted.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

FRENCH = "fr"
SHORT = "short-for-language-id"
MIXED = "mixed-language"

_SHORTEST = 60
"""Letters under which a foreign verdict marks the record instead of dropping it."""
_SHORTEST_OPTIONS = 20
"""Letters under which the options are too little to be told apart from drug names."""
_CONFIDENT = 0.8
"""Probability under which a foreign verdict marks the record instead of dropping it."""
_CLEARLY_FRENCH = 0.20
"""Share of French function words above which a text with hardly an English one is French."""
_WINDOW = 12
"""Words that are looked at together for a passage in English."""

# Function words of one language that are no words of the other. Words of both ("on", "as", "a",
# "or", "son", "pour") say nothing and are left out.
FRENCH_WORDS = frozenset(
    "le la les l d un une des du de et est sont dans par avec que qui quoi dont ou où au aux ce cet cette "
    "ces sa ses leur leurs il elle ils elles en ne pas plus n qu s se à été être ont lors chez entre sans "
    "sous mais comme ainsi suivant suivante suivantes suivants parmi quel quelle quels quelles peut".split()
)
ENGLISH_WORDS = frozenset(
    "the of and is are was were with which that this these those from by not to following what most who "
    "whom whose had have been being it its at his her she he they their would should could might can will "
    "shall does did than then there when where why how any each both other another such only own same "
    "because during before after above below between into through without within against about under over "
    "more less first second if nor you your we our".split()
)
ENGLISH_NOUNS = frozenset(
    "acid acids alcohol alloy analysis ankle anterior arrest attack back bacteria bacterial bag barrier "
    "better birth bite black bladder blade bleed blood blue bodies body bone bones bowel brain breast breath "
    "bright brown cannot cardiac cell cells cement chest chief child children choice choices closed closure "
    "clot control copper cord cough cover coverage crest cross crown cyst day days decrease decreased "
    "decreases deep defect defects deficiency degree dehydration delivery dentin denture depends depth device "
    "diet disease dominant done drop drug drugs duct ear early edge elbow enamel excess external eye eyes "
    "factor failure false father feet female fetal fever fibers first fixed flap fluid fluids foot fossa full "
    "gait gastric gingival gland glass graft greater green grey growth gut half hand hard head headache "
    "healing health hear heart heat heavy heel height hemorrhage high higher hip hook hour hours human inches "
    "incisor increase increased increases infant infants inferior inheritance injury insulin intake internal "
    "iron itch jaundice jaw joint joints junction kidney knee labor labour laser last late layer leakage left "
    "lesser level levels life light linked lip liver loss low lower lung lungs malignant marrow mass material "
    "maxilla measles medial month months mother mouth movement murmur muscle muscles nail narrow near neck "
    "nerve nerves newborn node nodes none normally nose nuclear open outer oxygen pain palate papillary peak "
    "pink platelet platelets pocket poor posterior pouch pregnant premolar pressure prevent prevents protein "
    "proteins pulp pulse radiograph rash rate receptor receptors recessive red reduced reflex reflexes "
    "release removal remove renal repair replacement rhythm rib ribs right ring root roots round salt scar "
    "screening seal seen seizure seizures sex shallow shape shock shoulder show shows sign signs silver sinus "
    "skin skull sleep slight slow smear smooth socket soft spinal spine spleen stage stages stain stainless "
    "steel stomach stool stroke study sugar superior surgical swab swallow tail take taken tear teeth tendon "
    "therapy thermal thick thigh thin third three throat thumb tissue tissues tongue tooth toward towards "
    "tract treatment trial trunk tumor tumors tumour upper use used vein veins venous vessel vessels vitamin "
    "vitamins wall walls wax weak week weeks weight white width wire woman women work worm wound wounds wrist "
    "year years yellow".split()
)
"""Words that options in English often have, none of them French."""
FRENCH_ENDING = re.compile(
    "(?:iques?|ies?|eu[xs]e?s?|ismes?|istes?|eurs?|ments?|aires?|elles?|ales?|aux|ences?|ites?|ines?|oses?|ols?|ones?|ases?|ides?|anes?|ures?|ages?|iens?|iennes?)$"
)
ENGLISH_ENDING = re.compile(
    "(?:ings?|ness|[cdglmnrst]y|phy|thy|[^aeiou]ics?|[^aeiou]ical|oids?|[^nstv]ous|isms?|ists?|emia|uria"
    "|itis|osis|ular|[^iu]ed|oma|esis|eal|(?:cill|m[iy]c|toc|[ft]ar|par|stat|ton|glob|sul|bul|mb|rub|lact|um|rit|os|ps)in)$"
)
LATIN_ENDING = re.compile("(?:us|ae|um|is|ii|i|a|coli|ens|es)$")
_WORD = re.compile(r"[^\W\d_]+")


class LanguageVerdict(NamedTuple):
    """What is known of a record's language.

    Attributes:
        language: ISO 639-1 code, or ``None`` if the text has nothing to go by.
        drop: Whether it is foreign for certain.
        flags: ``short-for-language-id``, ``mixed-language``.
        evidence: The verdict in words, without the text.
    """

    language: str | None
    drop: bool
    flags: tuple[str, ...]
    evidence: str


def judge_language(record: Mapping[str, Any]) -> LanguageVerdict:
    """Judges question, context, options and answer together.

    A translation holds another language by its nature: it is not judged.
    """
    if record["task"] == "translation":
        return LanguageVerdict(None, False, (), "a translation")
    options = " ; ".join(record["choices"])
    answer = "" if record["choices"] else record["answer"]
    parts = [part for part in (record["context"], record["instruction"], options, answer) if part]
    words = [_WORD.findall(part.lower()) for part in parts]
    flags = [MIXED] if holds_english(words) or _is_english(options, words) else []
    if _is_clearly_french(words):
        return LanguageVerdict(FRENCH, False, tuple(flags), "function words are French")
    language, evidence, is_foreign = _judge(parts, words)
    if language == FRENCH:
        return LanguageVerdict(FRENCH, False, tuple(flags), evidence)
    if is_foreign:
        return LanguageVerdict(language, True, tuple(flags), evidence)
    return LanguageVerdict(language, False, tuple(sorted({*flags, SHORT})), evidence)


def find_foreign(parts: Sequence[str], words: Sequence[Sequence[str]]) -> str | None:
    """Says why texts are foreign for certain, as ``judge_language`` does, without its flags.

    Args:
        parts: The texts.
        words: The words of each, in small letters.

    Returns:
        The evidence, or ``None``.
    """
    if _count(words, FRENCH_WORDS) > _count(words, ENGLISH_WORDS):  # decided without a detector
        return None
    _, evidence, is_foreign = _judge(parts, words)
    return evidence if is_foreign else None


def _judge(parts: Sequence[str], words: Sequence[Sequence[str]]) -> tuple[str | None, str, bool]:
    """The language by langdetect, the evidence, and whether the texts are foreign for certain."""
    language, probability = detect("\n".join(parts))
    if language == FRENCH:
        return language, f"fr {probability:.2f}", False
    letters = sum(map(len, (word for part in words for word in part)))
    evidence = f"{language or 'nothing to go by'} {probability:.2f}, {letters} letters"
    french, english = _share(words, FRENCH_WORDS), _share(words, ENGLISH_WORDS)
    is_sure = letters >= _SHORTEST and probability >= _CONFIDENT and french <= english
    return language, evidence, language is not None and (is_sure or bool(english and not french))


def detect(text: str) -> tuple[str | None, float]:
    """The most probable language of a text by langdetect, and its probability.

    Returns:
        ``(None, 0.0)`` if the text has no letters to go by.
    """
    factory = _detector_factory()
    detector = factory.create()
    detector.append(text)
    from langdetect.lang_detect_exception import LangDetectException

    try:
        best = detector.get_probabilities()
    except LangDetectException:
        return None, 0.0
    return (best[0].lang, best[0].prob) if best else (None, 0.0)


@functools.cache
def _detector_factory() -> Any:
    from langdetect import detector_factory

    detector_factory.DetectorFactory.seed = 0  # without it, the same text gets now one language, now another
    detector_factory.init_factory()
    return detector_factory._factory


def _share(words: Sequence[Sequence[str]], known: frozenset[str]) -> float:
    total = sum(map(len, words))
    return _count(words, known) / total if total else 0.0


def _count(words: Sequence[Sequence[str]], known: frozenset[str]) -> int:
    return sum(map(known.__contains__, chain.from_iterable(words)))


def _is_clearly_french(words: Sequence[Sequence[str]]) -> bool:
    letters = sum(map(len, (word for part in words for word in part)))
    french, english = _share(words, FRENCH_WORDS), _share(words, ENGLISH_WORDS)
    return letters >= _SHORTEST and french >= _CLEARLY_FRENCH and english <= french / 8


def holds_english(words: Sequence[Sequence[str]]) -> bool:
    """Whether some dozen words on end are English: a passage that nobody translated."""
    for part in words:
        english = [word in ENGLISH_WORDS for word in part]
        if sum(english) < 2:
            continue
        french = [word in FRENCH_WORDS for word in part]
        for start in range(max(1, len(part) - _WINDOW + 1)):
            found = sum(english[start : start + _WINDOW])
            if found >= 2 and found > sum(french[start : start + _WINDOW]):
                return True
    return False


def _is_english(options: str, words: Sequence[Sequence[str]]) -> bool:
    """Whether the options, all together, are English under a stem that is not."""
    own = _WORD.findall(options.lower())
    if sum(map(len, own)) < _SHORTEST_OPTIONS or any(word in FRENCH_WORDS for word in own):
        return False
    french = sum(not word.isascii() or bool(FRENCH_ENDING.search(word)) for word in own)
    telling = ENGLISH_WORDS | ENGLISH_NOUNS
    listed = sum(word in telling for word in own)
    english = listed + sum(word not in telling and bool(ENGLISH_ENDING.search(word)) for word in own)
    if french > len(own) / 4:
        return False
    if english >= len(own) / 4 or listed > 2 * french:
        return True
    latin = sum(bool(LATIN_ENDING.search(word)) for word in own)
    return latin < len(own) / 2 and detect(options)[0] == "en"
