"""Pairs side by side in the terminal: what a run would give, before it is long."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from medinjection_fr.console import open_console
from medinjection_fr.generate.outcome import Material
from medinjection_fr.generate.run import Replayed
from medinjection_fr.rules import LETTERS


def show_pairs(replayed: Iterable[Replayed]) -> None:
    """Prints each unit: its material, and beside it the records made of it or the last raw reply."""
    console = open_console()
    for unit, outcome, replies, _ in replayed:
        table = Table(title=Text(unit.name), show_lines=True, width=min(console.width, 160))
        for name in ("", "source", "made of it"):
            table.add_column(name, overflow="fold", ratio=None if not name else 1)
        for record in outcome.records if outcome else ():
            for name, source, made in _lines(unit.material, record):
                table.add_row(name, Text(source), Text(made))
        if outcome is None or not outcome.accepted:
            for name, source in _texts(unit.material):
                table.add_row(name, Text(source), "")
            table.add_row("raw reply", "", Text(replies[-1].text if replies else "–"))
        console.print(table)
        if outcome is None:
            console.print("  no answer yet", markup=False)
        for finding in outcome.findings if outcome else ():
            console.print(f"  answer {finding.attempt}: {finding.rule}: {finding.evidence}", markup=False)


def _lines(material: Material, record: Material) -> list[tuple[str, str, str]]:
    source, made = dict(_texts(material)), dict(_texts(record))
    names = list(dict.fromkeys([*source, *made]))
    return [(name, source.get(name, ""), made.get(name, "")) for name in names]


def _texts(row: Material) -> list[tuple[str, str]]:
    """The texts of an item, a document or a record, by what they are."""
    texts = [(name, row.get(name) or "") for name in ("title", "text", "context", "instruction")]
    texts += zip(LETTERS, row.get("choices", ()), strict=False)
    texts += [(name, row.get(name) or "") for name in ("answer", "explanation")]
    texts += [(f"fact {number}", text) for number, text in enumerate(row.get("facts", ()), 1)]
    return [(name, text) for name, text in texts if text]
