"""What letters a reply to a multiple-choice question chooses.

Most replies are letters and nothing else. In the others every mention of letters ("A", "A et C", "B, D") is
found, and what stands before and after it in its sentence tells its role: a conclusion, a judgement, a label,
a name such as "vitamine D". A reply without a mention in any of these roles has no answer; that is not an
empty answer, and every table tells how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from medinjection_fr.curate.compare import comparison_tokens
from medinjection_fr.record import LETTERS

UNREAD = {
    "empty": "the reply says nothing",
    "no-answer": "no rule finds an answer in it",
    "undecided": 'it leaves two answers open ("A ou B")',
    "no-such-option": "it chooses a letter that the question does not have",
}
"""Why a reply has no answer."""


class Answer(NamedTuple):
    """What a reply was read as.

    Attributes:
        letters: The chosen letters in order, like ``AC``; empty if the reply says that none is right;
            ``None`` if it has no answer.
        rule: The rule that read it, or why it has no answer (``UNREAD``).
    """

    letters: str | None
    rule: str


def parse_answer(reply: str, choices: Sequence[str], asks_false: bool = False) -> Answer:
    """Reads the letters that a reply chooses.

    A letter goes before a text: "B. Amoxicilline" is B whatever option B says. Of several conclusions
    the last counts: "La réponse est A. […] Donc la réponse est B." is B.

    Args:
        reply: The model's text, without the prompt.
        choices: The texts of the options, two to ten.
        asks_false: Whether the question asks for what is false (``asks_for_the_false``): then
            "A : vrai, B : faux" chooses B, and so does "toutes sauf B".
    """
    text = _without_marks(reply)
    if not text:
        return Answer(None, "empty")
    labels = LETTERS[: len(choices)]
    for rule, read in _RULES.items():
        letters = read(text, choices, labels, asks_false)
        if letters is None:
            continue
        if "?" in letters:
            return Answer(None, "undecided")
        if letters.strip(labels):
            return Answer(None, "no-such-option")
        return Answer(letters if len(letters) < 2 else "".join(sorted(set(letters))), rule)
    return Answer(None, "no-answer")


def asks_for_the_false(question: str) -> bool:
    """Whether a stem asks for the proposition that is false, or that is the exception."""
    return bool(_ASKS_FALSE.search(question.replace("(s)", "s").translate(_WITHOUT_BRACKETS)))


_WITHOUT_BRACKETS = str.maketrans("()", "  ")  # "laquelle (lesquelles) est (sont) fausse(s)"
_ASKS_FALSE = re.compile(
    r"\b(?:réponses?|propositions?|options?|affirmations?|assertions?|items?|cases?|celles?|associations?|est|sont|lesquel\w+|laquelle)\s+"
    r"(?:suivantes?\s+|est\s+|sont\s+|la\s+|les\s+)*(?:fausse?s?|faux|inexactes?|incorrectes?|erronées?)\b"
    r"|\b(?:la|les|une?)\s+(?:fausses?|inexactes?|incorrectes?)\W*\Z"
    r"|\b(?:sauf|excepté|hormis)(?:\s+(?:l['’])?(?:une?|deux)\b|\W*\Z)"
    r"|\bà\s+l['’]exception\b",
    re.IGNORECASE,
)
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)|<\|[a-z_]+\|>|</?(?:s|b|strong|em|answer)>", re.DOTALL)
_MARKS = re.compile(r"[*_`~$]+|\\(?:boxed|text(?:bf)?)|\\[()\[\]]")


def _without_marks(reply: str) -> str:
    if "<" in reply:
        reply = _THOUGHTS.sub(" ", reply)
    return _MARKS.sub("", reply).strip()


# --- letters and nothing else -----------------------------------------------------------------------------

_ONLY_LETTERS = re.compile(
    r"[\W\d]*(?:[A-Za-z]|[A-J]{2,10}|[a-j]{2,10})(?:(?:\W|\b(?:et|and|ou|or|à)\b)+[A-Za-z](?![\w'’]))*\W*\Z"
)
_WORDS = frozenset("ah ai bah ce de eh fi hi".split())
"""Words of small letters that could be labels run together."""


def _read_letters(text: str, choices: Sequence[str], labels: str, asks_false: bool) -> str | None:
    """The whole reply, or its first line: a model that was not taught to stop goes on with other things."""
    if len(text) == 1 and text in labels:
        return text
    for part in (text, text.partition("\n")[0]):
        if not _ONLY_LETTERS.match(part):
            continue
        word = part.strip(" .,:;()[]{}\n")
        is_word = len(word) > 1 and word.isalpha() and (word in _WORDS or len(set(word)) < len(word))
        if is_word or (word in choices and not (len(word) == 1 and word in labels)):
            continue  # blood group AB or O
        return _letters_of(part)
    return None


def _letters_of(mention: str) -> str:
    """Its letters; a question mark if it leaves the choice open."""
    words = [word for word in re.split(r"[\W\d]+", mention) if word]
    if len(words) == 1:
        return words[0].upper()
    letters = [word.upper() for word in words if len(word) == 1 and word != "à"]
    if ("ou" in words or "or" in words) and len(set(letters)) > 1:
        return "?"
    if "à" in words and len(letters) == 2:
        return "".join(map(chr, range(ord(letters[0]), ord(letters[1]) + 1)))
    return "".join(letters)


# --- letters among words ----------------------------------------------------------------------------------

_ARTICLE = r"(?:\b(?:la|le|les|lettres?|options?|propositions?|réponses?|items?|choix|the)\s+|\bl['’]\s*)"
_LETTER = r"(?<![\w'’])(?<!\w\w-)[A-Z](?![\w'’+])(?!-\w\w)"
_JOINT = rf"[)\]}}]*\s*(?:[,;/&+-]|\b(?:et|and|ou|or|à)\b)\s*(?:\b(?:et|and|ou|or)\s+)?{_ARTICLE}*[(\[{{]*"
_MENTION = re.compile(
    rf"(?:{_LETTER}|(?<=\bl['’])[A-Z](?![\w'’]))(?:{_JOINT}{_LETTER})*"
    r"|(?<![\w'’-])[A-J]{2,10}(?![\w'’-])"
    r"|(?<![\w'’-])[a-j](?:\s*(?:[,;/]|\bet\b)\s*[a-j])*(?=\s*(?:[).!\]]|\n|\Z))"
)
_TRUE = r"(?:vraie?s?|correcte?s?|exacte?s?|justes?|bonnes?|oui|true)"
_FALSE = r"(?:fau(?:x|sses?)|incorrecte?s?|inexacte?s?|erronée?s?|mauvaises?|non|false)"
_NOUN = (
    r"(?:réponses?|propositions?|options?|choix|lettres?|items?|affirmations?|assertions?|solutions?"
    r"|conclusions?|answers?|choices?|diagnostics?|traitements?)"
)
_TO = r"(?:\b(?:est|sont|serait|seraient|is|are)\b|[:=→>])"
_FILLER = r"(?:\s*:|\s+(?:donc|bien|alors|aussi|ainsi|the|à|celle|celles)\b)*"
_FIRST = rf"\s*{_ARTICLE}*[(\[{{]*\Z"
"""What may stand between the words that tell a role and the first letter."""

_BUT = re.compile(rf"\b(?:sauf|excepté|hormis|exception\s+d[eu]|except)\s*:?{_FIRST}", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:\b(?:vitamines?|vit|hépatites?|hepatitis|hémophilies?|groupes?|types?|facteurs?|protéines?|virus|classes?"
    r"|stades?|grades?|phases?|pugh|apo|lymphocytes?|cellules?|ig|immunoglobulines?|streptocoques?|grippe|influenza"
    r"|hémoglobine|cytochrome|récepteurs?|chaînes?|score|lignes?|coenzyme|toxines?|syndrome|antigènes?|peptide"
    r"|ciclosporine|amphotéricine|polymyxine|fibres?|complexe|sérotype|souche|figure|tableau|annexe|plan|mme|mr?"
    r"|patiente?)\.?)\s+\Z",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"\b(?:pas|ni|not|plutôt\s+que|contrairement\s+à|(?:exclu|écart|élimin|rejet)\w*){_FIRST}", re.IGNORECASE
)
_SAID = re.compile(rf"\b{_NOUN}\b[^,;()]{{0,80}}?{_TO}{_FILLER}{_FIRST}", re.IGNORECASE)
_CHOSEN = re.compile(
    r"\b(?:choisi\w*|coche\w*|réponds|répondrais|dirais|retiens|retient|sélectionne\w*|opte\w*\s+pour|choose|mais"
    rf"|c['’]est|ce\s+sont|donc|ainsi)\b(?:\s*:|,|\s+(?:donc|bien))*{_FIRST}",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"\b{_NOUN}\s+[(\[]*\Z", re.IGNORECASE)
_JUDGED = re.compile(
    r"[)\]}.]*\s*(?:[:=–-]\s*|\(\s*)?(?:(?P<not>n['’](?:est|était)\s+pas|ne\s+sont\s+pas)\s+|(?:est|sont|is|are)\s+)?"
    r"(?:donc\s+|bien\s+|toute?s\s+|tous\s+|the\s+|la\s+|les\s+|seules?\s+|meilleures?\s+)*"
    rf"(?:(?P<true>{_TRUE})|(?P<false>{_FALSE}))(?!\w)(?:\s+(?P<noun>réponses?|options?|answers?))?"
    r"|\s+(?:est|sont|is|are)\s+(?:donc\s+|bien\s+|the\s+|la\s+|les\s+|seules?\s+|meilleures?\s+)*(?P<chosen>réponses?|answer)",
    re.IGNORECASE,
)
_LINE_VERDICT = re.compile(
    rf"[^\n]*?(?<!\w)(?:(?P<true>{_TRUE})|(?P<false>{_FALSE}))[\s.)]*(?=\n|\Z)", re.IGNORECASE
)
_LABEL = re.compile(r"[)\]}]*\s*(?:[).:\]–-]|\n|\Z)")
_SPECIES = re.compile(r"\.\s+[a-zà-ÿ]")
_VERB = re.compile(r"\s+(?:priori|posteriori|minima|été|eu|une?|pu|la|le)\b")
_SENTENCE = re.compile(r"[.!?;]\s+|\n")


class _Mention(NamedTuple):
    """Letters in a reply, and what they stand for."""

    letters: str
    role: str


def _mentions(text: str, choices: Sequence[str], asks_false: bool) -> Iterator[_Mention]:
    for match in _MENTION.finditer(text):
        start, end = match.span()
        begin = 0
        for stop in _SENTENCE.finditer(text, max(0, start - 200), start):
            begin = stop.end()
        before = text[begin:start]
        small = match[0][0].islower()
        role = _role(text, before, end, small, asks_false)
        if role == "label" and _is_species(text, match, choices):
            continue
        if role:
            yield _Mention(_letters_of(match[0]), role)


def _is_species(text: str, match: re.Match[str], choices: Sequence[str]) -> bool:
    """Whether a label is the genus of "E. coli": no option of that letter begins like this."""
    place = ord(match[0][0].upper()) - ord("A")
    if not _SPECIES.match(text, match.end()):
        return False
    said = text[match.end() + 1 :].lstrip().casefold()
    return place >= len(choices) or not said.startswith(choices[place].casefold()[:5])


def _role(text: str, before: str, end: int, small: bool, asks_false: bool) -> str:
    """The role of a mention: empty if it is a word, a name, or denied."""
    if _SAID.search(before):
        if small and re.search(r"\Wréponses?\s*\Z", before):
            return ""
        return "" if _DENIED.search(before) else "but" if _BUT.search(before) else "said"
    first = not before.strip(" -–•·([{")
    if small:
        return "label" if first and text.startswith(")", end) else ""
    if _BUT.search(before):
        return "but"
    if _NAMES.search(before) or _DENIED.search(before) or _VERB.match(text, end):
        return ""
    judged = _JUDGED.match(text, end) or (first and _LINE_VERDICT.match(text, end))
    if judged:
        return _judgement(judged.groupdict(), before, asks_false)
    if _CHOSEN.search(before):
        return "chosen"
    if first and _LABEL.match(text, end):
        return "label"
    return "named" if _NAMED.search(before) else "bare"


def _judgement(found: dict[str, str | None], before: str, asks_false: bool) -> str:
    if found.get("chosen") or (found.get("noun") and found["true"]):
        return "said"
    says_false = bool(found["false"]) != bool(found.get("not"))
    if not says_false and re.search(r"\b(?:réponses?|answers?)\s+[(\[]*\Z", before, re.IGNORECASE):
        return "said"  # whatever is asked: "la réponse B est correcte"
    return "judged" if says_false == asks_false else "refused"


_ALL = re.compile(r"\b(?:toutes?|tous|all)\b", re.IGNORECASE)
_FALSE_WORD = re.compile(rf"\b{_FALSE}\b", re.IGNORECASE)


def _read_mentions(text: str, choices: Sequence[str], labels: str, asks_false: bool) -> str | None:
    mentions = list(_mentions(text, choices, asks_false))
    by_role: dict[str, list[str]] = {}
    for mention in mentions:
        by_role.setdefault(mention.role, []).append(mention.letters)
    if "but" in by_role:
        return _all_but(text, by_role["but"][-1], labels, asks_false)
    if "said" in by_role:
        return by_role["said"][-1]
    if "judged" in by_role:
        return "".join(by_role["judged"])
    if "chosen" in by_role:
        return by_role["chosen"][-1]
    if "label" in by_role:
        listed = "".join(by_role["label"])
        return listed if len(set(listed)) < len(labels) else None  # all of them: the options, said again
    left = {letters for role in ("named", "bare") for letters in by_role.get(role, [])}
    left = {letters for letters in left if not letters.strip(labels)}
    return left.pop() if len(left) == 1 else None


def _all_but(text: str, letters: str, labels: str, asks_false: bool) -> str | None:
    if not _ALL.search(text) or _FALSE_WORD.search(text) or asks_false:
        return letters  # the exception is what is asked for: "toutes fausses sauf B", "aucune sauf B"
    if "?" in letters or letters.strip(labels):
        return letters
    return "".join(label for label in labels if label not in letters)


# --- words instead of letters -----------------------------------------------------------------------------

_OF_THEM = (
    r"(?:\s+(?:les|des?|ces|sont|est|of|the|above|are|is|réponses?|propositions?|options?|affirmations?|items?|choix"
    rf"|proposée?s|suivantes?|ci-dessus|précédente?s|ne|n['’]est|{_TRUE}|(?P<false>{_FALSE})))*"
)
_ALL_REPLY = re.compile(rf"\W*(?:{_NOUN}\s*:\s*)?(?:toutes?|tous|all)\b{_OF_THEM}\W*\Z", re.IGNORECASE)
_NONE_REPLY = re.compile(rf"\W*(?:{_NOUN}\s*:\s*)?(?:aucune?|none)\b{_OF_THEM}\W*\Z", re.IGNORECASE)


def _read_all_or_none(text: str, choices: Sequence[str], labels: str, asks_false: bool) -> str | None:
    for pattern, letters, other in ((_ALL_REPLY, labels, ""), (_NONE_REPLY, "", labels)):
        if match := pattern.match(text):
            own = [label for label, choice in zip(labels, choices, strict=True) if pattern.match(choice)]
            if len(own) == 1:
                return own[0]
            return letters if bool(match["false"]) == asks_false else other
    return None


_PIECES = re.compile(r"(?:\n+|\A)[-–•·\s]*|\s*;\s*|\s*,\s*|\s+et\s+")
_DETERMINERS = frozenset("un une le la les l des du de d".split())


def _tokens(text: str) -> list[str]:
    """The tokens that tell options apart, without determiners before them."""
    tokens = comparison_tokens(text)
    first = next((place for place, token in enumerate(tokens) if token not in _DETERMINERS), 0)
    return tokens[first:]


def _read_option(text: str, choices: Sequence[str], labels: str, asks_false: bool) -> str | None:
    """One option as it is written: "Vitamine D" is no mention of D."""
    said = text.casefold().rstrip(" .")
    for label, choice in zip(labels, choices, strict=True):
        if len(choice) >= len(said) and choice.casefold().rstrip(" .") == said:
            return label
    return None


def _read_texts(text: str, choices: Sequence[str], labels: str, asks_false: bool) -> str | None:
    """Options and nothing else; or the only option whose words stand in the reply."""
    options = [_tokens(choice) for choice in choices]
    for parts in ([text], _PIECES.split(text)):
        said = [tokens for part in parts if (tokens := _tokens(part))]
        if said and all(tokens in options for tokens in said):
            return "".join(labels[options.index(tokens)] for tokens in said)
    words = _tokens(text)
    held = [place for place, option in enumerate(options) if option and _holds(words, option)]
    longest = [p for p in held if not any(p != q and _holds(options[q], options[p]) for q in held)]
    if len(longest) == 1 and not _DENIES.search(text):
        return labels[longest[0]]
    return None


_DENIES = re.compile(r"\b(?:ne|pas|ni|aucune?|jamais|sauf|not)\b|\bn['’]", re.IGNORECASE)


def _holds(tokens: list[str], part: list[str]) -> bool:
    first, size = part[0], len(part)
    return any(
        tokens[start] == first and tokens[start : start + size] == part
        for start in range(len(tokens) - size + 1)
    )


_RULES = {
    "letters": _read_letters,
    "option": _read_option,
    "all-or-none": _read_all_or_none,
    "mention": _read_mentions,
    "option-texts": _read_texts,
}
