"""The audit as one HTML page that stands alone: no script, nothing fetched, fit for a phone and paper."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medinjection_fr.configs import KINDS, MIXES, config_name
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import LETTERS, ORIGINS, SPLITS, TYPES
from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_plots import draw
from medinjection_fr.release.chi_square import LETTERS_EXPECTED_AT_LEAST, SIGNIFICANT, STRENGTHS
from medinjection_fr.release.lengths import QUANTILES
from medinjection_fr.release.page import Table, open_templates, write_files
from medinjection_fr.release.plot_style import require_matplotlib

PAGE = "audit.html"
FIGURES = "audit.json"


def default_output(folder: Path) -> Path:
    """The folder ``<release>-audit`` beside a release folder."""
    named = folder if folder.name not in ("", "..") else folder.resolve()
    return named.with_name(f"{named.name}-audit")


def write_audit(folder: Path, output: Path) -> dict[str, Any]:
    """Audits a release and writes ``audit.html`` and ``audit.json``.

    Args:
        folder: The release.
        output: Folder for both; made if it is not there, and never inside the release.

    Returns:
        The figures, as ``audit`` gives them.

    Raises:
        InputError: No readable release, matplotlib is missing, or the output is inside the release.
    """
    require_matplotlib("audit")
    if output.resolve().is_relative_to(folder.resolve()):
        what = "is inside the release, which holds what its manifest lists and no more"
        raise InputError(Problem(str(output), what, "a folder beside it", "Give another --output"))
    if output.exists() and not output.is_dir():
        raise InputError(Problem(str(output), "is a file", "a folder", "Give another --output"))
    figures = audit(folder)
    texts = {
        PAGE: render_page(figures),
        FIGURES: json.dumps(figures, ensure_ascii=False, indent=2) + "\n",
    }
    write_files(output, texts)
    return figures


def render_page(figures: Mapping[str, Any]) -> str:
    """Renders the page of an audit's figures. All text is escaped.

    Raises:
        InputError: matplotlib is not installed.
    """
    return (
        open_templates()
        .get_template("audit.html.j2")
        .render(
            audit=figures,
            pictures=draw(figures),
            tables=_tables(figures),
            kinds=KINDS,
            fewest=LETTERS_EXPECTED_AT_LEAST,
            significant=SIGNIFICANT,
            strengths={word: least for least, word in STRENGTHS.items()},
        )
    )


def _tables(figures: Mapping[str, Any]) -> dict[str, Table]:
    """Every table of the page that has rows, by name."""
    tables = {
        "composition": _composition(figures),
        "configs": _configs(figures),
        "absent": Table.of(["config", "why"], [list(pair) for pair in figures["absent_configs"].items()]),
        "confound": _confound(figures),
        "sources": _sources(figures),
        **{f"licenses-{kind}": _licenses(figures, kind) for kind in KINDS},
        "lengths": _lengths(figures),
        "gold-letters": _gold_letters(figures),
        "gold-letters-per-question": _gold_letters_per_question(figures),
        "language-flags": _language_flags(figures),
        "foreign": _columns(figures["languages"]["dropped"], "source", "language", "rows"),
        "repeats": _repeats(figures),
        "repeated-sources": _repeated_sources(figures),
        "test-pairs": _columns(figures["test_pairs"], "kind", "source", "other_source", "pairs"),
        "ledger": _ledger(figures),
        "privacy": _by_split(figures["privacy"], "source"),
        "flags": _by_split(figures["flags"], "flag", "source", "origin"),
    }
    return {name: table for name, table in tables.items() if table.rows}


def _columns(rows: Sequence[Mapping[str, Any]], *names: str) -> Table:
    return Table.of(_headed(names), [[_shown(row[name]) for name in names] for row in rows])


def _by_split(rows: Sequence[Mapping[str, Any]], *names: str) -> Table:
    """A line for each combination of the names' values, with the rows of each split beside it."""
    cells: dict[tuple[str, ...], dict[str, int]] = {}
    for row in rows:
        cells.setdefault(tuple(row[name] for name in names), {})[row["split"]] = row["rows"]
    lines = [[*key, *(_number(own.get(split, 0)) for split in SPLITS)] for key, own in cells.items()]
    return Table.of([*_headed(names), *SPLITS], lines)


def _headed(names: Sequence[str]) -> list[str]:
    return [_HEADS.get(name, name) for name in names]


_HEADS = {"origin": "provenance", "other_source": "other source"}


def _shown(value: Any) -> str:
    if value is None:
        return "not said"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _number(value: int) -> str:
    return f"{value:,}" if value else "–"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if part and whole else "–"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _composition(figures: Mapping[str, Any]) -> Table:
    cells = {(row["origin"], row["type"], row["split"]): row["rows"] for row in figures["composition"]}
    rows = []
    for origin in ORIGINS:
        for type in TYPES:
            numbers = [cells.get((origin, type, split), 0) for split in SPLITS]
            if sum(numbers):
                share = _percent(sum(numbers), figures["release"]["rows"])
                rows.append([origin, type, *map(_number, [*numbers, sum(numbers)]), share])
    totals = [sum(n for (_, _, place), n in cells.items() if place == split) for split in SPLITS]
    if rows:
        rows.append(["all", "", *map(_number, [*totals, sum(totals)]), _percent(1, 1)])
    return Table.of(["provenance", "type", *SPLITS, "total", "share"], rows)


def _configs(figures: Mapping[str, Any]) -> Table:
    rows = []
    for name, config in figures["configs"].items():
        train = [config["train"].get(origin, {}).get(type, 0) for origin in ORIGINS for type in TYPES]
        others = [sum(config["splits"].get(split, {}).values()) for split in SPLITS]
        rows.append([name, *map(_number, [*train, *others])])
    pairs = [f"{origin} {type}" for origin in ORIGINS for type in TYPES]
    return Table.of(["config", *(f"train: {pair}" for pair in pairs), *SPLITS], rows)


def _confound(figures: Mapping[str, Any]) -> Table:
    rows = []
    for name, config in figures["configs"].items():
        if found := config["confound"]:
            numbers = [
                f"{found['chi_square']:,.1f}",
                f"{found['df']}",
                _p(found["p"]) if found["df"] else "–",
            ]
            effect = f"{found['cramers_v']:.3f}"
            rows.append([name, f"{found['rows']:,}", effect, *numbers, found["strength"]])
        elif len(config["origins"]) > 1:
            rows.append([name, "–", "–", "–", "–", "–", "fewer than two provenances have train rows"])
    return Table.of(["config", "train rows", "Cramér's V", "chi-square", "df", "p", "confound"], rows)


def _sources(figures: Mapping[str, Any]) -> Table:
    rows = [
        [
            row["source"],
            row["title"],
            _shown(row["origin"]),
            row["holds"],
            _shown(row["license"]),
            {True: "yes", False: "no"}.get(row["redistributable"], "not said"),
            ", ".join(row["languages"]),
            *map(_number, (row["read"], row["kept"], row["dropped"])),
            _percent(row["dropped"], row["read"]),
        ]
        for row in figures["sources"]
    ]
    head = ["source", "title", "provenance", "holds", "licence", "may be redistributed", "languages"]
    return Table.of([*head, "read", "kept", "dropped", "share dropped"], rows)


def _licenses(figures: Mapping[str, Any], kind: str) -> Table:
    """Rows of each configuration of a kind by source and licence, all splits together."""
    mixes = [mix for mix in MIXES if config_name(mix, kind) in figures["configs"]]
    terms = {row["license"]: row["terms"] for row in figures["licenses"]}
    cells: dict[tuple[str, str], dict[str, int]] = {}
    for mix in mixes:
        for row in figures["configs"][config_name(mix, kind)]["sources"]:
            own = cells.setdefault((row["source"], row["license"]), {})
            own[mix] = sum(row[split] for split in SPLITS)
    rows = [
        [source, license, terms[license], *(_number(own.get(mix, 0)) for mix in mixes)]
        for (source, license), own in sorted(cells.items())
    ]
    return Table.of(["source", "licence", "terms", *mixes], rows)


def _lengths(figures: Mapping[str, Any]) -> Table:
    names = ["mean", "min", *QUANTILES, "max"]
    rows = [
        [row["field"], row["origin"], row["split"], f"{row['rows']:,}", *(f"{row[name]:,}" for name in names)]
        for row in figures["lengths"]
    ]
    quantiles = [name if name == "median" else f"{name[1:]}%" for name in QUANTILES]
    return Table.of(["text", "provenance", "split", "rows", "mean", "min", *quantiles, "max"], rows)


def _gold_letters(figures: Mapping[str, Any]) -> Table:
    most = max((row["options"] for row in figures["gold_letters"]), default=0)
    rows = []
    for row in figures["gold_letters"]:
        gold = sum(row["letters"].values())
        shares = [_percent(number, gold) for number in row["letters"].values()]
        test = [f"{row['chi_square']:,.1f}", str(row["df"]), _p(row["p"]), f"{row['w']:.3f}", row["bias"]]
        place = [row["type"], row["origin"], str(row["options"]), f"{row['questions']:,}"]
        rows.append([*place, *shares, *[""] * (most - len(shares)), *test])
    head = ["type", "provenance", "options", "questions", *LETTERS[:most]]
    return Table.of([*head, "chi-square", "df", "p", "w", "position bias"], rows)


def _gold_letters_per_question(figures: Mapping[str, Any]) -> Table:
    counts: dict[tuple[str, int], dict[int, int]] = {}
    for row in figures["gold_letters_per_question"]:
        counts.setdefault((row["origin"], row["options"]), {})[row["gold"]] = row["questions"]
    most = max((max(own) for own in counts.values()), default=0)
    rows = [
        [origin, str(options), *(_number(own.get(gold, 0)) for gold in range(1, most + 1))]
        for (origin, options), own in counts.items()
    ]
    return Table.of(["provenance", "options", *(f"{gold} gold" for gold in range(1, most + 1))], rows)


def _language_flags(figures: Mapping[str, Any]) -> Table:
    """Marked rows by flag, provenance and split, with their share of the rows there."""
    totals = Counter[tuple[str, str]]()
    for row in figures["composition"]:
        totals[row["origin"], row["split"]] += row["rows"]
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in figures["languages"]["flags"]:
        share = _percent(row["rows"], totals[row["origin"], row["split"]])
        cells.setdefault((row["flag"], row["origin"]), {})[row["split"]] = f"{row['rows']:,} ({share})"
    rows = [[*key, *(own.get(split, "–") for split in SPLITS)] for key, own in cells.items()]
    return Table.of(["flag", "provenance", *SPLITS], rows)


def _repeats(figures: Mapping[str, Any]) -> Table:
    """Repeats by rule, kind and splits, all sources together."""
    cells: dict[tuple[str, ...], tuple[int, list[float]]] = {}
    for row in figures["repeats"]:
        key = tuple(_shown(row[name]) for name in ("rule", "kind", "split", "other_split"))
        number, similarities = cells.get(key, (0, []))
        least = [] if row["least_similarity"] is None else [row["least_similarity"]]
        cells[key] = (number + row["rows"], [*similarities, *least])
    rows = [
        [*key, f"{number:,}", f"{min(similarities):.2f}" if similarities else "–"]
        for key, (number, similarities) in cells.items()
    ]
    head = ["rule", "kind", "dropped from", "the other in", "records dropped", "least similarity"]
    return Table.of(head, rows)


def _repeated_sources(figures: Mapping[str, Any]) -> Table:
    """Repeats by source of the dropped and of the other record."""
    cells = Counter[tuple[str, str]]()
    for row in figures["repeats"]:
        cells[row["source"], _shown(row["other_source"])] += row["rows"]
    rows = [[*key, f"{number:,}"] for key, number in sorted(cells.items())]
    return Table.of(["dropped from source", "the other from source", "records dropped"], rows)


def _ledger(figures: Mapping[str, Any]) -> Table:
    rows = []
    for row in figures["ledger"]:
        example = row["example"]
        place = f"{example['file']} record {example['position']}"
        if example["source_id"] is not None:
            place += f" (id {example['source_id']})"
        rows.append([row["source"], row["rule"], f"{row['rows']:,}", f"{place}: {example['evidence']}"])
    return Table.of(["source", "rule", "records dropped", "the first of them"], rows)
