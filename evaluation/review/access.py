"""Tokens: who holds one is its annotator. The database knows their digests only."""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path


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
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("annotator", "token"), *tokens.items()])
    unfinished.replace(path)
