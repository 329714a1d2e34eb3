"""What the command line shows of runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from medinjection_fr.tables import open_console


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
