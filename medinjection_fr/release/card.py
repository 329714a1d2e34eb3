"""The card and its companions: reviewed prose with computed figures. No figure is typed by hand."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from medinjection_fr.configs import DEFAULT_CONFIG, MIXES, config_name
from medinjection_fr.curate.curation import Curation
from medinjection_fr.record import ORIGINS
from medinjection_fr.release.card_plots import FIGURES, PLOTS, alternative_text
from medinjection_fr.release.card_tables import confound, figures, markdown_table, plain
from medinjection_fr.release.front_matter import front_matter, write_front_matter
from medinjection_fr.release.manifest import shards_of_files
from medinjection_fr.release.publication import (
    PAPER,
    authors,
    bibtex,
    contact,
    doi,
    home,
    paper_bibtex,
    released_on,
    repository,
)
from medinjection_fr.release.versions import parse_version
from medinjection_fr.resources import find_resource, load_schema

_LANGUAGES = {"fr": "French", "en": "English"}


def render_card(manifest: Mapping[str, Any]) -> str:
    """Renders ``README.md`` from a manifest (which need not list the card's own digest yet)."""
    tables = figures(manifest)
    plots = {file["path"] for file in manifest["files"]} & {f"{FIGURES}/{name}.png" for name in PLOTS}
    recipe, configs = manifest["recipe"], manifest["configs"]
    shards = shards_of_files(manifest["files"])
    body = _render(
        "README.md.j2",
        **_publication(manifest),
        **_findings(manifest),
        recipe_name=recipe["name"],
        description=plain(recipe.get("description", "")),
        is_public=recipe.get("audience") == "public",
        languages=[_LANGUAGES.get(code, code) for code in front_matter(manifest)["language"]],
        licenses=sorted(manifest["statistics"]["license"]),
        example_config="native+translated" if "native+translated" in configs else next(iter(configs)),
        absent=list(manifest["absent_configs"].items()),
        has_matched=any(config_name(mix, "matched") in configs for mix in MIXES),
        columns=[
            (name, column.get("description") or "one of " + ", ".join(column["enum"]))
            for name, column in load_schema("record")["properties"].items()
        ],
        suffix=shards[0].path.rsplit(".", 1)[-1],
        curation=_curation_steps(recipe),
        privacy=recipe["curate"].get("privacy", "flag") if "curate" in recipe else "",
        tables=set(tables),
        table=functools.partial(_table, tables=tables),
        picture=lambda name: _picture(manifest, name) if f"{FIGURES}/{name}.png" in plots else "",
    )
    body = re.sub(r"\n{3,}", "\n\n", body).rstrip()
    return f"{write_front_matter(manifest)}\n{body}\n"


def _table(name: str, tables: Mapping[str, list[list[str]]]) -> str:
    if name not in tables:
        return ""
    return f"<!-- figures: {name} -->\n{markdown_table(tables[name])}\n<!-- end of figures -->"


def _picture(manifest: Mapping[str, Any], name: str) -> str:
    return f"\n![{alternative_text(manifest, name)}]({FIGURES}/{name}.png)\n"


def _publication(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Who published the release, when and where; what it changed."""
    changelog = manifest["recipe"].get("changelog", [])
    newest_first = sorted(changelog, key=lambda entry: parse_version(entry["version"]), reverse=True)
    return {
        "version": manifest["version"],
        "released_on": released_on(manifest),
        "authors": [plain(name) for name in authors(manifest)],
        "repository": repository(manifest),
        "home": home(manifest),
        "contact": plain(contact(manifest) or ""),
        "paper": PAPER,
        "bibtex": bibtex(manifest),
        "paper_bibtex": paper_bibtex(),
        "changelog": [
            {**entry, "changes": [plain(change) for change in entry["changes"]]} for entry in newest_first
        ],
    }


def _findings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the reader of the limits must know, in figures; empty or zero where there is nothing."""
    shards, flags = shards_of_files(manifest["files"]), manifest["statistics"]["flags"]
    generated = sum(shard.rows for shard in shards if shard.cell.origin in set(ORIGINS) - {"native"})
    curation = Curation.from_recipe(manifest["recipe"])
    leaks = sum(row["rows"] for row in manifest.get("repeats", []) if row["rule"] == "leak")
    found = confound(manifest, DEFAULT_CONFIG) if DEFAULT_CONFIG in manifest["configs"] else None
    described = found and {"config": DEFAULT_CONFIG, "v": f"{found[0]:.2f}", "strength": found[1]}
    return {
        "rows": f"{sum(shard.rows for shard in shards):,}",
        "generated_rows": f"{generated:,}" if generated else "",
        "lineage_unknown": f"{flags['lineage-unknown']:,}" if flags.get("lineage-unknown") else "",
        "private_rows": f"{flags.get('privacy-finding', 0):,}",
        "leaks": f"{leaks:,}" if curation and curation.leaks else "",
        "test_pairs": f"{pairs:,}" if (pairs := sum(manifest.get("test_pairs", {}).values())) else "",
        "default_confound": described,
    }


def _curation_steps(recipe: Mapping[str, Any]) -> list[str]:
    """The steps that a recipe asks for, one sentence each; none if it does not curate."""
    curation = Curation.from_recipe(recipe)
    return [sentence for wanted, sentence in _steps(curation) if wanted] if curation else []


def _steps(curation: Curation) -> Iterator[tuple[bool, str]]:
    yield (
        curation.language,
        "records that are not in French were dropped; mixed ones, and those too short to tell, flagged;",
    )
    yield (
        curation.conflicts == "drop",
        "the same question with different gold answers: all sides were dropped;",
    )
    yield curation.conflicts == "keep", "the same question with different gold answers: all sides were kept;"
    yield curation.leaks, "leaks from a later split into an earlier one were dropped from the earlier one;"
    yield curation.duplicates, "copies and near copies within a split were dropped, but none within test;"
    yield curation.privacy == "flag", "records with what looks like personal data are flagged."
    yield curation.privacy == "drop", "records with what looks like personal data were dropped."


def render_licenses(manifest: Mapping[str, Any]) -> str:
    """Renders ``LICENSES.md``."""
    return _render("LICENSES.md.j2", sources=manifest["sources"])


def render_citation(manifest: Mapping[str, Any]) -> str:
    """Renders ``CITATION.cff``."""
    licenses = sorted(manifest["statistics"]["license"])
    return _render(
        "CITATION.cff.j2",
        version=manifest["version"],
        released_on=released_on(manifest),
        authors=authors(manifest),
        license=licenses[0] if len(licenses) == 1 and not licenses[0].startswith("LicenseRef-") else None,
        doi=doi(manifest),
        home=home(manifest),
        paper=PAPER,
    )


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
