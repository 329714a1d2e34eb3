"""Many items through a model: N at once, with a bar, stopped cleanly, and again from the journal alone."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.budget import BudgetSpent
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.session import AskedElsewhere, NotAsked, Replay, Session
from medinjection_fr.progress import run_bar

Item = TypeVar("Item")
Result = TypeVar("Result")
Ask = Callable[[Request], Awaitable[Reply]]
Work = Callable[[Item, Ask], Awaitable[Result]]

_UNREAD_RESULTS = 4  # times the items at once: how far the model may run ahead of who reads the results
_PAUSE_S = 0.05
_SHOW_EVERY_S = 0.5
_FEW = 8
"""Failures in a row that end a run of fewer at once."""


@dataclass
class RunReport:
    """How a run went, complete when its results have all been read.

    Attributes:
        done: Items with a result.
        left: For items that got no reply this time, how many by rule; run again to take them up.
        stopped: Why the run ended before its items did: ``budget``, ``interrupt``, or empty.
    """

    done: int = 0
    left: dict[str, int] = field(default_factory=dict)
    stopped: str = ""


@dataclass(frozen=True)
class _Result(Generic[Result]):
    value: Result


class _Run(Generic[Item, Result]):
    """The loop of a run, in a thread of its own, so that it goes on while results are being read."""

    def __init__(
        self, session: Session, items: Iterable[Item], work: Work[Item, Result], report: RunReport
    ) -> None:
        self.results: queue.SimpleQueue[_Result[Result] | None] = queue.SimpleQueue()
        self.abandoned = False
        self.error: BaseException | None = None
        self._session, self._items, self._work, self._report = session, iter(items), work, report
        self._later: list[Item] = []  # items that another process is at
        self._failures_in_a_row = 0
        self._stopping = False
        self.thread = threading.Thread(target=self._main, daemon=True)

    def stop(self) -> None:
        """Starts no further item."""
        self._stopping = True

    def _main(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as error:
            self.error = self.error or error
        finally:
            self.results.put(None)

    async def _all(self) -> None:
        try:
            await asyncio.gather(*(self._worker() for _ in range(self._session.at_once)))
        finally:
            await self._session.model.close()

    async def _worker(self) -> None:
        for item in self._items:  # shared by all workers: each item goes to one of them
            await self._one(item, wait=False)
            while self.results.qsize() > _UNREAD_RESULTS * self._session.at_once:
                await asyncio.sleep(_PAUSE_S)
            if self._stopping:
                return
        while self._later and not self._stopping:
            await self._one(self._later.pop(), wait=True)

    async def _one(self, item: Item, wait: bool) -> None:
        try:
            result = await self._work(item, partial(self._session.ask, wait=wait))
            self.results.put(_Result(result))
            self._failures_in_a_row = 0
        except AskedElsewhere:
            self._later.append(item)
        except BudgetSpent:
            self._report.stopped, self._stopping = "budget", True
        except ModelError as error:
            left = self._report.left
            left[error.rule] = left.get(error.rule, 0) + 1
            self._failures_in_a_row += 1
            if error.stops_run or self._failures_in_a_row >= max(self._session.at_once, _FEW):
                self._stop_for(error)
        except Exception as error:  # a bug: what is under way is paid for, so it is finished first
            self._stop_for(error)

    def _stop_for(self, error: Exception) -> None:
        self._stopping = True
        self.error = self.error or error


def run_all(
    session: Session,
    items: Iterable[Item],
    work: Work[Item, Result],
    *,
    what: str = "Asking",
    total: int | None = None,
    report: RunReport | None = None,
) -> Generator[Result, None, None]:
    """Does the work of many items, ``session.at_once`` of them at a time.

    Ctrl-C, or the end of the budget, starts no further item; those under way are finished, and the
    iteration ends. A second Ctrl-C does not wait for them. Items that another process is at are taken up
    last, from what it has got. Who stops reading before the end closes the iteration, which waits likewise.

    Args:
        session: The model with its journal.
        items: What to work on. Taken one by one, in a thread.
        work: The whole life of one item: called with it and with ``session.ask``. A ``ModelError``
            that it lets through leaves the item for the next run.
        what: What is done, for the bar.
        total: Number of items, for the bar.
        report: Filled with how the run went.

    Yields:
        Results, in the order in which they are ready.

    Raises:
        InputError: No request can be answered, or as many in a row as run at once were not. Raised
            when all that was under way is finished.
    """
    report = report or RunReport()
    run = _Run(session, items, work, report)
    run.thread.start()
    try:
        with run_bar(what, total, lambda: session.cost) as show:
            while (result := _next_result(run, report, show)) is not None:
                report.done += 1
                yield result.value
    finally:
        run.stop()
        if not run.abandoned:
            run.thread.join()
    if isinstance(run.error, ModelError):
        raise InputError(Problem(session.name, run.error.message)) from run.error
    if run.error is not None:
        raise run.error


def _next_result(
    run: _Run[Any, Result], report: RunReport, show: Callable[[int], None]
) -> _Result[Result] | None:
    """Waits for a result, through the first Ctrl-C too; ``None`` at the end."""
    while True:
        show(report.done)
        try:
            return run.results.get(timeout=_SHOW_EVERY_S)
        except queue.Empty:
            continue
        except KeyboardInterrupt:
            if report.stopped == "interrupt":
                run.abandoned = True
                raise
            report.stopped = "interrupt"
            run.stop()


def replay_all(
    replay: Replay, items: Iterable[Item], work: Work[Item, Result]
) -> Iterator[tuple[Item, Result | None]]:
    """Does the work of items again with the journal's answers.

    Yields:
        Each item, in the order given, with its result; ``None`` if some of its requests have not
        been answered yet.
    """
    with asyncio.Runner() as runner:
        for item in items:
            try:
                yield item, runner.run(_as_coroutine(work(item, replay.ask)))
            except NotAsked:
                yield item, None


async def _as_coroutine(awaitable: Awaitable[Result]) -> Result:
    return await awaitable
