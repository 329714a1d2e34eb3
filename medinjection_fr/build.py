"""The pipeline: recipe → release."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from medinjection_fr import __version__
from medinjection_fr.configs import plan_configs
from medinjection_fr.curate.ledger import Dropped, count_by_rule, write_ledger
from medinjection_fr.curate.select import Keys, Selection, select
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.reading import Input, find_inputs, read_inputs
from medinjection_fr.recipe import Recipe, load_recipe
from medinjection_fr.record import ORIGINS
from medinjection_fr.release.arrange import arrange, write_shards
from medinjection_fr.release.card import render_card, render_citation, render_licenses
from medinjection_fr.release.digests import digest_file, digest_json
from medinjection_fr.release.manifest import (
    CARD,
    FORMAT,
    MANIFEST,
    Release,
    describe_configs,
    read_release,
    seal,
)
from medinjection_fr.release.script import SCRIPT, stamped_script
from medinjection_fr.release.verify import verify
from medinjection_fr.resources import source_digest
from medinjection_fr.sources.parts import Part
from medinjection_fr.workspace import open_workspace


@dataclass(frozen=True)
class Built:
    """A release and whether this build wrote it (or found it built already)."""

    release: Release
    written: bool


def build(
    recipe_path: Path,
    output: Path,
    data: Path | None = None,
    jobs: int | None = None,
    replace: bool = False,
    format: str = "arrow",
) -> Built:
    """Builds a release.

    The same recipe, files and versions give the same bytes, whatever the number of processes. A
    build that was killed goes on where it stopped. The output appears when it is whole.

    Args:
        recipe_path: YAML recipe.
        output: Folder of the release.
        data: Folder that the recipe's paths are relative to; the recipe's own if ``None``.
        jobs: Processes that read files; the number of cores if ``None``. With more than one, a
            calling script needs the ``if __name__ == "__main__":`` guard.
        replace: Take the place of a release that stands in the output folder.
        format: Shards as ``arrow``, or as ``parquet`` for a smaller download.

    Raises:
        InputError: Every mistake of the recipe, or every file that cannot be read.

    """
    recipe = load_recipe(recipe_path, data)
    inputs = find_inputs(recipe)
    key = _build_key(recipe, inputs, format)
    with open_workspace(output) as workspace:
        if (output / MANIFEST).exists() and (standing := _standing(output, key, replace)):
            workspace.remove()
            return Built(standing, written=False)
        parts = read_inputs(inputs, workspace, jobs or os.cpu_count() or 1)
        batches = [batch for part in parts for batch in part.batches()]
        selection = select(Keys.of(batches), recipe.content.get("exclude", []))
        if not len(selection.kept):
            raise InputError(_nothing_kept(recipe_path, parts, batches, selection))
        placed = arrange(batches, selection.kept, recipe.study, format)
        release = workspace.step_folder(f"release-{key[:16]}")
        write_shards(batches, placed, release)
        manifest = _manifest(recipe, inputs, key)
        _write_ledgers(manifest, parts, batches, selection, release)
        _describe_rows(manifest, batches, selection)
        _write_documents(manifest, recipe, release)
        workspace.publish(release)
    return Built(read_release(output), written=True)


def _build_key(recipe: Recipe, inputs: Sequence[Input], format: str) -> str:
    """Digest of all that decides the bytes of a release."""
    return digest_json([recipe.content, [i.part_key for i in inputs], source_digest(), format])


def _standing(output: Path, key: str, replace: bool) -> Release | None:
    """The release in the output folder if it is the one asked for; ``None`` if it may be replaced."""
    standing = read_release(output) if not replace else None
    if standing is None:
        return None
    if standing.manifest["key"] != key:
        what = f"holds version {standing.version} of the recipe {standing.manifest['recipe']['name']}"
        mend = "Give another --output, or --replace to put the new release in its place"
        raise InputError(Problem(str(output), what, mend=mend))
    if problems := verify(output):
        again = Problem(str(output), "is this release, but damaged", mend="Build again with --replace")
        raise InputError([*problems, again])
    return standing


def _nothing_kept(
    path: Path, parts: Sequence[Part], batches: Sequence[pa.RecordBatch], selection: Selection
) -> list[Problem]:
    rows = list(_dropped(parts, batches, selection))
    rules = ", ".join(f"{rule} {n}" for rule, n in count_by_rule(rows).items()) or "none was read"
    first = [
        Problem(f"sources/{row.source}: {row.file} record {row.position}", f"{row.rule}: {row.evidence}")
        for row in rows[:5]
    ]
    return [Problem(str(path), f"no record is left ({rules})", "at least one", ""), *first]


def _manifest(recipe: Recipe, inputs: Sequence[Input], key: str) -> dict[str, Any]:
    sources = {
        source.name: {
            "facts": source.facts,
            "files": [i.described() for i in inputs if i.source is source],
        }
        for source, _, _ in recipe.sources
    }
    return {
        "format": FORMAT,
        "name": "medinjection-fr",
        "version": recipe.content["version"],
        "key": key,
        "package": {"version": __version__, "source_digest": source_digest()},
        "recipe": recipe.content,
        "sources": sources,
    }


def _write_ledgers(
    manifest: Mapping[str, Any],
    parts: Sequence[Part],
    batches: Sequence[pa.RecordBatch],
    selection: Selection,
    folder: Path,
) -> None:
    """Writes each source's ledger and its balance into the manifest."""
    rows = sorted(_dropped(parts, batches, selection), key=lambda row: (row.file, row.position))
    kept: Counter[str] = Counter()
    for batch, indices in _kept_of_batches(batches, selection):
        kept[batch["source"][0].as_py()] += len(indices)
    for name, source in manifest["sources"].items():
        own = [row for row in rows if row.source == name]
        source["kept"], source["dropped"] = kept[name], count_by_rule(own)
        source["read"] = sum(part.read_rows() for part in parts if part.source == name)
        if source["read"] != source["kept"] + len(own):
            raise AssertionError(f"{name}: {source['read']} read, {kept[name]} kept, {len(own)} dropped")
        if own:
            (folder / "dropped").mkdir(parents=True, exist_ok=True)
            write_ledger(own, folder / "dropped" / f"{name}.jsonl")


def _dropped(
    parts: Sequence[Part], batches: Sequence[pa.RecordBatch], selection: Selection
) -> Iterator[Dropped]:
    """Every dropped record: those refused when read, then those that the selection dropped."""
    for part in parts:
        yield from part.dropped()
    files = [part.file for part in parts for _ in part.batches()]
    start = 0
    dropped = sorted(selection.dropped.items())
    for batch, file in zip(batches, files, strict=True):
        while dropped and dropped[0][0] < start + batch.num_rows:
            index, (rule, evidence) = dropped.pop(0)
            row = batch.slice(index - start, 1).to_pylist()[0]
            place = (row["source"], file, row["position"], row["source_id"], row["id"])
            yield Dropped(*place, rule, evidence)
        start += batch.num_rows


def _kept_of_batches(
    batches: Sequence[pa.RecordBatch], selection: Selection
) -> Iterator[tuple[pa.RecordBatch, Any]]:
    start = 0
    kept = selection.kept
    for batch in batches:
        low, high = kept.searchsorted([start, start + batch.num_rows])
        if high > low:
            yield batch, pa.array(kept[low:high] - start)
        start += batch.num_rows


def _describe_rows(manifest: dict[str, Any], batches: Sequence[pa.RecordBatch], selection: Selection) -> None:
    """Counts rows by source, licence and flag."""
    counts: dict[str, Counter[str]] = {n: Counter() for n in ("source", "license", "flags")}
    for batch, indices in _kept_of_batches(batches, selection):
        for name, counter in counts.items():
            column = batch[name].take(indices)
            column = pc.list_flatten(column) if name == "flags" else column
            for entry in pc.value_counts(column).to_pylist():
                counter[entry["values"]] += entry["counts"]
    manifest["statistics"] = {name: dict(sorted(c.items())) for name, c in counts.items()}


def _write_documents(manifest: dict[str, Any], recipe: Recipe, folder: Path) -> None:
    """Configurations → card, licences, citation, script → manifest, which is written last."""
    for path in folder.rglob("*.part"):  # of a shard that a kill left unfinished
        path.unlink()
    manifest["files"] = [_described(path, folder) for path in _data_files(folder)]
    files = {file["path"]: file for file in manifest["files"]}
    configs, absent = plan_configs(Release(folder, manifest).shards, recipe.study)
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
    splits = {"train": 0, "validation": 1, "test": 2}
    shards = (folder / "data").glob("*/*/*")

    def rank(path: Path) -> tuple[int, int, str]:
        return ORIGINS.index(path.parts[-3]), splits[path.parts[-2]], path.name

    return [*sorted(shards, key=rank), *sorted((folder / "dropped").glob("*.jsonl"))]


def _described(path: Path, folder: Path) -> dict[str, Any]:
    described: dict[str, Any] = {
        "path": path.relative_to(folder).as_posix(),
        "bytes": path.stat().st_size,
        "sha256": digest_file(path),
    }
    if described["path"].startswith("data/"):
        described["rows"] = _rows_of(path)
    return described


def _rows_of(path: Path) -> int:
    from medinjection_fr.release.shards import open_shard

    with open_shard(path) as (_, batches):
        return sum(batch.num_rows for batch in batches)
