"""Everything of a release beside its shards: ledgers, card, licences, script, and the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from medinjection_fr.configs import Study, plan_configs
from medinjection_fr.curate.ledger import FOLDER, REPORTED, count_by_rule, write_ledger
from medinjection_fr.curate.rows import Rows
from medinjection_fr.reading import Input
from medinjection_fr.recipe import Recipe
from medinjection_fr.record import ORIGINS, SPLITS
from medinjection_fr.release.card import render_card, render_citation, render_licenses
from medinjection_fr.release.digests import digest_file
from medinjection_fr.release.manifest import (
    CARD,
    FORMAT,
    MANIFEST,
    describe_configs,
    seal,
    shards_of_files,
)
from medinjection_fr.release.script import SCRIPT, stamped_script
from medinjection_fr.release.shards import open_shard
from medinjection_fr.resources import source_digest
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.version import __version__


def begin_manifest(recipe: Recipe, inputs: Sequence[Input], key: str) -> dict[str, Any]:
    """What a release is made of: recipe, package, and every upstream file with its digest."""
    return {
        "format": FORMAT,
        "name": "medinjection-fr",
        "version": recipe.content["version"],
        "key": key,
        "package": {"version": __version__, "source_digest": source_digest()},
        "recipe": recipe.content,
        "sources": {
            source.name: {
                "facts": _facts(source),
                "files": [input.described() for input in inputs if input.source is source],
            }
            for source, _, _ in recipe.sources
        },
    }


def _facts(source: Source) -> dict[str, Any]:
    """What the catalogue says of a source, less the list of files: the manifest has those that were read."""
    location = {key: value for key, value in source.facts["location"].items() if key != "files"}
    return {**source.facts, "location": location}


def write_ledgers(manifest: dict[str, Any], rows: Sequence[Rows], folder: Path) -> None:
    """Writes each source's ledger, and its balance into the manifest.

    Raises:
        AssertionError: A source's records read are not those kept and dropped: a bug.
    """
    dropped = [row for some in rows for row in some.dropped()]
    dropped.sort(key=lambda row: (row.file, row.position))
    kept = sum((some.count("source") for some in rows), Counter[tuple[str, ...]]())
    parts = [part for some in rows for part in some.parts]
    for name, source in manifest["sources"].items():
        own = [row for row in dropped if row.source == name]
        source["read"] = sum(part.read_rows() for part in parts if part.source.name == name)
        source["kept"], source["dropped"] = kept[name,], count_by_rule(own)
        if source["read"] != source["kept"] + len(own):
            what = f"{source['read']} read, {source['kept']} kept, {len(own)} dropped"
            raise AssertionError(f"the ledger of {name} does not balance: {what}")
        if own:
            (folder / FOLDER).mkdir(parents=True, exist_ok=True)
            write_ledger(own, folder / FOLDER / f"{name}.jsonl")
    if reported := [row for some in rows for row in some.reported]:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_ledger(reported, folder / FOLDER / REPORTED)


def count_rows(manifest: dict[str, Any], records: Rows) -> None:
    """Counts the records by source, licence and flag into the manifest."""
    flags: Counter[str] = Counter()
    for batch, places in records.kept_by_batch():
        for entry in pc.value_counts(pc.list_flatten(batch["flags"].take(places))).to_pylist():
            flags[entry["values"]] += entry["counts"]
    manifest["statistics"] = {
        "source": {name: n for (name,), n in sorted(records.count("source").items())},
        "license": {name: n for (name,), n in sorted(records.count("license").items())},
        "flags": dict(sorted(flags.items())),
    }


def write_documents(manifest: dict[str, Any], study: Study, folder: Path) -> None:
    """Hashes the shards, then configurations → card → manifest, which is written last."""
    for path in folder.rglob("*.part"):  # of a shard that a kill left unfinished
        path.unlink()
    manifest["files"] = [_described(path, folder) for path in _data_files(folder)]
    configs, absent = plan_configs(shards_of_files(manifest["files"]), study)
    files = {file["path"]: file for file in manifest["files"]}
    manifest["configs"], manifest["absent_configs"] = describe_configs(configs, files), absent
    documents = {
        CARD: render_card(manifest),
        "CITATION.cff": render_citation(manifest),
        "LICENSES.md": render_licenses(manifest),
        SCRIPT: stamped_script(manifest["version"], manifest["configs"]),
    }
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        manifest["files"].append(_described(folder / name, folder))
    (folder / MANIFEST).write_bytes(seal(manifest))


def _data_files(folder: Path) -> list[Path]:
    """Shards by origin, split, type and number, then ledgers by name."""

    def rank(path: Path) -> tuple[int, int, str]:
        origin, split, name = path.parts[-3:]
        return ORIGINS.index(origin), SPLITS.index(split), name

    shards = sorted((folder / "data").glob("*/*/*"), key=rank)
    return [*shards, *sorted((folder / FOLDER).glob("*.jsonl"))]


def _described(path: Path, folder: Path) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    described: dict[str, Any] = {"path": name, "bytes": path.stat().st_size, "sha256": digest_file(path)}
    if name.startswith("data/"):
        licenses: Counter[str] = Counter()
        with open_shard(path) as (_, batches):
            for batch in batches:
                counted = pc.value_counts(batch["license"]).to_pylist()
                licenses.update({entry["values"]: entry["counts"] for entry in counted})
        described["rows"] = licenses.total()
        described["licenses"] = dict(sorted(licenses.items()))
    return described
