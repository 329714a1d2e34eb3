"""The tables of a card. Each is computed from the manifest, and ``verify`` computes it again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from medinjection_fr.configs import CONFIG_NAMES, DEFAULT_CONFIG
from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.chi_square import association, strength
from medinjection_fr.release.licences import terms_in_words
from medinjection_fr.release.manifest import shards_of_files
from medinjection_fr.release.publication import upstream_address
from medinjection_fr.release.repeats import yields_records

Table = list[list[str]]


def figures(manifest: Mapping[str, Any]) -> dict[str, Table]:
    """The tables that have something to say, by name; the first row is the head."""
    tables = {
        "glance": _glance(manifest),
        "composition": _composition(manifest),
        "configs": _configs(manifest),
        "confound": _confound(manifest),
        "tasks": _tasks(manifest),
        "lengths": _lengths(manifest),
        "sources": _sources(manifest),
        "generators": _generators(manifest),
        "licenses": _licenses(manifest),
        "ledger": _ledger(manifest),
        "repeats": _repeats(manifest),
        "flags": _flags(manifest),
        "withdrawn": _withdrawn(manifest),
        "made-with": _made_with(manifest),
    }
    return {
        name: [[" ".join(cell.split()) for cell in row] for row in table]
        for name, table in tables.items()
        if len(table) > 1
    }


def _glance(manifest: Mapping[str, Any]) -> Table:
    """What decides whether to read on."""
    rows: Counter[str] = Counter()
    for shard in shards_of_files(manifest["files"]):
        rows[shard.cell.split] += shard.rows
        rows[shard.cell.origin] += shard.rows
    statistics = manifest["statistics"]
    sources = [source for source in manifest["sources"].values() if yields_records(source)]
    dropped = sum(sum(source["dropped"].values()) for source in sources)
    splits = ", ".join(f"{split} {_number(rows[split])}" for split in SPLITS if rows[split])
    origins = ", ".join(f"{origin} {_number(rows[origin])}" for origin in ORIGINS if rows[origin])
    return [
        ["at a glance", ""],
        ["rows", f"{_number(sum(rows[split] for split in SPLITS))} ({splits})"],
        ["provenance", origins],
        ["sources with rows", _number(len(statistics["source"]))],
        ["licences", ", ".join(sorted(statistics["license"]))],
        [
            "records read and not kept",
            f"{_number(dropped, '0')} of {_number(sum(source['read'] for source in sources))}",
        ],
        ["configurations", _number(len(manifest["configs"]))],
        ["size of the shards", _size(sum(f["bytes"] for f in manifest["files"] if "rows" in f))],
    ]


def _composition(manifest: Mapping[str, Any]) -> Table:
    """Rows of each origin and type, by split."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for shard in shards_of_files(manifest["files"]):
        counts[shard.cell.origin, shard.cell.type, shard.cell.split] += shard.rows
    table = [["origin", "type", *SPLITS, "total"]]
    for origin in ORIGINS:
        for kind in TYPES:
            row = [counts[origin, kind, split] for split in SPLITS]
            if sum(row):
                table.append([origin, kind, *map(_number, [*row, sum(row)])])
    totals = [sum(n for key, n in counts.items() if key[2] == split) for split in SPLITS]
    table.append(["**all**", "", *map(_number, [*totals, sum(totals)])])
    return table


def _configs(manifest: Mapping[str, Any]) -> Table:
    table = [["config", *SPLITS]]
    for name in CONFIG_NAMES:
        if config := manifest["configs"].get(name):
            rows = [config["splits"].get(split, {}).get("rows", 0) for split in SPLITS]
            default = " (default)" if name == DEFAULT_CONFIG else ""
            table.append([f"`{name}`{default}", *map(_number, rows)])
    return table


def train_types(manifest: Mapping[str, Any], name: str) -> dict[str, dict[str, int]]:
    """Train rows of a configuration by provenance and type."""
    cells = {shard.path: shard for shard in shards_of_files(manifest["files"])}
    rows = {origin: dict.fromkeys(TYPES, 0) for origin in ORIGINS}
    for path in manifest["configs"][name]["splits"].get("train", {}).get("shards", []):
        rows[cells[path].cell.origin][cells[path].cell.type] += cells[path].rows
    return rows


def confound(manifest: Mapping[str, Any], name: str) -> tuple[float, str] | None:
    """How far type depends on provenance among the train rows of a configuration.

    Returns:
        Cramér's V (bias-corrected, see ``chi_square``) and a word for it; ``None`` where fewer than
        two provenances have train rows.
    """
    table = [list(types.values()) for types in train_types(manifest, name).values()]
    found = association(table)
    return (found.v, strength(found.v)) if found else None


def _confound(manifest: Mapping[str, Any]) -> Table:
    """How far type and provenance depend on each other in each configuration, and the train rows of both."""
    heads = [f"{origin}: {' / '.join(TYPES)}" for origin in ORIGINS]
    table = [["config", "Cramér's V", *heads]]
    for name in manifest["configs"]:
        found = confound(manifest, name)
        effect = f"{found[0]:.2f} ({found[1]})" if found else "–"
        rows = [list(types.values()) for types in train_types(manifest, name).values()]
        cells = [" / ".join(map(_number, types)) if any(types) else "–" for types in rows]
        table.append([f"`{name}`", effect, *cells])
    return table


def _tasks(manifest: Mapping[str, Any]) -> Table:
    tasks = manifest["statistics"].get("task", {})
    ordered = sorted(tasks.items(), key=lambda item: (-item[1], item[0]))
    return [["task", "rows"], *([task, _number(rows)] for task, rows in ordered)]


def _lengths(manifest: Mapping[str, Any]) -> Table:
    names = {"median": "median", "p95": "95 %", "max": "longest"}
    table = [["text", "provenance", "rows", *names.values()]]
    for row in manifest["statistics"].get("lengths", []):
        numbers = [_number(row[name]) for name in ("rows", *names)]
        table.append([row["field"], row["origin"], *numbers])
    return table


def _sources(manifest: Mapping[str, Any]) -> Table:
    table = [["source", "licence", "read", "kept", "files, revision"]]
    for name, source in manifest["sources"].items():
        facts = source["facts"]
        numbers = [_number(source["read"]), _number(source["kept"])]
        title = f"{plain(facts['title'])} (`{name}`)"
        table.append([title, facts["license"], *numbers, _place(facts["location"])])
    return table


def _place(location: Mapping[str, Any]) -> str:
    """Where a source's files come from, with a link where there is one."""
    address = upstream_address(location)
    if not address:
        return str(location["kind"])
    revision = f"@{location['revision'][:12]}" if "revision" in location else ""
    return f"[{location['repository']}{revision}]({address})"


def _generators(manifest: Mapping[str, Any]) -> Table:
    statistics = manifest["statistics"]
    table = [["source", "rows by model", "made from"]]
    for source, generators in statistics.get("generator", {}).items():
        models = ", ".join(f"`{plain(name)}` {_number(rows)}" for name, rows in generators.items())
        materials = statistics.get("derived_from", {}).get(source, {})
        made_from = ", ".join(f"{name} {_number(rows)}" for name, rows in materials.items())
        table.append([f"`{source}`", models, made_from or "–"])
    return table


def _licenses(manifest: Mapping[str, Any]) -> Table:
    """Rows of each configuration by licence, all splits together, under what each licence asks for."""
    names = sorted(manifest["statistics"]["license"])
    files = {file["path"]: file for file in manifest["files"]}
    table = [["config", *names]]
    table.append(["*terms*", *(terms_in_words(name, "none known") for name in names)])
    for config, described in manifest["configs"].items():
        rows: Counter[str] = Counter()
        for part in described["splits"].values():
            for path in part["shards"]:
                rows.update(files[path]["licenses"])
        table.append([f"`{config}`", *(_number(rows[name]) for name in names)])
    return table


def _ledger(manifest: Mapping[str, Any]) -> Table:
    table = [["source", "read", "kept", "dropped, by rule"]]
    for name, source in manifest["sources"].items():
        rules = ", ".join(f"{rule} {_number(n)}" for rule, n in source["dropped"].items())
        table.append([f"`{name}`", _number(source["read"]), _number(source["kept"]), rules or "–"])
    return table


def _repeats(manifest: Mapping[str, Any]) -> Table:
    """Records dropped because of another one, then pairs of test records, which stay."""
    table = [["what", "kind", "dropped from", "the other in", "records"]]
    for row in manifest.get("repeats", []):
        place = [row[name] or "–" for name in ("kind", "split", "other_split")]
        table.append([row["rule"], *place, _number(row["rows"])])
    for kind, pairs in manifest.get("test_pairs", {}).items():
        table.append(["pairs within test, kept", kind, "–", "test", _number(pairs)])
    return table


FLAGS = {
    "lineage-unknown": "a generated row whose source does not say what it was made from",
    "mixed-language": "a passage in another language",
    "option-order-fixed": 'an option speaks of others ("A and C", "none of these"): their order must stay',
    "privacy-finding": "something that looks like personal data",
    "short-for-language-id": "too short to tell its language for certain",
}
"""What each flag of a record means."""


def _flags(manifest: Mapping[str, Any]) -> Table:
    flags = manifest["statistics"]["flags"]
    return [
        ["flag", "meaning", "rows"],
        *([f"`{flag}`", FLAGS.get(flag, ""), _number(rows)] for flag, rows in flags.items()),
    ]


def _withdrawn(manifest: Mapping[str, Any]) -> Table:
    table = [["id", "source, its identifier", "reason"]]
    for row in manifest.get("withdrawn", []):
        table.append([f"`{row['id']}`", f"`{row['source']}/{row['source_id']}`", plain(row["reason"])])
    return table


def _made_with(manifest: Mapping[str, Any]) -> Table:
    package = manifest["package"]
    libraries = [f"{name} {version}" for name, version in package.get("libraries", {}).items()]
    table = [
        ["made with", ""],
        ["medinjection-fr", package["version"]],
        ["digest of its source", f"`{package['source_digest'][:16]}…`"],
        ["recipe", f"`{manifest['recipe']['name']}` {manifest['version']}"],
    ]
    if libraries:
        table.append(["Python and libraries", ", ".join(libraries)])
    return table


def _number(value: int, zero: str = "–") -> str:
    return f"{value:,}" if value else zero


def plain(text: str) -> str:
    """Text of a recipe or catalogue as it may stand in a card: on one line, and no HTML."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")


def _size(bytes: int) -> str:
    """Bytes in the largest unit of thousands that gives at least one."""
    size, units = float(bytes), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.1f} {units[0]}" if units[0] != "B" else f"{bytes} B"


def markdown_table(rows: Table) -> str:
    """A Markdown table; the first row is the head, columns of numbers stand to the right."""
    head, *body = rows
    numeric = [all(re.fullmatch(r"[\d,]+|–", row[column]) for row in body) for column in range(len(head))]
    rule = ["---:" if right else "---" for right in numeric]
    lines = [[cell.replace("|", "\\|") for cell in row] for row in [head, rule, *body]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def read_figures(card: str, name: str) -> Table | None:
    """Reads a figure table back from a card, without its rule line; ``None`` if it is not there."""
    match = re.search(rf"<!-- figures: {name} -->\n(.*?)\n<!-- end of figures -->", card, re.DOTALL)
    if not match:
        return None
    lines = [re.split(r"(?<!\\)\|", line.strip("|")) for line in match[1].split("\n")]
    rows = [[cell.strip().replace("\\|", "|") for cell in line] for line in lines]
    return [rows[0], *rows[2:]]
