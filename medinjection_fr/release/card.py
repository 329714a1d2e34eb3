"""The card: YAML configurations, computed figures and reviewed prose. No figure is typed by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from medinjection_fr.configs import CONFIG_NAMES, DEFAULT_CONFIG
from medinjection_fr.record import ORIGINS, SPLITS, TYPES
from medinjection_fr.release.licences import TERMS
from medinjection_fr.release.manifest import shards_of_files
from medinjection_fr.resources import find_resource, load_schema


def render_card(manifest: Mapping[str, Any]) -> str:
    """Renders ``README.md`` from a manifest (which need not list the card's own digest yet)."""
    configs = manifest["configs"]
    body = _render(
        "README.md.j2",
        version=manifest["version"],
        recipe_name=manifest["recipe"]["name"],
        recipe_description=manifest["recipe"].get("description", ""),
        example_config="native+translated" if "native+translated" in configs else next(iter(configs)),
        figures={name: markdown_table(table) for name, table in figures(manifest).items()},
        absent=list(manifest["absent_configs"].items()),
        columns=[
            (name, column.get("description") or "one of " + ", ".join(column["enum"]))
            for name, column in load_schema("record")["properties"].items()
        ],
        is_public=manifest["recipe"].get("audience") == "public",
        unknown_lineage=_number(manifest["statistics"]["flags"].get("lineage-unknown", 0), ""),
        limits=(find_resource("dataset_card") / "limits.md").read_text(encoding="utf-8").strip(),
    )
    header = yaml.safe_dump(front_matter(manifest), sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{header}---\n\n{body}"


def render_licenses(manifest: Mapping[str, Any]) -> str:
    """Renders ``LICENSES.md``."""
    return _render("LICENSES.md.j2", sources=manifest["sources"])


def render_citation(manifest: Mapping[str, Any]) -> str:
    """Renders ``CITATION.cff``."""
    return _render("CITATION.cff.j2", version=manifest["version"])


def _render(template: str, **values: Any) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(find_resource("dataset_card"), encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template(template).render(**values)


def front_matter(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The YAML header of a card."""
    licenses = sorted(manifest["statistics"]["license"])
    return {
        "language": ["fr"],
        "license": licenses[0].lower() if len(licenses) == 1 and "Ref" not in licenses[0] else "other",
        "pretty_name": "MedInjection-FR",
        "tags": ["medical", "biology", "instruction-tuning"],
        "task_categories": ["question-answering", "text-generation"],
        "size_categories": [_size_category(sum(s.rows for s in shards_of_files(manifest["files"])))],
        "configs": [
            {
                "config_name": name,
                "version": manifest["version"],
                "description": f"sha256:{config['digest']}",
                **({"default": True} if name == DEFAULT_CONFIG else {}),
                "data_files": [
                    {"split": split, "path": part["shards"]} for split, part in config["splits"].items()
                ],
            }
            for name, config in manifest["configs"].items()
        ],
        "dataset_info": [
            {
                "config_name": name,
                "splits": [
                    {
                        "name": split,
                        "num_bytes": _bytes_of(manifest, part["shards"]),
                        "num_examples": part["rows"],
                    }
                    for split, part in config["splits"].items()
                ],
            }
            for name, config in manifest["configs"].items()
        ],
    }


def _bytes_of(manifest: Mapping[str, Any], paths: Iterable[str]) -> int:
    sizes = {file["path"]: file["bytes"] for file in manifest["files"]}
    return sum(sizes[path] for path in paths)


def _size_category(rows: int) -> str:
    """The Hub's size tag for a number of rows."""
    steps = ["1K", "10K", "100K", "1M", "10M", "100M"]
    for low, high in zip(["n", *steps], steps, strict=False):
        if rows < 1000 * 10 ** steps.index(high):
            return "n<1K" if low == "n" else f"{low}<n<{high}"
    return "n>100M"


def figures(manifest: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """The tables of a card, which ``verify`` counts again."""
    tables = {
        "composition": _composition(manifest),
        "configs": _config_figures(manifest),
        "confound": _confound_figures(manifest),
        "sources": _source_figures(manifest),
        "licenses": _license_figures(manifest),
        "ledger": _ledger_figures(manifest),
    }
    return {
        name: [[" ".join(cell.split()) for cell in row] for row in table] for name, table in tables.items()
    }


def _composition(manifest: Mapping[str, Any]) -> list[list[str]]:
    """Rows of each origin and type, by split."""
    counts: dict[tuple[str, str, str], int] = {}
    for shard in shards_of_files(manifest["files"]):
        key = (shard.cell.origin, shard.cell.type, shard.cell.split)
        counts[key] = counts.get(key, 0) + shard.rows
    table = [["origin", "type", *SPLITS, "total"]]
    for origin in ORIGINS:
        for kind in TYPES:
            row = [counts.get((origin, kind, split), 0) for split in SPLITS]
            if sum(row):
                table.append([origin, kind, *map(_number, [*row, sum(row)])])
    totals = [sum(n for key, n in counts.items() if key[2] == split) for split in SPLITS]
    table.append(["**all**", "", *map(_number, [*totals, sum(totals)])])
    return table


def _config_figures(manifest: Mapping[str, Any]) -> list[list[str]]:
    table = [["config", *SPLITS]]
    for name in CONFIG_NAMES:
        if config := manifest["configs"].get(name):
            rows = [config["splits"].get(split, {}).get("rows", 0) for split in SPLITS]
            default = " (default)" if name == DEFAULT_CONFIG else ""
            table.append([f"`{name}`{default}", *map(_number, rows)])
    return table


def _confound_figures(manifest: Mapping[str, Any]) -> list[list[str]]:
    """Share of each type among the train rows of each configuration, with the rows by provenance."""
    cells = {shard.path: shard for shard in shards_of_files(manifest["files"])}
    table = [["config", *(f"{origin} {kind}" for origin in ORIGINS for kind in TYPES)]]
    for name, config in manifest["configs"].items():
        rows = dict.fromkeys([(origin, kind) for origin in ORIGINS for kind in TYPES], 0)
        for path in config["splits"].get("train", {}).get("shards", []):
            shard = cells[path]
            rows[shard.cell.origin, shard.cell.type] += shard.rows
        table.append([f"`{name}`", *map(_number, rows.values())])
    return table


def _source_figures(manifest: Mapping[str, Any]) -> list[list[str]]:
    table = [["source", "licence", "read", "kept", "files, revision"]]
    for name, source in manifest["sources"].items():
        facts = source["facts"]
        place = facts["location"].get("repository", "")
        revision = facts["location"].get("revision", "")
        where = f"{place}@{revision[:12]}" if place else facts["location"]["kind"]
        numbers = [_number(source["read"]), _number(source["kept"])]
        table.append([f"{facts['title']} (`{name}`)", facts["license"], *numbers, where])
    return table


def _license_figures(manifest: Mapping[str, Any]) -> list[list[str]]:
    """Rows of each configuration by licence, all splits together, under what each licence asks for."""
    names = sorted(manifest["statistics"]["license"])
    files = {file["path"]: file for file in manifest["files"]}
    table = [["config", *names]]
    table.append(["*terms*", *(str(TERMS.get(name, "none known")) for name in names)])
    for config, described in manifest["configs"].items():
        rows: Counter[str] = Counter()
        for part in described["splits"].values():
            for path in part["shards"]:
                rows.update(files[path]["licenses"])
        table.append([f"`{config}`", *(_number(rows[name]) for name in names)])
    return table


def _ledger_figures(manifest: Mapping[str, Any]) -> list[list[str]]:
    table = [["source", "read", "kept", "dropped, by rule"]]
    for name, source in manifest["sources"].items():
        rules = ", ".join(f"{rule} {_number(n)}" for rule, n in source["dropped"].items())
        table.append([f"`{name}`", _number(source["read"]), _number(source["kept"]), rules or "–"])
    return table


def _number(value: int, zero: str = "–") -> str:
    return f"{value:,}" if value else zero


def markdown_table(rows: list[list[str]]) -> str:
    """A Markdown table; the first row is the head, columns of numbers stand to the right."""
    head, *body = rows
    numeric = [all(re.fullmatch(r"[\d,]+|–", row[column]) for row in body) for column in range(len(head))]
    rule = ["---:" if right else "---" for right in numeric]
    lines = [[cell.replace("|", "\\|") for cell in row] for row in [head, rule, *body]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def read_figures(card: str, name: str) -> list[list[str]] | None:
    """Reads a figure table back from a card, without its rule line; ``None`` if it is not there."""
    match = re.search(rf"<!-- figures: {name} -->\n(.*?)\n<!-- end of figures -->", card, re.DOTALL)
    if not match:
        return None
    lines = [re.split(r"(?<!\\)\|", line.strip("|")) for line in match[1].split("\n")]
    rows = [[cell.strip().replace("\\|", "|") for cell in line] for line in lines]
    return [rows[0], *rows[2:]]


def read_front_matter(card: str) -> Any:
    """Parses a card's YAML; ``None`` if it has none."""
    parts = card.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        return None
    try:
        return yaml.safe_load(parts[1])
    except yaml.YAMLError:
        return None
