"""What the command line shows of agreement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.agreement.like_length import WITHIN
from medinjection_fr.console import open_console

Figure = Mapping[str, Any]
_COUNTS = {"items": "answers", "unscored": "unscored", "ties": "divided"}
_CORRELATIONS = {"pearson": "Pearson", "spearman": "Spearman", "kendall": "Kendall τ-b"}
_AGREEMENT = {"kappa": "kappa", "mcc": "MCC", "balanced_accuracy": "balanced accuracy"}
_INTERVAL = "value [95 % interval]"


class _Notes:
    """Why figures are missing, each reason once for a judge."""

    def __init__(self) -> None:
        self._titles: dict[tuple[str, str], dict[str, None]] = {}

    def cell(self, figure: Figure, who: str, title: str) -> str:
        """A figure as people read it; the reason goes to the notes if it is missing."""
        if note := figure.get("note"):
            self._titles.setdefault((who, note), {})[title] = None
        if figure["value"] is None:
            return "–"
        text = f"{figure['value']:.2f}"
        if figure["low"] is not None:
            text += f" [{figure['low']:.2f}; {figure['high']:.2f}]"
        return text + (f"\np {figure['p']:.3f}" if figure.get("p") is not None else "")

    def lines(self) -> Iterable[str]:
        """A line for each reason."""
        for (who, note), titles in self._titles.items():
            yield f"{who}: {', '.join(titles)}: {note}"


def print_agreement(found: Mapping[str, Any]) -> None:
    """People among themselves, judges against people, length, interventions and position."""
    console, notes = open_console(), _Notes()
    _print_people(found["people"], console, notes)
    counts, title = ("items", "unscored"), f"Judges and the share of people that say equivalent, {_INTERVAL}"
    _print_judges(found["judges"], title, counts, _CORRELATIONS, console, notes)
    counts, title = ("items", "ties"), f"Judges and what most people say, {_INTERVAL}"
    _print_judges(found["judges"], title, counts, _AGREEMENT, console, notes)
    _print_length(found["length"], console, notes)
    if found["generators"]:
        _print_generators(found["generators"], console, notes)
    if found["interventions"]:
        _print_interventions(found["interventions"], console)
    if found["position"]:
        _print_position(found["position"], console)
    for line in notes.lines():
        console.print(f"– {line}", markup=False)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _percents(figure: Figure) -> str:
    if figure["value"] is None:
        return "–"
    return f"{100 * figure['value']:.0f} [{100 * figure['low']:.0f}; {100 * figure['high']:.0f}]"


def _table(title: str, columns: Iterable[str], left: int, caption: str | None = None) -> Table:
    table = Table(title=title, caption=caption)
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < left else "right", overflow="fold")
    return table


def _print_people(people: Figure, console: Console, notes: _Notes) -> None:
    rates = ", ".join(f"{name} {_percent(share)} %" for name, share in people["base_rates"].items())
    table = _table(f"People, {_INTERVAL}", ("figure", "between", "answers", "value"), 2)
    for pair in people["cohen_kappa"]:
        between = f"{pair['first']}, {pair['second']}"
        table.add_row("Cohen's kappa", between, f"{pair['items']:,}", notes.cell(pair, between, "kappa"))
    for name, title in (("fleiss_kappa", "Fleiss' kappa"), ("krippendorff_alpha", "Krippendorff's alpha")):
        table.add_row(title, "all", f"{people['items']:,}", notes.cell(people[name], "people", title))
    console.print(table)
    counted = f"{people['items']:,} answers, {people['judgements']:,} verdicts: {rates}"
    console.print(f"{counted}; {people['cannot_judge']:,} times: cannot judge.", markup=False)


def _print_judges(
    rows: Sequence[Figure],
    title: str,
    counts: Sequence[str],
    figures: Mapping[str, str],
    console: Console,
    notes: _Notes,
) -> None:
    columns = ("judge", "generator", *(_COUNTS[name] for name in counts), "people\nyes %", "judge\nyes %")
    table = _table(title, (*columns, *figures.values()), 2)
    for row in rows:
        table.add_row(
            row["judge"],
            row["generator"],
            *(f"{row[name]:,}" for name in counts),
            *(_percent(row[name]) for name in ("people_base_rate", "judge_base_rate")),
            *(
                notes.cell(row[name], row["judge"], title).replace(" ", "\n", 1)
                for name, title in figures.items()
            ),
        )
    console.print(table)


def _print_length(rows: Sequence[Figure], console: Console, notes: _Notes) -> None:
    columns = (
        "judge",
        "generator",
        "answers",
        "partial correlation",
        "logistic coefficient",
        "longer - shorter",
    )
    caption = "Of answers that people judge alike, by generator; length is log(1 + words); no effect is 0"
    table = _table(f"Judges and length, {_INTERVAL}", columns, 2, caption)
    for row in rows:
        logistic = row["logistic"]["length_coefficient"]
        table.add_row(
            row["judge"],
            row["generator"],
            f"{row['items']:,}",
            notes.cell(row["partial_correlation"], row["judge"], "partial correlation"),
            notes.cell(logistic, row["judge"], "logistic coefficient"),
            notes.cell(row["matched_difference"], row["judge"], "longer - shorter"),
        )
    console.print(table)
    if effects := {row["logistic"]["generator_effect"] for row in rows} - {"none"}:
        console.print(
            f"Logistic regression of all runs: {', '.join(sorted(effects))} effect of the generator."
        )


def _print_generators(rows: Sequence[Figure], console: Console, notes: _Notes) -> None:
    columns = ("judge", "first", "second", "answers", "pairs", "judge", "people")
    table = _table(f"Second run minus first, mean of verdicts or scores, {_INTERVAL}", columns, 4)
    for row in rows:
        for title, part in (("all", row), ("of like length", row["like_length"])):
            figures = (part[f"{who}_difference"] for who in ("judge", "people"))
            cells = (notes.cell(figure, row["judge"], f"second - first, {title}") for figure in figures)
            table.add_row(row["judge"], row["first"], row["second"], title, f"{part['pairs']:,}", *cells)
    console.print(table)
    console.print(f"Of like length: the longer answer has at most {WITHIN:.1f} times the words.")


def _print_interventions(rows: Sequence[Figure], console: Console) -> None:
    columns = (
        "judge",
        "run",
        "variant",
        "answers",
        "unscored",
        "to equivalent %",
        "to different %",
        "flipped %",
    )
    table = _table("The same answer in another form [95 % interval]", columns, 3)
    for row in rows:
        counts = (f"{row[name]:,}" for name in ("items", "unscored"))
        shares = (_percents(row[name]) for name in ("to_equivalent", "to_different", "flip_rate"))
        table.add_row(row["judge"], row["run"], row["variant"], *counts, *shares)
    console.print(table)


def _print_position(rows: Sequence[Figure], console: Console) -> None:
    columns = (
        "judge",
        "first",
        "second",
        "pairs",
        "unscored",
        "same in both orders %",
        "prefers what is first %",
    )
    table = _table(
        "Both orders of two answers [95 % interval]; without bias 50 % prefer what is first", columns, 3
    )
    for row in rows:
        table.add_row(
            *(row[name] for name in ("judge", "first", "second")),
            *(f"{row[name]:,}" for name in ("pairs", "unscored")),
            *(_percents(row[name]) for name in ("consistent", "first_shown_preferred")),
        )
    console.print(table)
