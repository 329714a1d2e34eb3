"""What the command line shows of the catalogue and of upstream files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from medinjection_fr.console import open_console, plain
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.status import SourceStatus


def print_sources(catalogue: Mapping[str, Source]) -> None:
    """The catalogue, a line each."""
    table = Table()
    for column in ("source", "holds", "provenance", "licence", "from", "tried on"):
        table.add_column(column, overflow="fold")
    for name, source in catalogue.items():
        where = source.facts["location"]
        place = where.get("repository", where["kind"])
        licence = source.license + ("" if source.facts["redistributable"] else " (not redistributable)")
        table.add_row(name, source.yields, source.origin, licence, place, source.facts.get("tried_on", "–"))
    open_console().print(table)


def print_status(states: Sequence[SourceStatus]) -> None:
    """What of a recipe's files is there."""
    table = Table()
    for column in ("source", "state", "files", "to do"):
        table.add_column(column, overflow="fold", justify="right" if column == "files" else "left")
    for state in states:
        table.add_row(state.source, state.state, f"{state.files:,}", state.to_do or "–")
    open_console().print(table)


def print_source(source: Source) -> None:
    """All facts of a source."""
    table = Table(title=source.name, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in source.facts.items():
        table.add_row(key, Text(plain(value)))
    open_console().print(table)
