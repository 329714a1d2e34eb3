"""Figures of multiple choice: configurations, sources, what was learnt, and positions of options."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.compare import Row, position_bias
from evaluation.report.learnt import Learnt
from evaluation.report.marks import Point, draw_points, new_figure, said, shorten
from evaluation.statistics import Interval
from medinjection_fr.record import ORIGINS, TYPES
from medinjection_fr.release.pictures import Drawn, heat_map, in_cell, middles, patch

_DARK = 0.55
_FEW = 30
"""Records under which a cell is marked: its interval is wide."""


def percent_point(interval: Interval) -> Point:
    """An interval in percent."""
    return Point(100 * interval.mean, 100 * interval.low, 100 * interval.high)


def draw_configurations(rows: Sequence[Row]) -> Drawn | None:
    """Exact match of every run, under every protocol, with intervals."""
    if not rows:
        return None
    runs = list(dict.fromkeys(row.run for row in rows))
    protocols = list(dict.fromkeys(row.protocol for row in rows))
    by_place = {(row.run, row.protocol): percent_point(row.intervals["exact_match"]["all"]) for row in rows}
    nothing = Point(math.nan)
    series = {name: [by_place.get((run, name), nothing) for run in runs] for name in protocols}
    figure = new_figure(1.1 + (0.2 + 0.09 * len(protocols)) * len(runs))
    axes = figure.add_subplot()
    draw_points(axes, series, runs)
    axes.set_xlabel("exact match, % of the questions (bar: 95 % interval)")
    figure.legend(loc="outside upper left", ncols=3, title="protocol", alignment="left")
    each = "; ".join(
        f"{run}: "
        + ", ".join(f"{name} {said(by_place[run, name])}" for name in protocols if (run, name) in by_place)
        for run in runs
    )
    return "Exact match of every run", figure, each


def draw_sources(rows: Sequence[Row]) -> Drawn | None:
    """Exact match by source of the questions and run."""
    parts = [
        part for part in (rows[0].intervals["exact_match"] if rows else {}) if part.startswith("source ")
    ]
    if len(parts) < 2:
        return None
    cells = [[row.intervals["exact_match"][part] for row in rows] for part in parts]
    figure = new_figure(1.5 + 0.3 * len(parts))
    axes = figure.add_subplot()
    means = [[cell.mean for cell in line] for line in cells]
    lowest, highest = min(map(min, means)), max(map(max, means))
    heat_map(axes, means, "Blues", highest + 0.01, lowest - 0.01)
    for line, own in enumerate(cells):
        for column, cell in enumerate(own):
            text = f"{100 * cell.mean:.0f}" + ("*" if cell.records < _FEW else "")
            in_cell(axes, line, column, text, cell.mean - lowest > _DARK * (highest - lowest))
    names = [
        f"{part.removeprefix('source ')} ({own[0].records:,})" for part, own in zip(parts, cells, strict=True)
    ]
    axes.set_yticks(middles(parts), [shorten(name) for name in names])
    _name_columns(axes, [row.run for row in rows])
    axes.set_xlabel(f"number: exact match in %; * fewer than {_FEW} questions")
    each = "; ".join(
        f"{name}: "
        + ", ".join(f"{row.run} {100 * cell.mean:.0f} %" for row, cell in zip(rows, own, strict=True))
        for name, own in zip(names, cells, strict=True)
    )
    return "Exact match by source of the questions", figure, each


def _name_columns(axes: Any, names: Sequence[str]) -> None:
    turned = any(len(name) > 8 for name in names)
    style: dict[str, Any] = {"rotation": 28, "ha": "left"} if turned else {}
    axes.xaxis.tick_top()
    axes.set_xticks(middles(names), [shorten(name) for name in names], **style)


def draw_learnt(learnt: Mapping[str, Learnt]) -> Drawn | None:
    """A small heat map of provenance × type for each model: shares of its train rows."""
    shown = {run: one.rows for run, one in learnt.items() if one.rows}
    if not shown:
        return None
    lines = math.ceil(len(shown) / 3)
    figure = new_figure(0.3 + 1.15 * lines)
    panels = list(figure.subplots(lines, 3, squeeze=False).flat)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    for number, (run, rows) in enumerate(shown.items()):
        axes = panels[number]
        total = sum(sum(types.values()) for types in rows.values()) or 1
        shares = [[rows.get(origin, {}).get(type, 0) / total for type in TYPES] for origin in ORIGINS]
        heat_map(axes, shares, "Blues", 1)
        for line, own in enumerate(shares):
            for column, share in enumerate(own):
                in_cell(axes, line, column, f"{100 * share:.0f}" if share else "–", share > _DARK)
        axes.set_title(_broken(run), fontsize=7.5)
        axes.set_xticks(middles(TYPES), TYPES if number + 3 >= len(shown) else [])
        axes.set_yticks(middles(ORIGINS), [] if number % 3 else ORIGINS)
    each = "; ".join(
        f"{run}: "
        + ", ".join(f"{origin} {type} {n:,}" for origin, types in rows.items() for type, n in types.items())
        for run, rows in shown.items()
    )
    return "Train rows of each model, %: provenance × type", figure, each


def _broken(name: str) -> str:
    """A long name on two lines."""
    if len(name) <= 22 or "+" not in name:
        return name[:30]
    head, _, tail = name.rpartition("+")
    return f"{head}\n+{tail}"[:48]


def draw_positions(rows: Sequence[Row]) -> Drawn | None:
    """How much more often each letter is chosen than it is right."""
    if not rows:
        return None
    biases = [position_bias(row) for row in rows]
    letters = max((list(bias) for bias in biases), key=len)
    missing = (math.nan, math.nan)
    cells = [[bias.get(letter, missing) for letter in letters] for bias in biases]
    apart = [[100 * (chosen - gold) for chosen, gold in own] for own in cells]
    figure = new_figure(1.35 + 0.29 * len(rows))
    axes = figure.add_subplot()
    mesh = heat_map(axes, apart, "PuOr_r", 20, -20)
    for line, own in enumerate(cells):
        for column, (chosen, gold) in enumerate(own):
            if not math.isnan(chosen):
                in_cell(
                    axes,
                    line,
                    column,
                    f"{100 * chosen:.0f} ({100 * gold:.0f})",
                    abs(apart[line][column]) > 13,
                )
    axes.set_xticks(middles(letters), letters)
    axes.set_yticks(middles(rows), [shorten(row.run) for row in rows])
    axes.set_xlabel("position; number: % of the chosen letters (% of the right ones)")
    steps = {"20 points too rarely": -20.0, "as often as right": 0.0, "20 points too often": 20.0}
    keys = [patch(mesh.to_rgba(step)) for step in steps.values()]
    figure.legend(keys, list(steps), loc="outside upper left", ncols=3, handlelength=1, fontsize=7.5)
    each = "; ".join(
        f"{row.run}: "
        + ", ".join(f"{k} chosen {100 * c:.0f} %, right {100 * g:.0f} %" for k, (c, g) in bias.items())
        for row, bias in zip(rows, biases, strict=True)
    )
    return "Positions of the chosen options", figure, each
