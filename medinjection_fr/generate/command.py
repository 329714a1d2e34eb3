"""What the commands of translation and synthesis do: open all that a job needs, and run it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from medinjection_fr.checked_yaml import read_text
from medinjection_fr.engine import open_engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.job import Job, JobStore
from medinjection_fr.generate.plan import Plan, check_name, read_limit, read_parameters, read_prices
from medinjection_fr.generate.preview import show_pairs
from medinjection_fr.generate.run import Work, choose_materials, find_materials
from medinjection_fr.generate.spread import check_engine, spread, take_in_parts
from medinjection_fr.generate.status import print_status, read_status
from medinjection_fr.models.budget import Prices
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.opening import open_model
from medinjection_fr.models.run import RunReport
from medinjection_fr.models.session import Session


@contextmanager
def open_work(path: Path, name: str | None) -> Iterator[tuple[Work, Prices | None]]:
    """Opens a job of a journal to look into it; nothing is written.

    Args:
        path: The journal.
        name: The job; not needed if there is only one.

    Raises:
        InputError: There is no such journal or job.
    """
    with Journal(path, read_only=True) as journal, JobStore(path, read_only=True) as store:
        job = store.find(name)
        yield Work(job, store, journal), store.prices(job)


def run_command(
    plan: Plan,
    *,
    data: Path,
    journal: Path,
    model: str,
    endpoint: str | None,
    served_as: str | None,
    key_from: str | None,
    window: int | None,
    per_minute: float | None,
    budget: str | None,
    price_in: float | None,
    price_out: float | None,
    preview: int | None,
    yes: bool,
    limit: int | None,
    at_once: int,
    parameters: Sequence[str],
    name: str | None,
    glossary: Path | None,
    engine: str,
    address: str | None,
) -> None:
    """Runs a plan, from where an earlier run stopped, and prints how far it is.

    Raises:
        InputError: Every mistake of what was given, or a model that cannot be asked.
    """
    name = check_name(name or plan.name)
    prices = read_prices(price_in, price_out)
    most, changed = read_limit(budget, prices), read_parameters(parameters)
    terms = read_text(glossary) if glossary else None
    inputs = find_materials(plan.source, data / plan.source.name, plan.yields)
    check_engine(engine, address, model, budget, per_minute)
    asked: dict[str, Any] = {"name": model, "endpoint": endpoint, "served_as": served_as}
    asked |= {"key_from": key_from, "window": window}
    opened = open_model(**asked, per_minute=per_minute)
    with Journal(journal) as answers, JobStore(journal) as store:
        take_in_parts(answers)
        job = Job(
            name=name,
            kind=plan.kind,
            source=plan.source,
            inputs={input.file.name: input.sha256 for input in inputs},
            model=opened.name,
            templates=tuple(template.text for template in plan.templates),
            parameters=changed,
            options=plan.options,
        )
        job = store.open(job, prices, terms)
        store.keep_questions(plan.questions)
        work = Work(job, store, answers)
        if not store.has(job, limit):
            store.add(job, choose_materials(inputs, limit), limit)

        def session() -> Session:
            return Session(opened, answers, prices=prices, budget=most, at_once=at_once)

        if preview:
            with _keeping(journal):
                work.run(session(), min(preview, limit or preview))
            if not _goes_on(work, preview, limit, yes):
                return
        if engine == "local":
            with _keeping(journal):
                report = work.run(session(), limit)
        else:
            with open_engine(engine, address=address) as cluster, _keeping(journal):
                report = spread(work, cluster, asked, at_once, limit)
        print_status(read_status(journal))
        _print_end(report, journal)


@contextmanager
def _keeping(journal: Path) -> Iterator[None]:
    """Tells of a run that cannot go on that nothing is lost."""
    try:
        yield
    except InputError as error:
        kept = Problem(str(journal), "keeps all that was answered", mend="The same command goes on")
        raise InputError([*error.problems, kept]) from error


def _goes_on(work: Work, preview: int, limit: int | None, yes: bool) -> bool:
    """Shows the first materials as they are done, and asks whether to go on with the others."""
    shown = list(work.replay(min(preview, limit or preview)))
    show_pairs(shown)
    left = len(work.left(limit))
    if yes or not left:
        return True
    tokens = sum(r.input_tokens + r.output_tokens for replayed in shown for r in replayed.replies)
    accepted = sum(bool(replayed.outcome and replayed.outcome.accepted) for replayed in shown)
    about = f"about {tokens / len(shown) * left:,.0f} tokens" if tokens else "without cost"
    question = f"{accepted:,} of {len(shown):,} accepted. Go on with {left:,} more, {about}?"
    if sys.stdin.isatty():
        return click.confirm(question)
    click.echo(f"{question} Nothing more was asked: give --yes to go on.")
    return False


def _print_end(report: RunReport, journal: Path) -> None:
    for rule, units in sorted(report.left.items()):
        click.echo(f"No answer this time: {units:,} units ({rule}). The same command takes them up.")
    if report.stopped == "budget":
        click.echo("Stopped: the budget is spent. The same command with a larger one goes on.")
    elif report.stopped:
        click.echo("Stopped. The same command goes on from here.")
    click.echo(f"Next: medinjection-fr generate export {journal} --output FOLDER")
