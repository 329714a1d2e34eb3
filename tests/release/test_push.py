"""Publishing: what is sent, what is refused, and that a tag stands only at what was read back whole."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from hub.store import TAG
from publishing import COMMAND, FIRST, REPO, SECOND, Stage, build_version
from push_faults import MAKING, SCENARIOS, STEPS, Scenario, Step
from releases import contents, copy_of, few_rows, flip, manifest_of, refused, source_facts, write_recipe

from medinjection_fr.build import build


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


def commit_lines(stage: Stage) -> list[dict[str, Any]]:
    """What the last commit asked for."""
    body = stage.hub.requests("POST", "/commit/")[-1].body
    return [json.loads(line) for line in body.splitlines()]


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
    assert len(hub.requests("POST", "/commit/")) == 1
    changed = {line["value"].get("path"): line["key"] for line in commit_lines(stage)[1:]}
    old, new = (contents(folder) for folder in releases.values())
    assert changed == {
        **{path: "deletedFile" for path in old.keys() - new.keys()},
        **{path: "file" for path, data in new.items() if old.get(path) != data},
        **{path: "lfsFile" for path in new if path.startswith("data/")},
    }
    assert {path.split(".")[-1] for path in changed if path and path.startswith("data/")} == {
        "arrow",
        "parquet",
    }
    assert "deleted" in done.output
    assert "The change from v1.0.0 is patch." in done.output


def test_unchanged_files_are_not_sent(hub: Any, tmp_path: Path) -> None:
    rows = few_rows()
    facts = {f"our-{origin}": source_facts(origin) for origin in rows}
    releases = {}
    for version in ("1.0.0", "2.0.0"):
        recipe = write_recipe(tmp_path / version, rows, version=version, audience="public", catalogue=facts)
        releases[version] = build(recipe, tmp_path / version / "medinjection-fr").release.folder
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
    sources = {"license": "LicenseRef-none", "redistributable": False}
    recipe = write_recipe(
        folder, {"native": few_rows()["native"]}, catalogue={"our-native": source_facts("native", **sources)}
    )
    return build(recipe, folder / "medinjection-fr").release.folder


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


def merge(stage: Stage, number: int) -> None:
    """Accepts a pull request, as the Hub does."""
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


def test_large_files_go_in_parts(stage: Stage) -> None:
    stage.hub.part_size = 1000
    assert stage.push(FIRST).exit_code == 0
    assert len(stage.hub.requests("PUT", r"/storage/\w+/\d+$")) > 3
    stage.check_published(FIRST)


def test_offline_is_told(stage: Stage) -> None:
    assert "HF_HUB_OFFLINE is set. Unset it" in refused(stage.push(FIRST, offline=True))


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
