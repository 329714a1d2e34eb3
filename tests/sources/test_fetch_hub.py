"""Upstream files brought from the Hub at the pinned revision."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commands import refused, run
from faulty_server import command_with_catalogue
from hub.server import serve_hub
from hub.state import Hub
from recipes import source_at, write_lines
from releases import contents

from medinjection_fr.sources.fetch import HUB_RECORD, is_fetched

# The Hub, asked by a process of its own: its client reads its settings once, when it is imported.

PINNED = {"train.jsonl": b'{"n": 1}\n', "more/test.jsonl": b'{"n": 2}\n', "notes.txt": b"notes"}
NEWER = {"train.jsonl": b'{"n": 3}\n', "more/test.jsonl": b'{"n": 4}\n', "notes.txt": b"newer"}

REPOSITORY = "our-laboratory/our-dataset"


@pytest.fixture
def hub(hub: Hub) -> Hub:
    """It has the pinned files under a tag, and newer ones in main."""
    repository = hub.create(REPOSITORY)
    repository.change(PINNED, tag="v1")
    repository.change(NEWER)
    return hub


class Client:
    """The command line, with a Hub and one source there."""

    def __init__(self, hub: Hub, place: Path, revision: str = "v1", **location: Any) -> None:
        self.location = {
            "kind": "hub",
            "repository": REPOSITORY,
            "revision": revision,
            "patterns": ["*.jsonl"],
            **location,
        }
        self.source = source_at(**self.location)
        self.folder = place / "data" / "our-source"
        self._hub = hub
        entries = {"our-source": self.source.facts}
        arguments = ("sources", "fetch", "our-source", "--data", place / "data")
        self._command = command_with_catalogue(place / "catalogue", entries, *arguments)

    def fetch(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs ``sources fetch``."""
        return run(self._command, env={**self._hub.environment(token=None), **environment})

    def files(self) -> dict[str, bytes]:
        """What is in the source's folder, without what the client keeps for itself."""
        return {name: data for name, data in contents(self.folder).items() if not name.startswith(".")}


WANTED = {name: data for name, data in PINNED.items() if name.endswith(".jsonl")}


def test_hub_gives_the_pinned_revision_once(hub: Hub, tmp_path: Path) -> None:
    client = Client(hub, tmp_path)
    done = client.fetch()
    assert done.returncode == 0, done.stderr
    assert "our-source: fetched 2 file(s)" in done.stdout
    assert client.files() == WANTED
    assert hub.requests("GET", "/revision/v1$")
    commit = hub.repositories[REPOSITORY].find("v1").id
    assert {request.path.split("/")[5] for request in hub.requests(path="/resolve/")} == {commit}
    record = json.loads((client.folder / HUB_RECORD).read_text(encoding="utf-8"))
    assert (record["repository"], record["revision"]) == (REPOSITORY, "v1")
    assert record["commit"] == commit
    assert is_fetched(client.source, client.folder) is True
    hub.mend()
    again = client.fetch()
    assert again.returncode == 0
    assert "our-source: nothing to fetch" in again.stdout
    assert hub.log == []
    assert "our-source: nothing to fetch" in client.fetch(HF_HUB_OFFLINE="1").stdout


def test_hub_gives_another_revision_when_the_catalogue_says_so(hub: Hub, tmp_path: Path) -> None:
    assert Client(hub, tmp_path).fetch().returncode == 0
    newer = Client(hub, tmp_path, revision="main", patterns=["train.jsonl"])
    assert is_fetched(newer.source, newer.folder) is False
    assert "fetched 1 file(s)" in newer.fetch().stdout
    assert newer.files()["train.jsonl"] == NEWER["train.jsonl"]
    assert is_fetched(newer.source, newer.folder) is True


@pytest.mark.parametrize("damage", ["removed", "cut"])
def test_hub_brings_again_what_is_no_longer_there(hub: Hub, tmp_path: Path, damage: str) -> None:
    client = Client(hub, tmp_path)
    client.fetch()
    path = client.folder / "train.jsonl"
    path.unlink() if damage == "removed" else path.write_bytes(b"{")
    assert is_fetched(client.source, client.folder) is False
    hub.mend()
    done = client.fetch()
    assert done.returncode == 0, done.stderr
    assert "our-source: fetched 1 file(s)" in done.stdout
    assert client.files() == WANTED
    assert hub.requests(path="test.jsonl") == []


def test_hub_takes_right_files_for_what_they_are(hub: Hub, tmp_path: Path) -> None:
    client = Client(hub, tmp_path)
    for name, data in WANTED.items():  # copied here by hand
        (client.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (client.folder / name).write_bytes(data)
    assert is_fetched(client.source, client.folder) is False
    assert "our-source: nothing to fetch" in client.fetch().stdout
    assert hub.requests(path="/resolve/") == []
    assert is_fetched(client.source, client.folder) is True


def test_hub_refuses_a_repository_that_is_not_there(hub: Hub, tmp_path: Path) -> None:
    client = Client(hub, tmp_path, repository="our-laboratory/no-such-dataset")
    message = refused(client.fetch())
    assert "our-laboratory/no-such-dataset@v1: could not be fetched" in message
    assert "hf auth login" in message
    assert client.files() == {}
    assert not (client.folder / HUB_RECORD).exists()


def test_hub_refuses_a_revision_that_is_not_there(hub: Hub, tmp_path: Path) -> None:
    client = Client(hub, tmp_path, revision="v9")
    assert f"{REPOSITORY}@v9: could not be fetched" in refused(client.fetch())
    assert is_fetched(client.source, client.folder) is False


def test_hub_refuses_patterns_that_match_nothing(hub: Hub, tmp_path: Path) -> None:
    client = Client(hub, tmp_path, patterns=["*.parquet"])
    assert "*.parquet" in refused(client.fetch())
    assert is_fetched(client.source, client.folder) is False


@pytest.mark.parametrize("reason", ["offline", "gone", "no repository"])
def test_hub_out_of_reach_makes_no_fetched_source_of_other_files(
    hub: Hub, tmp_path: Path, reason: str
) -> None:
    location = {"repository": "our-laboratory/no-such-dataset"} if reason == "no repository" else {}
    client = Client(hub, tmp_path, **location)
    write_lines(client.folder / "train.jsonl", [{"n": 0}])
    with serve_hub(tmp_path) as gone:
        pass
    settings = {
        "offline": {"HF_HUB_OFFLINE": "1"},
        "gone": {"HF_ENDPOINT": gone.endpoint},
        "no repository": {},
    }
    assert "could not be fetched" in refused(client.fetch(**settings[reason]))
    assert is_fetched(client.source, client.folder) is False
    assert not (client.folder / HUB_RECORD).exists()


def test_hub_that_breaks_off_for_ever_is_told_and_taken_up_again(hub: Hub, tmp_path: Path) -> None:
    hub.fault("GET", "/resolve/.*/train.jsonl", cut_download=0)
    client = Client(hub, tmp_path)
    assert "could not be fetched" in refused(client.fetch())
    assert "train.jsonl" not in client.files()
    assert is_fetched(client.source, client.folder) is False
    hub.mend()
    assert client.fetch().returncode == 0
    assert client.files() == WANTED
