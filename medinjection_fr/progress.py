"""Progress bars on long work: in a terminal only, never in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")


def progress_bar(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Passes items through and shows how many of how many have passed."""
    from rich.progress import track

    if sys.stderr.isatty():
        yield from track(items, what, total, transient=True, console=_console())
    else:
        yield from items


@contextmanager
def row_counter(what: str) -> Iterator[Callable[[int], None]]:
    """Gives a function to be told how many rows are done so far; shows them with the time."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,} records"))
    with Progress(*columns, TimeElapsedColumn(), transient=True, console=_console()) as progress:
        task = progress.add_task(what, total=None)
        yield lambda rows: progress.update(task, completed=rows)


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def byte_bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Gives a function to be told how many bytes have come; shows them with the rate."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    if not sys.stderr.isatty():
        yield lambda size: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True, console=_console()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda size: progress.update(task, completed=size)


@contextmanager
def run_bar(
    what: str, total: int | None, euros: Callable[[], float | None]
) -> Iterator[Callable[[int], None]]:
    """Gives a function to be told how many items are done; shows them with rate, cost so far and end.

    Args:
        what: What is done.
        total: Items in all, ``None`` if not known.
        euros: Tells the cost so far; asked about twice a second.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not sys.stderr.isatty():
        yield lambda items: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    rate_and_cost = TextColumn("{task.fields[rate]:.1f}/s {task.fields[cost]}")
    with Progress(
        *columns, rate_and_cost, TimeRemainingColumn(), transient=True, console=_console()
    ) as progress:
        task = progress.add_task(what, total=total, rate=0.0, cost="")
        begun = shown = time.monotonic()

        def show(items: int) -> None:
            nonlocal shown
            if (now := time.monotonic()) - shown >= 0.5:
                shown = now
                cost = "" if (spent := euros()) is None else f"{spent:.2f} €"
                progress.update(task, completed=items, rate=items / (now - begun), cost=cost)

        yield show


def tell(message: str) -> None:
    """Says something beside the results, on the standard error."""
    print(message, file=sys.stderr, flush=True)
