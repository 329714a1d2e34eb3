"""What the report's figures are made of: points with intervals, in colours and shapes that everybody tells apart."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from medinjection_fr.release.plot_style import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.4
"""Inches: 614 CSS pixels, and as wide as the text of an A4 page."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008)."""
SHAPES = ("o", "s", "^", "D", "v", "P", "X")
"""So that nobody needs the colours."""
_LONGEST = 30


class Point(NamedTuple):
    """A figure with its interval; ``nan`` where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @classmethod
    def of(cls, estimate: Mapping[str, Any], scale: float = 1) -> Point:
        """An estimate of ``agreement.json``."""
        values = (estimate[name] for name in ("value", "low", "high"))
        return cls(*(math.nan if value is None else scale * value for value in values))


def new_figure(height: float) -> Figure:
    """An empty figure of the page's width."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height))


def shorten(name: str) -> str:
    """A name that has room beside a figure."""
    return textwrap.shorten(name.replace("+", "+ "), 2 * _LONGEST, placeholder=" …").replace("+ ", "+")[:46]


def draw_points(
    axes: Axes, series: Mapping[str, Sequence[Point]], labels: Sequence[str], spread: float = 0.62
) -> None:
    """Lines of a figure, each with a point of every series; the first line on top."""
    step = spread / max(1, len(series) - 1) if len(series) > 1 else 0
    for number, (name, points) in enumerate(series.items()):
        offset = step * number - (spread / 2 if len(series) > 1 else 0)
        style: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)]}
        for line, point in enumerate(points):
            if not math.isnan(point.low):
                axes.hlines(line + offset, point.low, point.high, linewidth=1.5, **style)
        places = [line + offset for line in range(len(points))]
        style |= {"marker": SHAPES[number % len(SHAPES)], "linestyle": "", "markersize": 5}
        axes.plot([point.value for point in points], places, label=name, **style)
    axes.set_yticks(range(len(labels)), [shorten(label) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(True, axis="x")
    for line in range(1, len(labels)):
        axes.axhline(line - 0.5, color="#EEEEEE", linewidth=0.8)


def mark_at(axes: Axes, value: float) -> None:
    """A dashed line where there would be no effect."""
    axes.axvline(value, color=GREY, linewidth=1, linestyle=(0, (4, 3)))


def said(point: Point, digits: int = 1) -> str:
    """A point in words."""
    if math.isnan(point.value):
        return "not defined"
    text = f"{point.value:.{digits}f}"
    return text if math.isnan(point.low) else f"{text} ({point.low:.{digits}f} to {point.high:.{digits}f})"
