"""The command line of training, thin: each command calls one function and prints."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from medinjection_fr.command_line import Commands

_PATH = click.Path(path_type=Path)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_data_option = click.option(
    "--data",
    default="medinjection-fr",
    show_default=True,
    metavar="DIR|REPO@VERSION",
    help="Release folder, or organisation/name@1.2.0 on the Hub.",
)
_set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Another value, as optim.lr=2e-4."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Fine-tune a model on a configuration of MedInjection-FR."""


@main.command()
@click.argument("recipe")
@click.option("--config", required=True, help="As native+translated-controlled, or the paper's NAT-TRAD.")
@_data_option
@click.option("--output", type=_PATH, help="Folder of the run; runs/RECIPE/CONFIG if not given.")
@_set_option
@_json_option
def run(
    recipe: str, config: str, data: str, output: Path | None, overrides: tuple[str, ...], as_json: bool
) -> None:
    """Train by RECIPE: a YAML file, or paper, fast or smoke. A run that was stopped goes on.

    Example: python -m training run paper --config native+translated --data medinjection-fr
    """
    from medinjection_fr.configs import normalise_config_name
    from training.recipe import load_recipe
    from training.run import run as run_recipe
    from training.tables import print_run

    checked, name = load_recipe(recipe, overrides), normalise_config_name(config)
    output = output or Path("runs") / checked.name / name
    report = run_recipe(checked, data, name, output)
    if os.environ.get("RANK", "0") != "0":  # of several processes, the first prints
        return
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_run(output, report)


@main.command()
@click.argument("output", type=_PATH)
@click.option("--data", help="The release, if it is no longer where the run found it.")
@click.option("--dtype", type=click.Choice(["bfloat16", "float32"]), help="Of the merged weights.")
@_json_option
def merge(output: Path, data: str | None, dtype: str | None, as_json: bool) -> None:
    """Merge the adapter of the run in OUTPUT into its base, and compare what both say.

    Example: python -m training merge runs/paper/native+translated
    """
    from training.merge import merge as merge_run

    compared = merge_run(output, data, dtype)
    if as_json:
        click.echo(json.dumps(compared))


if __name__ == "__main__":
    main(prog_name="python -m training")
