"""What a judge is told: a file for each kind and language, with a second wording of the same.

A label is what the judge may reply; it stands for one meaning. The texts are Jinja; what they show of a record or an
answer is put in as it is, and never read as a template.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from medinjection_fr.checked_yaml import parse_yaml, read_text

KINDS = ("equivalence", "facts", "preference")
LANGUAGES = ("fr", "en")
_FOLDER = Path(__file__).with_name("prompts")
_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class JudgePrompt:
    """The prompt of a kind of judgement in a language.

    Attributes:
        name: As ``equivalence-fr``.
        digest: SHA-256 of its file's bytes, as 64 hex digits.
        labels: What a judge may reply, each with what it means.
        texts: The wordings, ``plain`` and ``paraphrase``.
    """

    name: str
    digest: str
    labels: Mapping[str, str]
    texts: Mapping[str, str]

    @property
    def reference(self) -> str:
        """Name and digest: what requests were made from."""
        return f"{self.name}@{self.digest[:16]}"

    def text(self, wording: str, fields: Mapping[str, Any]) -> str:
        """What the judge is told.

        Args:
            wording: ``plain`` or ``paraphrase``.
            fields: A value for each name that the text shows.
        """
        return _compiled(self.texts[wording]).render(fields).strip()


@functools.cache
def _compiled(text: str) -> Template:
    return _JINJA.from_string(text)


def read_prompt(kind: str, language: str) -> JudgePrompt:
    """Reads the prompt of one of ``KINDS`` in one of ``LANGUAGES``."""
    path = _FOLDER / f"{kind}-{language}.yaml"
    text = read_text(path)
    content = parse_yaml(text, str(path))
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return JudgePrompt(path.stem, digest, content["labels"], content["texts"])
