"""What the command line shows of runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from medinjection_fr.configs import CONFIG_NAMES
from medinjection_fr.console import open_console
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.whole import write_whole
from training.report import REPORT, write_json

if TYPE_CHECKING:
    from training.push import Pushed


def print_run(output: Path, report: Mapping[str, Any]) -> None:
    """The figures of a run and what to do next."""
    console, table = open_console(), Table(title=f"{report['data']['config']} by {report['recipe']['name']}")
    table.add_column("figure")
    table.add_column("", justify="right")
    for name, value in figures_of(report).items():
        table.add_row(name, value)
    console.print(table)
    console.print(f"Wrote {output}. Next: python -m training push {output} --repo org/name", markup=False)


def figures_of(report: Mapping[str, Any]) -> dict[str, str]:
    """The figures of a run, as people read them."""
    figures = report["figures"]
    answer_loss, energy = figures["validation_answer_loss"], figures["energy_joules"]
    return {
        "records": f"{report['records']['train']:,}",
        "steps": f"{figures['steps']:,}",
        "loss, first → last": f"{figures['loss']['first']:.3f} → {figures['loss']['last']:.3f}",
        "validation, answers": "–" if answer_loss is None else f"{answer_loss:.3f}",
        "tokens": f"{figures['tokens']:,}",
        "tokens with loss": f"{figures['loss_tokens']:,}",
        "time": f"{figures['seconds']:,.0f} s",
        "tokens/s": f"{figures['tokens_per_second']:,.0f}",
        "peak memory": f"{figures['peak_memory_bytes'] / 2**30:.1f} GiB",
        "energy": "–" if energy is None else f"{energy / 3.6e6:.2f} kWh",
        "data": f"{report['data']['version']} {report['data']['config_digest'][:12]}",
    }


def print_push(pushed: Pushed) -> None:
    """The card, the files and the commit."""
    console = open_console()
    if pushed.commit is None:
        console.print(pushed.card, markup=False)
    for name, size in pushed.files.items():
        console.print(f"{size:>15,} {name}", markup=False)
    if pushed.commit is None:
        console.print(f"Nothing was written to {pushed.repo}: --dry-run.", markup=False)
    else:
        console.print(f"{pushed.repo} holds these files at {pushed.commit}.", markup=False)


TABLE = "table"


def write_table(output: Path) -> list[dict[str, Any]]:
    """Writes the table of a sweep: ``table.json`` for programs, ``table.md`` for people.

    Returns:
        A report for each finished run, in the order of the configurations.

    Raises:
        InputError: Not one run is finished.
    """
    paths = [output / config / REPORT for config in CONFIG_NAMES]
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]
    if not reports:
        raise InputError(Problem(str(output), "holds no finished run", mend="python -m training sweep"))
    write_json(output / f"{TABLE}.json", [_row(report) for report in reports])
    write_whole(output / f"{TABLE}.md", _as_markdown(reports).encode("utf-8"))
    return reports


def print_table(output: Path, reports: Sequence[Mapping[str, Any]]) -> None:
    """The figures of all finished runs."""
    table = Table(title=str(output))
    columns = [{"config": report["data"]["config"], **figures_of(report)} for report in reports]
    for name in columns[0]:
        table.add_column(name, justify="left" if name == "config" else "right", overflow="fold")
    for column in columns:
        table.add_row(*column.values())
    console = open_console()
    console.print(table)
    console.print(f"Wrote {output / TABLE}.md and {TABLE}.json.", markup=False)


def _row(report: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("data", "model", "figures", "hardware", "versions")
    counts = {name: value for name, value in report["records"].items() if isinstance(value, int)}
    return {"recipe": report["recipe"]["name"], **{name: report[name] for name in kept}, "records": counts}


def _as_markdown(reports: Sequence[Mapping[str, Any]]) -> str:
    rows = [{"config": report["data"]["config"], **figures_of(report)} for report in reports]
    lines = [f"| {' | '.join(rows[0])} |", "|---|" + "---:|" * (len(rows[0]) - 1)]
    lines += [f"| {' | '.join(row.values())} |" for row in rows]
    about = {
        f"{report['recipe']['name']} on {report['model']['base']}; {report['hardware']['device']} × "
        f"{report['hardware']['processes']}; "
        + ", ".join(f"{name} {number}" for name, number in report["versions"].items())
        for report in reports
    }
    return "\n".join([*lines, "", *sorted(about), ""])
