from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from reviewing import answers_set, open_store

from evaluation.review.access import find_annotator, make_tokens
from evaluation.review.desk import Desk, Form
from evaluation.review.rating import REMARK_LENGTH, Rating, clean_remark
from evaluation.review.store import Store
from medinjection_fr.errors import InputError
from medinjection_fr.resources import PACKAGE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened, _ = open_store(tmp_path / "review.sqlite", answers_set(4))
    with opened:
        yield opened


def test_a_rating_is_on_the_disk_when_save_returns(store: Store) -> None:
    said = Rating({"base": "different"}, None, "à revoir")
    store.save("anne", "q00001", said, "tab", 0)
    with Store(store.path) as other:
        standing = other.find("anne", "q00001")
        assert standing and standing.rating == said
        assert other.find("basile", "q00001") is None


KILLED = """
import sys
from pathlib import Path
from evaluation.review.rating import Rating
from evaluation.review.store import Store

store = Store(Path(sys.argv[1]))
for number in range(1, 5):
    store.save("anne", f"q{number:05}", Rating({"base": "equivalent", "native": "different"}), "tab", 0)
    print(number, flush=True)
sys.stdin.read()
"""


def test_a_kill_loses_nothing_that_was_saved(store: Store) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PACKAGE.parent,
    )  # fmt: skip
    with process:
        assert process.stdout and [process.stdout.readline() for _ in range(4)][-1] == b"4\n"
        os.kill(process.pid, signal.SIGKILL)
    with Store(store.path) as again:
        assert again.count_complete("anne") == 4 and again.next_open("anne") is None


def test_a_verdict_is_changed_and_the_history_keeps_both(store: Store) -> None:
    first = store.save("anne", "q00001", Rating({"base": "different"}), "tab", 0).standing
    store.save("anne", "q00001", Rating({"base": "equivalent"}), "tab", first.number)
    said = [standing.rating.verdicts["base"] for standing in store.history("anne", "q00001")]
    assert said == ["different", "equivalent"]


def test_the_last_of_two_tabs_counts_erases_nothing_and_is_told(store: Store) -> None:
    mine = store.save("anne", "q00001", Rating({"base": "different"}, "base", "mot"), "one", 0)
    assert not mine.other_tab
    theirs = store.save("anne", "q00001", Rating({"native": "equivalent"}), "two", 0)
    assert theirs.other_tab
    assert theirs.standing.rating == Rating({"base": "different", "native": "equivalent"}, "base", "mot")
    third = store.save("anne", "q00001", Rating({"base": "equivalent"}), "one", mine.standing.number)
    assert third.other_tab and third.standing.rating.verdicts["base"] == "equivalent"
    assert [entry.tab for entry in store.history("anne", "q00001")] == ["one", "two", "one"]
    seen = store.save("anne", "q00001", Rating({"base": "different"}), "two", third.standing.number)
    assert not seen.other_tab


def test_a_remark_that_is_typed_is_one_entry_and_can_be_erased(store: Store) -> None:
    for remark in ("d", "do", "dose", ""):
        saved = store.save("anne", "q00001", Rating({"base": "different"}, None, remark), "tab", 0)
    assert saved.standing.rating.remark == ""
    assert len(store.history("anne", "q00001")) == 1


def test_what_says_nothing_is_not_kept(store: Store) -> None:
    assert store.save("anne", "q00001", Rating(), "tab", 0).standing.number == 0
    assert store.all() == [] and store.history("anne", "q00001") == []
    said = Rating({"base": "different"})
    for _ in range(2):
        store.save("anne", "q00001", said, "tab", 0)
    assert len(store.history("anne", "q00001")) == 1


def test_open_items_are_found_behind_and_then_from_the_start(store: Store) -> None:
    whole = Rating({"base": "different", "native": "different"})
    for place in (2, 3, 4):
        store.save("anne", store.item_at("anne", place), whole, "tab", 0)
    assert store.next_open("anne", 3) == 1
    assert store.count_complete("anne") == 3 and store.count_complete("basile") == 0


def test_the_desk_blinds_and_finds_back(store: Store) -> None:
    for annotator in ("anne", "basile"):
        desk = Desk(store, annotator)
        for place in range(1, desk.size + 1):
            sheet = desk.take(place)
            order = desk.order(sheet.item.name)
            desk.save(sheet.item.name, Form(("equivalent", "different"), "B", "mot"), "tab", sheet.seen)
            standing = store.find(annotator, sheet.item.name)
            assert standing and standing.rating.verdicts == {order[0]: "equivalent", order[1]: "different"}
            assert standing.rating.preference == order[1]
            assert desk.take(place).form == Form(("equivalent", "different"), "B", "mot")
    orders = {tuple(Desk(store, a).order(f"q{n:05}")) for a in ("anne", "basile") for n in range(1, 5)}
    assert len(orders) == 2


def test_the_desk_takes_no_item_of_others_and_no_verdict_that_cannot_be(tmp_path: Path) -> None:
    opened, _ = open_store(tmp_path / "apart.sqlite", answers_set(4), overlap=0.0)
    with opened as store:
        desk, other = Desk(store, "anne"), store.item_at("basile", 1)
        own = store.item_at("anne", 1)
        for item, form in (
            (other, Form(("equivalent", None), None, "")),
            ("q99999", Form(("equivalent", None), None, "")),
            (own, Form(("yes", None), None, "")),
            (own, Form(("equivalent",), None, "")),
            (own, Form(("equivalent", None), "C", "")),
        ):
            with pytest.raises(ValueError, match=r"hand|cannot be"):
                desk.save(item, form, "tab", 0)
        assert store.all() == []


def test_a_remark_fits_every_file() -> None:
    assert clean_remark("a\0b\ud800c") == "abc"
    assert len(clean_remark("é" * 9_000)) == REMARK_LENGTH


def test_a_token_is_its_annotators_alone() -> None:
    from evaluation.review.access import digest_token

    tokens = make_tokens(["anne", "basile"])
    digests = {name: digest_token(token) for name, token in tokens.items()}
    assert find_annotator(tokens["basile"], digests) == "basile"
    for wrong in ("", "anne", tokens["anne"][:-1], digests["anne"], "é\ud800"):
        assert find_annotator(wrong, digests) is None


def test_another_file_is_no_review_database(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such review database"):
        Store(tmp_path / "absent.sqlite")
    (tmp_path / "text").write_text("no database " * 200)
    with pytest.raises(InputError, match="cannot be used"):
        Store(tmp_path / "text")
    with closing(sqlite3.connect(tmp_path / "else.sqlite")) as other:
        other.execute("CREATE TABLE facts (a)")
    with pytest.raises(InputError, match="something else"):
        Store(tmp_path / "else.sqlite")
    opened, _ = open_store(tmp_path / "newer.sqlite", answers_set(1))
    opened.close()
    with closing(sqlite3.connect(tmp_path / "newer.sqlite")) as newer:
        newer.execute("PRAGMA user_version = 9")
    with pytest.raises(InputError, match="version 9"):
        Store(tmp_path / "newer.sqlite")
