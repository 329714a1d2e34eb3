"""What the command line shows: tables and records, readable in a terminal of 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pyarrow.compute as pc
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from medinjection_fr.configs import DEFAULT_CONFIG
from medinjection_fr.curate.ledger import FOLDER, REPORTED, find_ledgers, read_ledger
from medinjection_fr.record import LETTERS, SPLITS, TYPES
from medinjection_fr.release.changelog import describe_withdrawal, entry_as_yaml
from medinjection_fr.release.difference import SplitChange
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.reasons import WITHDRAWN
from medinjection_fr.sources.catalogue import Source

if TYPE_CHECKING:
    from medinjection_fr.build import Built
    from medinjection_fr.curate.leaks import Leak
    from medinjection_fr.curate.questions import Benchmark
    from medinjection_fr.curate.semantic import Candidate, Review
    from medinjection_fr.release.difference import Difference
    from medinjection_fr.release.push import Pushed
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


def push_summary(pushed: Pushed) -> dict[str, Any]:
    """What a push did or would do, for programs; sizes in bytes."""
    plan, changes = pushed.plan, pushed.plan.changes
    return {
        "repo": plan.repo,
        "tag": plan.tag,
        "private": plan.private,
        "parent": plan.main.commit if plan.main else None,
        "compared_with": plan.base,
        "bump": plan.bump,
        **vars(changes),
        "commit": pushed.commit,
        "pull_request": pushed.request,
        "written": pushed.written,
        "tagged": pushed.tagged,
    }


def print_push(pushed: Pushed) -> None:
    """What becomes of each file, what was done, and what to do next."""
    plan, changes, console = pushed.plan, pushed.plan.changes, open_console()
    table = Table(title=f"{plan.repo} {plan.tag}")
    for column in ("", "file", "bytes"):
        table.add_column(column, justify="right" if column == "bytes" else "left", overflow="fold")
    for state in ("added", "replaced", "deleted"):
        for name, size in getattr(changes, state).items():
            table.add_row(state, name, f"{size:,}")
    table.add_section()
    for state, files in (
        ("to send", changes.sent),
        ("deleted", changes.deleted),
        ("unchanged", changes.unchanged),
    ):
        table.add_row(state, f"{len(files):,} files", f"{sum(files.values()):,}")
    if not plan.published:
        console.print(table)
    for line in _push_outcome(pushed):
        console.print(line, markup=False)


def _push_outcome(pushed: Pushed) -> list[str]:
    plan = pushed.plan
    who = "private" if plan.private else "public"
    if plan.published:
        return [f"Unchanged: {plan.repo} has {plan.tag} already, with exactly this content."]
    step = f"The change from {plan.base} is {plan.bump}." if plan.base else "It is the first release there."
    if pushed.commit is None:
        made = f"{plan.repo} would be made, {who}." if plan.main is None else f"{plan.repo} is {who}."
        return [f"{made} {step}", "Nothing was written: --dry-run."]
    if pushed.request:
        number = pushed.request.rsplit("/", 1)[-1]
        state = "Opened" if pushed.written else "Unchanged:"
        return [
            f"{state} pull request {number} ({pushed.commit[:12]}), read back byte by byte. No tag was made.",
            "Next: merge it on the Hub, then push again without --create-pr, which makes the tag.",
        ]
    state = "Wrote" if pushed.written else "Main held already, as"
    return [
        f"{state} commit {pushed.commit[:12]}, read back byte by byte, and tagged {plan.tag}. {step}",
        f'Next: medinjection_fr.load(CONFIG, repo="{plan.repo}", version="{plan.tag[1:]}")',
    ]


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


_KIND_HEADS = {"content": "rewritten", "license": "licence"}
_CHANGES_SHOWN = 5


def print_difference(difference: Difference, entry: Mapping[str, Any] | None) -> None:
    """What differs between two releases, the first records of each kind, and the changelog entry."""
    console = open_console()
    old, new = difference.old, difference.new
    console.print(f"{old.folder} {old.version} → {new.folder} {new.version}", markup=False)
    kinds = [kind for kind, rows in difference.counts.items() if rows]
    if kinds:
        cells = {" ".join(cell): rows for cell, rows in difference.by_cell().items()}
        console.print(_count_table("origin, split, type", cells, kinds))
        console.print(_count_table("source", difference.by_source(), kinds))
        _print_changed_rows(difference, console)
    else:
        console.print("Every record is the same.")
    if difference.configs:
        console.print(_config_table(difference))
    for what in difference.packaging:
        console.print(f"packaging: {what}", markup=False)
    version, bump = difference.smallest_version(), difference.bump
    if entry is None:
        console.print(f"Nothing to release: nothing differs from {version}.")
        return
    state = "is honest" if difference.allows(new.version) else "promises more than is true"
    console.print(f"Smallest honest version: {version} ({bump}). {new.version} {state}.", markup=False)
    console.print("For the recipe, above its earlier entries:\n")
    click.echo(entry_as_yaml(entry))


def _count_table(head: str, counts: Mapping[str, Mapping[str, int]], kinds: Sequence[str]) -> Table:
    """Rows before and now, and of each kind of change, where there is one."""
    table = Table()
    for column in (head, "old", "new", *(_KIND_HEADS.get(kind, kind) for kind in kinds)):
        table.add_column(column, overflow="fold", justify="left" if column == head else "right")
    for name, rows in counts.items():
        if rows["old"] != rows["new"] or any(rows[kind] for kind in kinds):
            table.add_row(name, *(f"{rows[key]:,}" for key in ("old", "new", *kinds)))
    return table


def _print_changed_rows(difference: Difference, console: Console) -> None:
    """Every withdrawn record, and the first others of each kind."""
    for row in difference.withdrawn:
        console.print(f"withdrawn {describe_withdrawal(row)}", markup=False)
    others = difference.rows.filter(pc.not_equal(pc.fill_null(difference.rows["rule"], ""), WITHDRAWN))
    for kind in difference.counts:
        rows = others.filter(pc.equal(others["kind"], kind))
        for row in rows.slice(0, _CHANGES_SHOWN).to_pylist():
            console.print(f"  {_KIND_HEADS.get(kind, kind)}: {_changed_row(row)}", markup=False)
        if len(rows) > _CHANGES_SHOWN:
            console.print(f"  … and {len(rows) - _CHANGES_SHOWN:,} more: --json has them all", markup=False)


def _changed_row(row: Mapping[str, Any]) -> str:
    """A record by name, with what of it is other."""
    other = [f"{row[f'old_{name}']} → {row[name]}" for name in ("split", "license") if row[f"old_{name}"]]
    columns = [name for name in row["columns"] or () if name != "license"]
    told = ", ".join([*other, *columns]) or row["reason"]
    return f"{row['source']}/{row['source_id']} (id {row['id']}, {row['split']})" + (
        f": {told}" if told else ""
    )


def _config_table(difference: Difference) -> Table:
    caption = "by id: rows before → now, + entered, − left; other configurations hold the same records"
    table = Table(caption=caption)
    table.add_column("config", overflow="fold")
    for split in SPLITS:
        table.add_column(split, justify="right")
    for name, config in difference.configs.items():
        cells = [
            f"{s.old:,} → {s.new:,}  +{s.entered:,} −{s.left:,}" if s.entered or s.left else f"{s.new:,}"
            for s in (config.splits.get(split, SplitChange(0, 0, 0, 0)) for split in SPLITS)
        ]
        table.add_row(name if config.state == "changed" else f"{name} ({config.state})", *cells)
    return table


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
