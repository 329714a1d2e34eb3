"""How pictures look, in audits and cards: colours that everybody tells apart, and small helpers.

matplotlib is an extra and imported when a picture is drawn. Colours are those of Okabe and Ito (2008),
which people who confuse red and green tell apart; types also differ by their hatch, for print.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medinjection_fr.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ORIGIN_COLOURS = {"native": "#0072B2", "synthetic": "#E69F00", "translated": "#009E73"}
TYPE_COLOURS = {"mcqu": "#56B4E9", "mcq": "#D55E00", "oeq": "#CC79A7"}
TYPE_HATCHES = {"mcqu": "", "mcq": "////", "oeq": "\\\\"}
GREY = "#595959"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "hatch.color": "#FFFFFF",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "text.parse_math": False,
}


def require_matplotlib(who: str) -> None:
    """Checks that pictures can be drawn.

    Args:
        who: What they are for, as a problem's place.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        mend = 'Install it with: pip install "medinjection-fr[report]"'
        raise InputError(Problem(who, "its pictures need matplotlib, which is missing", mend=mend)) from None


def beside(axes: Axes, x: float, y: float, text: str) -> None:
    """Writes to the right of a point."""
    place: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
    place["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    axes.annotate(text, (x, y), fontsize=7.5, **place)


def thousands(axes: Axes) -> None:
    """Marks the x axis at few places, with thousands apart."""
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_major_locator(locator(4))


def locator(number: int) -> Any:
    """Places for at most so many marks, at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(number, integer=True)


def minor_formatter(low: float, high: float) -> Any:
    """Names 2 and 5 of each decade where the axis spans few decades, so that it has labels enough."""
    named = (2, 5) if high / low < 100 else ()

    def name(value: float, _: Any) -> str:
        leading = int(f"{value:e}"[0])
        return f"{value:,.0f}" if leading in named and value >= 1 else ""

    return name
