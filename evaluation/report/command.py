"""The command ``report``."""

from __future__ import annotations

from pathlib import Path

import click

from medinjection_fr.command_line import PATH


@click.command()
@click.argument("runs", nargs=-1, required=True, type=PATH)
@click.option("--agreement", type=PATH, help="Folder of agreement.json.")
@click.option(
    "--reviews", multiple=True, type=PATH, help="Export of the review, JSON Lines; may be given again."
)
@click.option("--training", multiple=True, type=PATH, help="A training.json; may be given again.")
@click.option("--protocol", help="Of multiple choice, for the figures that show one.")
@click.option("--with-text", is_flag=True, help="Show what was asked and answered in examples, not ids only.")
@click.option("--data", type=PATH, help="Release of the runs: questions and references for --with-text.")
@click.option("--resamples", type=click.IntRange(100), default=2_000, show_default=True)
@click.option("--output", required=True, type=PATH, help="The page, as report.html.")
@click.option("--figures", type=PATH, help="Folder for the figures as PNG and SVG.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON for programs.")
def report(
    runs: tuple[Path, ...],
    agreement: Path | None,
    reviews: tuple[Path, ...],
    training: tuple[Path, ...],
    protocol: str | None,
    with_text: bool,
    data: Path | None,
    resamples: int,
    output: Path,
    figures: Path | None,
    as_json: bool,
) -> None:
    """Write runs, judges, people and their agreement on one page that stands alone.

    Example: python -m evaluation report runs/eval/* --agreement agreement --output report.html
    """
    from evaluation.report import page
    from evaluation.report.material import Asked

    asked = Asked(runs, agreement, reviews, training, protocol, with_text, data, resamples)
    numbers = page.write_report(asked, output, figures)
    if as_json:
        click.echo(page.as_json(numbers))
        return
    number = f"{len(runs)} runs" if len(runs) > 1 else "one run"
    click.echo(f"Wrote {output}: {number}" + (f"; figures in {figures}" if figures else "") + ".")
    for sentence in numbers["findings"]:
        click.echo(f"- {sentence}")
    if with_text:
        click.echo("It holds medical texts and remarks: look who may read it.")
    click.echo(f"Next: open {output} in a browser, or print it.")
