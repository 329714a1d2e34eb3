"""Tasks in this machine's processes."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import filelock
import pytest

from medinjection_fr import processes
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.processes import Count, run_tasks

TASKS = 40


def fail_first(folder: Path, task: int, count: Count) -> None:
    """The first task finds the disk full; the others wait until that is known."""
    if task == 0:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))
    with filelock.FileLock(folder / "known"):
        (folder / str(task)).touch()


def test_an_error_ends_the_run_before_the_other_tasks_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = filelock.FileLock(tmp_path / "known")
    counter = processes.row_counter

    @contextmanager
    def watched(what: str) -> Iterator[Any]:
        try:
            with counter(what) as show:
                yield show
        finally:
            known.release()

    monkeypatch.setattr(processes, "row_counter", watched)
    known.acquire()
    with pytest.raises(OSError, match="No space left"):
        run_tasks(partial(fail_first, tmp_path), range(TASKS), 2, "noting")
    assert len(list(tmp_path.glob("[0-9]*"))) < TASKS - 1


def refuse_even(task: int, count: Count) -> None:
    count(1)
    if task % 2 == 0:
        raise InputError(Problem(str(task), "is even"))


@pytest.mark.parametrize("jobs", [1, 3])
def test_mistakes_of_all_tasks_come_in_their_order(jobs: int) -> None:
    mistakes = run_tasks(refuse_even, range(6), jobs, "counting")
    told = [mistake.problems[0].where if mistake else None for mistake in mistakes]
    assert told == ["0", None, "2", None, "4", None]
