"""What the command line shows of releases: tables and records, readable in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import pyarrow.compute as pc
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from medinjection_fr.configs import DEFAULT_CONFIG
from medinjection_fr.console import open_console, plain
from medinjection_fr.record import LETTERS, SPLITS, TYPES
from medinjection_fr.release.changelog import describe_withdrawal, entry_as_yaml
from medinjection_fr.release.difference import SplitChange
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.reasons import WITHDRAWN

if TYPE_CHECKING:
    from medinjection_fr.release.difference import Difference
    from medinjection_fr.release.push import Pushed


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


def print_found(found: Mapping[str, Any]) -> None:
    """A record with its lineage, or its places in the ledger."""
    console = open_console()
    if row := found["record"]:
        print_record(row, console)
        table = Table(show_header=False, title="lineage")
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for key, value in found["lineage"].items():
            table.add_row(key, Text(plain(value)))
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
            table.add_row(name, Text(plain(value)))
    console.print(table)
