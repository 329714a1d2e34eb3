"""Commands for records that a model writes; thin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from medinjection_fr.command_line import PATH, engine_options, json_option, print_json

_job_option = click.option("--job", "name", help="Which job, if the journal holds several.")
_MODEL_OPTIONS = [
    click.option("--endpoint", help="Base URL of an OpenAI-compatible server."),
    click.option("--served-as", help="What the endpoint calls the model, if that is another name."),
    click.option(
        "--key-from", help="Environment variable with the key; OPENAI_API_KEY for https, none for http."
    ),
    click.option("--window", type=click.IntRange(1), help="Context window of the model in tokens, if known."),
    click.option("--per-minute", type=float, help="Requests in a minute at most."),
    click.option("--budget", help="When to stop: 5eur or 200000tokens, all runs of the journal together."),
    click.option("--price-in", type=float, help="Euros for a million tokens sent."),
    click.option("--price-out", type=float, help="Euros for a million tokens written."),
    click.option(
        "--at-once",
        type=click.IntRange(1),
        default=64,
        show_default=True,
        help="Requests under way; with --engine ray, of each task.",
    ),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        help="Of every request; null removes.",
    ),
]
_RUN_OPTIONS = [
    click.option("--data", type=PATH, default=Path(), help="Folder with a folder for each source."),
    click.option("--journal", type=PATH, required=True, help="SQLite file that keeps every answer."),
    click.option("--model", required=True, help="apertium, or the name of a model at the endpoint."),
    *_MODEL_OPTIONS,
    click.option(
        "--preview", type=click.IntRange(1), help="Show so many pairs first, then ask whether to go on."
    ),
    click.option("--yes", is_flag=True, help="Go on after the preview without asking."),
    click.option(
        "--limit", type=click.IntRange(1), help="So many materials: a random sample, always the same."
    ),
    click.option(
        "--name", help="Catalogue name of the records; <source>-translated or -synthetic if not given."
    ),
    click.option("--glossary", type=PATH, help="YAML file of more names and terms that the checks know."),
    engine_options,
]


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that translation and synthesis share."""
    return _with(_RUN_OPTIONS, command)


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How a model is asked."""
    return _with(_MODEL_OPTIONS, command)


def _with(options: Sequence[Callable[..., Any]], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def translate() -> None:
    """Translate questions in English into French records."""


@translate.command("run")
@click.argument("source")
@run_options
@click.option("--template", help="Name or YAML file; translate-item or translate-apertium if not given.")
@click.option(
    "--without-explanations", is_flag=True, help="Do not translate explanations, which are often long."
)
def translate_run(source: str, template: str | None, without_explanations: bool, **options: Any) -> None:
    """Translate the items of SOURCE, whose files are in <data>/<SOURCE>. A run that stopped goes on.

    Example: medinjection-fr translate run medmcqa --data data --journal medmcqa.sqlite --model apertium --limit 200
    """
    from medinjection_fr.generate.command import run_command
    from medinjection_fr.generate.translation.translate import plan

    run_command(plan(source, options["model"], template, not without_explanations), **options)


@translate.command("score")
@click.option(
    "--pairs", "memory", type=PATH, required=True, help="Translation memory (TMX) by professionals."
)
@click.option(
    "--hypotheses",
    type=PATH,
    help="Translations to score: a line for each pair, or .jsonl with id and translation.",
)
@click.option("--model", help="Or who translates: apertium, or the name of a model at the endpoint.")
@click.option("--journal", type=PATH, help="SQLite file that keeps every answer of the model.")
@model_options
@click.option("--template", help="Name or YAML file; translate-item or translate-apertium if not given.")
@click.option("--limit", type=click.IntRange(1), help="So many pairs: a random sample, always the same.")
@click.option(
    "--resamples",
    type=click.IntRange(100),
    default=1_000,
    show_default=True,
    help="Samples of the bootstrap that gives the intervals.",
)
@click.option(
    "--comet",
    "checkpoint",
    type=PATH,
    help="Checkpoint of a COMET model, to score with comet-score; none is downloaded.",
)
@click.option("--save", type=PATH, help="Folder for source.txt, reference.txt and hypothesis.txt.")
@json_option
def translate_score(as_json: bool, **options: Any) -> None:
    """Score translations into French against those of professionals: BLEU, chrF++ and COMET, with intervals.

    Example: medinjection-fr translate score --pairs data/tico-19/all.en-fr.tmx --model apertium --journal tico.sqlite
    """
    from medinjection_fr.generate.score.command import score_translator
    from medinjection_fr.generate.score.report import print_report

    report = score_translator(**options)
    if report is None:
        click.echo(f"Wrote {options['save']}. Next: translate source.txt, then give --hypotheses")
    elif as_json:
        print_json(report)
    else:
        print_report(report)


@click.group()
def synthesize() -> None:
    """Have French records written from clinical cases and abstracts."""


@synthesize.command("run")
@click.argument("source")
@run_options
@click.option("--tasks", metavar="NAME,…", help="Names or YAML files of prompts; all that ship if not given.")
@click.option(
    "--balance",
    metavar="TYPE=SHARE,…",
    help="Questions of each type, like mcqu=1,mcq=1,oeq=2; all tasks for each document if not given.",
)
@click.option(
    "--against",
    multiple=True,
    metavar="PATH",
    help="What no record may say: a file, a release (its test), a dataset on the Hub. May be repeated.",
)
@click.option(
    "--answering",
    help="Name or YAML file of the second prompt, without the answer; answer-question if not given.",
)
def synthesize_run(
    source: str,
    tasks: str | None,
    balance: str | None,
    against: tuple[str, ...],
    answering: str | None,
    **options: Any,
) -> None:
    """Have records written from the documents of SOURCE, whose files are in <data>/<SOURCE>.

    A run that stopped goes on.

    Example: medinjection-fr synthesize run morfitt --data data --journal morfitt.sqlite --model small@1
    --endpoint http://localhost:8000 --balance mcqu=1,mcq=1,oeq=2 --against medinjection-fr --limit 200
    """
    from medinjection_fr.generate.command import run_command
    from medinjection_fr.generate.synthesis.plan import plan

    asked = plan(source, options["model"], tasks, balance, against, answering)
    run_command(asked, **options)


@click.group()
def generate() -> None:
    """What jobs of translation and synthesis have given."""


@generate.command("export")
@click.argument("journal", type=PATH)
@click.option(
    "--output", type=PATH, required=True, help="Folder for records, rejected units, figures and recipe."
)
@_job_option
@json_option
def generate_export(journal: Path, output: Path, name: str | None, as_json: bool) -> None:
    """Judge all answers in JOURNAL again, offline, and write the records that pass, as a source to build from.

    Example: medinjection-fr generate export medmcqa.sqlite --output medmcqa-fr
    """
    from medinjection_fr.generate.command import open_work
    from medinjection_fr.generate.export import RECIPE, export
    from medinjection_fr.generate.status import print_figures

    with open_work(journal, name) as (work, prices):
        figures = export(work, prices, output)
    if as_json:
        print_json(figures)
        return
    print_figures(figures)
    if left := figures["units"]["unfinished"]:
        click.echo(f"{left:,} units have no answer yet: run the job again, then export it again.")
    click.echo(f"Wrote {output}. Next: medinjection-fr build {output / RECIPE} --output RELEASE")


@generate.command("status")
@click.argument("journal", type=PATH)
@json_option
def generate_status(journal: Path, as_json: bool) -> None:
    """Tell how far each job in JOURNAL is, what it has cost, and why units were rejected.

    Example: medinjection-fr generate status medmcqa.sqlite
    """
    from medinjection_fr.generate.status import print_status, read_status

    states = read_status(journal)
    if as_json:
        print_json(states)
    else:
        print_status(states)
