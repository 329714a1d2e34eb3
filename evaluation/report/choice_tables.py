"""Tables of multiple choice: scores, differences, sources, what was learnt, positions and contamination."""

from __future__ import annotations

import math
from collections import Counter

from evaluation.compare import position_bias
from evaluation.report.learnt import Learnt
from evaluation.report.material import Material
from evaluation.statistics import Interval
from evaluation.tables import percent
from medinjection_fr.record import ORIGINS, TYPES
from medinjection_fr.release.chi_square import strength
from medinjection_fr.release.page import Table


def with_interval(interval: Interval) -> str:
    """In percent; the mean alone if there is no interval."""
    if math.isnan(interval.low):
        return percent(interval.mean)
    return f"{percent(interval.mean)} [{percent(interval.low)};\u00a0{percent(interval.high)}]"


def make_choice_tables(material: Material) -> dict[str, Table]:
    """By name; some may have no rows."""
    return {
        "scores": _scores(material),
        "differences": _differences(material),
        "sources": _sources(material),
        "learnt": _learnt(material),
        "positions": _positions(material),
        "orders": _orders(material),
        "contamination": _contamination(material),
    }


def trained_on(material: Material, run: str) -> str:
    """The configuration that the model of a run learnt from."""
    return material.learnt[run].config if run in material.learnt else "not known"


def _scores(material: Material) -> Table:
    rows = []
    for row in material.rows:
        em = row.intervals["exact_match"]
        rows.append(
            [
                row.run,
                trained_on(material, row.run),
                row.protocol,
                f"{em['all'].records:,}",
                f"{em['all'].cases:,}",
                with_interval(em["all"]),
                percent(em["macro"].mean),
                with_interval(row.intervals["hamming_score"]["all"]),
                with_interval(row.intervals["hamming_accuracy"]["all"]),
                percent(row.failures),
                f"{row.refused:,}",
            ]
        )
    head = ["run", "trained on", "protocol", "questions", "cases", "exact match", "mean of sources"]
    return Table.of([*head, "Hamming score", "Hamming accuracy", "no answer", "not asked"], rows)


def _differences(material: Material) -> Table:
    """Every two runs; a column for each protocol. What is called a difference has an asterisk."""
    comparisons = material.comparisons
    pairs = list(comparisons[0].differences) if comparisons else []
    rows = []
    for first, second in pairs:
        cells = []
        for comparison in comparisons:
            found = comparison.differences[first, second]
            cells.append(with_interval(found.interval) + ("\u00a0*" if found.called else ""))
        rows.append([first, second, *cells])
    head = ["first run", "second run", *(comparison.protocol for comparison in comparisons)]
    return Table(head, rows, ["", "", *["number"] * len(comparisons)])


def _sources(material: Material) -> Table:
    """Exact match by type and source of the questions; a column for each run."""
    rows = material.main_rows
    parts = rows[0].intervals["exact_match"] if rows else {}
    names = {part: f"type {part}" for part in TYPES if part in parts}
    names |= {part: part.removeprefix("source ") for part in parts if part.startswith("source ")}
    lines = []
    for part, name in names.items():
        cells = [row.intervals["exact_match"][part] for row in rows]
        lines.append([name, f"{cells[0].records:,}", *map(with_interval, cells)])
    return Table.of(["type or source", "questions", *(row.run for row in rows)], lines)


def _learnt(material: Material) -> Table:
    """Train rows of each model; a column for each provenance and type that any of them has."""
    pairs = [
        (origin, type)
        for origin in ORIGINS
        for type in TYPES
        if any((one.rows or {}).get(origin, {}).get(type) for one in material.learnt.values())
    ]
    rows = []
    for run in material.runs if material.learnt else ():
        learnt = material.learnt.get(run.name)
        counts = [(learnt.rows or {}).get(origin, {}).get(type, 0) if learnt else 0 for origin, type in pairs]
        cells = [f"{number:,}" if number else "–" for number in counts]
        rows.append([run.name, trained_on(material, run.name), *cells, *_describe_confound(learnt)])
    head = ["run", "trained on", *(f"{origin} {type}" for origin, type in pairs)]
    return Table.of([*head, "Cramér's V", "confound"], rows)


def _describe_confound(learnt: Learnt | None) -> tuple[str, str]:
    if learnt is None:
        return "–", "–"
    if learnt.rows is None:
        return "–", "rows not known"
    confound = learnt.confound
    return (f"{confound.v:.2f}", strength(confound.v)) if confound else ("–", "one provenance")


def _positions(material: Material) -> Table:
    rows = material.main_rows
    letters = max((list(position_bias(row)) for row in rows), key=len, default=[])
    lines = []
    for row in rows:
        bias = position_bias(row)
        cells = [f"{percent(bias[k][0])} ({percent(bias[k][1])})" if k in bias else "–" for k in letters]
        lines.append([row.run, *cells, f"{row.sizes[0]:.2f}", f"{row.sizes[1]:.2f}"])
    return Table.of(["run", *letters, "letters chosen", "letters right"], lines)


def _orders(material: Material) -> Table:
    rows = [row for row in material.main_rows if len(row.by_permutation) > 1]
    most = max((len(row.by_permutation) for row in rows), default=0)
    lines = [
        [
            row.run,
            *map(percent, row.by_permutation),
            *["–"] * (most - len(row.by_permutation)),
            percent(row.consistency),
        ]
        for row in rows
    ]
    orders = ["own order", *(f"other order {number}" for number in range(1, most))]
    return Table.of(["run", *orders, "same answer in every order"], lines)


def _contamination(material: Material) -> Table:
    rows = []
    clean = {row.run: row.intervals["exact_match"] for row in material.main_rows}
    for run in material.runs:
        found, asked = run.contamination, len({id for id, _ in run.predictions})
        if found is None:
            rows.append([run.name, "not known", "not compared", "–", "–", "–"])
            continue
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(Counter(found.records.values()).items()))
        state = (kinds or "none found") if found.looked else "not compared: the release could not be opened"
        near = f"{len(found.records):,} of {asked:,}" if found.looked else "–"
        parts = clean.get(run.name, {})
        scores = [with_interval(parts[p]) if p in parts else "–" for p in ("all", "not near training")]
        rows.append([run.name, found.trained_on, state, near, *scores])
    head = ["run", "trained on", "kinds", "test records near training", "exact match, all"]
    return Table.of([*head, "exact match without them"], rows)
