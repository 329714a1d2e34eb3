"""How far jobs are, in figures and in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from medinjection_fr.console import open_console
from medinjection_fr.generate.job import JobStore
from medinjection_fr.generate.run import Work
from medinjection_fr.generate.synthesis.balance import tell_balance
from medinjection_fr.generate.synthesis.plan import BALANCE
from medinjection_fr.models.journal import Journal


def read_status(path: Path) -> list[dict[str, Any]]:
    """How far each job of a journal is, from the outcomes that it keeps.

    Tokens and cost are those of the job's model in the whole journal. Near copies of other units still
    count as accepted: they are told when all units stand in their order, by the export.

    Raises:
        InputError: There is no such journal.
    """
    with Journal(path, read_only=True) as journal, JobStore(path, read_only=True) as store:
        return [_state(Work(job, store, journal), store, journal) for job in store.jobs()]


def _state(work: Work, store: JobStore, journal: Journal) -> dict[str, Any]:
    job, prices = work.job, store.prices(work.job)
    units: Counter[str] = Counter()
    types: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    outcomes = work.outcomes()
    for row in outcomes.values():
        units["accepted" if row["records"] else "rejected"] += 1
        types.update(row.get("types", ()))
        rules.update(row["reasons"])
    units["unfinished"] = sum(unit.name not in outcomes for unit in work.units())
    totals = journal.totals(job.model)
    return {
        "job": job.name,
        "source": job.source.name,
        "model": job.model,
        "materials": store.count(job),
        "units": {name: units[name] for name in ("accepted", "rejected", "unfinished")},
        "balance": tell_balance(types, job.options.get(BALANCE)),
        "rejected_by_rule": dict(sorted(rules.items())),
        "requests": totals.answers,
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "cost_eur": round(prices.cost(totals), 6) if prices else None,
    }


def print_status(states: Sequence[Mapping[str, Any]]) -> None:
    """A table of jobs, and how far those are that were asked for a balance."""
    table = Table()
    for column in (
        "job",
        "model",
        "accepted",
        "rejected, by rule",
        "unfinished",
        "requests",
        "tokens",
        "cost",
    ):
        number = column in ("accepted", "unfinished", "requests", "tokens", "cost")
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for state in states:
        table.add_row(
            state["job"],
            state["model"],
            f"{state['units']['accepted']:,}",
            _by_rule(state["units"]["rejected"], state["rejected_by_rule"]),
            f"{state['units']['unfinished']:,}",
            f"{state['requests']:,}",
            f"{state['input_tokens'] + state['output_tokens']:,}",
            _cost(state["cost_eur"]),
        )
    console = open_console()
    console.print(table)
    for state in states:
        if state["balance"]["asked"]:
            console.print(f"{state['job']}, accepted: {_by_type(state['balance'])}", markup=False)


def print_figures(figures: Mapping[str, Any]) -> None:
    """What an export counted."""
    units = figures["units"]
    again = figures["asked_again"]
    lines = {
        "accepted": f"{units['accepted']:,}",
        "by type": _by_type(figures["balance"]),
        "rejected, by rule": _by_rule(units["rejected"], figures["rejected_by_rule"]),
        "unfinished": f"{units['unfinished']:,}",
        "asked again": f"{sum(again.values()):,}, of which {again['accepted']:,} were then accepted",
        "requests": f"{figures['requests']:,}",
        "tokens": f"{figures['input_tokens']:,} in, {figures['output_tokens']:,} out",
        "cost": _cost(figures["cost_eur"]),
        "model's time": f"{figures['model_seconds']:,.0f} s, all requests added up",
    }
    table = Table(title=f"{figures['job']['name']}, by {figures['job']['model']}", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in lines.items():
        table.add_row(name, value)
    open_console().print(table)


def _by_rule(total: int, rules: Mapping[str, int]) -> str:
    return "; ".join([f"{total:,}", *(f"{rule} {number:,}" for rule, number in rules.items())])


def _by_type(balance: Mapping[str, Any]) -> str:
    """Records of each type, and how many of them have the balance that was asked for."""
    told = ", ".join(f"{name} {number:,}" for name, number in balance["accepted"].items())
    if balance["asked"] is None:
        return told
    asked = " : ".join(f"{name} {share}" for name, share in balance["asked"].items() if share)
    return f"{told}; {sum(balance['balanced'].values()):,} of them as asked, {asked}"


def _cost(euros: float | None) -> str:
    return "–" if euros is None else f"{euros:,.2f} €"
