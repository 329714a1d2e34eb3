"""How a picture becomes SVG that stands in a page, and the pieces that several pictures are made of.

The same figures and versions give the same bytes: no date, no random names.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from medinjection_fr.release.plot_style import GREY, STYLE, require_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A drawn figure.

    Attributes:
        title: What it shows, in a few words.
        svg: ``<svg>…</svg>``, to stand in a page.
        text: The same in words, for who does not see it.
    """

    title: str
    svg: str
    text: str


Drawn = tuple[str, "Figure", str]
"""Title, figure, and its text."""


@contextmanager
def drawing(who: str) -> Iterator[None]:
    """Draws in the project's style.

    Args:
        who: What the pictures are for: place of a problem, and salt of the names within the SVG.

    Raises:
        InputError: matplotlib is not installed.
    """
    require_matplotlib(who)
    import matplotlib.style

    svg = {"svg.fonttype": "none", "svg.hashsalt": f"medinjection-fr/{who}/1"}
    with matplotlib.style.context(["default", STYLE, svg]):
        yield


def finish(drawn: Mapping[str, Drawn | None]) -> dict[str, Picture]:
    """Turns into SVG what was drawn; names are made different, since several stand in one page."""
    return {name: _finished(name, *parts) for name, parts in drawn.items() if parts}


def _finished(name: str, title: str, figure: Figure, text: str) -> Picture:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    return Picture(title, re.sub(r'\b(id="|href="#|url\(#)', rf"\1{name}-", svg), text)


def heat_map(
    axes: Axes, values: Sequence[Sequence[float]], colours: str, highest: float, lowest: float = 0
) -> Any:
    """Cells from the lowest to the highest value, the first line on top; nothing where a value is no number."""
    import numpy as np

    style: dict[str, Any] = {"cmap": colours, "edgecolors": "white", "lw": 1.5}
    mesh = axes.pcolormesh(np.array(values), vmin=lowest, vmax=highest, **style)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return mesh


def in_cell(axes: Axes, line: int, column: int, text: str, is_dark: bool) -> None:
    """Writes into a cell of a heat map."""
    colour = "white" if is_dark else "black"
    axes.text(column + 0.5, line + 0.5, text, ha="center", va="center", color=colour, fontsize=7.2)


def middles(cells: Sized) -> list[float]:
    """Where the names of a heat map's lines or columns stand."""
    return [place + 0.5 for place in range(len(cells))]


def patch(colour: Any) -> Any:
    """A square of a legend."""
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, edgecolor=GREY, linewidth=0.4)
