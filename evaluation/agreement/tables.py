"""What the command line shows of agreement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from medinjection_fr.tables import open_console

Figure = Mapping[str, Any]
_AGAINST = {
    "pearson": "Pearson",
    "spearman": "Spearman",
    "kendall": "Kendall τ-b",
    "kappa": "kappa",
    "mcc": "MCC",
    "balanced_accuracy": "balanced accuracy",
}
_LENGTH = "given people's verdict and generator; no effect is 0. log(1 + words). p beside each interval."


def print_agreement(found: Mapping[str, Any]) -> None:
    """People among themselves, judges against people, length, interventions and position."""
    console = open_console()
    notes: dict[str, None] = {}
    _print_people(found["people"], console, notes)
    _print_judges(found["judges"], console, notes)
    _print_length(found["length"], console, notes)
    if found["interventions"]:
        _print_interventions(found["interventions"], console)
    if found["position"]:
        _print_position(found["position"], console)
    for note in notes:
        console.print(f"– {note}", markup=False)


def _cell(figure: Figure, notes: dict[str, None], where: str) -> str:
    if note := figure.get("note"):
        notes[f"{where}: {note}"] = None
    if figure["value"] is None:
        return "–"
    if figure["low"] is None:
        return f"{figure['value']:.2f}"
    text = f"{figure['value']:.2f}\n[{figure['low']:.2f}; {figure['high']:.2f}]"
    return text + (f"\np {figure['p']:.3f}" if figure.get("p") is not None else "")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _percents(figure: Figure) -> str:
    if figure["value"] is None:
        return "–"
    return f"{100 * figure['value']:.0f} [{100 * figure['low']:.0f}; {100 * figure['high']:.0f}]"


def _table(title: str, columns: Iterable[str], left: int, caption: str | None = None) -> Table:
    table = Table(title=title, caption=caption, show_lines=True)
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < left else "right", overflow="fold")
    return table


def _print_people(people: Figure, console: Console, notes: dict[str, None]) -> None:
    rates = ", ".join(f"{name} {_percent(share)} %" for name, share in people["base_rates"].items())
    counted = f"{people['items']:,} items, {people['judgements']:,} verdicts ({rates}), "
    table = _table(
        "People, value [95 % interval]",
        ("figure", "between", "items", "value"),
        2,
        f"{counted}{people['cannot_judge']:,} times cannot judge",
    )
    for pair in people["cohen_kappa"]:
        between = f"{pair['first']}, {pair['second']}"
        table.add_row("Cohen's kappa", between, f"{pair['items']:,}", _cell(pair, notes, f"kappa, {between}"))
    for name, title in (("fleiss_kappa", "Fleiss' kappa"), ("krippendorff_alpha", "Krippendorff's alpha")):
        table.add_row(title, "all", f"{people['items']:,}", _cell(people[name], notes, title))
    console.print(table)


def _print_judges(rows: Sequence[Figure], console: Console, notes: dict[str, None]) -> None:
    columns = ("judge", "generator", "answers", "people yes %", "judge yes %", "unscored", *_AGAINST.values())
    caption = "Correlations: with the share of people that say equivalent; the others: with their majority."
    table = _table("Judges against people, value [95 % interval]", columns, 2, caption)
    for row in rows:
        ties = f"\n{row['ties']} divided" if row["ties"] else ""
        cells = [
            _cell(row[name], notes, f"{row['judge']}, {row['generator']}, {title}")
            for name, title in _AGAINST.items()
        ]
        table.add_row(
            row["judge"],
            row["generator"],
            f"{row['items']:,}{ties}",
            _percent(row["people_base_rate"]),
            _percent(row["judge_base_rate"]),
            f"{row['unscored']:,}",
            *cells,
        )
    console.print(table)


def _print_length(rows: Sequence[Figure], console: Console, notes: dict[str, None]) -> None:
    columns = (
        "judge",
        "generator",
        "answers",
        "partial correlation",
        "logistic coefficient",
        "longer - shorter half",
    )
    table = _table("Length, value [95 % interval]", columns, 2, _LENGTH)
    for row in rows:
        logistic, effect = row["logistic"]["length_coefficient"], row["logistic"]["generator_effect"]
        where = f"{row['judge']}, {row['generator']}, length"
        coefficient = _cell(logistic, notes, f"{where}, logistic")
        if effect != "none":
            coefficient += f"\n{effect} effect"
        table.add_row(
            row["judge"],
            row["generator"],
            f"{row['items']:,}",
            _cell(row["partial_correlation"], notes, f"{where}, partial correlation"),
            coefficient,
            _cell(row["matched_difference"], notes, f"{where}, matched difference"),
        )
    console.print(table)


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
    table = _table("The same answer in another form", columns, 3)
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
        "prefers what is shown first %",
    )
    table = _table("Position; without bias 50 % prefer what is shown first", columns, 3)
    for row in rows:
        table.add_row(
            *(row[name] for name in ("judge", "first", "second")),
            f"{row['pairs']:,}",
            f"{row['unscored']:,}",
            _percents(row["consistent"]),
            _percents(row["first_shown_preferred"]),
        )
    console.print(table)
