"""A job at work: materials chosen, units asked and judged, outcomes kept in the journal."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Container, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.job import Job, JobStore
from medinjection_fr.generate.makers import judge_together, open_maker
from medinjection_fr.generate.outcome import Ask, Material, Outcome, Unit
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.run import RunReport, replay_all, run_all
from medinjection_fr.models.session import Replay, Session
from medinjection_fr.reading import Input, find_source_inputs
from medinjection_fr.release.digests import digest_json
from medinjection_fr.release.layout import order_keys
from medinjection_fr.resources import source_digest
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.complete import YIELDS
from medinjection_fr.sources.export import open_rows


def find_materials(source: Source, folder: Path, yields: str) -> list[Input]:
    """Finds and hashes the files of a source of materials.

    Args:
        source: The catalogue entry.
        folder: Its files.
        yields: ``items`` or ``documents``: what is wanted.

    Raises:
        InputError: The source holds something else, or a file is missing.
    """
    if source.yields != yields:
        mend = "`medinjection-fr sources list` shows what each source holds"
        raise InputError(Problem(f"sources/{source.name}", f"holds {source.yields}", yields, mend))
    return find_source_inputs(source, folder, None, {})


def choose_materials(inputs: list[Input], limit: int | None) -> Iterator[tuple[bytes, Material]]:
    """Reads a source and yields its valid rows with their places: all, or the first by place.

    The place is a keyed hash of the row's content. The first rows are a random sample of the source,
    the same every time, and a larger limit holds all of a smaller one.

    Raises:
        InputError: Every file that cannot be read.
    """
    with (
        tempfile.TemporaryDirectory(prefix="medinjection-fr-") as scratch,
        open_rows(inputs, Path(scratch)) as rows,
    ):
        columns = list(YIELDS[inputs[0].source.yields].contract.columns)
        tables = [batch.take(places) for batch, places in rows.kept_by_batch()]
        keys = order_keys(id for table in tables for id in table["id"].to_pylist())
        names = np.array([name for table in tables for name in table["source_id"].to_pylist()], np.object_)
        chosen = np.zeros(len(keys), np.bool_)
        chosen[np.lexsort((names, keys))[:limit]] = True
        start = 0
        for table in tables:
            wanted = np.flatnonzero(chosen[start : start + table.num_rows])
            places = keys[start + wanted]
            for place, row in zip(places, table.take(wanted).select(columns).to_pylist(), strict=True):
                yield int(place).to_bytes(8, "big"), row
            start += table.num_rows


class Replayed(NamedTuple):
    """A unit of work as the journal tells it.

    Attributes:
        unit: What was asked about.
        outcome: What became of it; ``None`` if some of its requests have no answer yet.
        replies: All that was answered.
        keys: What the journal knows the requests of these answers by.
    """

    unit: Unit
    outcome: Outcome | None
    replies: tuple[Reply, ...]
    keys: tuple[str, ...]


class Work:
    """A job with its journal.

    Args:
        job: What is done.
        store: Where its materials are.
        journal: Where answers and outcomes are.

    Raises:
        InputError: The job's glossary has mistakes.
    """

    def __init__(self, job: Job, store: JobStore, journal: Journal) -> None:
        self.job, self.store, self.journal = job, store, journal
        self.maker, terms = open_maker(job, store)
        self._judge = digest_json([source_digest(), terms])[:16]

    def units(self, limit: int | None = None, only: Container[str] | None = None) -> Iterator[Unit]:
        """The units of the job's materials in their order.

        Args:
            limit: Of the first materials only.
            only: Names of units; no other material is read.
        """
        for name, row in self.store.materials(self.job, limit):
            if only is None or any(unit in only for unit in self.maker.names(name, row)):
                units = self.maker.units(json.loads(row))
                yield from (unit for unit in units if only is None or unit.name in only)

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """What the journal keeps of each unit that was judged (``Outcome.as_row``), by name."""
        return dict(self.journal.outcomes(self.job.run))

    def left(self, limit: int | None = None) -> list[str]:
        """Names of the units that these checks have not judged.

        What other checks have judged, of an earlier version or with another glossary, is judged again.
        """
        judged = self.journal.finished_items(self.job.run, judge=self._judge)
        return [
            unit
            for name, row in self.store.materials(self.job, limit)
            for unit in self.maker.names(name, row)
            if unit not in judged
        ]

    def run(
        self, session: Session, limit: int | None = None, only: Container[str] | None = None
    ) -> RunReport:
        """Does what is left. What the journal has answers to is judged without asking again.

        Args:
            session: The model with the journal and the budget.
            limit: Materials at most, of the first in their order.
            only: Names of units; what else is left stays left.

        Raises:
            InputError: The model cannot be asked any more; all that it answered is kept.
        """
        report = RunReport()
        names = {name for name in self.left(limit) if only is None or name in only}
        units = self.units(limit, names)
        asked = run_all(session, units, self.maker.make, what=self.job.name, total=len(names), report=report)
        with closing(asked) as outcomes:  # a Ctrl-C in between waits for what is under way, too
            for outcome in outcomes:
                self.keep(outcome)
        return report

    def keep(self, outcome: Outcome) -> None:
        """Writes into the journal what became of a unit."""
        self.journal.write_outcome(self.job.run, outcome.unit, {**outcome.as_row(), "judge": self._judge})

    def replay(self, limit: int | None = None) -> Iterator[Replayed]:
        """Does every unit again, in order, with the journal's answers alone: always the same outcome.

        Here alone units are judged by what others have given: a near copy of an earlier one is put aside.
        """
        judge = judge_together(self.job)
        replies: list[Reply] = []
        keys: list[str] = []

        async def make(unit: Unit, ask: Ask) -> Outcome:
            async def noted(request: Request) -> Reply:
                replies.append(await ask(request))
                keys.append(request.key(self.job.model))
                return replies[-1]

            return await self.maker.make(unit, noted)

        for unit, outcome in replay_all(Replay(self.job.model, self.journal), self.units(limit), make):
            yield Replayed(unit, outcome and judge(outcome), tuple(replies), tuple(keys))
            replies.clear()
            keys.clear()
