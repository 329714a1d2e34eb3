"""The options of a question: as many as there were, each with a text, and still distinct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medinjection_fr.curate.compare import comparison_tokens
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.rules import LETTERS


def check_options(source: Sequence[str], target: Sequence[str]) -> Iterator[Fault]:
    """Compares the options of a question in English with those in French."""
    if len(source) != len(target):
        yield Fault("option-count", f"{len(target)} options, {len(source)} expected")
        return
    if empty := [letter for letter, text in zip(LETTERS, target, strict=False) if not text.strip()]:
        yield Fault("option-count", f"option {', '.join(empty)} is empty")
    forms = [" ".join(comparison_tokens(text)) for text in target]
    if len(set(forms)) == len(forms):
        return
    first: dict[str, int] = {}
    for place, form in enumerate(forms):
        twin = first.setdefault(form, place)
        if twin != place and form and source[twin] != source[place]:
            yield Fault("options-merged", f"options {LETTERS[twin]} and {LETTERS[place]} became the same")
