"""Commands for a release: whether it is sound, what it holds, and its way to and from the Hub; thin."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from medinjection_fr.command_line import PATH, engine_options, fail, jobs_option, json_option, print_json
from medinjection_fr.engine import open_engine
from medinjection_fr.errors import InputError, Problem

if TYPE_CHECKING:
    from medinjection_fr.release.manifest import Release

_release_option = click.option(
    "--release", type=PATH, default=Path("medinjection-fr"), show_default=True, help="Release folder."
)


@click.command()
@click.argument("release")
@click.option("--rows", is_flag=True, help="Validate every record again.")
@jobs_option
@engine_options
@json_option
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
        print_json({"release": release, "sound": not problems, "problems": list(map(vars, problems))})
        sys.exit(2 if problems else 0)
    if problems:
        fail(problems)
    total = sum(shard.rows for shard in opened.shards)
    what = "every file and record" if rows else "every file"
    click.echo(f"{release}: sound. Version {opened.version}, {total:,} records, {what} checked.")


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--repo", required=True, help="Dataset repository on the Hub: organisation/name.")
@click.option("--tag", required=True, help="The release's tag, as v1.2.0.")
@click.option("--private", is_flag=True, help="In a repository that not everybody sees.")
@click.option("--create-pr", is_flag=True, help="Open a pull request, which gets no tag.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent and deleted; write nothing.")
@json_option
def push(
    folder: Path, repo: str, tag: str, private: bool, create_pr: bool, dry_run: bool, as_json: bool
) -> None:
    """Publish the release in DIR on the Hub: one commit, read back byte by byte, then the tag.

    Repeat a push that was stopped: it goes on from what is there.

    Example: medinjection-fr push medinjection-fr --repo org/medinjection-fr --tag v1.2.0
    """
    from medinjection_fr.release.push import push as push_release
    from medinjection_fr.release.tables import print_push, push_summary

    pushed = push_release(folder, repo, tag, private, create_pr, dry_run)
    if as_json:
        print_json(push_summary(pushed))
    else:
        print_push(pushed)


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--repo", required=True, help="Dataset repository on the Hub: organisation/name.")
@click.option("--tag", required=True, help="The release's tag, as v1.2.0.")
@click.option("--replace", is_flag=True, help="Take the place of a release in DIR.")
@json_option
def pull(folder: Path, repo: str, tag: str, replace: bool, as_json: bool) -> None:
    """Bring a release from the Hub into DIR, whole and verified or not at all.

    Example: medinjection-fr pull medinjection-fr --repo org/medinjection-fr --tag v1.2.0
    """
    from medinjection_fr.release.cache import cached_releases
    from medinjection_fr.release.pull import pull as pull_release

    pulled = pull_release(repo, tag, folder, replace, cached_releases(repo))
    if as_json:
        told = {"release": str(folder), "version": pulled.release.version, "commit": pulled.commit}
        print_json({**told, "digest": pulled.release.manifest["digest"], "written": pulled.written})
        return
    state = "Wrote" if pulled.written else "Unchanged:"
    click.echo(f"{state} {folder}, version {pulled.release.version} of {repo}, every byte checked.")
    click.echo(f"Next: medinjection-fr configs --release {folder}")


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Of the changelog entry; today if not given.")
@json_option
def diff(old: str, new: str, date: datetime.datetime | None, as_json: bool) -> None:
    """Compare the releases OLD and NEW: records, columns, configurations, licences; the honest version.

    Each is a folder, or organisation/name@v1.2.0 on the Hub. It ends with the entry for the changelog of NEW's
    recipe. --json names every record that differs.

    Example: medinjection-fr diff medinjection-fr-1.0.0 medinjection-fr
    """
    from medinjection_fr.release.changelog import changelog_entry
    from medinjection_fr.release.diff import diff_releases
    from medinjection_fr.release.tables import print_difference

    difference = diff_releases(*_open_releases(old, new))
    entry = changelog_entry(difference, f"{date or datetime.date.today():%Y-%m-%d}")
    if as_json:
        rows = {"withdrawn": difference.withdrawn, "rows": difference.rows.to_pylist()}
        print_json({**difference.summary(), **rows, "changelog": entry})
    else:
        print_difference(difference, entry)


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--output", type=PATH, help="Folder for the page and its figures; <DIR>-audit beside DIR if not given."
)
@json_option
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
        print_json(figures)
        return
    for finding in figures["findings"]:
        click.echo(f"{finding['level']}: {finding['text']}")
    click.echo(f"Wrote {output / PAGE} and {output / FIGURES}. Next: open {PAGE} in a browser.")


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--plots/--no-plots", default=None, help="With or without pictures; as it is if not given.")
@json_option
def card(folder: Path, plots: bool | None, as_json: bool) -> None:
    """Write card, pictures, citation and Croissant of the release in DIR again. Its rows stay.

    Pictures need the extra `report`.

    Example: medinjection-fr card medinjection-fr --plots
    """
    from medinjection_fr.release.rewrite import rewrite_documents

    release = rewrite_documents(folder, plots)
    if as_json:
        print_json(
            {"release": str(folder), "digest": release.manifest["digest"], "files": list(release.files)}
        )
    else:
        click.echo(f"Wrote the card of {folder}, version {release.version}.")
        click.echo(f"Next: medinjection-fr verify {folder}")


@click.command()
@_release_option
@json_option
def configs(release: Path, as_json: bool) -> None:
    """List the configurations of a release: rows by split and type, and those that do not exist.

    Example: medinjection-fr configs --release medinjection-fr
    """
    from medinjection_fr.release.manifest import read_release
    from medinjection_fr.release.tables import config_counts, print_configs

    opened = read_release(release)
    if as_json:
        print_json({"configs": config_counts(opened), "absent": opened.manifest["absent_configs"]})
    else:
        print_configs(opened)


@click.command()
@click.argument("id")
@_release_option
@json_option
def show(id: str, release: Path, as_json: bool) -> None:
    """Show the record ID: its row, its lineage back to the upstream file, its place in the ledger.

    Example: medinjection-fr show 0123456789abcdef0123456789abcdef
    """
    from medinjection_fr.release.lookup import look_up
    from medinjection_fr.release.manifest import read_release
    from medinjection_fr.release.tables import print_found

    found = look_up(read_release(release), id)
    if as_json:
        print_json(found)
    else:
        print_found(found)


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
