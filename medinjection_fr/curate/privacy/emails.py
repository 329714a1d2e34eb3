"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medinjection_fr.curate.privacy.patterns import Span

_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
_LONGEST_LOCAL = 64
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


def find_emails(text: str) -> Iterator[Span]:
    """Finds e-mail addresses."""
    at = text.find("@")
    while at >= 0:
        start = at
        while start > max(0, at - _LONGEST_LOCAL) and text[start - 1] in _LOCAL:
            start -= 1
        start = at - len(text[start:at].lstrip("._%+-"))
        domain = _DOMAIN.match(text, at + 1)
        if start < at and domain:
            yield "email", start, domain.end()
        at = text.find("@", at + 1)
