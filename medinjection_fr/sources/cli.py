"""Commands for the catalogue of upstream datasets and their files; thin."""

from __future__ import annotations

from pathlib import Path

import click

from medinjection_fr.command_line import (
    PATH,
    fail,
    json_option,
    print_json,
    recipe_and_data,
    recipe_data_option,
)
from medinjection_fr.errors import InputError, Problem

_data_option = click.option(
    "--data", type=PATH, default=Path(), help="Folder with a folder for each source; here if not given."
)


@click.group()
def sources() -> None:
    """The catalogue of upstream datasets."""


@sources.command("list")
@json_option
def list_sources(as_json: bool) -> None:
    """List every source: provenance, licence, whether it may be redistributed.

    Example: medinjection-fr sources list
    """
    from medinjection_fr.sources.catalogue import load_catalogue
    from medinjection_fr.sources.tables import print_sources

    catalogue = load_catalogue()
    if as_json:
        print_json({name: source.facts for name, source in catalogue.items()})
    else:
        print_sources(catalogue)


@sources.command("show")
@click.argument("name")
@json_option
def show_source(name: str, as_json: bool) -> None:
    """Show what is known of the source NAME.

    Example: medinjection-fr sources show frenchmedmcqa
    """
    from medinjection_fr.sources.catalogue import find_source
    from medinjection_fr.sources.tables import print_source

    source = find_source(name)
    if as_json:
        print_json(source.facts)
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
@recipe_data_option
@json_option
def source_status(recipe: str, data: Path | None, as_json: bool) -> None:
    """Tell which files of RECIPE are there, which are missing, and what to do.

    Example: medinjection-fr sources status upstream --data data
    """
    from medinjection_fr.recipe import load_recipe
    from medinjection_fr.sources.status import recipe_status
    from medinjection_fr.sources.tables import print_status

    states = recipe_status(load_recipe(*recipe_and_data(recipe, data)))
    if as_json:
        print_json(list(map(vars, states)))
    else:
        print_status(states)


@sources.command("export")
@click.argument("name")
@click.argument("output", type=PATH)
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
