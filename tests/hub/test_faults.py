"""Each fault of the Hub does to the real client what it does in the world."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any, Literal

import pytest
from commands import run

from hub.client import PREAMBLE, client
from hub.faults import FOR_EVER, Fault, Request
from hub.state import Hub
from hub.store import File, Repository

DATA = random.Random(1).randbytes(100_000)
BACKOFF = [1, 2, 4, 8, 8]
"""Seconds that the client waits before it tries again."""

UPLOAD = """
commit = dict(operations=[CommitOperationAdd("a.bin", sys.argv[1])], commit_message="Ours")
result = told(api.create_commit, **repo, **commit), pauses
"""
DOWNLOAD = """
def read():
    return open(huggingface_hub.hf_hub_download(**repo, filename="a.bin"), "rb").read()
result = told(read), pauses
"""


@pytest.fixture
def upload(hub: Hub, repository: Repository, tmp_path: Path) -> Callable[[], list[Any]]:
    """Uploads ``DATA``; gives how that ended and the pauses."""
    (tmp_path / "a.bin").write_bytes(DATA)
    return lambda: list(client(hub, UPLOAD, tmp_path / "a.bin"))


def held(repository: Repository) -> bytes | None:
    """What is in main."""
    file = repository.find("main").files.get("a.bin")
    return file.data if file else None


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("path", ["^/storage/", "/preupload/", "/objects/batch", "/verify"])
def test_busy_server_is_asked_again(
    hub: Hub, repository: Repository, upload: Callable[[], list[Any]], path: str, status: int
) -> None:
    hub.fault("PUT|POST", path, status=status, times=2)
    assert upload() == ["done", BACKOFF[:2]]
    assert [request.status for request in hub.requests("PUT|POST", path)] == [status, status, 200]
    assert held(repository) == DATA


def test_server_that_stays_busy_ends_the_upload(
    hub: Hub, repository: Repository, upload: Callable[[], list[Any]]
) -> None:
    hub.fault("PUT", status=503)
    assert upload() == [["RuntimeError", 503], BACKOFF]
    assert [request.status for request in hub.requests("PUT")] == [503] * 6
    assert hub.requests(path="/commit/") == []


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "", 403), ("POST", "/verify", 404)])
def test_refused_upload_ends_at_once(
    hub: Hub, repository: Repository, upload: Callable[[], list[Any]], method: str, path: str, status: int
) -> None:
    hub.fault(method, path, status=status)
    assert upload() == [["RuntimeError", status], []]
    assert held(repository) is None


def test_client_waits_as_long_as_it_is_told(hub: Hub, upload: Callable[[], list[Any]]) -> None:
    hub.fault("POST", "/preupload/", status=429, headers={"Retry-After": "7"}, times=1)
    assert upload() == ["done", [8]]


def test_busy_server_is_not_asked_again_to_commit(
    hub: Hub, repository: Repository, upload: Callable[[], list[Any]]
) -> None:
    hub.fault("POST", "/commit/", status=503, times=1)
    assert upload() == [["HfHubHTTPError", 503], []]
    assert len(hub.requests("POST", "/commit/")) == 1
    assert held(repository) is None


@pytest.mark.parametrize(("lost", "expected"), [("request", None), ("answer", DATA)])
def test_lost_commit_and_lost_answer_look_the_same_to_the_client(
    hub: Hub,
    repository: Repository,
    upload: Callable[[], list[Any]],
    lost: Literal["request", "answer"],
    expected: bytes | None,
) -> None:
    hub.fault("POST", "/commit/", lost=lost, times=1)
    assert upload() == [["RemoteProtocolError", None], []]
    assert [request.status for request in hub.requests("POST", "/commit/")] == [None]
    assert held(repository) == expected


def test_upload_that_breaks_off_is_sent_again(
    hub: Hub, repository: Repository, upload: Callable[[], list[Any]]
) -> None:
    hub.fault("PUT", cut_upload=40_000, times=2)
    assert upload() == ["done", BACKOFF[:2]]
    assert [len(request.body) for request in hub.requests("PUT")] == [40_000, 40_000, len(DATA)]
    assert held(repository) == DATA


def test_main_moves_before_the_commit(hub: Hub, repository: Repository) -> None:
    hub.fault("POST", "/commit/", before=lambda: repository.change({"a.bin": b"theirs"}), times=1)
    script = """
commit = dict(path_in_repo="a.bin", path_or_fileobj=b"ours", parent_commit=api.dataset_info(ID).sha)
result = told(api.upload_file, **repo, **commit)
"""
    assert client(hub, script) == ["HfHubHTTPError", 412]
    assert held(repository) == b"theirs"


def test_client_killed_between_two_files_sends_only_the_rest(
    hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    files = {f"{name}.bin": DATA + name.encode() for name in "abcd"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    script = f"""{PREAMBLE}
operations = [CommitOperationAdd(name, f"{{sys.argv[1]}}/{{name}}") for name in {list(files)}]
api.create_commit(**repo, operations=operations, commit_message="All", num_threads=1)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    killed: list[subprocess.Popen[bytes]] = []
    hub.fault("PUT", skip=1, times=1, after=lambda: killed[0].kill())
    with hub.lock:  # no request is looked at before the process is known
        killed.append(subprocess.Popen(command, env={**os.environ, **hub.environment()}))
    assert killed[0].wait() == -signal.SIGKILL
    assert len(hub.requests("PUT")) == 2
    assert held(repository) is None
    hub.mend()
    done = run(command, env=hub.environment())
    assert done.returncode == 0, done.stderr
    assert len(hub.requests("PUT")) == 2
    assert {name: repository.find("main").files[name].data for name in files} == files


def test_busy_storage_ends_a_download_at_once(hub: Hub, repository: Repository) -> None:
    repository.change({"a.bin": bytes(1000)})
    hub.fault("GET", "^/storage/", status=503, times=1)
    assert client(hub, DOWNLOAD) == [["HfHubHTTPError", 503], []]
    assert client(hub, DOWNLOAD) == ["done", []]


def test_busy_hub_is_asked_again_for_a_download_and_then_called_out_of_reach(
    hub: Hub, repository: Repository
) -> None:
    repository.change({"a.bin": bytes(1000)})
    fault = hub.fault("HEAD", status=500, times=3)
    assert client(hub, DOWNLOAD) == ["done", BACKOFF[:2]]  # the first time it asks again at once
    fault.times = FOR_EVER
    error, pauses = client(hub, DOWNLOAD, home="another")
    assert (error[0], pauses) == ("LocalEntryNotFoundError", BACKOFF)


def test_download_that_breaks_off_goes_on_from_the_last_whole_piece(hub: Hub, repository: Repository) -> None:
    piece = 10 << 20  # bytes that the client asks for and keeps at a time
    data = bytes(piece) + DATA
    repository.change({"a.bin": data})
    hub.fault("GET", "^/storage/", cut_download=piece + 1000, times=1)
    script = f"{DOWNLOAD}\nimport hashlib\nresult = hashlib.sha256(read()).hexdigest()"
    assert client(hub, script) == File(data).sha256
    assert [request.headers["Range"] for request in hub.requests("GET", "^/storage/")] == [
        None,
        f"bytes={piece}-",
    ]


def test_download_that_breaks_off_for_ever_ends(hub: Hub, repository: Repository) -> None:
    repository.change({"a.bin": DATA})
    hub.fault("GET", "^/storage/", cut_download=1000)
    error, _ = client(hub, DOWNLOAD)
    assert error == ["RemoteProtocolError", None]
    assert len(hub.requests("GET", "^/storage/")) == 6


def test_wrong_bytes_of_the_right_length_are_taken(hub: Hub, repository: Repository) -> None:
    repository.change({"a.bin": DATA})
    hub.fault("GET", "^/storage/", alter=lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    script = f"{DOWNLOAD}\nimport hashlib\nresult = hashlib.sha256(read()).hexdigest()"
    assert client(hub, script) == File(DATA[:-1] + bytes([DATA[-1] ^ 1])).sha256


def test_wrong_bytes_of_another_length_are_not(hub: Hub, repository: Repository) -> None:
    repository.change({"a.bin": DATA})
    hub.fault("GET", "^/storage/", alter=lambda body: body[:-1])
    assert client(hub, DOWNLOAD)[0][0] == "OSError"


@pytest.mark.parametrize("status", [401, 403, 500])
def test_folder_that_stands_there_is_taken_for_what_was_asked(
    hub: Hub, repository: Repository, tmp_path: Path, status: int
) -> None:
    """Why what ``snapshot_download`` gives is to be compared with the Hub's list."""
    repository.change({"a.bin": b"1"}, tag="v1")
    repository.change({"a.bin": b"2"}, tag="v2")
    script = """
copy = huggingface_hub.snapshot_download(**repo, revision=sys.argv[1], local_dir=sys.argv[2])
result = open(f"{copy}/a.bin").read()
"""
    assert client(hub, script, "v1", tmp_path / "copy") == "1"
    hub.fault(status=status)
    assert client(hub, script, "v2", tmp_path / "copy") == "1"
    with pytest.raises(AssertionError, match="Error"):
        client(hub, script, "v2", tmp_path / "another")


def test_faults_strike_in_turn() -> None:
    first, second = Fault("GET", "a$", skip=1, times=2), Fault("GET|PUT", "^/")

    def struck(method: str, path: str) -> Fault | None:
        request = Request(method, path, {}, Message())
        return next((fault for fault in (first, second) if fault.takes(request)), None)

    assert [struck("GET", "/a") for _ in range(4)] == [second, first, first, second]
    assert struck("PUT", "/a") is second
    assert struck("POST", "/a") is None
    assert struck("GET", "a/b") is None
