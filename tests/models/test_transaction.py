from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from medinjection_fr.generate.job import JobStore
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.transaction import transaction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """A table in a database that cannot grow much."""
    opened = sqlite3.connect(path, isolation_level=None)
    opened.execute("CREATE TABLE notes (text)")
    opened.execute("PRAGMA max_page_count = 20")
    yield opened
    opened.close()


def notes(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM notes").fetchone()[0])


def test_a_full_disk_is_told_and_nothing_is_written(database: sqlite3.Connection, path: Path):
    with pytest.raises(OSError, match="No space left") as caught, transaction(database, path):
        database.execute("INSERT INTO notes VALUES ('small')")
        database.execute("INSERT INTO notes VALUES (?)", ("large" * 100_000,))
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert notes(database) == 0
    with transaction(database, path):
        database.execute("INSERT INTO notes VALUES ('small')")
    assert notes(database) == 1


def test_what_another_error_stops_is_not_written(database: sqlite3.Connection, path: Path):
    with pytest.raises(KeyboardInterrupt), transaction(database, path):
        database.execute("INSERT INTO notes VALUES ('small')")
        raise KeyboardInterrupt
    assert notes(database) == 0


def test_a_full_disk_for_the_questions_of_a_job(path: Path):
    Journal(path).close()
    with JobStore(path) as store:
        store._database.execute("PRAGMA max_page_count = 40")
        with pytest.raises(OSError, match="No space left"):
            store.keep_questions({"digest": "[]" * 500_000})
        store.keep_questions({"digest": "[]"})
        assert store.questions("digest") == "[]"
