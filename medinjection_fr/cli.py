"""The command line, thin: each command calls one function of the package and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from medinjection_fr import __version__
from medinjection_fr.command_line import (
    PATH,
    Commands,
    engine_options,
    jobs_option,
    json_option,
    print_json,
    recipe_and_data,
    recipe_data_option,
)
from medinjection_fr.curate.cli import leaks
from medinjection_fr.generate.cli import generate, synthesize, translate
from medinjection_fr.release.cli import audit, card, configs, diff, pull, push, show, verify
from medinjection_fr.sources.cli import sources

_output_option = click.option(
    "--output", type=PATH, default=Path("medinjection-fr"), show_default=True, help="Release folder."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """MedInjection-FR: build, verify and look into releases of the dataset."""


@main.command()
@_output_option
def demo(output: Path) -> None:
    """Build the sample that ships with the package, verify it and load every configuration.

    Example: medinjection-fr demo
    """
    from medinjection_fr.demo import run_demo

    run_demo(output)


@main.command()
@click.argument("recipe")
@_output_option
@recipe_data_option
@jobs_option
@engine_options
@click.option("--replace", is_flag=True, help="Take the place of a release in the output folder.")
@click.option("--format", type=click.Choice(["arrow", "parquet"]), default="arrow", show_default=True)
@json_option
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

    path, base = recipe_and_data(recipe, data)
    built = build_release(path, output, base, jobs, replace, format, engine, address)
    if as_json:
        print_json({"release": str(output), "written": built.written, **_summary(built.release.manifest)})
    else:
        print_build(built)


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


for command in (verify, push, pull, diff, audit, card, configs, show, leaks):
    main.add_command(command)
for group in (sources, translate, synthesize, generate):
    main.add_command(group)
