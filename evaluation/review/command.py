"""``python -m evaluation review``: each command calls one function and prints."""

from __future__ import annotations

from pathlib import Path

import click

from medinjection_fr.command_line import PATH

_FILE = click.Path(path_type=Path, dir_okay=False)
_review_argument = click.argument("database", type=_FILE)


@click.group()
def review() -> None:
    """Have answers, or rows of the dataset, reviewed by physicians on a local page."""


@review.command()
@click.argument("runs", nargs=-1, type=PATH)
@click.option(
    "--data",
    default="medinjection-fr",
    show_default=True,
    metavar="DIR|REPO@VERSION",
    help="The release that the runs, or the rows, are of.",
)
@click.option("--items", type=click.IntRange(1), help="Questions at most; all if not given.")
@click.option("--rows", type=click.IntRange(1), help="In place of RUNS: rows of each origin to review.")
@click.option("--origins", default="synthetic,translated", show_default=True, help="Of the rows.")
@click.option(
    "--materials",
    multiple=True,
    type=_FILE,
    help="What the rows were made from, as `medinjection-fr sources export` writes it; may stand several times.",
)
@click.option("--annotators", required=True, help="Pseudonyms joined by commas: a-z, 0-9 and -.")
@click.option(
    "--overlap",
    type=float,
    default=0.3,
    show_default=True,
    help="Share of the items that all annotators judge.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw and of every order.")
@click.option("--output", required=True, type=_FILE, help="The review database, as review.sqlite.")
def prepare(
    runs: tuple[Path, ...],
    data: str,
    items: int | None,
    rows: int | None,
    origins: str,
    materials: tuple[Path, ...],
    annotators: str,
    overlap: float,
    seed: int,
    output: Path,
) -> None:
    """Draw what is reviewed, deal it out, and make a token for each annotator.

    Example: python -m evaluation review prepare runs/base runs/native --annotators anne,basile --output review.sqlite

    Example: python -m evaluation review prepare --rows 100 --annotators anne,basile --output rows.sqlite
    """
    from evaluation.review.access import tokens_path
    from evaluation.review.preparation import Drawing, prepare_review

    drawing = Drawing(runs, data, items, rows, tuple(origins.split(",")), materials)
    for line in prepare_review(drawing, annotators, overlap, seed, output):
        click.echo(line)
    click.echo(f"Tokens: {tokens_path(output)}. Give each annotator theirs, and nobody else.")
    click.echo(f"Next: python -m evaluation review serve {output}")


@review.command()
@_review_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets other machines in.")
@click.option("--port", type=click.IntRange(0, 65_535), default=7860, show_default=True)
def serve(database: Path, host: str, port: int) -> None:
    """Serve the page until Ctrl-C.

    Example: python -m evaluation review serve review.sqlite
    """
    from evaluation.review.access import tokens_path
    from evaluation.review.server import LOOPBACK, listen
    from evaluation.review.server import serve as serve_review
    from evaluation.review.store import Store

    with Store(database) as store, listen(host, port) as listening:
        address = f"http://{host}:{listening.getsockname()[1]}"
        click.echo(
            f"Open {address} and give a token of {tokens_path(database)}. Ctrl-C ends; nothing is lost."
        )
        if host != LOOPBACK:
            click.echo("Other machines can reach this page, unencrypted: put it behind HTTPS.")
        serve_review(store, listening)


@review.command()
@_review_argument
@click.option("--output", type=_FILE, help="A file that ends with .jsonl or .csv.")
@click.option("--exclude", type=_FILE, help="For rows: `exclude:` proposals for a recipe, as YAML.")
def export(database: Path, output: Path | None, exclude: Path | None) -> None:
    """Write everybody's reviews, or what they propose to withdraw.

    Example: python -m evaluation review export review.sqlite --output reviews.jsonl
    """
    from evaluation.review.exchange import export_reviews
    from evaluation.review.store import Store

    with Store(database) as store:
        for line in export_reviews(store, output, exclude):
            click.echo(line)


@review.command("import")
@_review_argument
@click.argument("files", nargs=-1, required=True, type=_FILE)
def import_(database: Path, files: tuple[Path, ...]) -> None:
    """Bring exported reviews of the same set in; the newest rating of an item counts.

    Example: python -m evaluation review import review.sqlite evaluations-anne.csv evaluations-basile.csv
    """
    from evaluation.review.exchange import import_reviews
    from evaluation.review.store import Store

    with Store(database) as store:
        done = import_reviews(store, files)
    click.echo(
        f"{done.added:,} brought in, {done.same:,} were here, {done.older:,} left out: newer ones are here."
    )
