"""The pictures of a card: types by provenance, lengths of texts, rows by source.

PNG, which every viewer of a card shows. Each says in its metadata which numbers it draws, so that
``verify`` knows a picture of another release without matplotlib.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.digests import digest_json
from medinjection_fr.release.lengths import LENGTH_FIELDS
from medinjection_fr.release.manifest import shards_of_files
from medinjection_fr.release.plot_style import (
    GREY,
    ORIGIN_COLOURS,
    STYLE,
    TYPE_COLOURS,
    TYPE_HATCHES,
    beside,
    minor_formatter,
    require_matplotlib,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURES = "figures"
"""Folder of a release that holds the card's pictures."""

_FORMAT = "medinjection-fr/figure/1"
_KEYWORD = "Description"
"""PNG keyword of the text that says what a picture draws."""
_WIDTH = 5.0
"""Inches; with ``_DPI`` 960 pixels, as wide as a card on a laptop, readable at half of it."""
_DPI = 192
_TINY_SHARE = 7
"""Percent of a bar under which a share has no room for its number."""


def types_drawn(manifest: Mapping[str, Any]) -> list[list[Any]]:
    """Rows of each type, for every provenance and split that has any."""
    rows: Counter[tuple[str, str, str]] = Counter()
    for shard in shards_of_files(manifest["files"]):
        rows[shard.cell.origin, shard.cell.split, shard.cell.type] += shard.rows
    bars: list[list[Any]] = [
        [origin, split, [rows[origin, split, t] for t in TYPES]] for origin in ORIGINS for split in SPLITS
    ]
    return [bar for bar in bars if sum(bar[2])]


def lengths_drawn(manifest: Mapping[str, Any]) -> list[list[Any]]:
    """For every kind of text and provenance the quantiles that a box shows."""
    names = ("p5", "p25", "median", "p75", "p95")
    lengths = manifest["statistics"].get("lengths", [])
    return [[row["field"], row["origin"], [row[name] for name in names]] for row in lengths]


def sources_drawn(manifest: Mapping[str, Any]) -> list[list[Any]]:
    """Rows of each source with its provenance, the largest first."""
    rows = manifest["statistics"]["source"]
    origins = {name: source["facts"]["origin"] for name, source in manifest["sources"].items()}
    ordered = sorted(rows, key=lambda name: (-rows[name], name))
    return [[name, origins.get(name, "mixed"), rows[name]] for name in ordered]


def _draw_types(bars: list[list[Any]]) -> Figure:
    figure, axes = _figure(1.2 + 0.3 * len(bars))
    ends = [0.0] * len(bars)
    for place, kind in enumerate(TYPES):
        shares = [100 * numbers[place] / sum(numbers) for _, _, numbers in bars]
        style: dict[str, Any] = {"color": TYPE_COLOURS[kind], "hatch": TYPE_HATCHES[kind]}
        axes.barh(range(len(bars)), shares, left=ends, label=kind, height=0.74, lw=0, **style)
        for line, (share, end) in enumerate(zip(shares, ends, strict=True)):
            if share >= _TINY_SHARE:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
                axes.text(
                    end + share / 2, line, f"{share:.0f}", ha="center", va="center", fontsize=8, bbox=box
                )
        ends = [end + share for end, share in zip(ends, shares, strict=True)]
    for line, (_, _, numbers) in enumerate(bars):
        beside(axes, 100, line, f"{sum(numbers):,}")
    axes.set_yticks(range(len(bars)), [f"{origin} · {split}" for origin, split, _ in bars])
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel("share of the rows (%); at the end of a bar: its rows")
    figure.legend(loc="outside upper left", ncols=3, title="Types by provenance and split", alignment="left")
    return figure


def _draw_lengths(boxes: list[list[Any]]) -> Figure:
    from matplotlib.figure import Figure

    shown = [name for name in LENGTH_FIELDS if any(box[0] == name for box in boxes)]
    figure = Figure(figsize=(_WIDTH, 0.5 + 0.3 * len(boxes) + 0.45 * len(shown)))
    heights = [sum(box[0] == name for box in boxes) + 0.7 for name in shown]
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False, height_ratios=heights)
    low = max(1, min(numbers[0] for _, _, numbers in boxes))
    high = max(numbers[-1] for _, _, numbers in boxes)
    for axes, name in zip(panels.flat, shown, strict=True):
        own = [(origin, numbers) for kind, origin, numbers in boxes if kind == name]
        keys = ("whislo", "q1", "med", "q3", "whishi")
        drawn = axes.bxp(
            [dict(zip(keys, numbers, strict=True)) for _, numbers in own],
            positions=range(len(own)),
            orientation="horizontal",
            showfliers=False,
            widths=0.66,
            patch_artist=True,
            medianprops={"color": "black", "linewidth": 1.6},
        )
        for box, (origin, _) in zip(drawn["boxes"], own, strict=True):
            box.set_facecolor(ORIGIN_COLOURS[origin])
        axes.set_title(_FIELD_TITLES[name])
        axes.set_yticks(range(len(own)), [origin for origin, _ in own])
        axes.invert_yaxis()
        axes.grid(True, axis="x")
    axes.set_xscale("log")
    axes.set_xlim(low / 1.5, high * 1.5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(minor_formatter(low, high))
    axes.tick_params(axis="x", which="minor", pad=5)  # in line with the labels under longer ticks
    axes.set_xlabel("characters (logarithmic)\nbox: half of the texts; line: median; whiskers: 5 % to 95 %")
    return figure


_FIELD_TITLES = {
    "instruction": "Instructions",
    "context": "Contexts, where there is one",
    "options": "Options, all of a question together",
    "answer": "Answers to open questions",
}


def _draw_sources(bars: list[list[Any]]) -> Figure:
    figure, axes = _figure(1.2 + 0.28 * len(bars))
    for origin, colour in {**ORIGIN_COLOURS, "mixed": GREY}.items():
        own = [(line, rows) for line, (_, of, rows) in enumerate(bars) if of == origin]
        if own:
            lines, rows = zip(*own, strict=True)
            axes.barh(lines, rows, color=colour, height=0.7, label=origin)
    for line, (_, _, rows) in enumerate(bars):
        beside(axes, rows, line, f"{rows:,}")
    axes.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axes.invert_yaxis()
    axes.grid(True, axis="x")
    axes.set_xlim(0, 1.16 * max(rows for _, _, rows in bars))
    thousands(axes)
    axes.set_xlabel("rows")
    figure.legend(loc="outside upper left", ncols=4, title="Rows by source", alignment="left")
    return figure


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height))
    return figure, figure.add_subplot()


PLOTS: dict[
    str, tuple[Callable[[Mapping[str, Any]], list[list[Any]]], Callable[[list[list[Any]]], Figure]]
] = {
    "types": (types_drawn, _draw_types),
    "lengths": (lengths_drawn, _draw_lengths),
    "sources": (sources_drawn, _draw_sources),
}
"""Each picture: the numbers it draws, and how."""


def write_plots(manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draws the pictures that a release has numbers for.

    Returns:
        Their files.

    Raises:
        InputError: matplotlib is not installed.
    """
    require_matplotlib("card")
    import matplotlib.style

    written = []
    (folder / FIGURES).mkdir(exist_ok=True)
    with matplotlib.style.context(["default", STYLE]):
        for name, (drawn, draw) in PLOTS.items():
            if numbers := drawn(manifest):
                path = folder / FIGURES / f"{name}.png"
                metadata = {"Software": None, _KEYWORD: description(manifest, name)}
                draw(numbers).savefig(path, dpi=_DPI, metadata=metadata)
                written.append(path)
    return written


def description(manifest: Mapping[str, Any], name: str) -> str:
    """What a picture's metadata says: the format, and the digest of the numbers that are drawn."""
    return f"{_FORMAT} {digest_json([name, PLOTS[name][0](manifest)])}"


def read_description(png: bytes) -> str | None:
    """Reads the description back from a PNG file; ``None`` if it has none or is no PNG.

    Chunks as in W3C (2003), Portable Network Graphics, 5.3: length, type, data, CRC.
    """
    place = 8
    while place + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        data = png[place + 8 : place + 8 + length]
        if kind == b"tEXt" and data.startswith(_KEYWORD.encode() + b"\0"):
            is_whole = png[place + 8 + length :][:4] == struct.pack(">I", zlib.crc32(kind + data))
            return data.split(b"\0", 1)[1].decode("latin-1") if is_whole else None
        place += 12 + length
    return None


def alternative_text(manifest: Mapping[str, Any], name: str) -> str:
    """The picture in words, for who does not see it."""
    numbers = PLOTS[name][0](manifest)
    if name == "types":
        bars = [
            f"{origin} {split} "
            + ", ".join(
                f"{100 * n / sum(rows):.0f} % {kind}" for kind, n in zip(TYPES, rows, strict=True) if n
            )
            for origin, split, rows in numbers
        ]
        return f"Share of each type by provenance and split: {'; '.join(bars)}"
    if name == "lengths":
        boxes = [f"{origin} {kind} {quantiles[2]:,}" for kind, origin, quantiles in numbers]
        return f"Median length in characters: {'; '.join(boxes)}"
    return f"Rows by source: {'; '.join(f'{source} {rows:,}' for source, _, rows in numbers)}"
