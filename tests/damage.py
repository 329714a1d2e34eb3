"""Ways to damage a release, and to make a damaged one look whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from releases import manifest_of, shard_paths

from medinjection_fr.configs import Study, plan_configs
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import SCHEMA
from medinjection_fr.release.card_plots import FIGURES
from medinjection_fr.release.croissant import CROISSANT, render_croissant
from medinjection_fr.release.documents import write_documents
from medinjection_fr.release.manifest import (
    CARD,
    MANIFEST,
    describe_configs,
    describe_file,
    seal,
    shards_of_files,
)
from medinjection_fr.release.script import SCRIPT
from medinjection_fr.release.shards import open_shard
from medinjection_fr.release.statistics import Statistics
from medinjection_fr.release.verify import verify


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a table of any schema as a shard."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows as a shard of the right schema, whatever the rows hold."""
    write_table(path, pa.Table.from_pylist(list(rows), SCHEMA))


def reseal(
    folder: Path,
    lie: Callable[[dict[str, Any]], object] = lambda manifest: None,
    card: Callable[[str], str] = lambda text: text,
    script: Callable[[str], str] = lambda text: text,
) -> None:
    """Makes documents and manifest fit shards and ledgers as they are, so that all digests are right.

    Args:
        folder: A release.
        lie: Changes the manifest before it is sealed.
        card: Changes the card before it is hashed.
        script: Changes the loading script before it is hashed.
    """
    manifest = manifest_of(folder)
    plots = any(file["path"].startswith(FIGURES) for file in manifest["files"])
    data = [file for file in manifest["files"] if file["path"].split("/")[0] in ("data", "dropped")]
    manifest["files"] = [{**file, **describe_file(folder / file["path"], folder)} for file in data]
    files = {file["path"]: file for file in manifest["files"]}
    study = Study.from_recipe(manifest["recipe"])
    configs, manifest["absent_configs"] = plan_configs(shards_of_files(manifest["files"]), study)
    manifest["configs"] = describe_configs(configs, files)
    if statistics := recount(folder):
        manifest["statistics"] = statistics
    write_documents(manifest, folder, plots)
    for name, change in {CARD: card, SCRIPT: script}.items():
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(change(text), encoding="utf-8", newline="\n")
        describe_again(manifest, folder, name)
    (folder / CROISSANT).write_text(render_croissant(manifest), encoding="utf-8", newline="\n")
    describe_again(manifest, folder, CROISSANT)
    lie(manifest)
    (folder / MANIFEST).write_bytes(seal(manifest))


def recount(folder: Path) -> dict[str, Any] | None:
    """Statistics of the rows as they are; ``None`` if a shard has other columns than a record."""
    statistics = Statistics()
    for path in shard_paths(folder):
        try:
            with open_shard(folder / path) as (schema, batches):
                if not schema.equals(SCHEMA, check_metadata=True):
                    return None
                for batch in batches:
                    statistics.add(batch)
        except pa.ArrowException:
            return None
    return statistics.described(manifest_of(folder)["sources"])


def describe_again(manifest: dict[str, Any], folder: Path, name: str) -> None:
    """Puts size and digest of a file, as it is now, into a manifest."""
    entry = next(file for file in manifest["files"] if file["path"] == name)
    entry.update(describe_file(folder / name, folder))


def faults(folder: Path, rows: bool = False) -> list[Problem]:
    """What ``verify`` finds, be it told or raised."""
    try:
        return verify(folder, rows)
    except InputError as error:
        return error.problems


def flip(path: Path, position: int) -> None:
    """Changes the lowest bit of one byte."""
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def copy_of(release: Path, folder: Path) -> Path:
    """A copy of a release to damage, under the name that every release has."""
    return Path(shutil.copytree(release, folder / "medinjection-fr"))
