"""Options that speak of other options: they forbid a change of order later."""

from __future__ import annotations

import re
from collections.abc import Sequence

ORDER_FIXED = "option-order-fixed"

_NOUN = r"(?:réponses?|propositions?|affirmations?|options?|choix|assertions?|items?|éléments?|possibilités?)"
_VERDICT = r"(?:exacte?s?|correcte?s?|justes?|vraie?s?|fausses?|faux|inexacte?s?|bonnes?|possibles?)"
_LETTERS = r"[a-j](?:\s*[,;/+&]\s*[a-j])*\s*(?:et|ou|and|or|,|\+|&)\s*[a-j]"
_PATTERNS = [
    # toutes les réponses (sont exactes), toutes ces propositions, toutes les réponses ci-dessus
    rf"toute?s?\s+(?:les|ces|ses)?\s*{_NOUN}\b.*",
    rf"(?:elles|ils)\s+sont\s+toute?s\s+{_VERDICT}",
    rf"toute?s?(?:\s+sont)?\s+{_VERDICT}",
    r"tout(?:es)?\s+(?:ce\s+qui\s+précède|celles?\s+ci|ci-dessus|les\s+précédentes)",
    # aucune de ces réponses, aucune réponse (n'est exacte), aucune des précédentes, rien de tout cela
    rf"(?:aucune?|pas\s+une?)\s+(?:(?:de\s+)?ces|des|de\s+ses|d'entre\s+(?:elles|eux)|autres?)?\s*(?:{_NOUN}|précédente?s?)?\b"
    rf"(?:\s+(?:n'est|ne\s+sont|ci-dessus|précédente?s?|proposée?s?|suivante?s?|citée?s?|{_VERDICT})\b.*)?",
    r"(?:rien\s+de\s+tout\s+(?:cela|ceci|ça)|autre\s+réponse)",
    r"aucune?|toute?s?",
    # A et C, les réponses A et C (sont exactes), A, B et C
    rf"(?:les\s+)?(?:{_NOUN}\s+)?{_LETTERS}(?:\s+sont\s+{_VERDICT}|\s+seulement|\s+uniquement)?",
    # English
    r"(?:all|any|none|neither|either|both|some)\s+of\s+(?:the\s+)?(?:above|these|them|those|preceding|options?|choices?)\b.*",
    r"(?:all|none)(?:\s+(?:are|is)\s+(?:true|correct|false|incorrect))?",
    rf"(?:both|only|either|neither)?\s*(?:options?\s+|choices?\s+|answers?\s+)?{_LETTERS}"
    r"(?:\s+(?:are|is)\s+(?:true|correct|both\s+correct)|\s+only)?",
    r"(?:both|neither)",
]
_FIXED = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_HINT = re.compile(
    r"\b(?:tou(?:t|s|tes)|aucune?|rien|pas\s+une?|autre|all|any|none|neither|either|both|some|[a-j])\b",
    re.IGNORECASE,
)
_ENDS = " \t\n.:;,!()[]«»\"'"


def fixes_the_order(choices: Sequence[str]) -> bool:
    """Whether an option names other options ("toutes les réponses", "A et C", "none of the above").

    The whole option must say so: "vitamines A et D" or "toutes les quatre heures" do not.
    """
    return any(_HINT.search(text) and _FIXED.fullmatch(_plain(text)) for text in choices)


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).strip(_ENDS)
