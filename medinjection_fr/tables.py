"""What the command line shows: tables and records, readable in a terminal of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from medinjection_fr.configs import DEFAULT_CONFIG
from medinjection_fr.curate.ledger import FOLDER, REPORTED, find_ledgers, read_ledger
from medinjection_fr.record import LETTERS, SPLITS, TYPES
from medinjection_fr.release.manifest import Release
from medinjection_fr.sources.catalogue import Source

if TYPE_CHECKING:
    from medinjection_fr.build import Built
    from medinjection_fr.curate.leaks import Leak
    from medinjection_fr.curate.questions import Benchmark
    from medinjection_fr.curate.semantic import Candidate, Review
    from medinjection_fr.sources.status import SourceStatus

_WIDTH_OFF_A_TERMINAL = 120


def open_console() -> Console:
    """A console of the terminal's width, or of a fixed one where the output is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OFF_A_TERMINAL)


def config_counts(release: Release) -> dict[str, dict[str, dict[str, int]]]:
    """Rows of each configuration by split and type."""
    shards = {shard.path: shard for shard in release.shards}
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for name, config in release.manifest["configs"].items():
        for split, part in config["splits"].items():
            types = dict.fromkeys(TYPES, 0)
            for path in part["shards"]:
                types[shards[path].cell.type] += shards[path].rows
            counts.setdefault(name, {})[split] = types
    return counts


def print_configs(release: Release) -> None:
    """Configurations × splits × types."""
    table = Table(title=f"medinjection-fr {release.version}", caption="rows as mcqu/mcq/oeq")
    table.add_column("config", overflow="fold")
    for split in SPLITS:
        table.add_column(split, justify="right")
    for name, splits in config_counts(release).items():
        cells = ["/".join(f"{n:,}" for n in splits[s].values()) if s in splits else "–" for s in SPLITS]
        table.add_row(name + (" (default)" if name == DEFAULT_CONFIG else ""), *cells)
    console = open_console()
    console.print(table)
    for name, reason in release.manifest["absent_configs"].items():
        console.print(f"no {name}: {reason}", markup=False)


def print_build(built: Built) -> None:
    """What a build read, kept and dropped, and what to do next."""
    release, console = built.release, open_console()
    table = Table(title=f"{release.folder}: version {release.version}")
    for column in ("source", "read", "kept", "dropped, by rule"):
        table.add_column(column, justify="right" if column in ("read", "kept") else "left")
    for name, source in release.manifest["sources"].items():
        rules = ", ".join(f"{rule} {n:,}" for rule, n in source["dropped"].items()) or "–"
        table.add_row(name, f"{source['read']:,}", f"{source['kept']:,}", rules)
    console.print(table)
    for path in find_ledgers(release.folder):
        _print_first_dropped(path, console)
    reported = release.folder / FOLDER / REPORTED
    if reported.exists():
        console.print(f"Pairs of test records that say the same are named in {reported}.", markup=False)
    state = "Wrote" if built.written else "Unchanged:"
    console.print(
        f"{state} {release.folder}, {len(release.manifest['configs'])} configurations.", markup=False
    )
    console.print(f"Next: medinjection-fr verify {release.folder}", markup=False)


def _print_first_dropped(path: Path, console: Console) -> None:
    """The first dropped record of each rule, as an example."""
    console.print(f"Dropped records are named in {path}, for instance:", markup=False)
    seen = set()
    for row in read_ledger(path):
        if row.rule not in seen:
            seen.add(row.rule)
            place = f"{row.file} record {row.position}"
            console.print(f"  {row.rule}: {place} (id {row.source_id}): {row.evidence}", markup=False)


_LEAKS_SHOWN = 20


def print_leaks(found: Sequence[Leak], benchmark: Benchmark) -> None:
    """Leaks by kind and split, and the first of them."""
    console = open_console()
    counts = Counter((leak.kind, leak.split) for leak in found)
    table = Table(title=f"{len(found):,} pairs with {len(benchmark.questions):,} questions")
    for column in ("kind", *SPLITS):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind in sorted({kind for kind, _ in counts}):
        table.add_row(kind, *(f"{counts[kind, split]:,}" for split in SPLITS))
    console.print(table)
    for leak in found[:_LEAKS_SHOWN]:
        pair = f"{leak.id} ({leak.split}) and {leak.benchmark_id}"
        console.print(f"  {leak.kind} {leak.similarity:.2f}: {pair}", markup=False)
    if len(found) > _LEAKS_SHOWN:
        console.print(f"  … and {len(found) - _LEAKS_SHOWN:,} more: --json has them all", markup=False)
    for reason, number in benchmark.unindexed.items():
        console.print(f"not indexed: {number:,} questions ({reason})", markup=False)


_COSINES = (0.95, 0.9, 0.85, 0.8, 0.75, 0.0)


def print_review(review: Review) -> None:
    """Candidates by cosine and language, and the nearest of them."""
    console, search = open_console(), review.search
    what = f"{len(review.candidates):,} candidates for {review.questions:,} questions"
    how = f"cosine from {search.threshold:g}, {search.top} for a question at most, {search.model}"
    table = Table(title=f"{what} among {review.records:,} records", caption=how)
    for column in ("cosine", "the same language", "another"):
        table.add_column(column, justify="left" if column == "cosine" else "right")
    bins = Counter(
        (next(low for low in _COSINES if c.cosine >= low), c.differences is None) for c in review.candidates
    )
    for low, high in zip(_COSINES, (None, *_COSINES), strict=False):
        if any((low, other) in bins for other in (False, True)):
            label = f"{low or search.threshold:.2f}" + (f" – {high:.2f}" if high else " and more")
            table.add_row(label, *(f"{bins[low, other]:,}" for other in (False, True)))
    console.print(table)
    for candidate in review.candidates[:_LEAKS_SHOWN]:
        _print_candidate(candidate, console)
    if len(review.candidates) > _LEAKS_SHOWN:
        more = len(review.candidates) - _LEAKS_SHOWN
        console.print(f"  … and {more:,} more: --output writes them all", markup=False)
    for number, name in ((review.cut_records, "records"), (review.cut_questions, "questions")):
        if number:
            console.print(f"compared by their beginning only: {number:,} long {name}", markup=False)
    console.print("Candidates are for a person to review: nothing was dropped or flagged.", markup=False)


def _print_candidate(candidate: Candidate, console: Console) -> None:
    record = f"{candidate.record_id} ({candidate.record_split})"
    question = f"{candidate.question_id} ({candidate.question_split})"
    if candidate.differences is None:
        differ = f"{candidate.question_language}, not {candidate.record_language}"
    else:
        differ = ", ".join(candidate.differences) or "no guarded word"
    answers = {True: "same answer", False: "another answer", None: "answers not compared"}
    facts = f"differ in: {differ}; {answers[candidate.answers_agree]}"
    lines = [f"  {candidate.cosine:.2f}: {record} and {question}: {facts}"]
    if candidate.texts:
        texts = zip(("record", "question"), candidate.texts, strict=True)
        lines += [f"    {name}: {text}" for name, text in texts]
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def print_sources(catalogue: Mapping[str, Source]) -> None:
    """The catalogue, a line each."""
    table = Table()
    for column in ("source", "holds", "provenance", "licence", "from", "tried on"):
        table.add_column(column, overflow="fold")
    for name, source in catalogue.items():
        where = source.facts["location"]
        place = where.get("repository", where["kind"])
        licence = source.license + ("" if source.facts["redistributable"] else " (not redistributable)")
        table.add_row(name, source.yields, source.origin, licence, place, source.facts.get("tried_on", "–"))
    open_console().print(table)


def print_status(states: Sequence[SourceStatus]) -> None:
    """What of a recipe's files is there."""
    table = Table()
    for column in ("source", "state", "files", "to do"):
        table.add_column(column, overflow="fold", justify="right" if column == "files" else "left")
    for state in states:
        table.add_row(state.source, state.state, f"{state.files:,}", state.to_do or "–")
    open_console().print(table)


def print_source(source: Source) -> None:
    """All facts of a source."""
    table = Table(title=source.name, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in source.facts.items():
        table.add_row(key, Text(_plain(value)))
    open_console().print(table)


def print_found(found: Mapping[str, Any]) -> None:
    """A record with its lineage, or its places in the ledger."""
    console = open_console()
    if row := found["record"]:
        print_record(row, console)
        table = Table(show_header=False, title="lineage")
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for key, value in found["lineage"].items():
            table.add_row(key, Text(_plain(value)))
        console.print(table)
    for dropped in found["ledger"]:
        place = f"{dropped['source']}: {dropped['file']} record {dropped['position']}"
        console.print(f"ledger: {place}: {dropped['rule']}: {dropped['evidence']}", markup=False)


def print_record(row: Mapping[str, Any], console: Console | None = None) -> None:
    """One record, its options lettered and the gold ones marked."""
    console = console or open_console()
    title = f"{row['origin']} · {row['type']} · {row['task']} · {row['source']}/{row['source_id']}"
    table = Table(title=escape(title), show_header=False, width=min(console.width, 100))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    gold = row["answer"].split(",") if row["choices"] else []
    options = [
        f"{'✔' if letter in gold else ' '} ({letter}) {text}"
        for letter, text in zip(LETTERS, row["choices"], strict=False)
    ]
    for name, value in row.items():
        if name == "choices":
            value = "\n".join(options)
        if value not in (None, "", []):
            table.add_row(name, Text(_plain(value)))
    console.print(table)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return (
            "\n".join(map(_plain, value))
            if any("\n" in str(v) for v in value)
            else "; ".join(map(_plain, value))
        )
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    return str(value)
