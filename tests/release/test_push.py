"""Publishing: what is sent and what is not, what is told, and what stands there afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commands import refused
from hub.store import TAG
from publishing import COMMAND, FIRST, REPO, SECOND, Stage, build_version
from recipes import built, few_rows, source_facts
from releases import contents, manifest_of


def test_one_commit_holds_all_and_deletes_what_the_old_version_had(hub: Any, tmp_path: Path) -> None:
    releases = {
        "1.0.0": build_version(tmp_path, "1.0.0"),
        "1.0.1": build_version(tmp_path, "1.0.1", rows=3, format="parquet"),
    }
    stage = Stage(hub, releases)
    stage.publish("1.0.0")
    done = stage.push("1.0.1")
    assert done.exit_code == 0, done.output
    stage.check_published("1.0.1")
    (commit,) = hub.requests("POST", "/commit/")
    lines = [json.loads(line) for line in commit.body.splitlines()]
    changed = {line["value"].get("path"): line["key"] for line in lines[1:]}
    old, new = (contents(folder) for folder in releases.values())
    assert changed == {
        **{path: "deletedFile" for path in old.keys() - new.keys()},
        **{path: "file" for path, data in new.items() if old.get(path) != data},
        **{path: "lfsFile" for path in new if path.startswith("data/")},
    }
    assert {path.split(".")[-1] for path in changed if path.startswith("data/")} == {"arrow", "parquet"}
    assert "deleted" in done.output
    assert "The change from v1.0.0 is patch." in done.output


def test_unchanged_files_are_not_sent(hub: Any, tmp_path: Path) -> None:
    rows = few_rows()
    facts = {f"our-{origin}": source_facts(origin) for origin in rows}
    releases = {}
    for version in ("1.0.0", "2.0.0"):
        recipe = {"version": version, "audience": "public", "catalogue": facts}
        releases[version] = built(tmp_path / version, rows, **recipe).folder
        rows["native"] = rows["native"][1:]
    stage = Stage(hub, releases)
    stage.publish("1.0.0")
    before = {file.sha256 for file in stage.repository.find("main").files.values()}
    told = json.loads(stage.push("2.0.0", "--json").stdout)
    stage.check_published("2.0.0")
    sent = {request.path.split("/")[-1] for request in hub.requests("PUT", "/storage/")}
    assert len(sent) == 1
    assert not sent & before
    old, new = (contents(folder) for folder in releases.values())
    same = {path: len(data) for path, data in new.items() if old.get(path) == data}
    assert told["unchanged"] == same
    assert len([path for path in same if path.startswith("data/")]) > 5
    assert told["added"] == told["deleted"] == {}
    assert told["replaced"].keys() == new.keys() - same.keys()
    assert (told["compared_with"], told["bump"]) == ("v1.0.0", "major")
    assert told["written"] is told["tagged"] is True
    assert told["commit"] == stage.repository.refs[f"{TAG}v2.0.0"]


def test_dry_run_writes_nothing_and_tells_all(stage: Stage) -> None:
    stage.publish(FIRST)
    told = stage.push(SECOND, "--dry-run")
    assert told.exit_code == 0
    assert {request.method for request in stage.hub.log} == {"GET"}
    assert list(stage.tags) == ["v1.0.0"]
    size = sum(map(len, contents(stage.releases[SECOND]).values()))
    assert f"{size:,}" in told.output
    for path, data in contents(stage.releases[SECOND]).items():
        assert f"replaced {path} {len(data):,}" in " ".join(told.output.replace("│", " ").split())
    assert "The change from v1.0.0 is minor" in told.output
    assert "Nothing was written" in told.output


def test_dry_run_for_a_repository_to_be_made_needs_no_token(stage: Stage) -> None:
    told = stage.push(FIRST, "--dry-run", "--json", token=None)
    summary = json.loads(told.stdout)
    assert summary["parent"] is summary["commit"] is summary["bump"] is None
    assert summary["added"] == {path: len(data) for path, data in contents(stage.releases[FIRST]).items()}
    assert stage.hub.repositories == {}


def test_dry_run_refuses_what_a_push_refuses(stage: Stage) -> None:
    stage.publish(FIRST)
    assert "is public" in refused(stage.push(SECOND, "--dry-run", "--private"))


def test_repeated_push_changes_nothing(stage: Stage) -> None:
    stage.publish(FIRST)
    done = stage.push(FIRST)
    assert "Unchanged" in done.output
    assert {request.method for request in stage.hub.log} == {"GET"}
    stage.publish(SECOND)
    assert "Unchanged: our-laboratory/medinjection-fr has v1.0.0 already" in stage.push(FIRST).output
    stage.check_published(FIRST)


def test_release_on_main_without_its_tag_is_read_back_and_tagged(stage: Stage) -> None:
    stage.publish(FIRST)
    del stage.repository.refs["refs/tags/v1.0.0"]
    done = stage.push(FIRST)
    assert "Main held already" in done.output
    assert stage.hub.requests("POST", "/commit/") == []
    assert stage.hub.requests("GET", "/storage/")
    stage.check_published(FIRST)


def test_large_files_go_in_parts(stage: Stage) -> None:
    stage.hub.part_size = 1000
    assert stage.push(FIRST).exit_code == 0
    assert len(stage.hub.requests("PUT", r"/storage/\w+/\d+$")) > 3
    stage.check_published(FIRST)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_shown_in_a_terminal_only(stage: Stage, is_terminal: bool) -> None:
    environment = {"PATH": "", "TERM": "xterm", **stage.hub.environment()}
    del environment["HF_HUB_DISABLE_PROGRESS_BARS"]
    reader, writer = os.openpty() if is_terminal else os.pipe()
    command = [*COMMAND, *map(str, stage.command(FIRST))]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=writer) as process:
        os.close(writer)
        shown = b""
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while data := os.read(reader, 1 << 16):
                shown += data
    os.close(reader)
    assert process.returncode == 0
    assert (b"reading back" in shown) == is_terminal
    assert is_terminal or shown == b""


def test_token_stands_nowhere(stage: Stage) -> None:
    done = stage.push(FIRST)
    assert "hf_write" not in done.output
    for commit in stage.repository.commits.values():
        assert "hf_write" not in commit.title + commit.message
        assert not any(b"hf_write" in file.data for file in commit.files.values())


def test_xet_takes_the_upload(stage: Stage, tmp_path: Path) -> None:
    stage.hub.cas = tmp_path / "cas"
    stage.hub.cas.mkdir()
    for version in (FIRST, SECOND):
        command = [*COMMAND, *map(str, stage.command(version))]
        done = subprocess.run(
            command, env={"PATH": "", **stage.hub.environment()}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        stage.check_published(version)
    assert stage.hub.requests("GET", "/xet-write-token/")
    assert stage.hub.requests("PUT", "/storage/") == []


def test_manifest_says_nothing_of_where_it_was_pushed(stage: Stage) -> None:
    before = contents(stage.releases[FIRST])
    stage.publish(FIRST)
    assert contents(stage.releases[FIRST]) == before
    assert REPO not in json.dumps(manifest_of(stage.releases[FIRST]))
