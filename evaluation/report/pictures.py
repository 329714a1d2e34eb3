"""All figures of a report: for the page as SVG, and as files."""

from __future__ import annotations

import io
from collections.abc import Mapping

from evaluation.report import choice_plots, open_plots
from evaluation.report.material import Material
from medinjection_fr.release.pictures import Drawn, Picture, drawing, finish

_WHO = "report"
_DPI = 200


def draw(material: Material, with_png: bool) -> tuple[dict[str, Picture], dict[str, bytes]]:
    """Draws every figure that there is something for.

    Args:
        material: What is drawn.
        with_png: Whether PNG is wanted too, which takes longer.

    Returns:
        Pictures by name; files by name, none without ``with_png``.

    Raises:
        InputError: matplotlib is not installed.
    """
    with drawing(_WHO):
        drawn = {name: parts for name, parts in _drawn(material).items() if parts}
        pictures = finish(drawn)
        files: dict[str, bytes] = {}
        for name, (title, figure, _) in drawn.items() if with_png else ():
            file = io.BytesIO()
            figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None, "Title": title})
            files |= {f"{name}.png": file.getvalue(), f"{name}.svg": pictures[name].svg.encode("utf-8")}
    return pictures, files


def _drawn(material: Material) -> Mapping[str, Drawn | None]:
    rows = material.main_rows
    agreement = material.agreement or {}
    return {
        "configurations": choice_plots.draw_configurations(material.rows),
        "sources": choice_plots.draw_sources(rows),
        "learnt": choice_plots.draw_learnt(material.learnt),
        "positions": choice_plots.draw_positions(rows),
        "judged": open_plots.draw_judged(material.judged, material.reviews),
        "scatter": open_plots.draw_scatter(agreement.get("scatter", ())),
        "agreement": open_plots.draw_agreement(agreement.get("judges", ())),
        "length": open_plots.draw_length(agreement.get("length", ())),
        "flips": open_plots.draw_flips(agreement.get("interventions", ())),
        "order": open_plots.draw_order(agreement.get("position", ())),
    }
