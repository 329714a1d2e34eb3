from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from proxy import Fault, Proxy, echo, running_proxy

from medinjection_fr.errors import InputError
from medinjection_fr.models.budget import Budget, BudgetSpent, Prices, read_budget
from medinjection_fr.models.endpoint import Endpoint, Patience
from medinjection_fr.models.journal import Journal, Totals
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.session import NotAsked, Replay, Session


def asked(text: str) -> Request:
    return Request(({"role": "user", "content": text},))


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with running_proxy(echo) as proxy:
        yield proxy


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


def session(proxy: Proxy, journal: Journal, **options: Any) -> Session:
    return Session(Endpoint("small", proxy.url, patience=Patience(tries=2, pause=0)), journal, **options)


def run(work: Callable[[], Awaitable[Any]], *sessions: Session) -> Any:
    async def with_closing() -> Any:
        try:
            return await work()
        finally:
            for each in sessions:
                await each.model.close()

    return asyncio.run(with_closing())


def ask_all(session: Session, *texts: str) -> list[Reply]:
    return run(lambda: asyncio.gather(*(session.ask(asked(text)) for text in texts)), session)


def test_what_was_asked_is_not_asked_again(proxy: Proxy, journal: Journal):
    first = session(proxy, journal)
    (reply,) = ask_all(first, "one")
    assert ask_all(first, "one", "one") == [reply, reply]
    again = session(proxy, journal)
    assert ask_all(again, "one") == [reply]
    assert (first.paid, again.paid, len(proxy.asked)) == (1, 0, 1)


def test_the_same_request_under_way_is_shared(proxy: Proxy, journal: Journal):
    replies = ask_all(session(proxy, journal), *["one"] * 20)
    assert {reply.text for reply in replies} == {"one"}
    assert len(proxy.asked) == 1


def test_what_another_session_is_asking_is_waited_for(proxy: Proxy, journal: Journal):
    go_on = threading.Event()
    proxy.spoil(Fault(hold=go_on))
    with Journal(journal.path) as other:
        sessions = [session(proxy, journal), session(proxy, other)]

        async def both() -> list[Reply]:
            first = asyncio.ensure_future(sessions[0].ask(asked("one")))
            await asyncio.to_thread(proxy.wait_for, lambda: len(proxy.asked) == 1)
            second = asyncio.ensure_future(sessions[1].ask(asked("one")))
            await asyncio.sleep(0)
            go_on.set()
            return [await first, await second]

        replies = run(both, *sessions)
    assert replies[0] == replies[1]
    assert len(proxy.asked) == 1


def test_a_refusal_for_good_is_not_asked_again(proxy: Proxy, journal: Journal):
    proxy.spoil(Fault(400, error={"message": "maximum context length is 10 tokens"}))
    for _ in range(2):
        with pytest.raises(ModelError, match="context-too-long"):
            ask_all(session(proxy, journal), "one")
    assert len(proxy.asked) == 1


def test_any_other_error_leaves_the_request_free(proxy: Proxy, journal: Journal):
    proxy.spoil(Fault(500, times=2))
    with pytest.raises(ModelError, match="server-error"):
        ask_all(session(proxy, journal), "one")
    with Journal(journal.path) as other:
        assert [reply.text for reply in ask_all(session(proxy, other), "one")] == ["one"]


def test_requests_under_way_are_bounded(proxy: Proxy, journal: Journal):
    one = session(proxy, journal, at_once=3)
    ask_all(one, *[f"item {number}" for number in range(30)])
    assert proxy.most_at_once <= 3
    ask_all(one, *[f"in another loop {number}" for number in range(30)])
    assert len(proxy.asked) == 60


def test_the_budget_counts_what_the_journal_has_paid_in_all_runs(proxy: Proxy, journal: Journal):
    spend = {"budget": Budget(tokens=8), "at_once": 1}
    with pytest.raises(BudgetSpent):
        ask_all(session(proxy, journal, **spend), "two words", "more words", "no money left")
    assert journal.totals("small") == Totals(answers=2, input_tokens=4, output_tokens=4)
    with pytest.raises(BudgetSpent):
        ask_all(session(proxy, journal, **spend), "another run")
    assert len(proxy.asked) == 2
    assert [reply.text for reply in ask_all(session(proxy, journal, **spend), "two words")] == ["two words"]


def test_a_budget_in_euros(proxy: Proxy, journal: Journal):
    prices = Prices(input=100_000, output=400_000)
    one = session(proxy, journal, prices=prices, budget=Budget(euros=1.5), at_once=1)
    with pytest.raises(BudgetSpent):
        ask_all(one, "one word", "more words", "no money")
    assert one.cost == pytest.approx(4 * 0.1 + 4 * 0.4)
    assert session(proxy, journal).cost is None


def test_reading_a_budget():
    prices = Prices(1, 2)
    assert read_budget("5eur", prices) == read_budget("5 €", prices) == Budget(euros=5)
    assert read_budget("0,5 euros", prices) == Budget(euros=0.5)
    assert read_budget("200_000tokens", None) == Budget(tokens=200_000)
    with pytest.raises(InputError, match="--price-in"):
        read_budget("5eur", None)
    for wrong in ("5", "eur", "-5eur", "5 dollars"):
        with pytest.raises(InputError, match="5eur or 200000tokens"):
            read_budget(wrong, prices)


def test_replay_answers_from_the_journal_alone(proxy: Proxy, journal: Journal):
    (reply,) = ask_all(session(proxy, journal), "one")
    replay = Replay("small", journal)
    assert asyncio.run(replay.ask(asked("one"))) == reply
    with pytest.raises(NotAsked):
        asyncio.run(replay.ask(asked("two")))
    with pytest.raises(NotAsked):
        asyncio.run(Replay("large", journal).ask(asked("one")))


def test_the_key_is_in_no_file(proxy: Proxy, tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        model = Endpoint("small", proxy.url, key="sk-secret-of-a-test")
        ask_all(Session(model, journal), "one")
        assert proxy.keys == ["Bearer sk-secret-of-a-test"]
        assert all(b"sk-secret" not in file.read_bytes() for file in tmp_path.iterdir())
