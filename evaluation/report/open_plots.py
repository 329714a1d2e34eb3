"""Figures of open answers: what judges say, whether people agree, and what sways the judges."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.report.choice_plots import percent_point
from evaluation.report.marks import COLOURS, Point, draw_points, mark_at, new_figure, said, shorten
from evaluation.report.opinions import Judged, Reviews
from medinjection_fr.release.pictures import Drawn, heat_map, in_cell, middles
from medinjection_fr.release.plot_style import GREY

Rows = Sequence[Mapping[str, Any]]

POOLED = "pooled"
MEASURES = {
    "pearson": "Pearson's r",
    "spearman": "Spearman's ρ",
    "kendall": "Kendall's τ",
    "kappa": "Cohen's kappa",
    "mcc": "MCC",
    "balanced_accuracy": "balanced accuracy",
}


def draw_judged(judged: Sequence[Judged], reviews: Reviews | None) -> Drawn | None:
    """Share of a run's answers that each judge, and people, call equivalent to the reference."""
    shown = [one for one in judged if one.described["kind"] == "equivalence" and one.figure]
    points = {(one.run, one.judge): percent_point(one.figure) for one in shown if one.figure}
    people = "people"
    if reviews:
        points |= {(run, people): percent_point(share) for run, share in reviews.shares.items()}
    if not points:
        return None
    runs = list(dict.fromkeys(run for run, _ in points))
    names = list(dict.fromkeys(name for _, name in points))
    nothing = Point(math.nan)
    series = {name: [points.get((run, name), nothing) for run in runs] for name in names}
    figure = new_figure(1.1 + (0.2 + 0.1 * len(names)) * len(runs))
    axes = figure.add_subplot()
    draw_points(axes, series, runs)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("answers called equivalent to the reference, % (bar: 95 % interval)")
    figure.legend(loc="outside upper left", ncols=2, title="who says so", alignment="left")
    each = "; ".join(f"{run}, {name}: {said(point)} %" for (run, name), point in points.items())
    return "Open answers called equivalent", figure, each


def draw_scatter(points: Rows) -> Drawn | None:
    """A panel for each judge: its score against the share of people; the larger the dot, the more answers."""
    if not points:
        return None
    judges = list(dict.fromkeys(point["judge"] for point in points))
    lines = math.ceil(len(judges) / 3)
    figure = new_figure(0.3 + 2.0 * lines)
    panels = list(figure.subplots(lines, 3, squeeze=False, sharex=True).flat)
    for axes in panels[len(judges) :]:
        axes.set_visible(False)
    told = []
    for number, judge in enumerate(judges):
        own = [(point["people"], point["score"]) for point in points if point["judge"] == judge]
        is_share = all(0 <= score <= 1 for _, score in own)
        step = 0.05 if is_share else 5.0
        counts = Counter((round(people, 2), round(score / step) * step) for people, score in own)
        places = sorted(counts)
        most = max(counts.values())
        axes = panels[number]
        sizes = [14 + 150 * counts[place] / most for place in places]
        x, y = [place[0] for place in places], [place[1] for place in places]
        axes.scatter(x, y, s=sizes, color=COLOURS[0], alpha=0.45, edgecolors=COLOURS[0], linewidths=0.6)
        if is_share:
            axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
            axes.set_ylim(-0.1, 1.1)
        axes.set_xlim(-0.12, 1.12)
        axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
        axes.set_title(textwrap.fill(shorten(judge), 24, max_lines=2, placeholder="…"), fontsize=7)
        axes.grid(True)
        if number % 3 == 0:
            axes.set_ylabel("judge's score")
        if number + 3 >= len(judges):
            axes.set_xlabel("share of people: equivalent")
            axes.tick_params(labelbottom=True)
        means = {
            share: [score for people, score in own if people == share]
            for share in sorted({p for p, _ in own})
        }
        told.append(
            f"{judge}: "
            + ", ".join(
                f"mean {sum(v) / len(v):.2f} where {share:.2f} of people agree" for share, v in means.items()
            )
        )
    return "Judges against people", figure, "; ".join(told)


def draw_agreement(rows: Rows) -> Drawn | None:
    """Agreement of each judge with people, all generators together."""
    pooled = [row for row in rows if row["generator"] == POOLED]
    if not pooled:
        return None
    measures = ("pearson", "kappa", "mcc", "balanced_accuracy")
    figure = new_figure(1.0 + 0.28 * len(pooled))
    panels = figure.subplots(1, len(measures), sharey=True)
    names = [row["judge"] for row in pooled]
    for axes, name in zip(panels, measures, strict=True):
        draw_points(axes, {name: [Point.of(row[name]) for row in pooled]}, names)
        mark_at(axes, 0.5 if name == "balanced_accuracy" else 0)
        axes.set_title(textwrap.fill(MEASURES[name], 11), fontsize=8)
        low = min([0.0, *(p.low for row in pooled if not math.isnan((p := Point.of(row[name])).low))])
        axes.set_xlim(low - 0.08, 1.05)
        axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
    figure.supxlabel("dashed: no better than chance (bar: 95 % interval)", fontsize=8)
    each = "; ".join(
        f"{row['judge']}: " + ", ".join(f"{MEASURES[m]} {said(Point.of(row[m]), 2)}" for m in measures)
        for row in pooled
    )
    return "Agreement of each judge with people", figure, each


def draw_length(rows: Rows) -> Drawn | None:
    """Partial correlation of score and length, people's verdict held fixed; small dots: single generators."""
    judges = list(dict.fromkeys(row["judge"] for row in rows if row["generator"] == POOLED))
    if not judges:
        return None
    pooled = {
        row["judge"]: Point.of(row["partial_correlation"]) for row in rows if row["generator"] == POOLED
    }
    figure = new_figure(1.1 + 0.34 * len(judges))
    axes = figure.add_subplot()
    mark_at(axes, 0)
    for line, judge in enumerate(judges):
        single = [Point.of(row["partial_correlation"]) for row in rows if row["judge"] == judge]
        values = [point.value for point in single if not math.isnan(point.value)]
        style: dict[str, Any] = {"color": "#E69F00", "marker": "|", "linestyle": "", "markersize": 9}
        axes.plot(values, [line] * len(values), label="one run" if line == 0 else None, **style)
    draw_points(axes, {"all runs together, with 95 % interval": [pooled[judge] for judge in judges]}, judges)
    axes.set_xlabel("partial correlation of score and length (0: length does not matter)")
    figure.legend(loc="outside upper left", ncols=2)
    each = "; ".join(f"{judge}: {said(point, 2)}" for judge, point in pooled.items())
    return "Do judges prefer long answers?", figure, each


def draw_flips(rows: Rows) -> Drawn | None:
    """Share of verdicts that turn when the same answer is told otherwise."""
    if not rows:
        return None
    lines = list(dict.fromkeys((row["judge"], row["run"]) for row in rows))
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    rates = {(row["judge"], row["run"], row["variant"]): Point.of(row["flip_rate"], 100) for row in rows}
    nothing = Point(math.nan)
    cells = [[rates.get((*line, variant), nothing).value for variant in variants] for line in lines]
    figure = new_figure(1.0 + 0.4 * len(lines))
    axes = figure.add_subplot()
    highest = max([30.0, *(value for own in cells for value in own if not math.isnan(value))])
    heat_map(axes, cells, "Oranges", highest)
    for line, own in enumerate(cells):
        for column, value in enumerate(own):
            in_cell(axes, line, column, "–" if math.isnan(value) else f"{value:.0f}", value / highest > 0.6)
    axes.set_xticks(middles(variants), variants, fontsize=7)
    axes.set_yticks(
        middles(lines), [f"{shorten(judge)}\non {shorten(run)}" for judge, run in lines], fontsize=7
    )
    axes.set_xlabel("number: % of the verdicts that turn")
    each = "; ".join(
        f"{judge} on {run}, {variant}: {said(p)} %" for (judge, run, variant), p in rates.items()
    )
    return "Verdicts that turn when only the style changes", figure, each


def draw_order(rows: Rows) -> Drawn | None:
    """How often the answer that is shown first is preferred, and how often both orders give one verdict."""
    if not rows:
        return None
    names = [f"{row['judge']}: {row['first']} / {row['second']}" for row in rows]
    series = {
        "prefers the answer shown first": [Point.of(row["first_shown_preferred"], 100) for row in rows],
        "same verdict in both orders": [Point.of(row["consistent"], 100) for row in rows],
    }
    figure = new_figure(1.1 + 0.36 * len(rows))
    axes = figure.add_subplot()
    mark_at(axes, 50)
    draw_points(axes, series, names, spread=0.3)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("% of the pairs (bar: 95 % interval; dashed: no bias)")
    figure.legend(loc="outside upper left", ncols=2)
    each = "; ".join(
        f"{name}: " + ", ".join(f"{kind} {said(points[place])} %" for kind, points in series.items())
        for place, name in enumerate(names)
    )
    return "Judges that compare two answers: does the first place win?", figure, each
