"""Pushing by a pull request: opened once, tagged only when merged."""

from __future__ import annotations

import json

import pytest
from commands import refused
from publishing import FIRST, SECOND, Stage
from push_faults import Step


def merge(stage: Stage, number: int) -> None:
    """Accepts a pull request, as the Hub does."""
    stage.repository.closed.add(number)
    stage.repository.refs["refs/heads/main"] = stage.repository.refs[f"refs/pr/{number}"]


def test_pull_request_gets_no_tag_until_it_is_merged(stage: Stage) -> None:
    stage.publish(FIRST)
    done = stage.push(SECOND, "--create-pr")
    assert done.exit_code == 0, done.output
    assert "Opened pull request 1" in done.output
    assert "push again without --create-pr" in done.output
    assert list(stage.tags) == ["v1.0.0"]
    assert stage.repository.find("main").id == stage.repository.find("v1.0.0").id
    again = stage.push(SECOND, "--create-pr", "--json")
    assert json.loads(again.stdout)["pull_request"] == "refs/pr/1"
    assert json.loads(again.stdout)["written"] is False
    assert len(stage.repository.named("refs/pr/")) == 1
    merge(stage, 1)
    assert "main holds this release already" in refused(stage.push(SECOND, "--create-pr"))
    assert "Main held already" in stage.push(SECOND).output
    stage.check_published(SECOND)


def test_closed_pull_request_is_opened_anew(stage: Stage) -> None:
    stage.publish(FIRST)
    for number in (1, 2):
        done = stage.push(SECOND, "--create-pr", "--json")
        assert json.loads(done.stdout)["pull_request"] == f"refs/pr/{number}"
        stage.repository.closed.add(number)


def test_pull_request_needs_a_repository(stage: Stage) -> None:
    assert "Push without --create-pr" in refused(stage.push(FIRST, "--create-pr"))
    assert stage.hub.repositories == {}


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_pull_request_is_opened_once(stage: Stage, lost: str) -> None:
    stage.publish(FIRST)
    stage.hub.fault("POST", "/commit/", lost=lost, times=1)
    assert stage.push(SECOND, "--create-pr").exit_code == 0
    assert len(stage.repository.named("refs/pr/")) == 1


def test_pull_request_with_other_bytes_is_refused(stage: Stage) -> None:
    stage.publish(FIRST)
    Step("GET", "/storage/", follows_commit=True).strike(stage, alter=lambda body: body[:-1] + b"x")
    assert "does not give back what was sent" in refused(stage.push(SECOND, "--create-pr"))
