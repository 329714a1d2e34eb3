"""The command that searches a release for what a benchmark asks; thin."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from medinjection_fr.command_line import PATH, engine_options, jobs_option, json_option, print_json
from medinjection_fr.engine import open_engine, scratch_beside
from medinjection_fr.errors import InputError, Problem


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--against",
    help="A file (JSON, JSON Lines, Parquet, CSV, TSV), a release (its test), or a dataset on the Hub.",
)
@click.option("--semantic", is_flag=True, help="Also list translations and paraphrases, for review.")
@click.option(
    "--model", default="usem3", show_default=True, help="Encoder; or a model of sentence-transformers."
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.7, show_default=True, help="Lowest cosine."
)
@click.option(
    "--top", type=click.IntRange(1), default=3, show_default=True, help="Candidates for each question."
)
@click.option("--output", type=PATH, help="JSON Lines file for all candidates.")
@click.option("--vectors", type=PATH, help="Folder that keeps the vectors, for another run.")
@click.option("--show-texts", is_flag=True, help="Show the texts of candidates.")
@jobs_option
@engine_options
@json_option
@click.pass_context
def leaks(
    context: click.Context,
    folder: Path,
    against: str | None,
    semantic: bool,
    model: str,
    threshold: float,
    top: int,
    output: Path | None,
    vectors: Path | None,
    show_texts: bool,
    jobs: int | None,
    engine: str,
    address: str | None,
    as_json: bool,
) -> None:
    """Search the release in FOLDER for what a benchmark asks. It reports and changes nothing.

    Without --against, train and validation are searched for what the release's own later splits ask.
    --semantic needs the extra `semantic`; the options from --model to --show-texts go with it.

    Example: medinjection-fr leaks medinjection-fr --against benchmark.jsonl --semantic
    """
    from medinjection_fr.curate.encoders import open_encoder
    from medinjection_fr.curate.leaks import find_leaks
    from medinjection_fr.curate.questions import read_benchmark, read_later_splits
    from medinjection_fr.curate.semantic import Search, find_candidates, write_review
    from medinjection_fr.curate.tables import print_leaks, print_review
    from medinjection_fr.release.manifest import read_release

    if semantic:
        open_encoder(model)
    else:
        _refuse_given(context, "model", "threshold", "top", "output", "vectors", "show_texts")
    if output and output.is_dir():
        raise InputError(Problem(str(output), "is a folder", "the name of a JSON Lines file"))
    release = read_release(folder)
    benchmark = read_benchmark(against) if against else read_later_splits(release)
    review = None
    with open_engine(engine, jobs, address) as runner, scratch_beside(folder, runner) as scratch:
        found = find_leaks(release, benchmark, runner, scratch)
        if semantic:
            search = Search(model, threshold, top, show_texts)
            review = find_candidates(release, benchmark, found, search, runner, scratch, vectors)
    if review and output:
        write_review(review, output)
    if as_json:
        indexed = {"questions": len(benchmark.questions), "unindexed": benchmark.unindexed}
        told = {"semantic": review.as_json()} if review else {}
        print_json({**indexed, "leaks": [leak._asdict() for leak in found], **told})
        return
    print_leaks(found, benchmark)
    if review:
        print_review(review)
    if output:
        click.echo(f"Wrote {output}.")


def _refuse_given(context: click.Context, *names: str) -> None:
    given = [name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    options = [f"--{name.replace('_', '-')}" for name in given]
    mend = "Add --semantic, or leave it out"
    if options:
        raise InputError([Problem(option, "goes with --semantic only", mend=mend) for option in options])
