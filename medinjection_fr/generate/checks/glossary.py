"""The terms that a translation has to keep, and how French writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.release.digests import digest_json

GLOSSARY_FILE = Path(__file__).with_name("glossary.yaml")


class Glossary:
    """Acronyms and names with their accepted French forms.

    Args:
        terms: What ``glossary.yaml`` holds.

    Attributes:
        digest: SHA-256 of the terms: what verdicts depend on.
    """

    def __init__(self, terms: dict[str, Any]) -> None:
        self.digest = digest_json(terms)
        self._acronyms = terms["acronyms"]


def load_glossary(extra: Path | None = None) -> Glossary:
    """Reads the glossary that ships, with the terms of a maintainer's own file added.

    Args:
        extra: A file of the same shape.

    Raises:
        InputError: The file has mistakes.
    """
    terms = read_yaml(GLOSSARY_FILE)
    if extra is not None:
        for section, more in read_yaml(extra).items():
            terms[section] = {**terms[section], **more}
    return Glossary(terms)
