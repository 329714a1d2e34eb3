"""The journal: every answer that was paid for, in one SQLite file that several processes may share.

The promise: **an answer that arrived is never paid again.** It is in the file before anybody gets to see it,
and a request that is in the file, or that another living process is asking, is not sent. A kill loses what
was under way: requests that were sent and whose answer had not arrived. (A power cut may lose the last
moments too: answers are handed to the system, not forced to the disk.)
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.owner import Owner
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.transaction import transaction

VERSION = 1
_APPLICATION = 0x4D494652  # "MIFR", in the file's header
_BUSY_S = 120  # a server of files frees the locks of a host that has died after 90 s

_TABLES = """
CREATE TABLE answers (
    key TEXT NOT NULL PRIMARY KEY,
    model TEXT NOT NULL,
    template TEXT NOT NULL,
    messages TEXT NOT NULL,
    rule TEXT,                    -- of the ModelError, where the endpoint refused for good
    text TEXT NOT NULL,           -- raw reply, or the error's message
    finish TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    seconds REAL,
    estimated INTEGER,
    served_by TEXT,
    answered TEXT NOT NULL        -- UTC
);
CREATE TABLE claims (key TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE totals (
    model TEXT NOT NULL PRIMARY KEY,
    answers INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL    -- answers whose tokens are an estimate
) WITHOUT ROWID;
CREATE TABLE outcomes (
    run TEXT NOT NULL,
    item TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (run, item)
);
"""
_ADDED_UP = (
    "ON CONFLICT DO UPDATE SET answers = answers + excluded.answers,"
    " input_tokens = input_tokens + excluded.input_tokens,"
    " output_tokens = output_tokens + excluded.output_tokens, estimated = estimated + excluded.estimated"
)


class Totals(NamedTuple):
    """What a model has cost in a journal, all runs together."""

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: int = 0

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens


class Journal:
    """Answers by request key, claims on requests under way, and outcomes of items.

    Args:
        path: The file; made if it is not there.
        read_only: No row is written, and the file must exist.
        alone: No other process opens it meanwhile. SQLite then shares no memory beside it, so that it may lie on
            a disk of several hosts.

    Raises:
        InputError: The file is no journal, or one of another version.
    """

    def __init__(self, path: Path, read_only: bool = False, alone: bool = False) -> None:
        self.path = path
        self._alone = alone
        self._owner: Owner | None = None
        self._lock = threading.RLock()  # a transaction belongs to the connection, not to the thread
        if read_only and not path.is_file():
            raise InputError(Problem(str(path), "there is no such journal", mend="Look at the path"))
        if not path.parent.is_dir():
            raise InputError(Problem(str(path), "its folder does not exist", mend="Make the folder first"))
        mend = "It was left as it is. Give another --journal, or use the version that wrote it"
        try:
            self._open(read_only, mend)
        except sqlite3.DatabaseError as error:
            what = f"cannot be used ({error})"
            raise InputError(Problem(str(path), what, "a journal, or no file yet", mend)) from None

    def _open(self, read_only: bool, mend: str) -> None:
        # SQLite's own read-only mode would leave its side files behind.
        uri = f"{self.path.absolute().as_uri()}?mode={'rw' if read_only else 'rwc'}"
        self._database = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=_BUSY_S, check_same_thread=False
        )
        run = self._database.execute
        if self._alone:
            run("PRAGMA locking_mode = EXCLUSIVE")
        if not read_only:
            with self._transaction():
                if run("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                    for statement in _TABLES.split(";\n"):
                        run(statement)
                    run(f"PRAGMA application_id = {_APPLICATION}")
                    run(f"PRAGMA user_version = {VERSION}")
        if run("PRAGMA application_id").fetchone() != (_APPLICATION,):
            raise InputError(Problem(str(self.path), "is a database of something else", "a journal", mend))
        if (version := run("PRAGMA user_version").fetchone()[0]) != VERSION:
            what = f"is a journal of version {version}"
            raise InputError(Problem(str(self.path), what, f"version {VERSION}", mend))
        if read_only:
            run("PRAGMA query_only = ON")
        else:
            self._write_ahead()
            run("PRAGMA synchronous = NORMAL")

    def _write_ahead(self) -> None:
        """Turns to a log that readers do not wait for. Here SQLite itself waits for no other process."""
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(0.01)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, transaction(self._database, self.path):
            yield

    def close(self) -> None:
        """Gives up the claims of this process and closes the file."""
        if self._owner:
            self.release_all()
            self._owner.close()
            self._owner = None
        self._database.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Requests

    def find(self, key: str) -> Reply | None:
        """The reply to a request, if it is there.

        Raises:
            ModelError: The endpoint refused this request for good.
        """
        row = self._database.execute(
            "SELECT rule, text, finish, input_tokens, output_tokens, seconds, estimated, served_by"
            " FROM answers WHERE key = ?",
            (key,),
        ).fetchone()
        if row is None:
            return None
        rule, text, finish, input_tokens, output_tokens, seconds, estimated, served_by = row
        if rule is not None:
            raise ModelError(rule, text)
        return Reply(text, finish, input_tokens, output_tokens, seconds, bool(estimated), served_by)

    def claim(self, key: str) -> bool:
        """Reserves a request for this process: it alone may ask it.

        Returns:
            ``False`` if it is answered already, or if another living process is asking it.
        """
        if self._owner is None:
            self._owner = Owner(self.path)
        run, me = self._database.execute, self._owner.name
        with self._transaction():
            if run("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone():
                return False
            held = run("SELECT owner FROM claims WHERE key = ?", (key,)).fetchone()
            if held and not self._owner.is_dead(held[0]):
                return False
            run("INSERT OR REPLACE INTO claims VALUES (?, ?)", (key, me))
            return True

    def release(self, key: str) -> None:
        """Gives a claim up without an answer."""
        with self._transaction():
            self._database.execute("DELETE FROM claims WHERE key = ?", (key,))

    def release_all(self) -> None:
        """Gives up the claims of this process."""
        if self._owner:
            with self._transaction():
                self._database.execute("DELETE FROM claims WHERE owner = ?", (self._owner.name,))

    def write(self, key: str, model: str, request: Request, answer: Reply | ModelError) -> None:
        """Stores an answer, or a refusal for good, and ends the claim."""
        row: dict[str, Any] = dict.fromkeys(Reply.__annotations__)
        if isinstance(answer, Reply):
            row |= {**answer.as_row(), "rule": None}
        else:
            row |= {"rule": answer.rule, "text": answer.message}
        row |= {"key": key, "model": model, "template": request.template}
        row |= {
            "messages": request.messages_digest(),
            "answered": datetime.now(UTC).isoformat("T", "seconds"),
        }
        names = ", ".join(row)
        run = self._database.execute
        with self._transaction():
            run(f"INSERT INTO answers ({names}) VALUES ({', '.join(':' + name for name in row)})", row)
            run("DELETE FROM claims WHERE key = ?", (key,))
            if isinstance(answer, Reply):
                run(
                    f"INSERT INTO totals VALUES (?, 1, ?, ?, ?) {_ADDED_UP}",
                    (model, answer.input_tokens, answer.output_tokens, int(answer.estimated)),
                )

    def take_in(self, other: Path) -> None:
        """Takes over what another journal holds, all or nothing; done twice, it changes nothing.

        A request that both have an answer to keeps ours. Where the other's differs, what became of its items
        may not follow from ours: their outcomes are left behind, to be made again from the answers.

        Args:
            other: Its file, at which no process is.
        """
        run = self._database.execute
        run("ATTACH ? AS other", (f"{other.absolute().as_uri()}?mode=rw",))
        run("PRAGMA other.locking_mode = EXCLUSIVE")
        try:
            with self._transaction():
                differing = run(
                    "SELECT 1 FROM other.answers AS theirs JOIN main.answers AS ours USING (key)"
                    " WHERE theirs.text != ours.text OR theirs.rule IS NOT ours.rule LIMIT 1"
                ).fetchone()
                run(
                    "INSERT INTO main.totals SELECT model, count(*), sum(input_tokens), sum(output_tokens),"
                    " sum(estimated) FROM other.answers"
                    " WHERE rule IS NULL AND key NOT IN (SELECT key FROM main.answers) GROUP BY model"
                    f" {_ADDED_UP}"
                )
                run("INSERT OR IGNORE INTO main.answers SELECT * FROM other.answers")
                run("DELETE FROM main.claims WHERE key IN (SELECT key FROM other.answers)")
                if not differing:
                    run("INSERT OR REPLACE INTO main.outcomes SELECT * FROM other.outcomes")
        finally:
            run("DETACH other")

    def forget_refusals(self, rule: str) -> int:
        """Forgets refusals of a rule, so that their requests are asked again; tells how many."""
        with self._transaction():
            return self._database.execute("DELETE FROM answers WHERE rule = ?", (rule,)).rowcount

    def totals(self, model: str) -> Totals:
        """What a model has cost so far, in all runs and processes."""
        row = self._database.execute(
            "SELECT answers, input_tokens, output_tokens, estimated FROM totals WHERE model = ?", (model,)
        ).fetchone()
        return Totals(*row) if row else Totals()

    def models(self) -> list[str]:
        """Names of the models that have answered."""
        return [name for (name,) in self._database.execute("SELECT model FROM totals ORDER BY model")]

    # Items

    def write_outcome(self, run: str, item: str, outcome: Mapping[str, Any]) -> None:
        """Stores what became of an item in a run; a later outcome takes the place of an earlier one."""
        text = json.dumps(outcome, ensure_ascii=False)
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?)", (run, item, text))

    def finished_items(self, run: str, **facts: str) -> set[str]:
        """Items of a run that have an outcome, and one with these facts."""
        where = "".join(" AND json_extract(outcome, ?) = ?" for _ in facts)
        values = (value for name, text in facts.items() for value in (f"$.{name}", text))
        rows = self._database.execute(f"SELECT item FROM outcomes WHERE run = ?{where}", (run, *values))
        return {item for (item,) in rows}

    def outcomes(self, run: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Items of a run with their outcomes, in the order of their names."""
        rows = self._database.execute(
            "SELECT item, outcome FROM outcomes WHERE run = ? ORDER BY item", (run,)
        )
        return ((item, json.loads(outcome)) for item, outcome in rows)

    def runs(self) -> list[str]:
        """Names of the runs that have outcomes."""
        return [name for (name,) in self._database.execute("SELECT DISTINCT run FROM outcomes ORDER BY run")]
