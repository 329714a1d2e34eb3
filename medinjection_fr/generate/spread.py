"""A job over the nodes of a cluster: cut into parts, each a little journal at which one node works, and taken in again.

A journal must not be open on several hosts, so the command alone writes its own. A part holds all that its units need,
with what they have been answered so far, in ``<journal>.parts``, which every node sees. The node that takes over the
part of a dead one finds there what that one was answered; the next command takes in what a killed one has left.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from medinjection_fr.engine import Engine
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.job import JobStore, name_of
from medinjection_fr.generate.outcome import Ask, Outcome, Unit
from medinjection_fr.generate.run import Work
from medinjection_fr.generate.synthesis.plan import AGAINST
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.opening import open_model
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.run import RunReport, replay_all
from medinjection_fr.models.session import NotAsked, Replay, Session
from medinjection_fr.processes import Count
from medinjection_fr.progress import tell
from medinjection_fr.whole import write_whole

_UNITS = 1_000
"""Of a part: some 100 s of a server that answers ten in a second, which is much beside the second that a task takes to
start, and little to wait for at the end."""
_SOON_S = 5.0
_HALT = "halt"
_PART, _JOB, _REPORT = ".part", ".job", ".report"


@dataclass(frozen=True)
class Span:
    """A task.

    Attributes:
        part: A journal with all that it needs.
        units: Their names.
        model: Arguments of ``open_model``; a key is in the environment of the node, and nowhere else.
        at_once: Requests under way.
    """

    part: Path
    units: frozenset[str]
    model: Mapping[str, Any]
    at_once: int


def check_engine(
    engine: str, address: str | None, model: str, budget: str | None, per_minute: float | None
) -> None:
    """Checks that a run can be on an engine.

    Raises:
        InputError: Every option that it cannot keep to.
    """
    problems = []
    if engine == "local" and address:
        problems.append(Problem("--address", "goes with --engine ray only", mend="Add it, or leave it out"))
    if engine != "local":
        given = {"--budget": budget, "--per-minute": per_minute}
        for option in (option for option, value in given.items() if value is not None):
            what, mend = "several nodes cannot count together", "Ask a paid endpoint with --engine local"
            problems.append(Problem(f"{option} with --engine {engine}", what, mend=mend))
        if model.startswith("vllm:"):
            what = "each task would load the weights for itself"
            mend = "Start a server on each node, and give --endpoint http://localhost:PORT"
            problems.append(Problem(f"--model vllm:… with --engine {engine}", what, mend=mend))
    if problems:
        raise InputError(problems)


def take_in_parts(journal: Journal) -> None:
    """Takes in the parts that a killed command has left; those of one that runs stay."""
    folder = _folder_of(journal)
    if folder.is_dir():
        with suppress(_TakenError), _alone_in(folder, journal):  # what that one asks it has claimed
            _take_in(journal, folder)


def spread(
    work: Work, engine: Engine, model: Mapping[str, Any], at_once: int, limit: int | None = None
) -> RunReport:
    """Does what is left of a job on the nodes of a cluster; see ``Work.run``.

    Args:
        work: The job with its journal.
        engine: Runs the tasks.
        model: Arguments of ``open_model``, with which each node opens it.
        at_once: Requests of a task under way.
        limit: Materials at most, of the first in their order.

    Raises:
        InputError: The cluster cannot do it, the model cannot be asked any more, or another command spreads
            work of this journal; all that was answered is kept.
    """
    journal, folder, report = work.journal, _folder_of(work.journal), RunReport()
    left, before = Counter[str](), len(work.left(limit))
    cutting = _Cutting(work, folder, limit)
    with _alone_in(folder, journal):
        while not report.stopped and (parts := list(cutting.parts())):
            spans = [Span(part, units, model, at_once) for part, units in parts]
            mistakes: list[InputError | None] = []
            try:
                mistakes = engine.run(run_span, spans, work.job.name, folder)
            except KeyboardInterrupt:  # nodes finish what is under way, as one process does
                report.stopped = "interrupt"
            finally:
                left += _take_in(journal, folder)
            _raise_once(mistakes)
    report.done = before - len(work.left(limit))
    if not report.stopped:
        left["asked-elsewhere"] = cutting.elsewhere
    report.left = dict(+left)
    return report


def run_span(span: Span, count: Count) -> None:
    """Works at a part, on a node (see ``engine.Engine.run``).

    Raises:
        InputError: The model cannot be asked here. No other task of the run begins after that.
    """
    halt = span.part.with_name(_HALT)
    with _alone_at(span.part):
        if halt.exists() or not span.part.exists():
            return
        try:
            report = _work_at(span)
        except InputError as error:
            halt.touch()
            node = f"node {socket.gethostname()}"
            problems = [replace(problem, where=f"{node}, {problem.where}") for problem in error.problems]
            raise InputError(problems) from error
        write_whole(span.part.with_suffix(_REPORT), json.dumps(report.left).encode("utf-8"))
    count(report.done)


def _work_at(span: Span) -> RunReport:
    model = open_model(**span.model)
    with Journal(span.part, alone=True) as journal, JobStore(span.part.with_suffix(_JOB)) as store:
        work = Work(store.find(None), store, journal)
        if model.name != work.job.model:
            mend = "Install the same on all nodes"
            raise InputError(Problem("--model", f"is {model.name} here", work.job.model, mend))
        return work.run(Session(model, journal, at_once=span.at_once), only=span.units)


class _Open(NamedTuple):
    """A unit that needs an answer, with those that it has."""

    unit: Unit
    answered: tuple[tuple[Request, Reply | ModelError], ...]


@dataclass
class _Cutting:
    """Makes parts of what is left.

    Attributes:
        tried: Units that were in a part.
        elsewhere: Units, when it was last looked, whose next request another unit or another command asks.
    """

    work: Work
    folder: Path
    limit: int | None
    tried: set[str] = field(default_factory=set)
    elsewhere: int = 0
    _parts: int = 0

    def parts(self) -> Iterator[tuple[Path, frozenset[str]]]:
        """Makes the parts of units that were in none yet, with the names of their units."""
        open_units = self._open_units()
        while units := list(islice(open_units, _UNITS)):
            self._parts += 1
            part = self.folder / f"{self._parts:06d}{_PART}"
            _make_part(part, self.work, units)
            names = frozenset(open.unit.name for open in units)
            self.tried |= names
            yield part, names

    def _open_units(self) -> Iterator[_Open]:
        """Judges units whose requests are all answered, and claims the next request of each other."""
        work, journal = self.work, self.work.journal
        answered: list[tuple[Request, Reply | ModelError]] = []
        next_key = ""

        async def make(unit: Unit, ask: Ask) -> Outcome:
            async def noted(request: Request) -> Reply:
                nonlocal next_key
                try:
                    reply = await ask(request)
                except NotAsked:
                    next_key = request.key(work.job.model)
                    raise
                except ModelError as refusal:
                    answered.append((request, refusal))
                    raise
                answered.append((request, reply))
                return reply

            answered.clear()
            return await work.maker.make(unit, noted)

        self.elsewhere = 0
        units = work.units(self.limit, set(work.left(self.limit)))
        for unit, outcome in replay_all(Replay(work.job.model, journal), units, make):
            if outcome is not None:
                work.keep(outcome)
            elif unit.name not in self.tried:
                if journal.claim(next_key):
                    yield _Open(unit, tuple(answered))
                else:
                    self.elsewhere += 1


def _make_part(part: Path, work: Work, units: Sequence[_Open]) -> None:
    job, new, about = work.job, part.with_suffix(".new"), part.with_suffix(_JOB)
    rows = {name_of(open.unit.material): open.unit.material for open in units}.values()
    answers = {
        request.key(job.model): (request, answer) for open in units for request, answer in open.answered
    }
    about.touch()
    with JobStore(about) as store:
        store.open(job, glossary=work.store.glossary(job))
        store.keep_questions({name: work.store.questions(name) for name in job.options.get(AGAINST, ())})
        store.add(job, ((place.to_bytes(8, "big"), row) for place, row in enumerate(rows)))
    with Journal(new, alone=True) as journal:
        for key, (request, answer) in answers.items():
            journal.write(key, job.model, request, answer)
    new.rename(part)


def _take_in(journal: Journal, folder: Path) -> Counter[str]:
    """Takes all parts in, and adds up the units that got no answer, by rule."""
    left = Counter[str]()
    for part in sorted(folder.glob(f"*{_PART}")):
        with _alone_at(part):
            report = part.with_suffix(_REPORT)
            left.update(json.loads(report.read_text(encoding="utf-8")) if report.exists() else {})
            journal.take_in(part)
            part.unlink()  # a task that comes too late finds nothing to do
    journal.release_all()
    return left


def _raise_once(mistakes: Sequence[InputError | None]) -> None:
    """Raises what nodes could not do, each mistake once."""
    if problems := dict.fromkeys(problem for mistake in mistakes if mistake for problem in mistake.problems):
        raise InputError(list(problems))


class _TakenError(InputError):
    """Another command holds the folder of parts."""


@contextmanager
def _alone_in(folder: Path, journal: Journal) -> Iterator[None]:
    """Holds the folder of parts, which goes at the end unless a part is left in it.

    The lock lies beside it: where files are on NFS, a folder with an open file cannot go.

    Raises:
        InputError: Another command holds it.
    """
    lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        what = "another command spreads its work over a cluster"
        raise _TakenError(Problem(str(journal.path), what, mend="Wait for it")) from None
    try:
        folder.mkdir(exist_ok=True)
        yield
    finally:
        if not any(folder.glob(f"*{_PART}")):
            shutil.rmtree(folder, ignore_errors=True)
        Path(lock.lock_file).unlink()
        lock.release()


@contextmanager
def _alone_at(part: Path) -> Iterator[None]:
    """Waits for the process that is at a part; the system frees the lock of one that has ended."""
    lock = filelock.FileLock(part.with_suffix(".lock"))
    try:
        lock.acquire(timeout=_SOON_S)
    except filelock.Timeout:
        tell(f"Waiting for a process that is still at {part}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _folder_of(journal: Journal) -> Path:
    return journal.path.with_name(f"{journal.path.name}.parts")
