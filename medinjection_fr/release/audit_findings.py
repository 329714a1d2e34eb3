"""What a person should look at first in an audit, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from medinjection_fr.release.chi_square import STRENGTHS

LEVELS = (*reversed(STRENGTHS.values()), "note")
"""From what matters most to what is good to know."""

UNKNOWN_TERMS = "not known"
"""Terms of a licence that nobody has described."""

Finding = dict[str, str]


def find(figures: Mapping[str, Any]) -> list[Finding]:
    """Reads an audit's figures: confounds, position bias, leaks, personal data, licences, lineage.

    Returns:
        Findings by level (see ``LEVELS``), each with the part it is about and a text.
    """
    finders = (_confounds, _position_bias, _leaks, _test_pairs, _private, _licenses, _flagged, _absent)
    found = [finding for finder in finders for finding in finder(figures)]
    return sorted(found, key=lambda finding: LEVELS.index(finding["level"]))


def _finding(level: str, about: str, text: str) -> Finding:
    return {"level": level, "about": about, "text": text}


def _confounds(figures: Mapping[str, Any]) -> Iterator[Finding]:
    for word in STRENGTHS.values():
        names = [
            f"{name} (V = {config['confound']['cramers_v']:.2f})"
            for name, config in figures["configs"].items()
            if config["confound"] and config["confound"]["strength"] == word
        ]
        if names:
            text = (
                "Provenance and question type are confounded among the train rows of "
                f"{', '.join(names)}. A difference between provenances there may be one between kinds "
                "of question; the matched configurations, where they exist, keep the two apart."
            )
            yield _finding(word, "confound", text)


def _position_bias(figures: Mapping[str, Any]) -> Iterator[Finding]:
    for word in STRENGTHS.values():
        groups = [
            f"{group['origin']} {group['type']} with {group['options']} options (most often "
            f"{group['most_frequent']}: {group['most_frequent_share']:.0%} of the gold letters, "
            f"{1 / group['options']:.0%} if all were equal)"
            for group in figures["gold_letters"]
            if group["bias"] == word
        ]
        if groups:
            text = (
                f"The gold option stands too often at the same position in {'; '.join(groups)}. "
                "A model can learn the position instead of the answer."
            )
            yield _finding(word, "gold_letters", text)


def _leaks(figures: Mapping[str, Any]) -> Iterator[Finding]:
    found = Counter[tuple[str, str]]()
    for row in figures["repeats"]:
        own, other = row["split"], row["other_split"]
        is_across = own and other and own != other and row["rule"] != "conflict"
        if row["rule"] == "leak" or is_across:
            found[own or "a split that is not said", other or "another split"] += row["rows"]
    if found:
        each = ", ".join(f"{n:,} of {own} for one in {other}" for (own, other), n in sorted(found.items()))
        text = f"Leaks between splits were found and removed; records dropped: {each}."
        yield _finding("note", "repeats", text)


def _test_pairs(figures: Mapping[str, Any]) -> Iterator[Finding]:
    if number := sum(row["pairs"] for row in figures["test_pairs"]):
        text = f"Pairs of test records that say the same: {number:,}. They stay; scores count them twice."
        yield _finding("note", "test_pairs", text)


def _private(figures: Mapping[str, Any]) -> Iterator[Finding]:
    if number := sum(row["rows"] for row in figures["privacy"]):
        text = (
            f"Rows with the flag privacy-finding: {number:,}. Something in their text looks like personal "
            "data; somebody should read them before the release is passed on."
        )
        yield _finding("moderate", "privacy", text)


def _licenses(figures: Mapping[str, Any]) -> Iterator[Finding]:
    unknown = [row for row in figures["licenses"] if row["terms"] == UNKNOWN_TERMS]
    if unknown:
        each = ", ".join(f"{row['license']} ({row['rows']:,} rows)" for row in unknown)
        yield _finding("note", "licenses", f"The terms of some licences are not known: {each}.")
    closed = [row["source"] for row in figures["sources"] if row["redistributable"] is False and row["kept"]]
    if closed:
        text = f"Not redistributable, so not for a public release: {', '.join(closed)}."
        yield _finding("note", "sources", text)


def _flagged(figures: Mapping[str, Any]) -> Iterator[Finding]:
    meanings = {
        "mixed-language": ("languages", "They hold a passage in another language."),
        "lineage-unknown": ("flags", "Nobody knows what they were made from, and by which model."),
    }
    for flag, (about, meaning) in meanings.items():
        if number := sum(row["rows"] for row in figures["flags"] if row["flag"] == flag):
            yield _finding("note", about, f"Rows with the flag {flag}: {number:,}. {meaning}")


def _absent(figures: Mapping[str, Any]) -> Iterator[Finding]:
    if absent := figures["absent_configs"]:
        text = f"This release cannot have these configurations: {', '.join(absent)}. The audit says why."
        yield _finding("note", "configs", text)
