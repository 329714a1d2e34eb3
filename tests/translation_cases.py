"""How the tests of the checks write their cases: English, French, and the rules that the French breaks."""

from __future__ import annotations

from medinjection_fr.generate.checks import check_text, load_glossary

GLOSSARY = load_glossary()


def broken(english: str, french: str) -> set[str]:
    """The rules that a translation breaks."""
    return {fault.rule for fault in check_text(english, french, GLOSSARY)}


def pairs(text: str) -> list[tuple[str, str]]:
    """Cases written one a line: English | French."""
    lines = [line.split(" | ") for line in text.strip().splitlines()]
    return [(english, french) for english, french in lines]
