"""What we ask of the Hub, and what we make of its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub.state import Hub
from hub.store import PULL_REQUEST, TAG, Commit, File
from hub.store import Repository as Stored
from publishing import REPO, connected

from medinjection_fr.errors import InputError
from medinjection_fr.release.hub import LocalFile, RemoteFile, Repository, Snapshot, version_of
from medinjection_fr.release.hub_fault import Fault

LARGE, SMALL = bytes(range(256)) * 400, b"Une ligne.\n" * 9000
"""What the Hub keeps in its storage of large files, and in git itself."""


@pytest.fixture
def stored(hub: Hub) -> Stored:
    return hub.create(REPO)


@pytest.fixture
def repository(hub: Hub, stored: Stored) -> Iterator[Repository]:
    with connected(hub):
        yield Repository(REPO)


def local(folder: Path, data: bytes) -> LocalFile:
    path = folder / "file"
    path.write_bytes(data)
    return LocalFile(path, len(data), File(data).sha256)


@pytest.mark.parametrize("data", [LARGE, SMALL], ids=["large", "small"])
def test_listed_file_is_compared_by_content(
    repository: Repository, stored: Stored, tmp_path: Path, data: bytes
) -> None:
    commit = stored.change({"a/b.bin": data})
    assert ".gitattributes" in commit.files
    snapshot = repository.snapshot()
    assert snapshot is not None
    assert (snapshot.commit, snapshot.private) == (commit.id, False)
    assert snapshot.files.keys() == {"a/b.bin"}
    assert snapshot.is_exactly({"a/b.bin": local(tmp_path, data)})
    assert not snapshot.is_exactly({"a/b.bin": local(tmp_path, data[:-1])})
    assert not snapshot.is_exactly({"a/b.bin": local(tmp_path, data[:-1] + b"x")})
    assert not snapshot.is_exactly({})


def test_files_more_or_less_are_another_content(tmp_path: Path) -> None:
    file = local(tmp_path, b"x")
    there = RemoteFile(1, "", file.sha256)
    assert Snapshot("c", False, {"a": there}).is_exactly({"a": file})
    assert not Snapshot("c", False, {"a": there, "b": there}).is_exactly({"a": file})
    assert not Snapshot("c", False, {"a": there}).is_exactly({"a": file, "b": file})
    assert not Snapshot("c", False, {"b": there}).is_exactly({"a": file})


def test_repository_that_is_not_there(hub: Hub) -> None:
    with connected(hub):
        assert Repository("our-laboratory/nothing").snapshot() is None


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.2.0", (1, 2, 0)),
        ("v10.0.3", (10, 0, 3)),
        ("1.2.0", None),
        ("v1.2", None),
        ("v01.2.0", None),
        ("v1.2.0-rc1", None),
        ("main", None),
        ("", None),
    ],
)
def test_tag_of_a_version(tag: str, version: tuple[int, int, int] | None) -> None:
    assert version_of(tag) == version


def test_tags_stand_in_the_order_of_versions(repository: Repository, stored: Stored) -> None:
    head = stored.find("main").id
    for tag in ("v1.10.0", "latest", "v1.9.0", "v0.1.0", "v2.0.0-beta"):
        stored.refs[TAG + tag] = head
    assert list(repository.tags().items()) == [(tag, head) for tag in ("v0.1.0", "v1.9.0", "v1.10.0")]


def test_pull_requests_stand_with_the_newest_first(repository: Repository, stored: Stored) -> None:
    for number in (2, 10, 9):
        stored.refs[f"{PULL_REQUEST}{number}"] = stored.find("main").id
    assert repository.pull_requests() == ["refs/pr/10", "refs/pr/9", "refs/pr/2"]


def read(repository: Repository, commit: Commit, path: str = "a.bin") -> bytes:
    return b"".join(repository.read(commit.id, path, len(commit.files[path].data)))


@pytest.mark.parametrize("path", ["a.bin", "a b/é+%.bin"])
@pytest.mark.parametrize("data", [LARGE, SMALL], ids=["large", "small"])
def test_file_is_read_whatever_its_name(
    repository: Repository, stored: Stored, path: str, data: bytes
) -> None:
    assert read(repository, stored.change({path: data}), path) == data


def test_broken_reading_goes_on_even_where_ranges_are_ignored(
    hub: Hub, repository: Repository, stored: Stored
) -> None:
    commit = stored.change({"a.bin": LARGE})
    hub.fault("GET", "^/storage/", cut_download=70_000, times=1)

    def forget_range() -> None:
        request = hub.requests("GET", "^/storage/")[-1]
        del request.headers["Range"]

    hub.fault("GET", "^/storage/", before=forget_range, times=1)
    assert read(repository, commit) == LARGE
    assert len(hub.requests("GET", "^/storage/")) == 2


def test_reading_gives_up_after_some_tries(hub: Hub, repository: Repository, stored: Stored) -> None:
    commit = stored.change({"a.bin": LARGE})
    hub.fault("GET", "^/storage/", cut_download=10)
    with pytest.raises(InputError, match=r"Reading a\.bin failed: no answer came"):
        read(repository, commit)
    assert len(hub.requests("GET", "^/storage/")) == 5


def test_token_does_not_go_to_another_host(hub: Hub, repository: Repository, stored: Stored) -> None:
    commit = stored.change({"a.bin": LARGE})
    read(repository, commit)
    assert [request.headers.get("Authorization") for request in hub.requests("GET", "^/storage/")] == [None]
    assert hub.requests("GET", "/resolve/")[0].headers["Authorization"] == "Bearer hf_write"


LOGIN_PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@pytest.mark.parametrize(
    "ask",
    [
        lambda repository: repository.snapshot(),
        lambda repository: repository.tags(),
        lambda repository: repository.pull_requests(),
    ],
)
def test_page_of_somebody_else_is_no_answer(
    hub: Hub, repository: Repository, ask: Callable[[Repository], object]
) -> None:
    hub.fault(alter=lambda body: LOGIN_PAGE)
    with pytest.raises(InputError, match=r"no answer came .*Check the connection"):
        ask(repository)
    hub.mend()
    hub.fault(alter=lambda body: LOGIN_PAGE, times=1)
    assert ask(repository) is not None


def test_bug_and_full_disk_are_no_faults_of_the_hub() -> None:
    assert Fault.of(KeyError("sha")) is None
    assert Fault.of(OSError(28, "No space left on device")) is None
    assert Fault.of(ValueError("wrong")) is None


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(hub: Hub, repository: Repository, status: int) -> None:
    hub.fault("GET", "/refs", status=status, times=4)
    assert repository.tags() == {}
    assert len(hub.requests("GET", "/refs")) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_what_does_not_pass_is_told_at_once(hub: Hub, repository: Repository, status: int) -> None:
    hub.fault("GET", "/refs", status=status)
    with pytest.raises(InputError, match=f"Listing tags failed: the Hub answered {status} .a fault of the"):
        repository.tags()
    assert len(hub.requests("GET", "/refs")) == 1


def test_pauses_grow(hub: Hub, stored: Stored) -> None:
    hub.fault("GET", "/refs", status=503)
    with connected(hub) as pauses, pytest.raises(InputError):
        Repository(REPO).tags()
    assert pauses == [1, 2, 4, 8]
