"""What the command line shows of runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from evaluation.compare import Comparison, Row, Run, position_bias
from evaluation.statistics import Interval
from medinjection_fr.console import open_console
from medinjection_fr.models.run import RunReport

_FORMULAS = (
    "EM: exact match. Hamming score: |G ∩ P| / |G ∪ P|, the community's name for Jaccard. "
    "Hamming accuracy: 1 - |G △ P| / |options|. Unread: replies without an answer."
)


def percent(value: float, digits: int = 1) -> str:
    """A share as people read it."""
    return "–" if math.isnan(value) else f"{100 * value:.{digits}f}"


def with_interval(interval: Interval) -> str:
    """A share with its interval, where it has one."""
    if math.isnan(interval.low):
        return percent(interval.mean)
    return f"{percent(interval.mean)} [{percent(interval.low)}; {percent(interval.high)}]"


def print_rows(rows: Sequence[Row]) -> None:
    """Every run under every protocol, in percent with 95 % intervals over cases."""
    console = open_console()
    table = Table(title="Multiple choice, % [95 % interval]", caption=_FORMULAS)
    for name in (
        "run",
        "protocol",
        "EM",
        "EM macro",
        "Hamming score",
        "Hamming acc.",
        "unread",
        "letters/gold",
    ):
        table.add_column(name, justify="left" if name in ("run", "protocol") else "right", overflow="fold")
    for row in rows:
        em = row.intervals["exact_match"]
        table.add_row(
            row.run,
            row.protocol,
            with_interval(em["all"]),
            percent(em["macro"].mean),
            percent(row.intervals["hamming_score"]["all"].mean),
            percent(row.intervals["hamming_accuracy"]["all"].mean),
            percent(row.failures) + (f" +{row.refused} refused" if row.refused else ""),
            f"{row.sizes[0]:.2f}/{row.sizes[1]:.2f}",
        )
    console.print(table)


def print_parts(rows: Sequence[Row], score: str = "exact_match") -> None:
    """One score by type, source and subject, a table for each protocol; parts that hold all records are left out."""
    for protocol in dict.fromkeys(row.protocol for row in rows):
        own = [row for row in rows if row.protocol == protocol]
        sizes = {part: cell.records for row in own for part, cell in row.intervals[score].items()}
        parts = [part for part in sizes if part != "macro" and (part == "all" or sizes[part] < sizes["all"])]
        if len(parts) < 2:
            continue
        table = Table(title=f"{protocol}: {score.replace('_', ' ')} by part, % [95 % interval]")
        table.add_column("part", overflow="fold")
        table.add_column("records", justify="right")
        for row in own:
            table.add_column(row.run, justify="right", overflow="fold")
        for part in parts:
            cells = [row.intervals[score].get(part) for row in own]
            table.add_row(part, f"{sizes[part]:,}", *[with_interval(cell) if cell else "–" for cell in cells])
        open_console().print(table)


def print_positions(rows: Sequence[Row]) -> None:
    """How often each letter is chosen and is right, and what other orders of options change."""
    console = open_console()
    labels = max((row.labels for row in rows), key=len)
    table = Table(title="Letters: % of choices (% of gold); exact match by order; same answer in every order")
    table.add_column("run")
    table.add_column("protocol")
    for label in labels:
        table.add_column(label.label, justify="right")
    table.add_column("EM by order", justify="right")
    table.add_column("consistent", justify="right")
    for row in rows:
        bias = position_bias(row)
        cells = [
            f"{percent(bias[k][0], 0)} ({percent(bias[k][1], 0)})" if (k := x.label) in bias else "–"
            for x in labels
        ]
        orders = " ".join(percent(value) for value in row.by_permutation)
        table.add_row(row.run, row.protocol, *cells, orders, percent(row.consistency))
    console.print(table)


def print_comparisons(comparisons: Sequence[Comparison]) -> None:
    """Differences of every two runs; only those whose interval excludes 0 are called differences."""
    if not comparisons:
        return
    pairs = len(comparisons[0].differences)
    title = f"Second minus first, points; intervals hold for all {pairs} pairs together (Bonferroni)"
    table = Table(title=title, caption="p: McNemar's exact test, adjusted after Holm")
    for name in ("protocol", "first", "second", "difference", "only first/second", "p", "a difference?"):
        table.add_column(name, overflow="fold")
    for comparison in comparisons:
        for (first, second), difference in comparison.differences.items():
            p = "–" if math.isnan(difference.p) else f"{difference.p:.3g}"
            table.add_row(
                comparison.protocol,
                first,
                second,
                with_interval(difference.interval),
                f"{difference.only_first}/{difference.only_second}",
                p,
                "yes" if difference.called else "no",
            )
    console = open_console()
    console.print(table)
    for comparison in comparisons:
        console.print(
            f"{comparison.protocol}: so many cases find a difference of {percent(comparison.detectable)} points "
            "or more in 4 of 5 cases.",
            markup=False,
        )


def print_contamination(runs: Sequence[Run]) -> None:
    """How many test records are near what each model was trained on."""
    console = open_console()
    for run in runs:
        if (found := run.contamination) is None:
            console.print(f"{run.name}: what its model was trained on is not known.", markup=False)
        elif not found.looked:
            what = f"{run.name}: trained on {found.trained_on}, which cannot be opened: not compared with the test."
            console.print(what, markup=False)
        else:
            records = len({id for id, _ in run.predictions})
            kinds = Counter(found.records.values())
            told = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items())) or "none"
            what = f"{run.name}: trained on {found.trained_on}; test records near it: {told}, of {records:,}."
            console.print(what, markup=False)


def print_open(runs: Sequence[Run]) -> None:
    """Scores of open answers with their signatures."""
    scored = [run for run in runs if run.open_scores]
    if not scored:
        return
    names = list(scored[0].open_scores["signatures"])  # type: ignore[index]
    table = Table(title="Open answers: mean over records (over the corpus)")
    table.add_column("run")
    table.add_column("answers", justify="right")
    for name in names:
        table.add_column(name, justify="right")
    for run in scored:
        scores = run.open_scores or {}
        each = list(scores["each"].values())
        cells = []
        for name in names:
            mean = sum(one[name] for one in each) / len(each)
            corpus = scores["corpus"].get(name)
            cells.append(f"{mean:.1f}" + (f" ({corpus:.1f})" if corpus is not None else ""))
        table.add_row(run.name, f"{len(each):,}", *cells)
    console = open_console()
    console.print(table)
    for name, signature in (scored[0].open_scores or {})["signatures"].items():
        console.print(f"{name}: {signature}", markup=False)


def print_what_is_left(report: RunReport) -> None:
    """Why some questions have no prediction yet."""
    console = open_console()
    for rule, questions in sorted(report.left.items()):
        console.print(
            f"No reply this time: {questions:,} questions ({rule}). The same command takes them up."
        )
    if report.stopped == "budget":
        console.print("Stopped: the budget is spent. The same command with a larger one goes on.")
    elif report.stopped:
        console.print("Stopped. The same command goes on from here.")
