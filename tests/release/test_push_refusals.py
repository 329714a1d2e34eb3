"""What a push refuses: damaged releases, wrong names, too small a step, and what may not be public."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import refused
from damage import copy_of, flip
from publishing import FIRST, REPO, SECOND, Stage, build_version
from recipes import built, few_rows, source_facts


def test_damaged_release_is_refused_before_the_hub_is_asked(stage: Stage, tmp_path: Path) -> None:
    folder = copy_of(stage.releases[FIRST], tmp_path)
    flip(folder / "LICENSES.md", 5)
    stage.releases = {FIRST: folder}
    assert f"{folder / 'LICENSES.md'}: has other bytes" in refused(stage.push(FIRST))
    assert stage.hub.log == []


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("v1.1.0", ["v1.1.0 is not the release's version", "expected v1.0.0"]),
        ("1.0.0", ['"1.0.0" is no release', "expected v1.0.0"]),
        ("v1.0", ['"v1.0" is no release']),
        ("latest", ['"latest" is no release']),
    ],
)
def test_tag_is_the_release_s_version(stage: Stage, tag: str, words: list[str]) -> None:
    message = refused(stage.run("push", stage.releases[FIRST], "--repo", REPO, "--tag", tag))
    assert all(word in message for word in words), message
    assert stage.hub.repositories == {}


@pytest.mark.parametrize("repo", ["medinjection-fr", "a/b/c", "a b/c", ""])
def test_repository_is_named_in_full(stage: Stage, repo: str) -> None:
    message = refused(stage.run("push", stage.releases[FIRST], "--repo", repo, "--tag", "v1.0.0"))
    assert "expected organisation/name" in message
    assert stage.hub.log == []


@pytest.mark.parametrize(
    ("version", "rows", "needed"), [("1.0.1", 4, "1.1.0"), ("1.1.0", 2, "2.0.0"), ("0.9.0", 4, "1.1.0")]
)
def test_step_smaller_than_the_change_is_refused(
    stage: Stage, tmp_path: Path, version: str, rows: int, needed: str
) -> None:
    stage.publish(FIRST)
    stage.releases = {**stage.releases, version: build_version(tmp_path, version, rows)}
    message = refused(stage.push(version))
    assert f"{version} is too small a step from v1.0.0" in message
    assert f"expected {needed} or higher" in message
    assert "Set `version:` in the recipe" in message
    assert {request.method for request in stage.hub.log} == {"GET"}
    stage.releases = {**stage.releases, needed: build_version(tmp_path, needed, rows)}
    assert stage.push(needed).exit_code == 0
    stage.check_published(needed)


def test_step_is_measured_from_the_newest_version_and_not_the_last_tag(stage: Stage, tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0"):
        stage.releases = {**stage.releases, version: build_version(tmp_path, version)}
        stage.publish(version)
    stage.repository.refs["refs/tags/v1.9.9-rc1"] = stage.repository.refs["refs/tags/v1.9.0"]
    stage.releases = {**stage.releases, "1.10.1": build_version(tmp_path, "1.10.1", rows=13)}
    assert json.loads(stage.push("1.10.1", "--json").stdout)["compared_with"] == "v1.10.0"


def test_everything_in_the_way_is_told_at_once(stage: Stage, tmp_path: Path) -> None:
    stage.publish(FIRST)
    stage.repository.change({"a.txt": b"a"})
    stage.repository.private = True
    stage.releases = {SECOND: build_version(tmp_path, SECOND, audience="internal")}
    lines = refused(stage.push(SECOND)).splitlines()
    assert [part for line in lines for part in ("internal use", "is private", "a.txt") if part in line] == [
        "internal use",
        "is private",
        "a.txt",
    ]


def internal_release(folder: Path) -> Path:
    """A release that may not be published, for two reasons."""
    facts = source_facts("native", license="LicenseRef-none", redistributable=False)
    return built(folder, {"native": few_rows()["native"]}, catalogue={"our-native": facts}).folder


def test_what_licences_forbid_is_never_public(hub: Any, tmp_path: Path) -> None:
    stage = Stage(hub, {FIRST: internal_release(tmp_path)})
    number = len(few_rows()["native"])
    message = refused(stage.push(FIRST))
    assert f"license-not-stated: {number} native rows under LicenseRef-none" in message
    assert f"source-not-redistributable: {number} native rows" in message
    assert "is for internal use" in message
    assert hub.repositories == {}
    hub.create(REPO)
    refused(stage.push(FIRST))
    assert hub.requests("POST") == []


def test_private_push_makes_a_private_repository(hub: Any, tmp_path: Path) -> None:
    stage = Stage(hub, {FIRST: internal_release(tmp_path)})
    done = stage.push(FIRST, "--private")
    assert done.exit_code == 0, done.output
    assert stage.repository.private
    stage.check_published(FIRST)
    assert "Unchanged" in stage.push(FIRST, "--private").output
    assert refused(stage.run("verify", f"{REPO}@v1.0.0", token=None))
    assert stage.run("verify", f"{REPO}@v1.0.0").exit_code == 0


def test_private_push_stops_where_the_hub_makes_it_public(stage: Stage) -> None:
    stage.hub.fault(
        "POST", "/repos/create", after=lambda: setattr(stage.repository, "private", False), times=1
    )
    assert "was made public by the Hub" in refused(stage.push(FIRST, "--private"))
    assert stage.hub.requests("PUT") == []


def test_offline_is_told(stage: Stage) -> None:
    assert "HF_HUB_OFFLINE is set. Unset it" in refused(stage.push(FIRST, offline=True))
