"""The command line of evaluation, thin: each command calls one function and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evaluation.agreement.command import agreement
from evaluation.judging.command import judge
from evaluation.options import backend_options, config_option, split_option
from evaluation.report.command import report
from evaluation.review.command import review
from medinjection_fr.command_line import PATH, Commands, data_option, engine_options, json_option, print_json
from medinjection_fr.generate.cli import model_options


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Evaluate a model on a configuration of MedInjection-FR."""


@main.command()
@click.option(
    "--model",
    required=True,
    help="Folder of weights, a model's name on the Hub, or its name at the endpoint.",
)
@backend_options
@config_option
@split_option
@data_option
@click.option("--tasks", default="mcqu,mcq,oeq", show_default=True, help="Types of records.")
@click.option(
    "--protocols", help="Of multiple choice, joined by commas; all that the backend can answer if not given."
)
@click.option("--permutations", type=click.IntRange(0), default=0, help="Further orders of options.")
@click.option("--limit", type=click.IntRange(1), help="Records at most, always the same ones.")
@click.option(
    "--bertscore",
    type=(PATH, click.IntRange(1)),
    metavar="DIR LAYER",
    help="Encoder for BERTScore of open answers, and the layer that it compares.",
)
@click.option("--output", required=True, type=PATH, help="Folder of the run; one that was stopped goes on.")
@model_options
@engine_options
def run(
    model: str,
    backend: str,
    config: str,
    split: str,
    data: str,
    tasks: str,
    protocols: str | None,
    permutations: int,
    limit: int | None,
    bertscore: tuple[Path, int] | None,
    output: Path,
    at_once: int,
    engine: str,
    address: str | None,
    **options: Any,
) -> None:
    """Predict the records of a split; with --engine ray each node of a cluster opens the model for itself.

    Example: python -m evaluation run --model runs/paper/native/merged --config native --output runs/eval/native
    """
    from evaluation.compare import choice_rows, read_runs
    from evaluation.data import open_test_set
    from evaluation.endpoint_model import EndpointModel
    from evaluation.opening import BACKENDS, check_engine, open_predictor
    from evaluation.protocols import read_protocols
    from evaluation.run import run as run_model
    from evaluation.tables import print_contamination, print_open, print_rows, print_what_is_left
    from medinjection_fr.engine import open_engine

    check_engine(engine, backend)
    chosen = read_protocols(protocols, BACKENDS[backend])
    records = open_test_set(data, config, split, tasks.split(","), limit)
    with open_engine(engine, address=address) as where:
        opened = open_predictor(backend, model, output, at_once, options, where)
        made = run_model(opened, records, chosen, permutations, output, bertscore)
    runs = read_runs([output])
    if rows := choice_rows(runs):
        print_rows(rows)
    print_open(runs)
    print_contamination(runs)
    if isinstance(opened, EndpointModel):
        print_what_is_left(opened.report)
    click.echo(f"{made:,} predictions made; {output} has {len(runs[0].predictions):,}.")
    click.echo(f"Next: python -m evaluation compare {output} OTHER_RUN")


@main.command()
@click.argument("runs", nargs=-1, required=True, type=PATH)
@click.option("--resamples", type=click.IntRange(100), default=2_000, show_default=True)
def compare(runs: tuple[Path, ...], resamples: int) -> None:
    """Show runs beside each other, with intervals and differences.

    Example: python -m evaluation compare runs/eval/*
    """
    from evaluation.compare import choice_rows, compare_runs, read_runs
    from evaluation.tables import (
        print_comparisons,
        print_contamination,
        print_open,
        print_parts,
        print_positions,
        print_rows,
    )

    read = read_runs(runs)
    if rows := choice_rows(read, resamples):
        print_rows(rows)
        print_parts(rows)
        print_positions(rows)
        print_comparisons(compare_runs(read, resamples=resamples))
    print_open(read)
    print_contamination(read)


@main.command()
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@json_option
def crosscheck(first: Path, second: Path, as_json: bool) -> None:
    """Count the records that two backends answer differently, and name them.

    Run the same model twice with --limit 200, once with each --backend, and compare the two runs.

    Example: python -m evaluation crosscheck runs/eval/transformers runs/eval/vllm
    """
    from evaluation.crosscheck import crosscheck as compare_answers
    from evaluation.crosscheck import describe_crosscheck

    found = compare_answers(first, second)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(describe_crosscheck(found)))


@main.command()
@config_option
@split_option
@data_option
@click.option("--output", required=True, type=PATH, help="A new folder.")
def tasks(config: str, split: str, data: str, output: Path) -> None:
    """Write the multiple choice of a split as tasks for lm-evaluation-harness and inspect-ai.

    Example: python -m evaluation tasks --config native --data lab/medinjection-fr@1.2.0 --output tasks
    """
    from evaluation.harness import write_tasks

    group, *members = write_tasks(data, config, split, output)
    click.echo(f"Wrote {output}: {group} ({', '.join(members)}) and medinjection_fr_inspect.py")
    harness = f"lm_eval run --model hf --model_args pretrained=MODEL --tasks {group}"
    click.echo(f"Next: {harness} --include_path {output} --apply_chat_template")


for command in (judge, review, agreement, report):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="python -m evaluation")
