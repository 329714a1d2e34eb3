"""``python -m evaluation judge``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evaluation.options import backend_options
from medinjection_fr.command_line import PATH, data_option
from medinjection_fr.generate.cli import model_options


@click.command()
@click.argument("run", type=PATH)
@click.option(
    "--judge",
    required=True,
    help="Folder of weights, a model's name on the Hub, or its name at the endpoint.",
)
@backend_options
@data_option
@click.option(
    "--kind",
    type=click.Choice(["equivalence", "facts", "preference"]),
    default="equivalence",
    show_default=True,
    help="Against the reference, by the facts that it must contain, or beside another run.",
)
@click.option(
    "--language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Of the judge's prompt.",
)
@click.option("--against", type=PATH, help="The other run of --kind preference.")
@click.option(
    "--variants",
    help="Joined by commas: plain, paraphrase (of the prompt), swapped (preference), "
    "padded, shortened, reordered, confident, hesitant (of the answer).",
)
@click.option("--limit", type=click.IntRange(1), help="Answers at most, always the same ones.")
@click.option("--name", help="Of the judge's folder in RUN/judges; judge, kind and language if not given.")
@click.option("--allow-same-family", is_flag=True, help="Let a model judge its kin, which it may favour.")
@model_options
def judge(run: Path, at_once: int, **options: Any) -> None:
    """Judge the open answers of RUN by a model. What was stopped goes on where it was.

    Example: python -m evaluation judge runs/eval/native --judge google/medgemma-27b-text-it --data medinjection-fr
    """
    from evaluation.judging.folder import read_judgements
    from evaluation.judging.judge import Order
    from evaluation.judging.judge import judge as judge_run
    from evaluation.judging.tables import print_judges
    from evaluation.tables import print_what_is_left

    own = ("judge", "backend", "data", "kind", "language", "against", "variants", "limit", "name")
    ordered = {name: options.pop(name) for name in (*own, "allow_same_family")}
    judged = judge_run(Order(run=run, at_once=at_once, options=options, **ordered))
    judges = read_judgements(run)
    print_judges(judges)
    print_what_is_left(judged.report)
    if not judged.families:
        click.echo(
            f"The family of {ordered['judge']} is not known: whether it judged its kin is yours to say."
        )
    lines = next(len(found.lines) for found in judges if found.name == judged.folder.name)
    click.echo(f"{judged.made:,} judgements made; {judged.folder} has {lines:,}.")
