"""The pictures of an audit: narrow SVG figures, which a phone shows unscaled and a laptop in columns.

The same figures and versions give the same bytes: no date, no random names. ``plot_style`` says how
they look.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medinjection_fr.configs import KINDS, MIXES, config_name
from medinjection_fr.record import LETTERS, ORIGINS, SPLITS, TYPES
from medinjection_fr.release.chi_square import STRENGTHS
from medinjection_fr.release.pictures import (
    Drawn,
    Picture,
    drawing,
    finish,
    heat_map,
    in_cell,
    middles,
    patch,
)
from medinjection_fr.release.plot_style import (
    GREY,
    ORIGIN_COLOURS,
    TYPE_COLOURS,
    TYPE_HATCHES,
    beside,
    minor_formatter,
    thousands,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 4.0
"""Inches; 384 CSS pixels, so that 8.5 points stay readable on a phone of 390."""
_LONG_TITLE = 20
"""Characters from which the title of half a figure is broken."""
_FEWEST_QUESTIONS = 30
"""Questions under which shares of letters are noise and not drawn; the table has them."""


def draw(figures: Mapping[str, Any]) -> dict[str, Picture]:
    """Draws every picture that an audit's figures have something for, by name."""
    with drawing("audit"):
        pictures = {
            "composition": _composition(figures, shares=False),
            "shares": _composition(figures, shares=True),
            **{f"configs-{kind}": _configs(figures, kind) for kind in KINDS},
            "confound": _confound(figures),
            **{f"lengths-{name}": _lengths(figures, name) for name in ("instruction", "context")},
            **{f"lengths-{name}": _lengths(figures, name) for name in ("options", "answer")},
            **{f"gold-letters-{type}": _gold_letters(figures, type) for type in ("mcqu", "mcq")},
            "gold-letters-per-question": _gold_letters_per_question(figures),
            "ledger": _ledger(figures),
        }
        return finish(pictures)


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(_WIDTH, height))


def _composition(figures: Mapping[str, Any], shares: bool) -> Drawn | None:
    """A bar for each provenance and split, its types stacked: in rows, or in shares of the bar."""
    cells = {(row["origin"], row["split"], row["type"]): row["rows"] for row in figures["composition"]}
    bars = [(o, s) for o in ORIGINS for s in SPLITS if any((o, s, t) in cells for t in TYPES)]
    if not bars:
        return None
    totals = [sum(cells.get((*bar, type), 0) for type in TYPES) for bar in bars]
    figure = _figure(1.25 + 0.27 * len(bars))
    axes = figure.add_subplot()
    ends = [0.0] * len(bars)
    for type in TYPES:
        numbers = [cells.get((*bar, type), 0) for bar in bars]
        widths = [100 * n / total for n, total in zip(numbers, totals, strict=True)] if shares else numbers
        style: dict[str, Any] = {"color": TYPE_COLOURS[type], "hatch": TYPE_HATCHES[type]}
        axes.barh(range(len(bars)), widths, left=ends, label=type, height=0.72, lw=0, **style)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    if not shares:
        for place, total in enumerate(totals):
            beside(axes, total, place, f"{total:,}")
        axes.set_xlim(0, 1.18 * max(totals))
        thousands(axes)
    else:
        axes.set_xlim(0, 100)
    axes.set_yticks(range(len(bars)), [f"{origin} · {split}" for origin, split in bars])
    axes.invert_yaxis()
    axes.grid(True, axis="x")
    axes.set_xlabel("share of the rows (%)" if shares else "rows")
    figure.legend(loc="outside upper left", ncols=3, title="type", alignment="left")
    title = f"{'Share' if shares else 'Rows'} of each type by provenance and split"
    each = "; ".join(
        f"{' '.join(bar)}: "
        + ", ".join(
            f"{type} {100 * n / total:.0f}%" if shares else f"{type} {n:,}"
            for type in TYPES
            if (n := cells.get((*bar, type), 0))
        )
        for bar, total in zip(bars, totals, strict=True)
    )
    return title, figure, each


def _configs(figures: Mapping[str, Any], kind: str) -> Drawn | None:
    """A heat map of provenance × type for each configuration of a kind: its train rows."""
    shown = [(mix, config) for mix in MIXES if (config := figures["configs"].get(config_name(mix, kind)))]
    if not shown:
        return None
    lines = (len(shown) + 1) // 2
    figure = _figure(0.3 + 1.22 * lines)
    panels = list(figure.subplots(lines, 2, squeeze=False).flat)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    for number, (mix, config) in enumerate(shown):
        axes = panels[number]
        total = sum(sum(types.values()) for types in config["train"].values())
        absent = dict.fromkeys(TYPES, float("nan"))
        shares = [[config["train"].get(o, absent)[t] / (total or 1) for t in TYPES] for o in ORIGINS]
        heat_map(axes, shares, "Blues", 1)
        for line, origin in enumerate(ORIGINS):
            for column, type in enumerate(TYPES):
                rows = config["train"].get(origin, {}).get(type)
                text = "" if rows is None else f"{rows:,}" if rows else "–"
                in_cell(axes, line, column, text, shares[line][column] > 0.55)
        axes.set_title(mix if len(mix) < _LONG_TITLE else mix.replace("+t", "\n+t"), fontsize=7.5)
        is_lowest = number + 2 >= len(shown)
        axes.set_xticks(middles(TYPES), TYPES if is_lowest else [])
        axes.set_yticks(middles(ORIGINS), [] if number % 2 else ORIGINS)
    each = "; ".join(
        f"{mix}: "
        + ", ".join(f"{o} {t} {n:,}" for o, types in config["train"].items() for t, n in types.items() if n)
        for mix, config in shown
    )
    return f"Train rows of the {kind} configurations, provenance × type", figure, each


def _confound(figures: Mapping[str, Any]) -> Drawn | None:
    """Cramér's V of each configuration of several provenances, with the bounds of its names."""
    found = {name: c["confound"]["cramers_v"] for name, c in figures["configs"].items() if c["confound"]}
    if not found:
        return None
    figure = _figure(1.0 + 0.27 * len(found))
    axes = figure.add_subplot()
    places = range(len(found))
    axes.hlines(places, 0, list(found.values()), color=GREY, linewidth=1)
    axes.plot(list(found.values()), places, "o", color="#D55E00", markersize=5)
    for place, value in enumerate(found.values()):
        beside(axes, value, place, f"{value:.2f}")
    for least, end, word in zip(STRENGTHS, [*list(STRENGTHS)[1:], 1.0], STRENGTHS.values(), strict=True):
        axes.axvline(least, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.text((least + end) / 2, -0.75, word, color=GREY, fontsize=7, ha="center", va="bottom")
    names = [name.replace("translated", "transl.").replace("synthetic", "synth.") for name in found]
    axes.set_yticks(places, names, fontsize=7)
    axes.set_ylim(len(found) - 0.5, -0.7)
    axes.set_xlim(-0.02, 1.1)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_xlabel("Cramér's V, bias-corrected (0 to 1)")
    title = "How far question type depends on provenance"
    return title, figure, "; ".join(f"{name}: V = {value:.2f}" for name, value in found.items())


def _lengths(figures: Mapping[str, Any], field: str) -> Drawn | None:
    """Boxes of a field's lengths by provenance and split: quartiles, with whiskers from 5 % to 95 %."""
    groups = [row for row in figures["lengths"] if row["field"] == field]
    if not groups:
        return None
    figure = _figure(0.75 + 0.3 * len(groups))
    axes = figure.add_subplot()
    boxes = [
        {"whislo": g["p5"], "q1": g["p25"], "med": g["median"], "q3": g["p75"], "whishi": g["p95"]}
        for g in groups
    ]
    drawn = axes.bxp(
        boxes,
        positions=range(len(groups)),
        orientation="horizontal",
        showfliers=False,
        widths=0.62,
        patch_artist=True,
        medianprops={"color": "black", "linewidth": 1.4},
    )
    for box, group in zip(drawn["boxes"], groups, strict=True):
        box.set_facecolor(ORIGIN_COLOURS[group["origin"]])
    axes.set_xscale("log")
    low, high = min(g["p5"] for g in groups), max(g["p95"] for g in groups)
    axes.set_xlim(low / 1.5, high * 1.5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(minor_formatter(low, high))
    axes.tick_params(axis="x", which="minor", pad=5)  # in line with the labels under longer ticks
    axes.set_yticks(range(len(groups)), [f"{g['origin']} · {g['split']}" for g in groups])
    axes.invert_yaxis()
    axes.grid(True, axis="x")
    axes.set_xlabel("characters (logarithmic)")
    each = "; ".join(
        f"{g['origin']} {g['split']}: median {g['median']:,}, half between {g['p25']:,} and {g['p75']:,}"
        for g in groups
    )
    return f"Length of {_FIELD_NAMES[field]}", figure, each


_FIELD_NAMES = {
    "instruction": "instructions",
    "context": "contexts, where there is one",
    "options": "options, all of a question together",
    "answer": "answers to open questions",
}


def _gold_letters(figures: Mapping[str, Any], type: str) -> Drawn | None:
    """How often each letter is gold, against all being equal: a line for each provenance and size."""
    groups = [
        group
        for group in figures["gold_letters"]
        if group["type"] == type and group["questions"] >= _FEWEST_QUESTIONS
    ]
    if not groups:
        return None
    columns = max(group["options"] for group in groups)
    ratios, labels = [], []
    for group in groups:
        gold = sum(group["letters"].values())
        ratio = [n * group["options"] / gold for n in group["letters"].values()]
        ratios.append(ratio + [float("nan")] * (columns - len(ratio)))
        labels.append(f"{group['origin']}, {group['options']} options")
    figure = _figure(1.25 + 0.27 * len(groups))
    axes = figure.add_subplot()
    mesh = heat_map(axes, ratios, "PuOr_r", 2)
    for line, group in enumerate(groups):
        gold = sum(group["letters"].values())
        for column, number in enumerate(group["letters"].values()):
            in_cell(axes, line, column, f"{100 * number / gold:.0f}", abs(ratios[line][column] - 1) > 0.65)
    axes.set_xticks(middles(LETTERS[:columns]), list(LETTERS[:columns]))
    axes.set_yticks(middles(groups), labels)
    axes.set_xlabel("position (number: % of the gold letters)")
    steps = {"never": 0.0, "½": 0.5, "as expected": 1.0, "1½": 1.5, "2 times or more": 2.0}
    keys = [patch(mesh.to_rgba(ratio)) for ratio in steps.values()]
    style: dict[str, Any] = {"handlelength": 1, "columnspacing": 1, "handletextpad": 0.4, "fontsize": 7.5}
    figure.legend(keys, list(steps), loc="outside upper left", ncols=5, **style)
    each = "; ".join(
        f"{label}: "
        + ", ".join(f"{k} {100 * n / sum(g['letters'].values()):.0f}%" for k, n in g["letters"].items())
        for label, g in zip(labels, groups, strict=True)
    )
    return f"Position of the gold options, {type}", figure, each


def _gold_letters_per_question(figures: Mapping[str, Any]) -> Drawn | None:
    """How many gold letters a question with several correct ones has."""
    counts: dict[str, dict[int, int]] = {}
    for row in figures["gold_letters_per_question"]:
        own = counts.setdefault(row["origin"], {})
        own[row["gold"]] = own.get(row["gold"], 0) + row["questions"]
    if not counts:
        return None
    most = max(max(own) for own in counts.values())
    figure = _figure(2.5)
    axes = figure.add_subplot()
    width = 0.8 / len(counts)
    for place, (origin, own) in enumerate(counts.items()):
        shares = [100 * own.get(gold, 0) / sum(own.values()) for gold in range(1, most + 1)]
        starts = [gold - 0.4 + width * (place + 0.5) for gold in range(1, most + 1)]
        axes.bar(starts, shares, width, label=origin, color=ORIGIN_COLOURS[origin], edgecolor="white", lw=0.5)
    axes.grid(True, axis="y")
    axes.set_xticks(range(1, most + 1))
    axes.set_xlabel("gold letters of a question")
    axes.set_ylabel("mcq questions (%)")
    figure.legend(loc="outside upper left", ncols=3, title="provenance", alignment="left")
    each = "; ".join(
        f"{origin}: "
        + ", ".join(f"{gold} in {100 * n / sum(own.values()):.0f}%" for gold, n in sorted(own.items()))
        for origin, own in counts.items()
    )
    return "Number of gold letters of mcq questions", figure, each


def _ledger(figures: Mapping[str, Any]) -> Drawn | None:
    """Dropped records by rule, on a logarithmic scale."""
    rules: dict[str, int] = {}
    for row in figures["ledger"]:
        rules[row["rule"]] = rules.get(row["rule"], 0) + row["rows"]
    if not rules:
        return None
    ordered = sorted(rules.items(), key=lambda item: (-item[1], item[0]))
    figure = _figure(0.75 + 0.25 * len(ordered))
    axes = figure.add_subplot()
    axes.barh(range(len(ordered)), [n for _, n in ordered], color="#0072B2", height=0.7)
    for place, (_, number) in enumerate(ordered):
        beside(axes, number, place, f"{number:,}")
    axes.set_xscale("log")
    axes.set_xlim(0.5, 6 * ordered[0][1])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_yticks(range(len(ordered)), [textwrap.shorten(rule, 32, placeholder="…") for rule, _ in ordered])
    axes.invert_yaxis()
    axes.grid(True, axis="x")
    axes.set_xlabel("records dropped (logarithmic)")
    return "Dropped records by rule", figure, "; ".join(f"{rule}: {number:,}" for rule, number in ordered)
