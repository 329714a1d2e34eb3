"""The review database: a set, its annotators, and every rating that was ever given, in one SQLite file.

A rating is on the disk before the page says that it is saved. The last one counts; the earlier ones stay
in the history.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from evaluation.review.rating import Rating
from evaluation.review.review_set import ANSWERS, CRITERIA, Design, Item, ReviewSet
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.whole import whole_file

VERSION = 1
_APPLICATION = 0x4D495256  # "MIRV", in the file's header
_BUSY_S = 60

_TABLES = """
CREATE TABLE facts (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE items (
    name TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    shown TEXT NOT NULL           -- JSON
) WITHOUT ROWID;
CREATE TABLE annotators (name TEXT NOT NULL PRIMARY KEY, token TEXT NOT NULL) WITHOUT ROWID;  -- its SHA-256
CREATE TABLE hands (
    annotator TEXT NOT NULL,
    place INTEGER NOT NULL,       -- from 1
    item TEXT NOT NULL,
    PRIMARY KEY (annotator, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX place_of_item ON hands (annotator, item);
CREATE TABLE history (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    annotator TEXT NOT NULL,
    item TEXT NOT NULL,
    rating TEXT NOT NULL,         -- JSON
    tab TEXT NOT NULL,            -- of the browser; "import" for a file
    at TEXT NOT NULL              -- UTC
);
CREATE TABLE current (
    annotator TEXT NOT NULL,
    item TEXT NOT NULL,
    number INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    PRIMARY KEY (annotator, item)
) WITHOUT ROWID;
CREATE INDEX completed ON current (annotator, complete);
"""
_CURRENT = (
    "SELECT c.annotator, c.item, h.rating, h.at, c.number, h.tab FROM current c JOIN history h USING (number)"
)


class Standing(NamedTuple):
    """A rating as it stands.

    Attributes:
        rating: What was said.
        at: When it was last changed, UTC.
        number: Its number in the history.
        tab: Where it came from.
    """

    rating: Rating
    at: str
    number: int
    tab: str


class Saved(NamedTuple):
    """What became of a rating.

    Attributes:
        standing: What counts now.
        other_tab: Whether it was laid over a rating of another tab that this one had not seen.
    """

    standing: Standing
    other_tab: bool


def now() -> str:
    """The time as exports have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create(path: Path, review_set: ReviewSet, design: Design, token_digests: Mapping[str, str]) -> None:
    """Writes a database without ratings; it appears under its name when it is whole."""
    facts = {
        "digest": review_set.digest,
        "kind": review_set.kind,
        "release": review_set.release,
        "runs": review_set.runs,
        "annotators": design.annotators,
        "overlap": design.overlap,
        "seed": design.seed,
    }
    with whole_file(path) as unfinished, closing(sqlite3.connect(unfinished)) as database, database:
        database.executescript(_TABLES)
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.executemany(
            "INSERT INTO facts VALUES (?, ?)", [(name, _dump(value)) for name, value in facts.items()]
        )
        database.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?)",
            [(item.name, item.id, item.group_id, _dump(item.shown)) for item in review_set.items],
        )
        database.executemany("INSERT INTO annotators VALUES (?, ?)", token_digests.items())
        hands = design.deal([item.name for item in review_set.items])
        database.executemany(
            "INSERT INTO hands VALUES (?, ?, ?)",
            [(name, place, item) for name, hand in hands.items() for place, item in enumerate(hand, 1)],
        )


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class Store:
    """An open review database.

    Args:
        path: The file.

    Raises:
        InputError: There is no such file, or it is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()  # a transaction belongs to the connection, not to the thread
        if not path.is_file():
            mend = "Make one with python -m evaluation review prepare"
            raise InputError(Problem(str(path), "there is no such review database", mend=mend))
        try:
            self._database = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                isolation_level=None,
                timeout=_BUSY_S,
                check_same_thread=False,
            )
            self._check()
            self._run("PRAGMA journal_mode = WAL")
            self._run("PRAGMA synchronous = FULL")  # a power cut loses nothing either
        except sqlite3.DatabaseError as error:
            raise InputError(Problem(str(path), f"cannot be used ({error})", "a review database")) from None
        self.facts = {name: json.loads(value) for name, value in self._run("SELECT name, value FROM facts")}

    def _check(self) -> None:
        if self._run("PRAGMA application_id").fetchone() != (_APPLICATION,):
            raise InputError(Problem(str(self.path), "is a database of something else", "a review database"))
        if (version := self._run("PRAGMA user_version").fetchone()[0]) != VERSION:
            what = f"is a review database of version {version}"
            raise InputError(Problem(str(self.path), what, f"version {VERSION}"))

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        return self._database.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing of it."""
        with self._lock:
            self._run("BEGIN IMMEDIATE")
            try:
                yield
                self._run("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._run("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # The set

    @property
    def digest(self) -> str:
        """SHA-256 of the set."""
        return str(self.facts["digest"])

    @property
    def kind(self) -> str:
        """Of the items: ``answers`` or ``row``."""
        return str(self.facts["kind"])

    @property
    def runs(self) -> tuple[str, ...]:
        """Runs whose answers are judged."""
        return tuple(self.facts["runs"])

    @property
    def questions(self) -> tuple[str, ...]:
        """What each item has a verdict for: runs, or criteria."""
        return self.runs if self.kind == ANSWERS else CRITERIA

    @cached_property
    def design(self) -> Design:
        """Who judges what."""
        return Design(tuple(self.facts["annotators"]), self.facts["overlap"], self.facts["seed"])

    def item(self, name: str) -> Item | None:
        """An item by its name."""
        with self._lock:
            row = self._run("SELECT name, id, group_id, shown FROM items WHERE name = ?", (name,)).fetchone()
        return Item(row[0], row[1], row[2], json.loads(row[3])) if row else None

    def token_digests(self) -> dict[str, str]:
        """SHA-256 of each annotator's token."""
        with self._lock:
            return dict(self._run("SELECT name, token FROM annotators").fetchall())

    # An annotator's hand

    def hand_size(self, annotator: str) -> int:
        """How many items an annotator has to judge."""
        with self._lock:
            found = self._run("SELECT count(*) FROM hands WHERE annotator = ?", (annotator,)).fetchone()
        return int(found[0])

    def item_at(self, annotator: str, place: int) -> str:
        """The item at a place of a hand, counted from 1."""
        with self._lock:
            query = "SELECT item FROM hands WHERE annotator = ? AND place = ?"
            return str(self._run(query, (annotator, place)).fetchone()[0])

    def place_of(self, annotator: str, item: str) -> int | None:
        """The place of an item in a hand; ``None`` if it is not in it."""
        with self._lock:
            query = "SELECT place FROM hands WHERE annotator = ? AND item = ?"
            found = self._run(query, (annotator, item)).fetchone()
        return int(found[0]) if found else None

    def next_open(self, annotator: str, after: int = 0) -> int | None:
        """The next place whose item is not judged, from the start again if need be; ``None`` if all are."""
        query = (
            "SELECT min(place) FROM hands LEFT JOIN current USING (annotator, item)"
            " WHERE annotator = ? AND place > ? AND ifnull(complete, 0) = 0"
        )
        with self._lock:
            for start in (after, 0):
                if found := self._run(query, (annotator, start)).fetchone()[0]:
                    return int(found)
        return None

    def count_complete(self, annotator: str) -> int:
        """How many items an annotator has judged to the end."""
        query = "SELECT count(*) FROM current WHERE annotator = ? AND complete = 1"
        with self._lock:
            return int(self._run(query, (annotator,)).fetchone()[0])

    # Ratings

    def find(self, annotator: str, item: str) -> Standing | None:
        """What an annotator says of an item now."""
        query = f"{_CURRENT} WHERE c.annotator = ? AND c.item = ?"
        with self._lock:
            row = self._run(query, (annotator, item)).fetchone()
        return Standing(Rating.from_json(row[2]), *row[3:]) if row else None

    def all(self, annotator: str | None = None) -> list[tuple[str, str, Standing]]:
        """Annotator, item and rating of all that was rated, by item and annotator."""
        where = " WHERE c.annotator = ?" if annotator else ""
        query = f"{_CURRENT}{where} ORDER BY c.item, c.annotator"
        with self._lock:
            rows = self._run(query, (annotator,) if annotator else ()).fetchall()
        return [(row[0], row[1], Standing(Rating.from_json(row[2]), *row[3:])) for row in rows]

    def history(self, annotator: str, item: str) -> list[Standing]:
        """Every rating of an item by an annotator, the oldest first."""
        query = "SELECT rating, at, number, tab FROM history WHERE annotator = ? AND item = ? ORDER BY number"
        with self._lock:
            rows = self._run(query, (annotator, item)).fetchall()
        return [Standing(Rating.from_json(row[0]), *row[1:]) for row in rows]

    def save(self, annotator: str, item: str, said: Rating, tab: str, seen: int) -> Saved:
        """Lays a rating over what stands there, and commits it.

        Args:
            annotator: Who says it.
            item: Of what.
            said: What the page shows.
            tab: Of the browser.
            seen: Number of the rating that the page has seen; 0 if none.
        """
        with self.transaction():
            before = self.find(annotator, item)
            if before is None:
                is_empty = said == Rating()
                standing = (
                    Standing(said, "", 0, tab) if is_empty else self.add(annotator, item, said, tab, now())
                )
                return Saved(standing, False)
            unseen = before.tab != tab and before.number != seen
            merged = said.over(before.rating, unseen)
            if merged == before.rating:
                return Saved(before, False)
            if before.tab == tab and merged == Rating(
                before.rating.verdicts, before.rating.preference, merged.remark
            ):  # a remark that is being typed is one entry of the history
                query = "UPDATE history SET rating = ?, at = ? WHERE number = ?"
                self._run(query, (merged.to_json(), at := now(), before.number))
                return Saved(Standing(merged, at, before.number, tab), False)
            return Saved(self.add(annotator, item, merged, tab, now()), unseen)

    def add(self, annotator: str, item: str, rating: Rating, tab: str, at: str) -> Standing:
        """Makes a rating the one that counts; inside a transaction."""
        query = "INSERT INTO history (annotator, item, rating, tab, at) VALUES (?, ?, ?, ?, ?)"
        number = self._run(query, (annotator, item, rating.to_json(), tab, at)).lastrowid
        assert number is not None
        complete = int(rating.is_complete(self.questions))
        self._run("INSERT OR REPLACE INTO current VALUES (?, ?, ?, ?)", (annotator, item, number, complete))
        return Standing(rating, at, number, tab)
