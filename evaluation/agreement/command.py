"""``python -m evaluation agreement``."""

from __future__ import annotations

from pathlib import Path

import click

from medinjection_fr.command_line import PATH, json_option


@click.command()
@click.argument("runs", nargs=-1, required=True, type=PATH)
@click.option(
    "--reviews",
    multiple=True,
    required=True,
    type=PATH,
    metavar="FILE",
    help="Export of the review; may be given several times.",
)
@click.option("--output", required=True, type=PATH, help="Folder for agreement.json.")
@click.option(
    "--generator-effect",
    type=click.Choice(["fixed", "random", "none"]),
    default="fixed",
    show_default=True,
    help="Of the logistic regression on length, over all runs together.",
)
@click.option("--resamples", type=click.IntRange(100), default=2_000, show_default=True)
@json_option
def agreement(
    runs: tuple[Path, ...],
    reviews: tuple[Path, ...],
    output: Path,
    generator_effect: str,
    resamples: int,
    as_json: bool,
) -> None:
    """Measure what physicians and judges of open answers agree on, and what length does to judges.

    Example: python -m evaluation agreement runs/eval/a runs/eval/b --reviews reviews.jsonl --output agreement
    """
    from evaluation.agreement.study import measure_agreement, write_agreement
    from evaluation.agreement.tables import print_agreement
    from medinjection_fr.release.digests import canonical_json

    found = measure_agreement(runs, reviews, generator_effect, resamples)
    written = write_agreement(found, output)
    if as_json:
        click.echo(canonical_json(found), nl=False)
        return
    print_agreement(found)
    click.echo(f"Wrote {written}.")
    click.echo(f"Next: python -m evaluation report {' '.join(map(str, runs))} --agreement {output}")
