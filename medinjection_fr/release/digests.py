"""Digests: SHA-256 of files, and of JSON in its canonical form; git's own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with two-space indents, keys in the order given, and a line feed at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def digest_json(value: Any) -> str:
    """SHA-256 of the compact JSON of a value, in UTF-8, as 64 hex digits."""
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(compact.encode("utf-8")).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_id(data: bytes) -> str:
    """The identifier that git gives to a file's content, as 40 hex digits."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
