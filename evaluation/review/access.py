"""Tokens: who holds one is its annotator. The database knows their digests only."""

from __future__ import annotations

import csv
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from medinjection_fr.whole import whole_file


def make_tokens(annotators: Sequence[str]) -> dict[str, str]:
    """A new token of 128 bits for each annotator."""
    return {annotator: secrets.token_hex(16) for annotator in annotators}


def digest_token(token: str) -> str:
    """SHA-256 of a token, as 64 hex digits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_annotator(token: str, digests: Mapping[str, str]) -> str | None:
    """Whose token it is, found in a time that tells nothing of the tokens."""
    given, found = digest_token(token), None
    for annotator, digest in digests.items():
        if hmac.compare_digest(given, digest):
            found = annotator
    return found


def tokens_path(database: Path) -> Path:
    """Where the tokens of a database are written: ``<database>.tokens.csv``."""
    return database.with_name(f"{database.name}.tokens.csv")


def write_tokens(tokens: Mapping[str, str], path: Path) -> None:
    """Writes tokens to a file that only its owner may read."""
    with whole_file(path) as unfinished:
        unfinished.touch(0o600, exist_ok=False)
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("annotator", "token"), *tokens.items()])
