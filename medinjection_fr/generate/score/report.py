"""What a score says, for programs and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from medinjection_fr.checked_yaml import read_yaml
from medinjection_fr.console import open_console
from medinjection_fr.generate.pairs import REASONS
from medinjection_fr.generate.score.metrics import Figure

_PUBLISHED = Path(__file__).with_name("published.yaml")


def published() -> dict[str, Any]:
    """What is published of other translators, with where it stands and on which test set."""
    content: dict[str, Any] = read_yaml(_PUBLISHED)
    return content


def print_report(report: Mapping[str, Any]) -> None:
    """Scores with their intervals, what was scored, and the published figures apart from them."""
    console = open_console()
    pairs, translations = report["pairs"], report["translations"]
    metrics = list(report["signatures"])
    table = Table(
        title=f"{pairs['scored']:,} pairs of {pairs['file']}",
        caption=f"95 % interval of {report['resamples']:,} bootstrap samples of the pairs in brackets",
    )
    table.add_column("system", overflow="fold")
    for metric in metrics:
        table.add_column(metric, justify="right")
    for name, figures in report["systems"].items():
        table.add_row(name, *(_cell(metric, figures.get(metric)) for metric in metrics))
    console.print(table)
    for line in (*_counts(pairs, translations), *_signatures(report)):
        console.print(line, markup=False, soft_wrap=True)
    known = report["published"]
    other = Table(title=f"published: {known['test_set']}", caption=known["note"], min_width=80)
    for column in ("system", "BLEU", "COMET"):
        other.add_column(column, justify="left" if column == "system" else "right")
    for row in known["systems"]:
        other.add_row(row["system"], f"{row['BLEU']:.2f}", f"{row['COMET']:.4f}")
    console.print(other)
    console.print(known["source"], markup=False, soft_wrap=True)


def _cell(metric: str, figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return "–"
    digits = 4 if metric == "COMET" else 1
    return f"{figure['score']:.{digits}f} ({figure['low']:.{digits}f}–{figure['high']:.{digits}f})"


def _counts(pairs: Mapping[str, Any], translations: Mapping[str, Any]) -> Sequence[str]:
    lines = [f"left out: {number:,} {REASONS[reason]}" for reason, number in pairs["excluded"].items()]
    if pairs["not_drawn"]:
        lines.append(f"not drawn: {pairs['not_drawn']:,} pairs, by --limit")
    lines.append(
        f"HTML entities read in {translations['entities']:,} translations, and in {pairs['entities']:,} pairs"
    )
    for rule, number in translations["unusable"].items():
        lines.append(f"scored as empty: {number:,} translations ({rule})")
    return lines


def _signatures(report: Mapping[str, Any]) -> Sequence[str]:
    lines = [f"{metric}: {signature}" for metric, signature in report["signatures"].items()]
    return lines if report["comet"] is None else [*lines, f"COMET {report['comet']}"]


def figures_of(systems: Mapping[str, Mapping[str, Figure]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Figures as JSON holds them."""
    return {
        name: {metric: figure._asdict() for metric, figure in figures.items()}
        for name, figures in systems.items()
    }
