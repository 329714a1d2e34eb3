"""A push while things go wrong: a tag stands only at what was read back whole, and a repeated push ends well."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from pathlib import Path

import pytest
from commands import refused
from damage import copy_of, flip
from publishing import COMMAND, FIRST, REPO, SECOND, Stage
from push_faults import MAKING, SCENARIOS, STEPS, Scenario, Step


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_faults(scenario: Scenario, stage: Stage) -> None:
    done = scenario.run(stage)
    if scenario.says:
        message = refused(done)
        assert all(words in message for words in scenario.says), message
        assert f"v{scenario.version}" not in stage.tags or not scenario.passes
        stage.check()
    else:
        assert done.exit_code == 0, done.output
        stage.check_published(scenario.version)
    assert "hf_" not in done.output
    stage.hub.mend()
    again = stage.push(scenario.version)
    if scenario.passes:
        assert again.exit_code == 0, again.output
        stage.check_published(scenario.version)
    else:
        refused(again)
        stage.check()


@pytest.mark.parametrize("step", [*STEPS, *MAKING])
def test_pause_is_at_least_what_the_hub_asks_for(stage: Stage, step: str) -> None:
    if step in STEPS:
        stage.publish(FIRST)
    {**STEPS, **MAKING}[step].strike(stage, status=429, headers={"Retry-After": "7"}, times=1)
    assert stage.push(SECOND).exit_code == 0
    assert [pause for pause in stage.pauses if pause >= 7]


def test_hub_that_asks_for_a_long_pause_is_left_alone(stage: Stage) -> None:
    stage.hub.fault("GET", "/revision/main", status=429, headers={"Retry-After": "3600"})
    assert "429" in refused(stage.push(FIRST))
    assert stage.pauses == []


@pytest.mark.parametrize("name", ["README.md", "data/native/train/mcqu-00000-of-00001.arrow", "release.json"])
@pytest.mark.parametrize("step", ["looking at main", "planning the upload", "committing"])
def test_release_that_changes_while_it_is_sent_is_not_committed(
    stage: Stage, tmp_path: Path, name: str, step: str
) -> None:
    stage.publish(FIRST)
    folder = copy_of(stage.releases[SECOND], tmp_path)
    as_verified, stage.releases = stage.releases[SECOND], {**stage.releases, SECOND: folder}
    STEPS[step].strike(stage, before=lambda: flip(folder / name, 7), times=1)
    done = stage.push(SECOND)
    if done.exit_code:
        assert name in refused(done)
        assert list(stage.tags) == ["v1.0.0"]
    else:  # it had been read already
        assert step != "looking at main"
        assert step == "committing" or not name.startswith("data/")
    stage.releases = {**stage.releases, SECOND: as_verified}
    stage.check()


def test_commit_that_is_not_what_was_asked_for_gets_no_tag(stage: Stage) -> None:
    stage.publish(FIRST)

    def commit_more() -> None:
        body = stage.hub.requests("POST", "/commit/")[-1]
        line = {"path": "x.txt", "content": base64.b64encode(b"x").decode(), "encoding": "base64"}
        body.body += json.dumps({"key": "file", "value": line}).encode() + b"\n"

    stage.hub.fault("POST", "/commit/", before=commit_more, times=1)
    message = refused(stage.push(SECOND))
    assert "x.txt: is in no release" in message
    assert "was not tagged v1.1.0" in message
    assert list(stage.tags) == ["v1.0.0"]


def kill_at(stage: Stage, step: Step, effect: str) -> None:
    """Runs a push and kills it (SIGKILL) at a step: ``before`` or ``after`` it had its effect."""
    started: list[subprocess.Popen[bytes]] = []
    ready = threading.Event()

    def kill() -> None:
        ready.wait()
        started[0].kill()
        started[0].wait()

    step.strike(stage, times=1, lost="answer", **{effect: kill})
    command = [*COMMAND, *map(str, stage.command(SECOND))]
    environment = {"PATH": "", **stage.hub.environment()}
    started.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
    ready.set()
    assert started[0].wait() == -9


def check_killed_and_repeated(stage: Stage, step: Step, effect: str) -> None:
    if step not in MAKING.values():
        stage.publish(FIRST)
    kill_at(stage, step, effect)
    stage.check()
    commits = len(stage.hub.repositories[REPO].commits) if REPO in stage.hub.repositories else 0
    stage.hub.mend()
    done = stage.push(SECOND)
    assert done.exit_code == 0, done.output
    stage.check_published(SECOND)
    assert len(stage.hub.requests("POST", "/commit/")) <= 1
    assert len(stage.repository.commits) <= max(commits, 1) + 1


def test_killed_after_the_commit_and_repeated(stage: Stage) -> None:
    check_killed_and_repeated(stage, STEPS["committing"], "after")
    assert stage.hub.requests("POST", "/commit/") == stage.hub.requests("PUT") == []


@pytest.mark.slow
@pytest.mark.parametrize("effect", ["before", "after"])
@pytest.mark.parametrize("step", [*MAKING, *STEPS])
def test_killed_at_each_step_and_repeated(stage: Stage, step: str, effect: str) -> None:
    check_killed_and_repeated(stage, {**MAKING, **STEPS}[step], effect)
