from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proxy import Body, Fault, Proxy, echo, messages_of, running_proxy
from runner import requests_of, result_of, work

from medinjection_fr.errors import InputError
from medinjection_fr.models.budget import Budget
from medinjection_fr.models.endpoint import Endpoint, Patience
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.model import ModelError
from medinjection_fr.models.run import Ask, RunReport, replay_all, run_all
from medinjection_fr.models.session import Replay, Session

RUNNER = Path(__file__).parent / "runner.py"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with running_proxy(echo) as proxy:
        yield proxy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path) as journal:
        yield journal


def session(proxy: Proxy, journal: Journal, **options: Any) -> Session:
    model = Endpoint("small", proxy.url, patience=Patience(tries=2, pause=0))
    return Session(model, journal, **{"at_once": 8, **options})


def expected(items: int) -> set[str]:
    return set(map(result_of, range(items)))


def test_every_item_has_its_result(proxy: Proxy, journal: Journal):
    report = RunReport()
    results = list(run_all(session(proxy, journal), range(30), work, report=report))
    assert len(results) == 30 and set(results) == expected(30)
    assert report == RunReport(done=30)
    assert sum(proxy.paid.values()) == requests_of(30)


def test_as_many_as_asked_for_run_at_once(journal: Journal):
    together = threading.Barrier(8)

    def answers_eight_together(body: Body) -> Any:
        together.wait(timeout=300)
        return echo(body)

    with running_proxy(answers_eight_together) as proxy:
        assert len(list(run_all(session(proxy, journal), range(16), work))) == 16
    assert proxy.most_at_once == 8


def test_the_end_of_the_budget_leaves_the_rest_for_later(proxy: Proxy, journal: Journal):
    one, report = session(proxy, journal, budget=Budget(tokens=100)), RunReport()
    results = list(run_all(one, range(100), work, report=report))
    assert report.stopped == "budget" and 0 < report.done == len(results) < 100
    assert 100 <= one.totals.tokens < 100 + 8 * 8
    assert one.totals.answers == sum(proxy.paid.values())
    more = session(proxy, journal, budget=Budget(tokens=10**6))
    assert set(run_all(more, range(100), work)) == expected(100)
    assert sum(proxy.paid.values()) == requests_of(100)


def test_a_wrong_key_stops_the_run_at_once(proxy: Proxy, journal: Journal):
    proxy.spoil(Fault(401))
    report = RunReport()
    with pytest.raises(InputError, match=r"small: .* the endpoint wants a key"):
        list(run_all(session(proxy, journal), range(1000), work, report=report))
    assert len(proxy.asked) <= 8
    assert report.left["key-missing"] == len(proxy.asked)


def test_what_gets_no_reply_is_left_for_the_next_run(proxy: Proxy, journal: Journal):
    proxy.spoil(Fault(500, only=lambda body: "item 3" in messages_of(body)))
    report = RunReport()
    results = list(run_all(session(proxy, journal), range(10), work, report=report))
    assert set(results) == expected(10) - {result_of(3)}
    assert report == RunReport(done=9, left={"server-error": 1})
    proxy.mend()
    assert set(run_all(session(proxy, journal), range(10), work)) == expected(10)
    assert sum(proxy.paid.values()) == requests_of(10)


def test_a_server_that_fails_for_everybody_ends_the_run(proxy: Proxy, journal: Journal):
    proxy.spoil(Fault(503))
    with pytest.raises(InputError, match="the endpoint answered 503"):
        list(run_all(session(proxy, journal), range(1000), work))
    assert len(proxy.asked) <= 2 * 2 * 8


def test_a_bug_is_raised_when_what_is_under_way_is_finished(proxy: Proxy, journal: Journal):
    async def breaks(item: int, ask: Ask) -> str:
        result = await work(item, ask)
        return result if item != 5 else str(1 / 0)

    with pytest.raises(ZeroDivisionError):
        list(run_all(session(proxy, journal), range(100), breaks))
    assert sum(proxy.paid.values()) == journal.totals("small").answers


def test_whoever_stops_reading_stops_the_run(proxy: Proxy, journal: Journal):
    results = run_all(session(proxy, journal), range(10_000), work)
    next(results)
    results.close()
    assert sum(proxy.paid.values()) == journal.totals("small").answers < requests_of(10_000)


def test_a_refused_request_is_the_works_own_business(proxy: Proxy, journal: Journal):
    async def tells_refusals(item: int, ask: Ask) -> str:
        try:
            return await work(item, ask)
        except ModelError as error:
            if error.refuses_request:
                return error.rule
            raise

    too_long = Fault(
        400, error={"code": "context_length_exceeded"}, only=lambda body: "item 3" in messages_of(body)
    )
    proxy.spoil(too_long)
    results = set(run_all(session(proxy, journal), range(5), tells_refusals))
    assert results == expected(5) - {result_of(3)} | {"context-too-long"}
    again = dict(replay_all(Replay("small", journal), range(5), tells_refusals))
    assert set(again.values()) == results


def test_replay_gives_the_same_results_in_order(proxy: Proxy, journal: Journal):
    list(run_all(session(proxy, journal), range(20), work))
    replayed = list(replay_all(Replay("small", journal), range(22), work))
    assert replayed == [(item, result_of(item)) for item in range(20)] + [(20, None), (21, None)]


def test_a_session_can_run_twice(proxy: Proxy, journal: Journal):
    one = session(proxy, journal)
    assert set(run_all(one, range(5), work)) | set(run_all(one, range(20), work)) == expected(20)
    assert one.paid == requests_of(20)


def start(path: Path, proxy: Proxy, items: int, at_once: int = 8) -> subprocess.Popen[str]:
    command = [sys.executable, str(RUNNER), str(path), proxy.url, str(items), str(at_once)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[set[str], str]:
    """Results of a run, and its last line."""
    output, _ = process.communicate()
    assert process.returncode == 0
    *results, end = output.splitlines()
    return set(results), end


def kill_after(process: subprocess.Popen[str], proxy: Proxy, paid: int) -> None:
    """Kills a run when so many replies have been paid, and waits until the proxy has noticed."""
    proxy.wait_for(lambda: sum(proxy.paid_so_far.values()) >= paid or process.poll() is not None)
    process.kill()
    process.communicate()
    proxy.wait_for(lambda: proxy.under_way == 0)


def journalled(path: Path) -> int:
    """Answers in a journal, which a run that was killed early has not even made."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with Journal(path, read_only=True) as journal:
        return journal.totals("small").answers


def check_kills(path: Path, proxy: Proxy, items: int, kills: list[int]) -> None:
    """Kills a run again and again, and lets it finish: what has arrived is never paid again."""
    lost = 0
    for paid in kills:
        kill_after(start(path, proxy, items), proxy, paid + lost)
        lost = sum(proxy.paid.values()) - journalled(path)
    results, _ = finish(start(path, proxy, items))
    assert results == expected(items)
    assert journalled(path) == len(proxy.paid) == requests_of(items)
    assert sum(proxy.paid.values()) == requests_of(items) + lost
    assert lost <= 8 * len(kills)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_killed_run_pays_nothing_twice(proxy: Proxy, path: Path):
    check_kills(path, proxy, 100, [77])


@pytest.mark.slow
def test_a_run_killed_at_any_point_pays_nothing_twice(proxy: Proxy, path: Path):
    check_kills(path, proxy, 200, [0, 1, 2, 9, 31, 64, 100, 101, 163, 240, 299, 350, 391, 399])


def test_two_processes_share_a_journal(proxy: Proxy, path: Path):
    both = [start(path, proxy, 100), start(path, proxy, 100)]
    ends = [finish(process) for process in both]
    assert [results for results, _ in ends] == [expected(100)] * 2
    assert journalled(path) == sum(proxy.paid.values()) == requests_of(100)


def test_a_process_works_beside_another_and_takes_over_what_that_was_killed_at(proxy: Proxy, path: Path):
    go_on = threading.Event()
    held = Fault(hold=go_on, times=8)
    proxy.spoil(held)
    killed = start(path, proxy, 50)
    proxy.wait_for(lambda: held.times == 0)
    other = start(path, proxy, 50)
    proxy.wait_for(lambda: sum(proxy.paid_so_far.values()) == requests_of(42))
    killed.kill()
    killed.communicate()
    results, _ = finish(other)
    go_on.set()
    assert results == expected(50)
    assert journalled(path) == requests_of(50)


def test_ctrl_c_finishes_what_is_under_way(proxy: Proxy, path: Path):
    go_on = threading.Event()
    held = Fault(hold=go_on)
    proxy.spoil(held)
    process = start(path, proxy, 1000)
    proxy.wait_for(lambda: proxy.under_way == 8)
    process.send_signal(signal.SIGINT)
    proxy.mend()
    go_on.set()
    results, end = finish(process)
    assert end.split()[2] == "interrupt"
    assert 8 <= len(results) < 1000
    assert journalled(path) == sum(proxy.paid.values())
