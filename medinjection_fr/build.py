"""The pipeline: recipe → release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medinjection_fr.curate.curation import Curation
from medinjection_fr.curate.ledger import count_by_rule
from medinjection_fr.curate.rows import Rows
from medinjection_fr.engine import open_engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.reading import find_inputs, read_inputs
from medinjection_fr.recipe import Recipe, load_recipe
from medinjection_fr.release.arrange import arrange, write_shards
from medinjection_fr.release.compose import begin_manifest, count_rows, describe_data, write_ledgers
from medinjection_fr.release.digests import digest_json
from medinjection_fr.release.documents import write_documents
from medinjection_fr.release.licences import LicensedRows, first_try_faults, public_faults
from medinjection_fr.release.manifest import MANIFEST, Release, read_release
from medinjection_fr.release.plot_style import require_matplotlib
from medinjection_fr.release.verify import verify
from medinjection_fr.resources import source_digest
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
    engine: str = "local",
    address: str | None = None,
) -> Built:
    """Builds a release.

    The same recipe, files and versions give the same bytes, whatever the engine and the number of processes. A
    build that was killed goes on where it stopped. The output appears when it is whole.

    Args:
        recipe_path: YAML recipe.
        output: Folder of the release.
        data: Folder that the recipe's paths are relative to; the recipe's own if ``None``.
        jobs: Processes on this machine; the number of cores if ``None``. With more than one, a
            calling script needs the ``if __name__ == "__main__":`` guard.
        replace: Take the place of a release that stands in the output folder.
        format: Shards as ``arrow``, or as ``parquet`` for a smaller download.
        engine: ``local`` or ``ray``.
        address: Of the Ray cluster (see ``engine.open_engine``).

    Raises:
        InputError: Every mistake of the recipe, or every file that cannot be read; or pictures are
            wanted and matplotlib is not installed.
    """
    recipe = load_recipe(recipe_path, data)
    if plots := recipe.content.get("plots", False):
        require_matplotlib("recipe › plots")
    inputs = find_inputs(recipe)
    key = digest_json([recipe.content, [i.part_key for i in inputs], source_digest(), format])
    with open_workspace(output) as workspace:
        if (output / MANIFEST).exists() and not replace:
            standing = _standing(output, key)
            workspace.remove()
            return Built(standing, written=False)
        with open_engine(engine, jobs, address) as runner:
            parts = read_inputs(inputs, workspace, runner)
            records = Rows(
                [part for part in parts if part.source.yields == "records"],
                recipe.content.get("exclude", []),
                keep_groups_together=True,
            )
            materials = Rows(
                [part for part in parts if part.source.yields != "records"], [], keep_groups_together=False
            )
            if curation := Curation.from_recipe(recipe.content):
                records.curate(curation, workspace, runner, materials.asked())
        if not len(records.kept):
            raise InputError(_nothing_kept(recipe_path, records))
        if recipe.is_public and (faults := _public_faults(recipe, records)):
            raise InputError(faults)
        release = workspace.step_folder(f"release-{key[:16]}")
        write_shards(records.batches, arrange(records.batches, records.kept, recipe.study, format), release)
        manifest = begin_manifest(recipe, inputs, key)
        write_ledgers(manifest, [records, materials], release)
        count_rows(manifest, records)
        describe_data(manifest, recipe.study, release)
        write_documents(manifest, release, plots)
        workspace.publish(release)
    return Built(read_release(output), written=True)


def _standing(output: Path, key: str) -> Release:
    """The release in the output folder, if it is whole and the one asked for."""
    standing = read_release(output)
    if standing.manifest["key"] != key:
        what = f"holds version {standing.version} of the recipe {standing.manifest['recipe']['name']}"
        mend = "Give another --output, or --replace to put the new release in its place"
        raise InputError(Problem(str(output), what, mend=mend))
    if problems := verify(output):
        again = Problem(str(output), "is this release, but damaged", mend="Build again with --replace")
        raise InputError([*problems, again])
    return standing


def _public_faults(recipe: Recipe, records: Rows) -> list[Problem]:
    redistributable = {source.name: source.facts["redistributable"] for source, _, _ in recipe.sources}
    groups = [
        LicensedRows(source, license, origin, rows, redistributable[source])
        for (source, license, origin), rows in sorted(records.count("source", "license", "origin").items())
    ]
    faults = public_faults(groups, recipe.content.get("allow_non_commercial", False))
    return faults + first_try_faults(records.count("source", "generator"))


def _nothing_kept(recipe: Path, records: Rows) -> list[Problem]:
    """Why there would be no release, with the first reasons."""
    rows = list(records.dropped())
    rules = ", ".join(f"{rule} {n}" for rule, n in count_by_rule(rows).items()) or "none was read"
    first = [
        Problem(f"sources/{row.source}: {row.file} record {row.position}", f"{row.rule}: {row.evidence}")
        for row in rows[:5]
    ]
    return [Problem(str(recipe), f"no record is left ({rules})", "at least one"), *first]
