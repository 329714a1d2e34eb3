"""A job: what is made of which source, with which model and templates; kept in the journal's own file.

With the materials beside it, the journal alone is enough to compute every record again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.outcome import Material
from medinjection_fr.models.budget import Prices
from medinjection_fr.models.transaction import transaction
from medinjection_fr.release.digests import digest_json
from medinjection_fr.sources.catalogue import Source

FORMAT = 1
_PAGE = 1_000
_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    name TEXT NOT NULL PRIMARY KEY,
    format INTEGER NOT NULL,
    settings TEXT NOT NULL,       -- what the job is, as JSON; never changed
    prices TEXT,                  -- euros per million tokens, as JSON, as last given
    glossary TEXT                 -- terms that its checks know besides ours, as last given
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS materials (
    job TEXT NOT NULL,
    place BLOB NOT NULL,          -- keyed hash of the content: a prefix is a random sample
    name TEXT NOT NULL,           -- source/source_id
    row TEXT NOT NULL,            -- the item or document, as JSON
    PRIMARY KEY (job, place, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (
    digest TEXT NOT NULL PRIMARY KEY,
    rows TEXT NOT NULL            -- of a test set that no record may say, as JSON
);
CREATE TABLE IF NOT EXISTS chosen (
    job TEXT NOT NULL PRIMARY KEY,
    materials INTEGER             -- how many of the source were asked for; null: all
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Job:
    """What one journal entry of work is.

    Attributes:
        name: The catalogue name that its records get.
        kind: ``translation`` or ``synthesis``.
        source: Where its materials come from.
        inputs: Digests of the files of the source, by path.
        model: The model's name with its revision: the records' ``generator``.
        templates: The templates as they are written, in the order of their use.
        parameters: Parameters of every request that change those of the templates.
        options: What else the kind of job asks for.
    """

    name: str
    kind: str
    source: Source
    inputs: Mapping[str, str]
    model: str
    templates: tuple[str, ...]
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]

    def settings(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        source = {"name": self.source.name, "facts": self.source.facts}
        return {**vars(self), "source": source, "templates": list(self.templates)}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Job:
        """The job of what ``settings`` gave."""
        source, templates = Source(**settings["source"]), tuple(settings["templates"])
        return cls(**{**settings, "source": source, "templates": templates})

    @property
    def run(self) -> str:
        """What its outcomes stand under in the journal."""
        return f"generate/{self.name}"


class JobStore:
    """Jobs and their materials in the file of a journal that is there.

    Args:
        path: The journal's file.
        read_only: Nothing is written.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
        self._database = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=60, check_same_thread=False
        )
        if not read_only and not self._has_table("chosen"):
            with transaction(self._database, path):
                for statement in _TABLES.split(";\n"):
                    self._database.execute(statement)

    def _has_table(self, name: str) -> bool:
        found = self._database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
        return found.fetchone() is not None

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def __enter__(self) -> JobStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def jobs(self) -> list[Job]:
        """All jobs, by name.

        Raises:
            InputError: Another version wrote them.
        """
        if not self._has_table("jobs"):
            return []
        rows = self._database.execute("SELECT format, settings FROM jobs ORDER BY name").fetchall()
        for format, _ in rows:
            if format != FORMAT:
                what = f"holds jobs of version {format}"
                mend = "It was left as it is. Give another --journal, or use the version that wrote it"
                raise InputError(Problem(str(self.path), what, f"version {FORMAT}", mend))
        return [Job.from_settings(json.loads(settings)) for _, settings in rows]

    def find(self, name: str | None) -> Job:
        """The job of a name, or the only one.

        Raises:
            InputError: There is none, or several and no name to choose by.
        """
        jobs = {job.name: job for job in self.jobs()}
        if name is None and len(jobs) == 1:
            return next(iter(jobs.values()))
        if name in jobs:
            return jobs[name]
        names = ", ".join(jobs)
        if not jobs:
            mend = "Start one with `medinjection-fr translate run` or `synthesize run`"
            raise InputError(Problem(str(self.path), "holds no job", mend=mend))
        what = f"holds {len(jobs)} jobs" if name is None else f'holds no job "{name}"'
        raise InputError(Problem(str(self.path), what, f"--job, one of {names}"))

    def open(self, job: Job, prices: Prices | None = None, glossary: str | None = None) -> Job:
        """Enters a job, or finds the one of its name and checks that it is the same.

        Args:
            job: What is asked for.
            prices: Replace those of an earlier run, if given.
            glossary: Replaces that of an earlier run, if given: YAML of more terms.

        Returns:
            The job as it was entered first: what the catalogue says of its source may have changed.

        Raises:
            InputError: A job of this name has other settings; every difference is told.
        """
        self.jobs()  # of another version, nothing is written
        run = self._database.execute
        settings = json.dumps(job.settings(), ensure_ascii=False)
        with transaction(self._database, self.path):
            run("INSERT OR IGNORE INTO jobs VALUES (?, ?, ?, NULL, NULL)", (job.name, FORMAT, settings))
            standing = self.find(job.name)
            if problems := _differences(standing, job, str(self.path)):
                raise InputError(problems)
            if prices:
                run("UPDATE jobs SET prices = ? WHERE name = ?", (json.dumps(vars(prices)), job.name))
            if glossary:
                run("UPDATE jobs SET glossary = ? WHERE name = ?", (glossary, job.name))
        return standing

    def prices(self, job: Job) -> Prices | None:
        """Prices as they were last given for a job."""
        text = self._column("prices", job)
        return Prices(**json.loads(text)) if text else None

    def glossary(self, job: Job) -> str | None:
        """More terms that the job's checks know, as YAML."""
        return self._column("glossary", job)

    def _column(self, name: str, job: Job) -> str | None:
        row = self._database.execute(f"SELECT {name} FROM jobs WHERE name = ?", (job.name,)).fetchone()
        return row[0] if row else None

    def keep_questions(self, questions: Mapping[str, str]) -> None:
        """Keeps the questions of test sets, as JSON, by their digests."""
        with transaction(self._database, self.path):
            self._database.executemany("INSERT OR IGNORE INTO questions VALUES (?, ?)", questions.items())

    def questions(self, digest: str) -> str:
        """The questions of a test set that a job was started against, as JSON."""
        row = self._database.execute("SELECT rows FROM questions WHERE digest = ?", (digest,)).fetchone()
        return str(row[0])

    def add(self, job: Job, rows: Iterable[tuple[bytes, Material]], limit: int | None = None) -> None:
        """Adds materials with their places; those that are there stay.

        Args:
            job: The job.
            rows: All of its source, or the first of them.
            limit: How many these are; ``None`` for all.
        """
        values = ((job.name, place, name_of(row), json.dumps(row, ensure_ascii=False)) for place, row in rows)
        with transaction(self._database, self.path):
            self._database.executemany("INSERT OR IGNORE INTO materials VALUES (?, ?, ?, ?)", values)
            self._database.execute("INSERT OR REPLACE INTO chosen VALUES (?, ?)", (job.name, limit))

    def has(self, job: Job, limit: int | None) -> bool:
        """Whether the first materials of a job, or all, have been added."""
        row = self._database.execute("SELECT materials FROM chosen WHERE job = ?", (job.name,)).fetchone()
        return row is not None and (row[0] is None or (limit is not None and limit <= row[0]))

    def count(self, job: Job) -> int:
        """How many materials a job has."""
        row = self._database.execute("SELECT count(*) FROM materials WHERE job = ?", (job.name,)).fetchone()
        return int(row[0])

    def materials(self, job: Job, limit: int | None = None) -> Iterator[tuple[str, str]]:
        """Name and JSON of the materials of a job in their order, or of the first of them.

        Read page by page: an open reading would keep the journal's log from being folded in.
        """
        place, name, left = b"", "", -1 if limit is None else limit
        while left:
            page = self._database.execute(
                "SELECT place, name, row FROM materials WHERE job = ? AND (place, name) > (?, ?)"
                " ORDER BY place, name LIMIT ?",
                (job.name, place, name, _PAGE if left < 0 else min(left, _PAGE)),
            ).fetchall()
            if not page:
                return
            yield from ((name, row) for _, name, row in page)
            place, name, _ = page[-1]
            left = max(left - len(page), -1) if left > 0 else left


def name_of(material: Material) -> str:
    """``source/source_id``: what records made of a material say they are derived from."""
    return f"{material['source']}/{material['source_id']}"


_MENDS = {
    "model": "A job has one model",
    "templates": "A prompt that has changed makes other records",
    "inputs": "The files of the source are not those that the job began with",
}


def _differences(standing: Job, job: Job, where: str) -> list[Problem]:
    """What two jobs of one name differ in; what is told of a source may be corrected meanwhile."""
    old, new = standing.settings(), job.settings()
    old["source"], new["source"] = standing.source.name, job.source.name
    problems = []
    for key in old:
        if old[key] != new[key]:
            mend = f"{_MENDS.get(key, 'A job keeps its settings')}: give another --name, or another --journal"
            what = f"the job {job.name} has {_shown(key, old[key])}, not {_shown(key, new[key])}"
            problems.append(Problem(where, what, mend=mend))
    return problems


def _shown(key: str, value: Any) -> str:
    if key in ("templates", "inputs"):
        return f"{key} of digest {digest_json(value)[:16]}"
    return f"{key} {json.dumps(value, ensure_ascii=False)}"
