"""What the command line shows of judges."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from evaluation.judging.candidates import PLAIN, SWAPPED, VARIANTS
from evaluation.judging.folder import Judgements
from evaluation.judging.jury import TIE, juries
from evaluation.statistics import Resampled
from evaluation.tables import percent, with_interval
from medinjection_fr.console import open_console

Lines = Sequence[Mapping[str, Any]]
_MASS = "Mass: % that the judge gives to all labels together; near 0, it would have written something else."


def print_judges(judges: Sequence[Judgements]) -> None:
    """Every judge of a run by kind, and the jury if there are several."""
    for kind, show in (("equivalence", _equivalence), ("facts", _facts), ("preference", _preference)):
        chosen = [judge for judge in judges if judge.kind == kind and judge.lines]
        if chosen:
            open_console().print(show(chosen))
    for names, verdicts in juries(judges):
        counts = Counter(found.verdict or "unscored" for found in verdicts.values())
        table = Table(title=f"Jury of {len(names)}, majority of those with a verdict: {', '.join(names)}")
        heads = ("equivalent", "different", TIE, "unscored")
        for head in ("answers", *heads, "unanimous"):
            table.add_column(head, justify="right")
        unanimous = sum(found.is_unanimous for found in verdicts.values())
        table.add_row(
            *(f"{number:,}" for number in (len(verdicts), *(counts[head] for head in heads), unanimous))
        )
        open_console().print(table)


def _equivalence(judges: Sequence[Judgements]) -> Table:
    title = "Equivalent to the reference, % of the verdicts [95 % interval]"
    caption = (
        "Same as plain: % of the answers with a verdict in both; to/from: verdicts turned to/from equivalent"
    )
    heads = ("answers", "equivalent", "unscored", "same as plain", "to/from")
    table = _table(title, caption, ("judge", "variant"), heads)
    for judge, variant, lines in _by_variant(judges):
        plain = judge.of(PLAIN)
        pairs = [
            (plain[line["id"]]["verdict"], line["verdict"])
            for line in lines
            if line["id"] in plain and line["verdict"] and plain[line["id"]]["verdict"]
        ]
        turned = Counter(after for before, after in pairs if before != after)
        same = percent(1 - sum(turned.values()) / len(pairs)) if pairs and variant != PLAIN else "–"
        told = f"{turned['equivalent']}/{turned['different']}" if variant != PLAIN else "–"
        share = _share(lines, "verdict", lambda line: float(line["verdict"] == "equivalent"))
        table.add_row(
            judge.name, variant, f"{len(lines):,}", share, _unscored(lines), same, told, _mass(lines)
        )
    return table


def _facts(judges: Sequence[Judgements]) -> Table:
    title = "Facts, mean % over answers [95 % interval]"
    caption = (
        "Of the facts with a verdict: completeness, those it contains; contradiction, those it contradicts"
    )
    table = _table(
        title, caption, ("judge", "variant"), ("answers", "completeness", "contradiction", "unscored facts")
    )
    for judge, variant, lines in _by_variant(judges):
        shares = [
            _share(lines, name, operator.itemgetter(name)) for name in ("completeness", "contradiction")
        ]
        table.add_row(judge.name, variant, f"{len(lines):,}", *shares, _unscored(lines))
    return table


def _preference(judges: Sequence[Judgements]) -> Table:
    title = "Preference, % of the verdicts"
    caption = f"Consistent: % of the pairs with a verdict in both orders that have the same. {_MASS}"
    heads = (
        "pairs",
        "this run",
        "the other",
        "tie",
        "unscored",
        "shown first preferred",
        "consistent",
        "mass",
    )
    table = _table(title, caption, ("judge", "against", "variant"), heads)
    for judge, variant, lines in _by_variant(judges):
        said = Counter(line["verdict"] for line in lines if line["verdict"])
        shares = [percent(said[v] / said.total()) if said else "–" for v in ("first", "second", "tie")]
        chosen = [line for line in lines if line["verdict"] in ("first", "second")]
        shown = sum(line["verdict"] == line["shown_first"] for line in chosen)
        table.add_row(
            judge.name,
            judge.described["against"],
            variant,
            f"{len(lines):,}",
            *shares,
            _unscored(lines),
            percent(shown / len(chosen)) if chosen else "–",
            _consistent(judge) if variant == SWAPPED else "–",
            _mass(lines),
        )
    return table


def _consistent(judge: Judgements) -> str:
    one, other = judge.of(PLAIN), judge.of(SWAPPED)
    pairs = [(one[id]["verdict"], other[id]["verdict"]) for id in one.keys() & other.keys()]
    both = [(first, second) for first, second in pairs if first and second]
    return percent(sum(first == second for first, second in both) / len(both)) if both else "–"


def _table(title: str, caption: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=title, caption=caption)
    for head in left:
        table.add_column(head, overflow="fold")
    for head in right:
        table.add_column(head, justify="right", overflow="fold")
    return table


def _by_variant(judges: Sequence[Judgements]) -> list[tuple[Judgements, str, list[Mapping[str, Any]]]]:
    return [
        (judge, variant, lines)
        for judge in judges
        for variant in VARIANTS
        if (lines := list(judge.of(variant).values()))
    ]


def _share(lines: Lines, field: str, value: Callable[[Mapping[str, Any]], float]) -> str:
    scored = [line for line in lines if line[field] is not None]
    if not scored:
        return "–"
    values = np.array([value(line) for line in scored], np.float64)
    return with_interval(Resampled([line["group_id"] for line in scored]).interval(values))


def _mass(lines: Lines) -> str:
    found = [line["mass"] for line in lines if "mass" in line]
    return percent(float(np.mean(found))) if found else "–"


def _unscored(lines: Lines) -> str:
    rules: Counter[str] = Counter()
    for line in lines:
        found = line.get("unscored", ())
        rules.update([found] if isinstance(found, str) else [rule for rule in found if rule])
    return ", ".join(f"{number} {rule}" for rule, number in sorted(rules.items())) or "0"
