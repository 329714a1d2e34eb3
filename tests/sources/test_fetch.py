"""Upstream files brought from a real server that misbehaves: whole, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from commands import run
from faulty_server import HTML, Fault, FaultyServer, command_with_catalogue, faulty_server
from recipes import source_at
from releases import contents

from medinjection_fr.errors import InputError
from medinjection_fr.sources.catalogue import Source, load_catalogue
from medinjection_fr.sources.fetch import Retries, fetch, is_fetched

DATA = random.Random(1).randbytes(1_000_003)
TWICE_AT_ONCE = Retries(times=2, pause=0.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with faulty_server() as running:
        running.files["/train.jsonl"] = DATA
        yield running


def pinned(
    server: FaultyServer, name: str = "train.jsonl", data: bytes = DATA, **facts: Any
) -> dict[str, Any]:
    """A file of a location, pinned by its hash unless something else is said."""
    pins = {} if "bytes" in facts else {"sha256": hashlib.sha256(data).hexdigest()}
    return {"name": name, "url": server.url(f"/{name}"), **pins, **facts}


def problem_of(source: Source, folder: Path, retries: Retries = TWICE_AT_ONCE) -> str:
    """The one problem that a fetch ends with."""
    with pytest.raises(InputError) as caught:
        fetch(source, folder, retries)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_whole_file_is_brought_once(server: FaultyServer, tmp_path: Path) -> None:
    source = source_at(pinned(server))
    assert is_fetched(source, tmp_path) is False
    assert fetch(source, tmp_path) == ["train.jsonl"]
    assert contents(tmp_path) == {"train.jsonl": DATA}
    assert server.ranges("/train.jsonl") == [None]
    assert is_fetched(source, tmp_path) is True
    server.mend()
    assert fetch(source, tmp_path) == []
    assert server.log == []


def test_files_may_lie_in_folders_and_be_pinned_by_size(server: FaultyServer, tmp_path: Path) -> None:
    server.files["/a/b/test.jsonl"] = b"{}\n"
    source = source_at(pinned(server), pinned(server, "a/b/test.jsonl", bytes=3))
    assert fetch(source, tmp_path / "new") == ["train.jsonl", "a/b/test.jsonl"]
    assert contents(tmp_path / "new") == {"train.jsonl": DATA, "a/b/test.jsonl": b"{}\n"}
    assert fetch(source, tmp_path / "new") == []


def test_only_what_is_missing_or_altered_is_brought_again(server: FaultyServer, tmp_path: Path) -> None:
    server.files["/test.jsonl"] = b"{}\n"
    source = source_at(pinned(server), pinned(server, "test.jsonl", b"{}\n"))
    fetch(source, tmp_path)
    (tmp_path / "test.jsonl").write_bytes(b"[]\n")
    server.mend()
    assert fetch(source, tmp_path) == ["test.jsonl"]
    assert [request.path for request in server.log] == ["/test.jsonl"]
    assert contents(tmp_path) == {"train.jsonl": DATA, "test.jsonl": b"{}\n"}


@pytest.mark.parametrize("cut", [1, 600_000, len(DATA) - 1])
def test_cut_connection_is_taken_up_where_it_broke(server: FaultyServer, tmp_path: Path, cut: int) -> None:
    server.spoil("/train.jsonl", Fault(cut=cut, times=1))
    assert fetch(source_at(pinned(server)), tmp_path, TWICE_AT_ONCE) == ["train.jsonl"]
    assert server.ranges("/train.jsonl") == [None, f"bytes={cut}-"]
    assert contents(tmp_path) == {"train.jsonl": DATA}


def test_connection_cut_for_ever_keeps_what_came_for_the_next_call(
    server: FaultyServer, tmp_path: Path
) -> None:
    source = source_at(pinned(server))
    server.spoil("/train.jsonl", Fault(cut=100_000))
    message = problem_of(source, tmp_path)
    assert "broke off (the connection was closed early), 3 times" in message
    assert "it goes on from there" in message
    assert contents(tmp_path) == {"train.jsonl.part": DATA[:300_000]}
    assert is_fetched(source, tmp_path) is False
    server.mend()
    assert fetch(source, tmp_path, TWICE_AT_ONCE) == ["train.jsonl"]
    assert server.ranges("/train.jsonl") == ["bytes=300000-"]
    assert contents(tmp_path) == {"train.jsonl": DATA}


def test_server_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # nobody else can take the port, and nobody listens
        source = source_at(pinned(FaultyServer(f"http://127.0.0.1:{deaf.getsockname()[1]}")))
        message = problem_of(source, tmp_path)
    assert source.facts["location"]["files"][0]["url"] in message
    assert "broke off" in message
    assert "refused" in message
    assert contents(tmp_path) == {}


OTHER_BYTES = {
    "same size": DATA[:-1] + bytes([DATA[-1] ^ 1]),
    "shorter": DATA[:-1],
    "longer": DATA + b"\n",
    "page": HTML,
    "nothing": b"",
}


@pytest.mark.parametrize(
    ("what", "pin"),
    [
        (what, pin)
        for what in OTHER_BYTES
        for pin in ("sha256", "bytes", "both")
        if (what, pin) != ("same size", "bytes")  # a size does not tell them apart
    ],
)
def test_other_bytes_than_pinned_are_not_kept(
    server: FaultyServer, tmp_path: Path, what: str, pin: str
) -> None:
    server.spoil("/train.jsonl", Fault(body=OTHER_BYTES[what]))
    facts = {} if pin == "sha256" else {"bytes": len(DATA)}
    if pin == "both":
        facts["sha256"] = hashlib.sha256(DATA).hexdigest()
    source = source_at(pinned(server, **facts))
    message = problem_of(source, tmp_path)
    assert server.url("/train.jsonl") in message
    assert "other bytes than the catalogue pins" in message
    assert "error page or a new version" in message
    assert contents(tmp_path) == {}
    server.mend()
    assert fetch(source, tmp_path) == ["train.jsonl"]
    assert contents(tmp_path) == {"train.jsonl": DATA}


def test_wrong_file_leaves_the_one_that_stands_there(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(b"an earlier version")
    server.spoil("/train.jsonl", Fault(body=HTML))
    problem_of(source_at(pinned(server)), tmp_path)
    assert contents(tmp_path) == {"train.jsonl": b"an earlier version"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refusal_is_told_at_once(server: FaultyServer, tmp_path: Path, status: int) -> None:
    server.spoil("/train.jsonl", Fault(status=status))
    message = problem_of(source_at(pinned(server)), tmp_path)
    assert f"answered {status}" in message
    assert len(server.log) == 1
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_server_that_fails_for_a_moment_is_asked_again(
    server: FaultyServer, tmp_path: Path, status: int
) -> None:
    server.spoil("/train.jsonl", Fault(status=status, times=2))
    assert fetch(source_at(pinned(server)), tmp_path, TWICE_AT_ONCE) == ["train.jsonl"]
    assert len(server.log) == 3
    assert contents(tmp_path) == {"train.jsonl": DATA}


@pytest.mark.parametrize("status", [429, 500])
def test_server_that_fails_for_ever_is_given_up(server: FaultyServer, tmp_path: Path, status: int) -> None:
    server.spoil("/train.jsonl", Fault(status=status))
    assert f"answered {status}, 3 times" in problem_of(source_at(pinned(server)), tmp_path)
    assert len(server.log) == 3
    assert contents(tmp_path) == {}


def test_server_that_ignores_ranges_sends_all_again(server: FaultyServer, tmp_path: Path) -> None:
    server.spoil("/train.jsonl", Fault(cut=500_000, times=1))
    server.spoil("/train.jsonl", Fault(ignores_range=True))
    assert fetch(source_at(pinned(server)), tmp_path, TWICE_AT_ONCE) == ["train.jsonl"]
    assert server.ranges("/train.jsonl") == [None, "bytes=500000-"]
    assert contents(tmp_path) == {"train.jsonl": DATA}


@pytest.mark.parametrize("left", [DATA, DATA + b"more"])
def test_left_over_that_is_no_beginning_is_thrown_away(
    server: FaultyServer, tmp_path: Path, left: bytes
) -> None:
    (tmp_path / "train.jsonl.part").write_bytes(left)  # the server answers 416
    assert fetch(source_at(pinned(server)), tmp_path, TWICE_AT_ONCE) == ["train.jsonl"]
    assert server.ranges("/train.jsonl") == [f"bytes={len(left)}-", None]
    assert contents(tmp_path) == {"train.jsonl": DATA}


def test_left_over_of_another_version_is_found_out(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl.part").write_bytes(b"of another version")
    source = source_at(pinned(server))
    assert "other bytes than the catalogue pins" in problem_of(source, tmp_path)
    assert contents(tmp_path) == {}
    assert fetch(source, tmp_path) == ["train.jsonl"]
    assert contents(tmp_path) == {"train.jsonl": DATA}


@pytest.mark.parametrize("name", ["../train.jsonl", "a/../../train.jsonl", "/tmp/train.jsonl"])
def test_name_that_leaves_the_folder_is_refused(server: FaultyServer, tmp_path: Path, name: str) -> None:
    source = source_at({**pinned(server), "name": name})
    assert "leaves the source's folder" in problem_of(source, tmp_path / "source")
    assert server.log == []
    assert contents(tmp_path) == {}


def test_every_file_that_could_not_be_brought_is_told(server: FaultyServer, tmp_path: Path) -> None:
    server.spoil("/wrong.jsonl", Fault(body=HTML))
    server.spoil("/failing.jsonl", Fault(status=500))
    names = ["missing.jsonl", "wrong.jsonl", "train.jsonl", "failing.jsonl"]
    source = source_at(*(pinned(server, name) for name in names))
    with pytest.raises(InputError) as caught:
        fetch(source, tmp_path, TWICE_AT_ONCE)
    told = [(problem.where, problem.what) for problem in caught.value.problems]
    assert [where for where, _ in told] == [server.url(f"/{names[place]}") for place in (0, 1, 3)]
    assert [what.split(" (")[0] for _, what in told] == [
        "answered 404",
        "gave other bytes than the catalogue pins",
        "answered 500, 3 times",
    ]
    assert contents(tmp_path) == {"train.jsonl": DATA}


def zip_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


UNPACKED = {"cases/one.jsonl": b'{"n": 1}\n', "cases/two.jsonl": b'{"n": 2}\n'}


def archive_at(server: FaultyServer, files: Mapping[str, bytes]) -> Source:
    data = zip_of(files)
    server.files["/cases.zip"] = data
    return source_at(pinned(server, "cases.zip", data, unpack=True))


def test_archive_is_unpacked_beside_itself(server: FaultyServer, tmp_path: Path) -> None:
    source = archive_at(server, UNPACKED)
    assert fetch(source, tmp_path) == ["cases.zip"]
    assert contents(tmp_path) == {"cases.zip": server.files["/cases.zip"], **UNPACKED}
    assert fetch(source, tmp_path) == []


def test_refused_archive_stands_under_no_name(server: FaultyServer, tmp_path: Path) -> None:
    source = archive_at(server, {**UNPACKED, "../outside.jsonl": b"{}\n"})
    for _ in range(2):  # the second call must not find it there and call it well
        assert "a member's path leaves the target" in problem_of(source, tmp_path / "source")
        assert contents(tmp_path) == {}
    assert is_fetched(source, tmp_path / "source") is False


# A fetch that is killed at its n-th renaming of a file, and then fetched again.
KILLED_AT_RENAME = """
import json, os, signal, sys
from pathlib import Path
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fetch import fetch

facts, folder, deadline = json.loads(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
renames = 0

def hear(event, arguments):
    global renames
    renames += event == "os.rename"
    if event == "os.rename" and renames == deadline:
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hear)
fetch(Source("our-source", facts), folder)
"""


def test_fetch_killed_while_it_unpacks_is_mended_by_the_next(server: FaultyServer, tmp_path: Path) -> None:
    source = archive_at(server, UNPACKED)
    for deadline in range(1, 10):
        folder = tmp_path / str(deadline)
        command = [sys.executable, "-c", KILLED_AT_RENAME, json.dumps(source.facts), folder, deadline]
        code = run(command).returncode
        if code == 0:
            break
        assert code == -signal.SIGKILL
        fetch(source, folder, TWICE_AT_ONCE)
        assert contents(folder) == {"cases.zip": server.files["/cases.zip"], **UNPACKED}
    assert deadline == 4  # two members and the archive


def test_fetch_killed_in_the_middle_of_a_file_goes_on_from_there(
    server: FaultyServer, tmp_path: Path
) -> None:
    sent = 3 << 18  # whole chunks of what the client reads, so that it has written them all
    fault = server.spoil("/train.jsonl", Fault(hold=sent, times=1))
    command = command_with_catalogue(
        tmp_path / "catalogue",
        {"our-source": source_at(pinned(server)).facts},
        *("sources", "fetch", "our-source", "--data", tmp_path / "data"),
    )
    part = tmp_path / "data" / "our-source" / "train.jsonl.part"
    with subprocess.Popen(command) as process:
        while not (part.exists() and part.stat().st_size == sent):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    fault.go_on.set()
    assert contents(tmp_path / "data") == {"our-source/train.jsonl.part": DATA[:sent]}
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert "our-source: fetched 1 file(s)" in done.stdout
    assert server.ranges("/train.jsonl") == [None, f"bytes={sent}-"]
    assert contents(tmp_path / "data") == {"our-source/train.jsonl": DATA}
    assert "our-source: nothing to fetch" in run(command).stdout
    assert len(server.log) == 2


def test_command_line_brings_what_it_can_and_tells_the_rest(server: FaultyServer, tmp_path: Path) -> None:
    entries = {
        "ours": source_at(pinned(server)).facts,
        "theirs": source_at(kind="folder", ask="Ask the authors").facts,
        "gone": source_at(pinned(server, "gone.jsonl")).facts,
    }
    names = list(entries)
    done = run(
        command_with_catalogue(tmp_path / "c", entries, "sources", "fetch", *names, "--data", tmp_path / "d")
    )
    assert done.returncode == 2
    assert done.stdout.splitlines() == [f"ours: fetched 1 file(s), in {tmp_path / 'd' / 'ours'}"]
    asked, gone = done.stderr.splitlines()
    assert asked == "error: sources/theirs: cannot be fetched. Ask the authors."
    assert server.url("/gone.jsonl: answered 404") in gone
    assert contents(tmp_path / "d") == {"ours/train.jsonl": DATA}


def test_folder_source_says_what_to_ask_for(tmp_path: Path) -> None:
    source = source_at(kind="folder", ask="Ask the authors for the corpus; put it in this folder")
    message = problem_of(source, tmp_path / "source")
    assert "cannot be fetched" in message
    assert "Ask the authors for the corpus" in message
    assert is_fetched(source, tmp_path / "source") is None
    assert contents(tmp_path) == {}


def test_folder_source_without_a_hint_is_told_all_the_same(tmp_path: Path) -> None:
    assert str(tmp_path / "source") in problem_of(source_at(kind="folder"), tmp_path / "source")


def test_package_source_needs_nothing(tmp_path: Path) -> None:
    source = load_catalogue()["medinjection-fr-sample-native"]
    assert fetch(source, tmp_path) == []
    assert is_fetched(source, tmp_path) is None
    assert contents(tmp_path) == {}
