"""Releases brought from the Hub: the version asked for, whole and right, or nothing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import refused
from damage import flip, reseal
from hub.store import Commit, File
from publishing import COMMAND, FIRST, REPO, SECOND, Stage, connected
from releases import contents, shard_paths

from medinjection_fr.release.cache import cache_of, cached_versions, open_release
from medinjection_fr.release.manifest import read_release
from medinjection_fr.release.verify import verify


def pull(stage: Stage, output: Path, *options: object, tag: str = "v1.0.0", **client: Any) -> Any:
    """Pulls as somebody whose cache is empty; those who pushed have the first version in theirs."""
    client = {"home": "another", **client}
    return stage.run("pull", output, "--repo", REPO, "--tag", tag, *options, **client)


def test_pulled_release_is_the_one_pushed(published: Stage, tmp_path: Path) -> None:
    for version in (FIRST, SECOND):
        output = tmp_path / version
        done = pull(published, output, tag=f"v{version}", token=None)
        assert f"Wrote {output}, version {version} of {REPO}" in done.output
        assert contents(output) == contents(published.releases[version])
        assert verify(output, rows=True) == []
    assert {path.name for path in tmp_path.iterdir()} == {FIRST, SECOND, "hub"}


def test_pull_as_json(published: Stage, tmp_path: Path) -> None:
    told = json.loads(pull(published, tmp_path / "out", "--json").stdout)
    assert told["commit"] == published.repository.refs["refs/tags/v1.0.0"]
    assert (told["version"], told["written"]) == (FIRST, True)
    assert json.loads(pull(published, tmp_path / "out", "--json").stdout) == {**told, "written": False}


def test_release_that_is_there_stays(published: Stage, tmp_path: Path) -> None:
    pull(published, tmp_path / "out")
    published.hub.mend()
    assert "Unchanged" in pull(published, tmp_path / "out").output
    assert published.hub.requests("GET", "/storage/") == []


def test_other_release_is_replaced_on_request_only(published: Stage, tmp_path: Path) -> None:
    output = tmp_path / "out"
    pull(published, output)
    message = refused(pull(published, output, tag="v1.1.0"))
    assert f"{output}: holds version 1.0.0" in message
    assert "--replace" in message
    assert contents(output) == contents(published.releases[FIRST])
    assert pull(published, output, "--replace", tag="v1.1.0").exit_code == 0
    assert contents(output) == contents(published.releases[SECOND])


def test_damaged_release_is_replaced_on_request_only(published: Stage, tmp_path: Path) -> None:
    output = tmp_path / "out"
    pull(published, output)
    flip(output / "README.md", 9)
    assert "is this release, but damaged" in refused(pull(published, output))
    (output / "release.json").write_text("{")
    assert "holds a damaged release" in refused(pull(published, output))
    assert pull(published, output, "--replace").exit_code == 0
    assert contents(output) == contents(published.releases[FIRST])


def test_folder_with_something_else_is_left_alone(published: Stage, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("Ours")
    assert "is not a release" in refused(pull(published, tmp_path / "out", "--replace"))
    assert contents(tmp_path / "out") == {"thesis.tex": b"Ours"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--repo", REPO, "--tag", "v9.0.0"), "has no tag v9.0.0; expected one of v1.0.0, v1.1.0"),
        (("--repo", REPO, "--tag", "main"), "has no tag main"),
        (("--repo", "our-laboratory/nothing", "--tag", "v1.0.0"), "no such dataset repository"),
        (("--repo", "nothing", "--tag", "v1.0.0"), "expected organisation/name"),
    ],
)
def test_what_is_not_there_is_told(
    published: Stage, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    for token in ("write", None):
        assert words in refused(published.run("pull", tmp_path / "out", *arguments, token=token))
        assert not (tmp_path / "out").exists()


def test_private_repository_is_not_there_without_a_token(published: Stage, tmp_path: Path) -> None:
    published.repository.private = True
    assert "hf auth login" in refused(pull(published, tmp_path / "out", token=None))
    assert pull(published, tmp_path / "out", token="read").exit_code == 0


LISTING, MANIFEST, CARD, SHARD = "/revision/", "/resolve/.*release.json", "/resolve/.*README.md", "/storage/"


@pytest.mark.parametrize("path", ["/refs$", LISTING, MANIFEST, CARD, SHARD])
@pytest.mark.parametrize(
    "what",
    [
        {"status": 503},
        {"status": 429, "headers": {"Retry-After": "3"}},
        {"lost": "answer"},
        {"cut_download": 9},
    ],
    ids=["503", "429", "lost", "cut"],
)
def test_transient_fault_is_waited_out(
    published: Stage, tmp_path: Path, path: str, what: dict[str, Any]
) -> None:
    published.hub.fault("GET", path, times=1, **what)
    done = pull(published, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert contents(tmp_path / "out") == contents(published.releases[FIRST])
    assert published.pauses
    if "headers" in what:
        assert max(published.pauses) >= 3


@pytest.mark.parametrize("path", ["/refs$", LISTING, MANIFEST, CARD, SHARD])
@pytest.mark.parametrize("what", [{"status": 503}, {"lost": "request"}, {"status": 403}], ids=str)
def test_lasting_fault_leaves_nothing_and_is_taken_up_again(
    published: Stage, tmp_path: Path, path: str, what: dict[str, Any]
) -> None:
    published.hub.fault("GET", path, **what)
    message = refused(pull(published, tmp_path / "out"))
    assert REPO in message
    assert ("Run the command again" in message) == (what.get("status") != 403)
    assert not (tmp_path / "out").exists()
    published.hub.mend()
    assert pull(published, tmp_path / "out").exit_code == 0
    assert contents(tmp_path / "out") == contents(published.releases[FIRST])
    assert {path.name for path in tmp_path.iterdir()} == {"out", "hub"}


def test_file_that_has_come_is_not_fetched_again(published: Stage, tmp_path: Path) -> None:
    release = published.releases[FIRST]
    last = list(read_release(release).files)[-1]
    published.hub.fault("GET", f"/resolve/.*{last}", status=503)
    refused(pull(published, tmp_path / "out"))
    (workspace,) = tmp_path.glob(".out.build/pull-*")
    come = {path for path, data in contents(workspace).items() if data == contents(release).get(path)}
    assert any(path.endswith(".arrow") for path in come)
    assert last not in come
    published.hub.mend()
    assert pull(published, tmp_path / "out").exit_code == 0
    read = {
        request.path.split("/resolve/")[1].split("/", 1)[1]
        for request in published.hub.requests("GET", "/resolve/")
    }
    assert read == (contents(release).keys() - come) | {"release.json"}


def test_broken_download_goes_on_where_it_broke_off(published: Stage, tmp_path: Path) -> None:
    published.hub.fault("GET", SHARD, cut_download=1000, times=3)
    assert pull(published, tmp_path / "out").exit_code == 0
    ranges = [request.headers.get("Range") for request in published.hub.requests("GET", SHARD)]
    assert ranges == [None, "bytes=1000-", "bytes=2000-", "bytes=3000-"]


def longer(body: bytes) -> bytes:
    return body + b"x"


def shorter(body: bytes) -> bytes:
    return body[:-1]


def other(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


@pytest.mark.parametrize("alter", [longer, shorter, other])
@pytest.mark.parametrize("path", [MANIFEST, CARD, SHARD])
def test_other_bytes_are_refused(
    published: Stage, tmp_path: Path, path: str, alter: Callable[[bytes], bytes]
) -> None:
    published.hub.fault("GET", path, alter=alter)
    message = refused(pull(published, tmp_path / "out"))
    assert {MANIFEST: "release.json", CARD: "README.md", SHARD: ".arrow"}[path] in message
    assert not (tmp_path / "out").exists()
    published.hub.mend()
    assert pull(published, tmp_path / "out").exit_code == 0
    assert contents(tmp_path / "out") == contents(published.releases[FIRST])


def change_at_tag(stage: Stage, **changes: bytes | None) -> None:
    """Moves the tag v1.0.0 to a commit with other files."""
    head = stage.repository.find("v1.0.0")
    files = {path: file for path, file in head.files.items() if path not in changes}
    files |= {path: File(data) for path, data in changes.items() if data is not None}
    stage.repository.add(Commit(files, "moved", parent=head.id), "refs/tags/v1.0.0")


def test_tag_at_another_release_is_refused(published: Stage, tmp_path: Path) -> None:
    published.repository.refs["refs/tags/v1.0.0"] = published.repository.refs["refs/tags/v1.1.0"]
    for command in (
        ("pull", tmp_path / "out", "--repo", REPO, "--tag", "v1.0.0"),
        ("verify", f"{REPO}@v1.0.0"),
    ):
        message = refused(published.run(*command))
        assert f"{REPO}@v1.0.0: holds the release 1.1.0; expected 1.0.0" in message
    assert not (tmp_path / "out").exists()


def test_tag_at_no_release_is_refused(published: Stage, tmp_path: Path) -> None:
    change_at_tag(published, **{"release.json": None})
    assert "it has no release.json" in refused(pull(published, tmp_path / "out"))


def test_files_that_the_commit_lacks_are_all_named(published: Stage, tmp_path: Path) -> None:
    change_at_tag(published, **{"README.md": None, "LICENSES.md": None, "CITATION.cff": b"other"})
    message = refused(pull(published, tmp_path / "out"))
    assert "README.md: is missing" in message
    assert "LICENSES.md: is missing" in message
    assert "CITATION.cff: is another file than the manifest says" in message
    assert published.hub.requests("GET", SHARD) == []


def test_file_of_no_release_is_not_pulled(published: Stage, tmp_path: Path) -> None:
    change_at_tag(published, **{"notes.txt": b"Ours"})
    assert pull(published, tmp_path / "out").exit_code == 0
    assert contents(tmp_path / "out") == contents(published.releases[FIRST])
    assert "notes.txt: is not in release.json" in refused(published.run("verify", f"{REPO}@v1.0.0"))


def test_files_of_the_cache_are_copied_and_not_fetched(published: Stage, tmp_path: Path) -> None:
    published.hub.fault("GET", SHARD, status=503)
    assert pull(published, tmp_path / "out", home="home").exit_code == 0
    assert contents(tmp_path / "out") == contents(published.releases[FIRST])


def test_damaged_file_of_the_cache_is_fetched(published: Stage, tmp_path: Path) -> None:
    with connected(published.hub):
        folder = open_release(f"{REPO}@v1.0.0").folder
    flip(folder / shard_paths(folder)[0], 3000)
    assert pull(published, tmp_path / "out", home="home").exit_code == 0
    assert published.hub.requests("GET", SHARD)
    assert contents(tmp_path / "out") == contents(published.releases[FIRST])


def test_killed_pull_leaves_nothing_and_goes_on(published: Stage, tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []
    ready = threading.Event()

    def kill() -> None:
        ready.wait()
        started[0].send_signal(signal.SIGKILL)
        started[0].wait()

    published.hub.fault("GET", SHARD, before=kill, lost="answer", times=1)
    output = tmp_path / "out"
    command = [*COMMAND, "pull", str(output), "--repo", REPO, "--tag", "v1.0.0"]
    started.append(subprocess.Popen(command, env={"PATH": "", **published.hub.environment(home="another")}))
    ready.set()
    assert started[0].wait() == -signal.SIGKILL
    assert not output.exists()
    assert pull(published, output).exit_code == 0
    assert contents(output) == contents(published.releases[FIRST])
    assert {path.name for path in tmp_path.iterdir()} == {"out", "hub"}


# verify organisation/name@v1.2.0


def test_verify_by_tag_reads_every_byte_from_the_hub(published: Stage) -> None:
    for version in (FIRST, SECOND):
        told = published.run("verify", f"{REPO}@v{version}", "--rows")
        number = len(contents(published.releases[version]))
        assert told.exit_code == 0, told.output
        assert f"{REPO}@v{version}: sound. Version {version}, " in told.output
        assert len(published.hub.requests("GET", "/resolve/")) == number
        published.hub.mend()


def test_verify_by_tag_does_not_believe_the_cache(published: Stage, tmp_path: Path) -> None:
    assert published.push(SECOND).exit_code == 0
    published.hub.fault("GET", SHARD, alter=other)
    message = refused(published.run("verify", f"{REPO}@v1.0.0"))
    assert ".arrow: came as" in message
    told = published.run("verify", f"{REPO}@v1.0.0", "--json")
    assert told.exit_code == 2
    assert json.loads(told.stdout)["sound"] is False


def test_verify_by_tag_finds_what_verify_finds(published: Stage, tmp_path: Path) -> None:
    """A release whose digests are right, and whose card says something else."""
    folder = Path(shutil.copytree(published.releases[FIRST], tmp_path / "lying"))
    reseal(folder, card=lambda text: text.replace("| native |", "| nativ |").replace("**all**", "**al**"))
    files = {path: File(data, path.startswith("data/")) for path, data in contents(folder).items()}
    published.repository.add(Commit(files, "lying"), "refs/tags/v1.0.0")
    message = refused(published.run("verify", f"{REPO}@v1.0.0"))
    assert f"{REPO}@v1.0.0/README.md: its table of" in message


def test_reference_to_no_release_is_told(published: Stage) -> None:
    message = refused(published.run("verify", f"{REPO}@main"))
    assert f'{REPO}@main: "main" is no release; expected a release\'s tag, as v1.2.0' in message


# The cache


def test_release_is_opened_from_the_cache(published: Stage) -> None:
    with connected(published.hub, home="another"):
        first = open_release(f"{REPO}@v1.0.0")
        assert first.version == FIRST
        assert first.folder.parent == cache_of(REPO) / "v1.0.0"
        assert contents(first.folder) == contents(published.releases[FIRST])
        published.hub.mend()
        assert open_release(f"{REPO}@v1.0.0").folder == first.folder
        assert published.hub.log == []
        assert cached_versions(REPO) == [FIRST]
        assert open_release(str(published.releases[SECOND])).version == SECOND


def test_cached_release_that_lost_a_file_is_brought_again(published: Stage) -> None:
    with connected(published.hub, home="another"):
        folder = open_release(f"{REPO}@v1.0.0").folder
        for path in shard_paths(folder):
            (folder / path).unlink()
        assert open_release(f"{REPO}@v1.0.0").folder == folder
        assert contents(folder) == contents(published.releases[FIRST])
