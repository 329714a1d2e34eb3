from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from medinjection_fr.errors import InputError
from medinjection_fr.models.journal import Journal, Totals
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request

ASKED = Request(messages=({"role": "user", "content": "Bonjour"},), template="greeting@1")
KEY = ASKED.key("small")
REPLY = Reply("Bonjour, docteur", "stop", 5, 7, 0.25, estimated=True, served_by="small-2026")

CLAIM_AND_DIE = """
import os, signal, sys
from pathlib import Path
from medinjection_fr.models.journal import Journal

journal = Journal(Path(sys.argv[1]))
print(journal.claim(sys.argv[2]), flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path) as journal:
        yield journal


def test_an_answer_is_found_again(journal: Journal, path: Path):
    assert journal.find(KEY) is None
    journal.write(KEY, "small", ASKED, REPLY)
    with Journal(path, read_only=True) as again:
        assert again.find(KEY) == REPLY
        assert again.totals("small") == Totals(answers=1, input_tokens=5, output_tokens=7, estimated=1)
        assert again.models() == ["small"]


def test_a_refusal_is_told_again_until_it_is_forgotten(journal: Journal):
    journal.write(KEY, "small", ASKED, ModelError("context-too-long", "does not fit"))
    with pytest.raises(ModelError) as told:
        journal.find(KEY)
    assert (told.value.rule, told.value.message) == ("context-too-long", "does not fit")
    assert journal.totals("small") == Totals()
    assert journal.forget_refusals("context-too-long") == 1
    assert journal.find(KEY) is None


def test_a_request_has_one_owner(journal: Journal, path: Path):
    with Journal(path) as other:
        assert journal.claim(KEY)
        assert not other.claim(KEY)
        journal.release(KEY)
        assert other.claim(KEY)
        other.write(KEY, "small", ASKED, REPLY)
        assert not journal.claim(KEY)


def test_closing_gives_claims_up(journal: Journal, path: Path):
    with Journal(path) as other:
        assert other.claim(KEY)
    assert journal.claim(KEY)


def test_the_claim_of_a_killed_process_is_taken_over(journal: Journal, path: Path):
    command = [sys.executable, "-c", CLAIM_AND_DIE, str(path), KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert not journal.claim(KEY)
        process.communicate()
    assert journal.claim(KEY)
    journal.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_another_journal_holds_is_taken_in_once(journal: Journal, path: Path):
    other = path.with_name("other")
    refused = Request(messages=({"role": "user", "content": "…"},))
    asked = Request(messages=({"role": "user", "content": "Bonsoir"},))
    journal.write(KEY, "small", ASKED, REPLY)
    assert journal.claim(asked.key("small"))
    with Journal(other, alone=True) as part:
        part.write(KEY, "small", ASKED, replace(REPLY, seconds=9))  # as it was given to it
        part.write(asked.key("small"), "small", asked, REPLY)
        part.write(refused.key("small"), "small", refused, ModelError("context-too-long", "long"))
        part.write_outcome("run", "medqa/1", {"records": 1})
        assert not list(path.parent.glob("other-shm"))  # memory that hosts could not share
    for _ in range(2):
        journal.take_in(other)
        assert journal.totals("small") == Totals(2, 10, 14, 2)
        assert journal.find(KEY) == journal.find(asked.key("small")) == REPLY
        with pytest.raises(ModelError):
            journal.find(refused.key("small"))
        assert list(journal.outcomes("run")) == [("medqa/1", {"records": 1})]
    with Journal(path) as again:
        assert not again.claim(asked.key("small"))  # it is answered


def test_outcomes_of_other_answers_than_ours_are_left_behind(journal: Journal, path: Path):
    other = path.with_name("other")
    journal.write(KEY, "small", ASKED, REPLY)
    with Journal(other, alone=True) as part:
        part.write(KEY, "small", ASKED, replace(REPLY, text="Bonjour, madame"))
        part.write_outcome("run", "medqa/1", {"records": 1})
    journal.take_in(other)
    assert journal.find(KEY) == REPLY
    assert journal.finished_items("run") == set()


def test_journal_that_is_taken_in_is_all_there_or_not_at_all(journal: Journal, path: Path):
    other = path.with_name("other")
    with Journal(other, alone=True) as part:
        part.write(KEY, "small", ASKED, REPLY)
        part.write_outcome("run", "medqa/1", {"records": 1})
    with sqlite3.connect(other) as database:
        database.execute("DROP TABLE outcomes")  # read last
    database.close()
    with pytest.raises(sqlite3.OperationalError):
        journal.take_in(other)
    assert (journal.find(KEY), journal.totals("small")) == (None, Totals())


def test_outcomes_of_items(journal: Journal):
    journal.write_outcome("run", "medqa/2", {"faults": ["number-changed"]})
    journal.write_outcome("run", "medqa/1", {"faults": []})
    journal.write_outcome("run", "medqa/2", {"faults": []})
    assert journal.finished_items("run") == {"medqa/1", "medqa/2"}
    assert journal.finished_items("other") == set()
    journal.write_outcome("run", "medqa/3", {"faults": [], "judge": "a"})
    assert journal.finished_items("run", judge="a") == {"medqa/3"}
    assert journal.finished_items("run", judge="b") == set()
    assert list(journal.outcomes("run"))[:2] == [("medqa/1", {"faults": []}), ("medqa/2", {"faults": []})]
    assert journal.runs() == ["run"]


def test_a_new_journal_that_another_process_opens_too(path: Path, monkeypatch: pytest.MonkeyPatch):
    """Between its tables and its log, another one begins to write: SQLite itself would give up at once."""
    transaction = Journal._transaction
    another = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    @contextmanager
    def then_another_writes(journal: Journal) -> Iterator[None]:
        with transaction(journal):
            yield
        another.execute("BEGIN IMMEDIATE")
        threading.Timer(0.1, another.rollback).start()

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_transaction", then_another_writes)
        journal = Journal(path)
    with journal:
        assert journal.claim(KEY)
    another.close()


def test_a_journal_of_another_version_is_left_as_it_is(path: Path):
    Journal(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9")
    database.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="is a journal of version 9; expected version 1"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_left_as_it_is(path: Path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE patients (name TEXT)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="is a database of something else"):
        Journal(path)
    assert path.read_bytes() == before


def test_no_journal(path: Path):
    path.write_text("une lettre, pas une base de données " * 100, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be used"):
        Journal(path)
    with pytest.raises(InputError, match="there is no such journal"):
        Journal(path.with_name("none"), read_only=True)
    with pytest.raises(InputError, match="its folder does not exist"):
        Journal(path.parent / "none" / "journal.sqlite")
