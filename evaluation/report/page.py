"""The report as one HTML page that stands alone, its figures as files, and its numbers for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.report.choice_tables import make_choice_tables
from evaluation.report.material import Asked, Material, read_material
from evaluation.report.open_tables import make_open_tables
from evaluation.report.pictures import draw
from evaluation.report.provenance import describe_sources
from evaluation.report.sentences import find_missing, summarise
from evaluation.statistics import Interval
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.release.page import open_templates, write_files
from medinjection_fr.release.pictures import Picture
from medinjection_fr.release.plot_style import require_matplotlib

FORMAT = "medinjection-fr/report/1"
_TEMPLATES = Path(__file__).parent / "templates"


def write_report(asked: Asked, output: Path, figures: Path | None = None) -> dict[str, Any]:
    """Writes a report, and its figures if a folder is given.

    Args:
        asked: What it shows.
        output: The page.
        figures: Folder for the figures as PNG and SVG.

    Returns:
        Its numbers, as ``json`` can write them.

    Raises:
        InputError: Runs that cannot be compared or are not finished, files that cannot be read, or an output
            that cannot be written.
    """
    require_matplotlib("report")
    _check_output(output, figures)
    material = read_material(asked)
    pictures, files = draw(material, with_png=figures is not None)
    write_files(output.parent, {output.name: render_page(material, pictures)})
    if figures is not None:
        write_files(figures, files)
    return describe(material) | {"output": str(output), "figures": sorted(files)}


def _check_output(output: Path, figures: Path | None) -> None:
    problems = []
    if output.is_dir():
        problems.append(
            Problem(f"--output {output}", "is a folder", "a file", f"Give {output / 'report.html'}")
        )
    for path in (output.parent, figures):
        if path is not None and path.exists() and not path.is_dir():
            problems.append(Problem(str(path), "is a file", "a folder", "Give another name"))
    if problems:
        raise InputError(problems)


def render_page(material: Material, pictures: Mapping[str, Picture]) -> str:
    """Renders the page. All text is escaped."""
    open_tables, notes = make_open_tables(material)
    tables = {**make_choice_tables(material), **open_tables}
    return (
        open_templates(_TEMPLATES)
        .get_template("report.html.j2")
        .render(
            runs=material.runs,
            protocol=material.protocol,
            findings=summarise(material),
            missing=find_missing(material),
            pictures=pictures,
            tables={name: table for name, table in tables.items() if table.rows},
            notes=notes,
            people=(material.agreement or {}).get("people"),
            annotators=material.reviews.annotators if material.reviews else (),
            examples=material.examples if material.asked.with_text else (),
            parts=describe_sources(material),
            resamples=material.asked.resamples,
        )
    )


def describe(material: Material) -> dict[str, Any]:
    """The numbers of a report."""
    return {
        "format": FORMAT,
        "runs": [run.name for run in material.runs],
        "protocol": material.protocol,
        "findings": summarise(material),
        "missing": find_missing(material),
        "scores": [
            {
                "run": row.run,
                "protocol": row.protocol,
                **{
                    score: {part: _interval(own) for part, own in parts.items()}
                    for score, parts in row.intervals.items()
                },
                "no_answer": row.failures,
                "not_asked": row.refused,
            }
            for row in material.rows
        ],
        "differences": [
            {
                "protocol": comparison.protocol,
                "first": first,
                "second": second,
                **_interval(found.interval),
                "called": found.called,
            }
            for comparison in material.comparisons
            for (first, second), found in comparison.differences.items()
        ],
        "learnt": {
            run: {
                "config": one.config,
                "version": one.version,
                "rows": one.rows,
                "cramers_v": one.confound.v if one.confound else None,
            }
            for run, one in material.learnt.items()
        },
        "judged": [
            {
                "run": one.run,
                "judge": one.judge,
                "kind": one.described["kind"],
                "figure": _interval(one.figure) if one.figure else None,
                "unscored": one.unscored,
            }
            for one in material.judged
        ],
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in interval._asdict().items()
    }


def as_json(numbers: Mapping[str, Any]) -> str:
    """Numbers as text."""
    return json.dumps(numbers, ensure_ascii=False, indent=2, allow_nan=False)
