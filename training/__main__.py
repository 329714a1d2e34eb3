"""The command line of training, thin: each command calls one function and prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from medinjection_fr.command_line import PATH, Commands, data_option, json_option, print_json
from medinjection_fr.errors import InputError, Problem

_set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Another value, as optim.lr=2e-4."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Fine-tune a model on a configuration of MedInjection-FR."""


@main.command()
@click.argument("recipe")
@click.option("--config", required=True, help="As native+translated-controlled, or the paper's NAT-TRAD.")
@data_option
@click.option("--output", type=PATH, help="Folder of the run; runs/RECIPE/CONFIG if not given.")
@_set_option
@json_option
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
        print_json(report)
    else:
        print_run(output, report)


@main.command()
@click.argument("output", type=PATH)
@click.option("--data", help="The release, if it is no longer where the run found it.")
@click.option("--dtype", type=click.Choice(["bfloat16", "float32"]), help="Of the merged weights.")
@json_option
def merge(output: Path, data: str | None, dtype: str | None, as_json: bool) -> None:
    """Merge the adapter of the run in OUTPUT into its base, and compare what both say.

    Example: python -m training merge runs/paper/native+translated
    """
    from training.merge import merge as merge_run

    compared = merge_run(output, data, dtype)
    if as_json:
        print_json(compared)


@main.command()
@click.argument("output", type=PATH)
@click.option("--repo", required=True, help="Model repository on the Hub: organisation/name.")
@click.option("--adapter", is_flag=True, help="The adapter instead of the merged model.")
@click.option("--private", is_flag=True, help="Make the repository private, if it is not there yet.")
@click.option("--dry-run", is_flag=True, help="Show the card and what would be sent; write nothing.")
@json_option
def push(output: Path, repo: str, adapter: bool, private: bool, dry_run: bool, as_json: bool) -> None:
    """Publish the model of the run in OUTPUT with a card that says what it was made from.

    The token comes from HF_TOKEN or `hf auth login`.

    Example: python -m training push runs/paper/native+translated --repo org/qwen3-4b-nat-trad --private
    """
    from training.push import push as push_run
    from training.tables import print_push

    pushed = push_run(output, repo, adapter, private, dry_run)
    if as_json:
        print_json({**vars(pushed), "card": pushed.card})
    else:
        print_push(pushed)


@main.command()
@click.argument("recipe")
@data_option
@click.option("--output", type=PATH, help="Folder of the runs; runs/RECIPE if not given.")
@click.option("--matched", is_flag=True, help="The matched configurations too.")
@click.option("--config", "configs", multiple=True, help="Only this one; may be given again.")
@click.option("--only", type=click.IntRange(0), help="Only the one of this place, as of a Slurm array.")
@click.option("--gpus", help="Numbers of GPUs, as 0,1,2,3: one run on each at a time.")
@_set_option
@json_option
def sweep(
    recipe: str,
    data: str,
    output: Path | None,
    matched: bool,
    configs: tuple[str, ...],
    only: int | None,
    gpus: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Train the seven controlled configurations by RECIPE. What is finished is skipped.

    Example: python -m training sweep paper --data medinjection-fr --gpus 0,1
    """
    from medinjection_fr.configs import normalise_config_name
    from training.recipe import load_recipe
    from training.sweep import study_configs
    from training.sweep import sweep as sweep_configs
    from training.tables import print_table, write_table

    output = output or Path("runs") / load_recipe(recipe, overrides).name
    names = [normalise_config_name(name) for name in configs] or study_configs(matched)
    if only is not None:
        if only >= len(names):
            what = f"{only} is past the last of {len(names)} configurations"
            raise InputError(Problem("--only", what, f"0 to {len(names) - 1}"))
        names = names[only : only + 1]
    failed = sweep_configs(recipe, overrides, data, output, names, gpus.split(",") if gpus else ())
    if only is None and len(failed) < len(names):  # the tasks of an array would write over each other
        reports = write_table(output)
        if as_json:
            click.echo((output / "table.json").read_text(encoding="utf-8"), nl=False)
        else:
            print_table(output, reports)
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("output", type=PATH)
@json_option
def table(output: Path, as_json: bool) -> None:
    """Write the table of the finished runs in OUTPUT.

    Example: python -m training table runs/paper
    """
    from training.tables import print_table, write_table

    reports = write_table(output)
    if as_json:
        click.echo((output / "table.json").read_text(encoding="utf-8"), nl=False)
    else:
        print_table(output, reports)


if __name__ == "__main__":
    main(prog_name="python -m training")
