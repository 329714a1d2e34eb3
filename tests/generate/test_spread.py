"""Jobs over a Ray cluster of two nodes: what one process gives; nodes and commands that die; what is refused."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pytest
from clusters import Doom, add_node, doomed, hooked, running_cluster
from commands import invoke, refused
from generate.jobs import command, contents, exported, run
from generate.synthesis.documents import write_abstracts
from generate.synthesis.jobs import run as synthesize
from generate.synthesis.test_synthesis_runs import benchmark
from generate.synthesis.writer import writer
from generate.translator import about, changed, rows, write_source
from models.proxy import Body, Fault, Proxy

from medinjection_fr.engine import IN_THIS_PROCESS
from medinjection_fr.errors import InputError
from medinjection_fr.generate import spread as spread_module
from medinjection_fr.generate.job import JobStore
from medinjection_fr.generate.run import Work
from medinjection_fr.generate.spread import spread
from medinjection_fr.models.apertium import Apertium
from medinjection_fr.models.journal import Journal

ray = pytest.importorskip("ray")

SPOILT = "Aspirine 25 mg"
SPOIL = changed(options=lambda options: {**options, "A": SPOILT})
ROUNDS = 2
SMALL_PARTS = "from medinjection_fr.generate import spread; spread._UNITS = 3"


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two nodes; tests add others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1,localhost")
        with running_cluster() as running:
            add_node(running)
            yield running


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread_module, "_UNITS", 3)


def items() -> list[dict[str, Any]]:
    """Questions, of which two are asked for with the same words."""
    return [*rows(ROUNDS), {**rows()[3], "id": "twin", "cop": 1}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_source(tmp_path / "data", items())


@pytest.fixture
def expected(server: Proxy, tmp_path: Path) -> dict[str, Any]:
    """What one process gives; one of the answers is put aside, and asked for again."""
    server.spoil(Fault(reply=SPOIL, only=about("Which drug")))
    whole = write_source(tmp_path / "whole" / "data", items())
    run(server, whole)
    told = contents(exported(whole))
    assert told["figures"]["units"] == {"accepted": 5 * ROUNDS + 1, "rejected": ROUNDS, "unfinished": 0}
    assert told["figures"]["requests"] == sum(server.paid.values())
    server.forget()
    return told


def is_second(body: Body) -> bool:
    """Whether a request holds an answer that was put aside."""
    return any(SPOILT in message["content"] for message in body["messages"] if message["role"] == "assistant")


def on(nodes: Any) -> tuple[str, ...]:
    return "--engine", "ray", "--address", nodes.address


def test_same_records_as_of_one_process_and_nothing_asked_twice(
    server: Proxy, folder: Path, nodes: Any, expected: dict[str, Any]
) -> None:
    server.mend()
    no = {"message": "no"}
    server.spoil(
        Fault(status=400, error=no, only=about("Which organ")),
        Fault(status=400, error=no, only=lambda body: about("Which drug")(body) and is_second(body)),
        Fault(reply=SPOIL, only=about("Which drug")),
    )
    printed = run(server, folder, *on(nodes), "--preview", 3, "--yes")
    assert "Quelle" in printed and "unfinished" in printed
    assert f"No answer this time: {2 * ROUNDS} units (request-refused). The same command" in printed
    server.mend()
    server.spoil(Fault(reply=SPOIL, only=about("Which drug")))
    run(server, folder, *on(nodes))
    assert contents(exported(folder)) == expected
    assert max(server.paid.values()) == 1
    assert sum(server.paid.values()) == expected["figures"]["requests"]
    assert sorted(path.name for path in folder.parent.glob("journal*")) == ["journal.sqlite"]


def test_node_that_dies_in_the_middle_loses_nothing(
    server: Proxy, folder: Path, nodes: Any, expected: dict[str, Any], tmp_path: Path
) -> None:
    second, doom = add_node(nodes), Doom.in_folder(tmp_path)
    the_doomed = second.node_id

    def hook() -> None:
        """The doomed node stops for ever at its third request, which it has claimed; the other waits for its death."""
        import filelock

        from medinjection_fr.models.journal import Journal

        node, claim, keys = ray.get_runtime_context().get_node_id(), Journal.claim, []

        def held(journal: Journal, key: str) -> bool:
            if node != the_doomed:
                with filelock.FileLock(doom.dead):
                    return claim(journal, key)
            claimed = claim(journal, key)
            keys.append(key)
            if len(keys) == 3:
                doom.begun.write_text(str(journal.path))  # waits for its reader
                filelock.FileLock(doom.never).acquire()
            return claimed

        Journal.claim = held  # type: ignore[method-assign]

    with hooked(nodes, hook), doomed(nodes, second, doom) as killed:
        run(server, folder, "--engine", "ray", "--at-once", 1)
    assert killed[0].endswith(".part")
    assert contents(exported(folder)) == expected
    assert len(server.asked) == expected["figures"]["requests"]


def test_killed_command_is_taken_up_on_one_machine(
    server: Proxy, folder: Path, nodes: Any, expected: dict[str, Any]
) -> None:
    with held_at(4, server, folder, nodes) as (process, release):
        process.kill()
        process.wait()
        release.set()
    server.wait_for(lambda: server.under_way == 0)
    kept = 0
    for part in folder.parent.glob("journal.sqlite.parts/*.part"):
        with filelock.FileLock(part.with_suffix(".lock")), Journal(part, read_only=True) as journal:
            kept += journal.totals("small@1").answers
    assert kept > 0
    server.forget()
    server.mend()
    server.spoil(Fault(reply=SPOIL, only=about("Which drug")))
    run(server, folder)
    assert contents(exported(folder)) == expected
    assert len(server.asked) == expected["figures"]["requests"] - kept
    assert sorted(path.name for path in folder.parent.glob("journal*")) == ["journal.sqlite"]


def test_command_that_is_stopped_keeps_what_was_under_way(
    server: Proxy, folder: Path, nodes: Any, expected: dict[str, Any]
) -> None:
    with held_at(4, server, folder, nodes) as (process, release):
        told = run(server, folder, *on(nodes), code=2)
        assert "another command spreads its work over a cluster. Wait for it." in told
        process.send_signal(signal.SIGINT)
        release.set()
        output, _ = process.communicate()
    assert "Stopped. The same command goes on from here." in output
    assert process.returncode == 0
    with Journal(folder.parent / "journal.sqlite", read_only=True) as journal:
        kept = journal.totals("small@1").answers
    assert kept == len(server.asked) == sum(server.paid.values())
    assert sorted(path.name for path in folder.parent.glob("journal*")) == ["journal.sqlite"]


@contextmanager
def held_at(
    request: int, server: Proxy, folder: Path, nodes: Any
) -> Iterator[tuple[subprocess.Popen[str], threading.Event]]:
    """A command on the cluster of which a request is not answered until an event."""
    release = threading.Event()
    server.mend()
    server.spoil(
        Fault(only=lambda body: len(server.asked) == request, hold=release),
        Fault(reply=SPOIL, only=about("Which drug")),
    )
    program = f"{SMALL_PARTS}; from medinjection_fr.cli import main; main()"
    arguments = command(server, folder, *on(nodes), "--at-once", 1)[1:]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        server.wait_for(lambda: len(server.asked) >= request)
        yield process, release


def test_answers_that_cannot_be_taken_in_stay_for_the_next_command(
    server: Proxy, folder: Path, nodes: Any, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "journal.sqlite")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "take_in", full)
        assert "the disk is full" in run(server, folder, *on(nodes), code=2)
    asked = len(server.asked)
    assert asked > 0
    run(server, folder)
    assert contents(exported(folder)) == expected
    assert len(server.asked) == expected["figures"]["requests"] == asked


def test_command_of_one_machine_shares_the_journal_meanwhile(
    server: Proxy, folder: Path, nodes: Any, expected: dict[str, Any]
) -> None:
    release = threading.Event()
    server.mend()
    server.spoil(Fault(only=about("Which organ"), hold=release), Fault(reply=SPOIL, only=about("Which drug")))
    with subprocess.Popen(command(server, folder, "--at-once", 2)) as process:
        server.wait_for(lambda: sum(about("Which organ")(body) for body in server.asked) == ROUNDS)
        told = run(server, folder, *on(nodes))
        assert (
            f"No answer this time: {ROUNDS} units (asked-elsewhere). The same command takes them up." in told
        )
        release.set()
        assert process.wait() == 0
    assert contents(exported(folder)) == expected
    assert len(server.asked) == expected["figures"]["requests"]


def test_model_that_cannot_be_asked_is_told_once_and_ends_the_run(
    server: Proxy, folder: Path, nodes: Any
) -> None:
    run(server, folder, "--limit", 2)
    server.spoil(Fault(status=404, error={"message": "no such model", "code": "model_not_found"}))
    server.forget()
    told = run(server, folder, *on(nodes), "--at-once", 1, code=2)
    assert told.count("error: ") == 2
    assert f"error: node {socket.gethostname()}, small@1: " in told
    assert "Look at the name of the model" in told
    assert f"{folder.parent / 'journal.sqlite'}: keeps all that was answered." in told
    assert 0 < len(server.asked) <= 2  # one of each node
    server.mend()
    server.forget()
    run(server, folder)
    assert len(server.asked) == len(items()) - 1 - 2  # the twin asks nothing of its own


@pytest.mark.slow
def test_key_that_nodes_lack(
    server: Proxy, folder: Path, nodes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_KEY", "sk-secret")  # of the command's process
    told = run(server, folder, *on(nodes), "--key-from", "OUR_KEY", code=2)
    assert f"node {socket.gethostname()}, " in told
    assert "the environment has no key in OUR_KEY" in told and "sk-secret" not in told
    assert server.asked == []


@pytest.mark.slow
def test_translator_that_computes(folder: Path, nodes: Any) -> None:
    try:
        Apertium()
    except InputError as error:
        pytest.skip(str(error))
    made = []
    for engine in ((), on(nodes)):
        journal = folder.parent / "journal.sqlite"
        options = ("--data", folder, "--journal", journal, "--model", "apertium", *engine)
        assert invoke("translate", "run", "medmcqa", *options).exit_code == 0
        made.append(contents(exported(folder)))
        journal.unlink()
    assert made[0] == made[1]
    assert made[0]["figures"]["units"]["unfinished"] == 0


@pytest.mark.slow
def test_synthesis_against_a_test_set(tmp_path: Path, nodes: Any) -> None:
    folder = write_abstracts(tmp_path / "data")
    path = benchmark(tmp_path / "bench.jsonl")
    options = ("--tasks", "abstract-mcqu,abstract-summary", "--against", path)
    made = []
    with writer() as server:
        for engine in ((), on(nodes)):
            synthesize(server, folder, "morfitt", *options, *engine)
            made.append(contents(exported(folder)))
            (tmp_path / "journal.sqlite").unlink()
            server.forget()
    assert made[0] == made[1]
    assert made[0]["figures"]["rejected_by_rule"] == {"test-copy": 1}


def test_node_with_another_model_asks_nothing(server: Proxy, folder: Path) -> None:
    server.spoil(Fault(status=400, error={"message": "no"}))
    run(server, folder, "--limit", 1)
    server.forget()
    path = folder.parent / "journal.sqlite"
    with Journal(path) as journal, JobStore(path) as store:
        work = Work(store.find(None), store, journal)
        with pytest.raises(
            InputError, match=r"--model: is other@2 here; expected small@1\. Install the same"
        ):
            spread(work, IN_THIS_PROCESS, {"name": "other@2", "endpoint": server.url}, at_once=1)
    assert server.asked == []
    assert not (folder.parent / "journal.sqlite.parts").exists()


def test_options_that_nodes_cannot_keep_to(folder: Path) -> None:
    begin = ("translate", "run", "medmcqa", "--data", folder, "--journal", folder.parent / "j")
    limits = ("--budget", "9tokens", "--per-minute", 5)
    told = refused(invoke(*begin, "--model", "vllm:weights", "--engine", "ray", *limits))
    assert told.count("error: ") == 3
    for option in ("--budget", "--per-minute"):
        assert f"{option} with --engine ray: several nodes cannot count together" in told
    assert "give --endpoint http://localhost:PORT" in told
    assert "goes with --engine ray only" in refused(invoke(*begin, "--model", "m", "--address", "auto"))
    assert not (folder.parent / "j").exists()
