"""What the manifest of a build says: recipe, sources, ledgers, counts, shards and configurations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medinjection_fr.configs import Study, plan_configs
from medinjection_fr.curate.ledger import FOLDER, REPORTED, count_by_rule, list_withdrawn, write_ledger
from medinjection_fr.curate.rows import Rows
from medinjection_fr.reading import Input
from medinjection_fr.recipe import Recipe
from medinjection_fr.record import ORIGINS, SPLITS
from medinjection_fr.release.manifest import (
    FORMAT,
    describe_configs,
    describe_file,
    shards_of_files,
)
from medinjection_fr.release.repeats import sum_repeats
from medinjection_fr.release.shards import open_shard
from medinjection_fr.release.statistics import Statistics, count_values
from medinjection_fr.resources import library_versions, source_digest
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.version import __version__


def begin_manifest(recipe: Recipe, inputs: Sequence[Input], key: str) -> dict[str, Any]:
    """What a release is made of: recipe, package, and every upstream file with its digest."""
    return {
        "format": FORMAT,
        "name": "medinjection-fr",
        "version": recipe.content["version"],
        "key": key,
        "package": {
            "version": __version__,
            "source_digest": source_digest(),
            "libraries": library_versions(),
        },
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
    """Writes each source's ledger; into the manifest its balance, what was withdrawn and what repeats.

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
    reported = [row for some in rows for row in some.reported]
    if reported:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_ledger(reported, folder / FOLDER / REPORTED)
    manifest["withdrawn"] = list_withdrawn(dropped)
    manifest["repeats"] = sum_repeats(manifest["sources"], dropped)
    manifest["test_pairs"] = dict(sorted(Counter(pair.kind for pair in reported).items()))


def count_rows(manifest: dict[str, Any], records: Rows) -> None:
    """Counts what the records hold into the manifest."""
    statistics = Statistics()
    for batch, places in records.kept_by_batch():
        statistics.add(batch if len(places) == batch.num_rows else batch.take(places))
    manifest["statistics"] = statistics.described(manifest["sources"])


def describe_data(manifest: dict[str, Any], study: Study, folder: Path) -> None:
    """Hashes shards and ledgers into the manifest, and lists the configurations that they make."""
    manifest["files"] = [_described(path, folder) for path in _data_files(folder)]
    configs, absent = plan_configs(shards_of_files(manifest["files"]), study)
    files = {file["path"]: file for file in manifest["files"]}
    manifest["configs"], manifest["absent_configs"] = describe_configs(configs, files), absent


def _data_files(folder: Path) -> list[Path]:
    """Shards by origin, split, type and number, then ledgers by name."""

    def rank(path: Path) -> tuple[int, int, str]:
        origin, split, name = path.parts[-3:]
        return ORIGINS.index(origin), SPLITS.index(split), name

    shards = sorted((folder / "data").glob("*/*/*"), key=rank)
    return [*shards, *sorted((folder / FOLDER).glob("*.jsonl"))]


def _described(path: Path, folder: Path) -> dict[str, Any]:
    described = describe_file(path, folder)
    if described["path"].startswith("data/"):
        licenses: Counter[str] = Counter()
        with open_shard(path) as (_, batches):
            for batch in batches:
                licenses.update(count_values(batch["license"]))
        described["rows"] = licenses.total()
        described["licenses"] = dict(sorted(licenses.items()))
    return described
