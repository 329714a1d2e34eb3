"""Independent tasks in this machine's processes, with one bar for all of them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.progress import row_counter

Task = TypeVar("Task")
Count = Callable[[int], None]

OUT_OF_MEMORY = "the system ended a process, most likely for want of memory"


def run_tasks(
    function: Callable[[Task, Count], None], tasks: Sequence[Task], jobs: int, what: str
) -> list[InputError | None]:
    """Runs a function on every task and waits for all.

    Args:
        function: Called with a task and a function to be told how many rows more are done; of the
            top level of a module if ``jobs`` is more than one.
        tasks: The tasks.
        jobs: Processes; 1 runs in this one.
        what: What is done, for the bar.

    Returns:
        For each task the mistake of its input, or ``None``. Any other error is raised.

    Raises:
        InputError: A process was killed.
    """
    if jobs <= 1 or len(tasks) < 2:
        with row_counter(what) as show:
            done = 0

            def count(rows: int) -> None:
                nonlocal done
                done += rows
                show(done)

            return [_mistake(function, task, count) for task in tasks]
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(min(jobs, len(tasks)), context, _start_worker, (counter,)) as pool:
        futures = [pool.submit(_mistake_in_worker, function, task) for task in tasks]
        try:
            with row_counter(what) as show:
                waiting = set(futures)
                while waiting:
                    ended, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
                    for future in ended:
                        future.result()  # raises at once what is no mistake: the others need not go on
                    show(counter.value)
            return [future.result() for future in futures]
        except BrokenProcessPool:
            mend = "Give fewer --jobs, and run the command again: it goes on where it stopped"
            raise InputError(Problem(f"--jobs {jobs}, {what}", OUT_OF_MEMORY, mend=mend)) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def raise_mistakes(mistakes: Sequence[InputError | None]) -> None:
    """Raises what ``run_tasks`` returned, the mistakes of all tasks together, if there are any."""
    if problems := [problem for mistake in mistakes if mistake for problem in mistake.problems]:
        raise InputError(problems)


def _mistake(function: Callable[[Task, Count], None], task: Task, count: Count) -> InputError | None:
    try:
        function(task, count)
    except InputError as error:
        return error
    return None


_counter: Any = None


def _mistake_in_worker(function: Callable[[Task, Count], None], task: Task) -> InputError | None:
    return _mistake(function, task, _count)


def _count(rows: int) -> None:
    with _counter.get_lock():
        _counter.value += rows


def _start_worker(counter: Any) -> None:
    global _counter
    _counter = counter
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends a worker whose build was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
