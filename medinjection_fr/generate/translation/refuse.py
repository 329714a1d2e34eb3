"""What is refused before any request: there is nothing to translate, or a model could not see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.generate.outcome import Finding, Material
from medinjection_fr.rules import LETTERS

_PICTURE = re.compile(
    r"<img\b|!\[[^\]]*\]\(|\.(?:png|jpe?g|gif|bmp|tiff?|svg|webp)\b|data:image/"
    r"|^\W*(?:see\s+)?(?:image|figure|fig|picture|photo(?:graph)?|diagram|illustration)s?\W*(?:\d+|[a-j])?\W*$",
    re.IGNORECASE,
)
_SAYS_SOMETHING = re.compile(r"[\w+−±<>≤≥=°%↑↓→←]")


def refuse(item: Material) -> Iterator[Finding]:
    """Every rule for which an item is not sent at all."""
    if item["language"] != "en":
        yield Finding("item-not-english", f"its language is {item['language']}", 0)
    options = dict(zip(LETTERS, item["choices"], strict=False))
    if pictures := [label for label, text in options.items() if _PICTURE.search(text)]:
        yield Finding("item-options-images", f"options {', '.join(pictures)}", 0)
    if empty := [label for label, text in options.items() if not _SAYS_SOMETHING.search(text)]:
        yield Finding("item-options-empty", f"options {', '.join(empty)}", 0)
