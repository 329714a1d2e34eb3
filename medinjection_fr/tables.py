"""What the command line shows of a build: what was read, kept and dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from medinjection_fr.console import open_console
from medinjection_fr.curate.ledger import FOLDER, REPORTED, find_ledgers, read_ledger

if TYPE_CHECKING:
    from medinjection_fr.build import Built


def print_build(built: Built) -> None:
    """What a build read, kept and dropped, and what to do next."""
    release, console = built.release, open_console()
    table = Table(title=f"{release.folder}: version {release.version}")
    for column in ("source", "read", "kept", "dropped, by rule"):
        table.add_column(column, justify="right" if column in ("read", "kept") else "left")
    for name, source in release.manifest["sources"].items():
        rules = ", ".join(f"{rule} {n:,}" for rule, n in source["dropped"].items()) or "–"
        table.add_row(name, f"{source['read']:,}", f"{source['kept']:,}", rules)
    console.print(table)
    for path in find_ledgers(release.folder):
        _print_first_dropped(path, console)
    reported = release.folder / FOLDER / REPORTED
    if reported.exists():
        console.print(f"Pairs of test records that say the same are named in {reported}.", markup=False)
    state = "Wrote" if built.written else "Unchanged:"
    console.print(
        f"{state} {release.folder}, {len(release.manifest['configs'])} configurations.", markup=False
    )
    console.print(f"Next: medinjection-fr verify {release.folder}", markup=False)


def _print_first_dropped(path: Path, console: Console) -> None:
    """The first dropped record of each rule, as an example."""
    console.print(f"Dropped records are named in {path}, for instance:", markup=False)
    seen = set()
    for row in read_ledger(path):
        if row.rule not in seen:
            seen.add(row.rule)
            place = f"{row.file} record {row.position}"
            console.print(f"  {row.rule}: {place} (id {row.source_id}): {row.evidence}", markup=False)
