"""Loading by version: that version or an error, never another, whatever the Hub does."""

from __future__ import annotations

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from commands import run
from damage import flip
from hub.state import Hub
from hub.store import Commit, File
from publishing import FIRST, REPO, SECOND, THIRD, Stage, build_version, connected
from releases import contents, manifest_of, read_rows, shard_paths

import medinjection_fr
from medinjection_fr.errors import InputError
from medinjection_fr.release.cache import cache_of
from medinjection_fr.release.manifest import MANIFEST


def loaded(stage: Stage, version: str | None, config: str = "native", **options: Any) -> Any:
    with connected(stage.hub, **options.pop("client", {"home": "reader"})):
        return medinjection_fr.load(config, "train", repo=REPO, version=version, **options)


def refusal(stage: Stage, version: str | None, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        loaded(stage, version, **options)
    return str(error.value)


def rows_of(stage: Stage, version: str) -> list[dict[str, Any]]:
    return read_rows(stage.releases[version])


def test_each_version_gives_its_own_rows(published: Stage) -> None:
    assert rows_of(published, FIRST) != rows_of(published, SECOND)
    for version in (FIRST, SECOND, FIRST):
        rows = loaded(published, version)
        assert rows.to_list() == rows_of(published, version)
        assert str(rows.info.version) == version


def test_cached_version_is_loaded_without_the_hub(published: Stage) -> None:
    loaded(published, FIRST)
    published.hub.mend()
    assert loaded(published, FIRST).to_list() == rows_of(published, FIRST)
    assert list(loaded(published, FIRST, streaming=True)) == rows_of(published, FIRST)
    assert published.hub.log == []


FAILING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "500": ({"status": 500}, {}),
    "503": ({"status": 503}, {}),
    "403": ({"status": 403}, {}),
    "401": ({"status": 401}, {}),
    "404": ({"status": 404}, {}),
    "429": ({"status": 429, "headers": {"Retry-After": "1"}}, {}),
    "no answer": ({"lost": "request"}, {}),
    "downloads fail": ({"path": "^/storage/", "status": 500}, {}),
    "offline": ({}, {"offline": True}),
    "unknown token": ({}, {"token": "unknown"}),
}
"""Why the Hub gives nothing: a fault of its, and what the client is like."""


@pytest.mark.parametrize("reason", FAILING)
@pytest.mark.parametrize("version", [FIRST, "9.0.0", None])
def test_failing_hub_never_gives_another_version(published: Stage, reason: str, version: str | None) -> None:
    """Another version is in the cache, and is the newest one at that."""
    fault, client = FAILING[reason]
    loaded(published, SECOND)
    published.stand_in_the_way(**fault)
    if version is None and reason == "downloads fail":
        assert str(loaded(published, None).info.version) == SECOND  # the Hub says so, and it is here
        return
    message = refusal(published, version, client={"home": "reader", **client})
    assert REPO in message
    assert f"the cache holds {SECOND}" in message
    assert loaded(published, SECOND, client={"home": "reader", **client}).to_list() == rows_of(
        published, SECOND
    )


@pytest.mark.parametrize("reason", sorted(FAILING.keys() - {"downloads fail"}))
def test_failing_hub_gives_no_stream(published: Stage, reason: str) -> None:
    fault, client = FAILING[reason]
    loaded(published, SECOND)
    published.stand_in_the_way(**fault)
    assert REPO in refusal(published, FIRST, streaming=True, client={"home": "reader", **client})


def test_newest_version_is_the_one_that_the_hub_names(published: Stage) -> None:
    assert str(loaded(published, None).info.version) == SECOND
    published.publish(THIRD)
    assert str(loaded(published, None).info.version) == THIRD


def test_repository_without_a_release_is_told(stage: Stage) -> None:
    stage.hub.create(REPO)
    assert "has no release yet" in refusal(stage, None)
    assert "has no tag v1.0.0; expected a release: it has none yet" in refusal(stage, FIRST)


@pytest.mark.parametrize("version", ["v1.0.0", "1.0", "main", "", "1.0.0-rc1", "01.0.0"])
def test_version_is_spelled_in_one_way(published: Stage, version: str) -> None:
    assert "expected MAJOR.MINOR.PATCH, as 1.2.0" in refusal(published, version)
    assert published.hub.log == []


def test_folder_and_repository_exclude_each_other(published: Stage) -> None:
    assert "expected one of them" in refusal(published, FIRST, path=published.releases[FIRST])


def test_version_of_a_folder_is_checked(small_releases: dict[str, Path]) -> None:
    folder = small_releases[FIRST]
    assert medinjection_fr.load("native", "train", folder, version=FIRST).num_rows == 3
    with pytest.raises(InputError, match=r"holds version 1\.0\.0; expected 1\.1\.0"):
        medinjection_fr.load("native", "train", folder, version=SECOND)


def test_other_bytes_are_not_loaded_and_not_kept(published: Stage) -> None:
    published.hub.fault("GET", "^/storage/", alter=lambda body: body[:-1] + b"x")
    assert "came as" in refusal(published, FIRST)
    assert "came as" in refusal(published, FIRST)
    published.hub.mend()
    assert loaded(published, FIRST).to_list() == rows_of(published, FIRST)


def test_flipped_byte_of_the_cache_is_found_on_request(published: Stage) -> None:
    loaded(published, FIRST)
    with connected(published.hub, home="reader"):
        folder = next(path for path in (cache_of(REPO) / "v1.0.0").iterdir() if (path / MANIFEST).exists())
    flip(folder / shard_paths(folder)[0], 3000)
    assert "has other bytes" in refusal(published, FIRST, verify=True)


def test_moved_tag_does_not_change_a_version_that_is_here(published: Stage, tmp_path: Path) -> None:
    first = loaded(published, FIRST).to_list()
    other = build_version(tmp_path, FIRST, rows=2)
    files = {path: File(data, path.startswith("data/")) for path, data in contents(other).items()}
    published.repository.add(Commit(files, "moved"), "refs/tags/v1.0.0")
    assert loaded(published, FIRST).to_list() == first
    with connected(published.hub, home="reader"):
        place = cache_of(REPO) / "v1.0.0"
    shutil.copytree(other, place / published.repository.find("v1.0.0").id)
    assert "v1.0.0 stands for 2 commits in the cache" in refusal(published, FIRST)


def test_version_is_brought_once_for_many_at_a_time(published: Stage) -> None:
    with connected(published.hub, home="reader"), ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: medinjection_fr.load("native", "train", repo=REPO, version=FIRST), range(4))
        )
    assert [rows.to_list() for rows in found] == [rows_of(published, FIRST)] * 4
    assert len(published.hub.requests("GET", "^/storage/")) == 1


def test_private_repository_needs_a_token(published: Stage) -> None:
    published.repository.private = True
    assert "hf auth login" in refusal(published, FIRST, client={"home": "reader", "token": None})
    assert loaded(published, FIRST, client={"home": "reader", "token": "read"}).num_rows == 3


def test_absent_configuration_of_a_version_says_why(published: Stage) -> None:
    for streaming in (False, True):
        message = refusal(published, FIRST, config="synthetic", streaming=streaming)
        assert "the release has no synthetic records" in message


# Streaming and ``load_dataset`` in a process of their own: datasets reads its settings when it is imported.

PREAMBLE = """
import json, sys, time
time.sleep = lambda seconds: None  # before another try
import datasets, medinjection_fr
from medinjection_fr.errors import InputError
repo, arguments = sys.argv[1], sys.argv[2:]
"""
STREAM = """
stream = medinjection_fr.load("native", "train", repo=repo, version=arguments[0], streaming=True)
print(json.dumps([type(stream).__name__, list(stream)]))
"""


def script(hub: Hub, text: str, *arguments: str, **environment: str) -> Any:
    command = [sys.executable, "-c", PREAMBLE + text, REPO, *arguments]
    done = run(command, env={**hub.environment(token=None, home="reader"), **environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_stream_gives_the_version_s_rows_and_keeps_nothing(published: Stage) -> None:
    for version in (FIRST, SECOND):
        assert script(published.hub, STREAM, version) == ["IterableDataset", rows_of(published, version)]
    resolved = {request.path.split("/")[5] for request in published.hub.requests("GET", "/resolve/")}
    assert resolved == {published.repository.find(f"v{version}").id for version in (FIRST, SECOND)}
    with connected(published.hub, home="reader"):
        assert not cache_of(REPO).exists()


def test_stream_goes_on_after_a_fault(published: Stage) -> None:
    published.hub.fault("GET", "^/storage/", status=503, times=2)
    assert script(published.hub, STREAM, FIRST)[1] == rows_of(published, FIRST)


REVISION = """
datasets.load_dataset(repo, "native", revision="v1.1.0")
print(json.dumps(None))
"""
ALONE = """
found = {"alone": len(datasets.load_dataset(repo, "native", revision="v1.0.0")["train"])}
for name, options in {"ours": {}, "stream": {"streaming": True}}.items():
    try:
        medinjection_fr.load("native", "train", repo=repo, version="1.0.0", **options)
        found[name] = "rows"
    except InputError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


@pytest.mark.parametrize("way", ["500", "403", "offline"])
def test_cache_of_datasets_is_no_way_to_another_version(published: Stage, way: str) -> None:
    """Where ``load_dataset(revision=)`` gives the rows of another version."""
    script(published.hub, REVISION)
    fault = {"500": {"status": 500}, "403": {"status": 403}, "offline": {}}[way]
    if fault:
        published.hub.fault(**fault)
    found = script(published.hub, ALONE, HF_HUB_OFFLINE=str(int(way == "offline")))
    assert found["alone"] == len(rows_of(published, SECOND))
    assert REPO in found["ours"]
    assert REPO in found["stream"]


EVERY_CONFIG = """
for name in arguments:
    rows = {
        "whole": datasets.load_dataset(repo, name, revision="v1.0.0"),
        "stream": datasets.load_dataset(repo, name, revision="v1.0.0", streaming=True),
        "ours": medinjection_fr.load(name, repo=repo, version="1.0.0"),
        "our stream": medinjection_fr.load(name, repo=repo, version="1.0.0", streaming=True),
    }
    found = {how: {split: list(part) for split, part in splits.items()} for how, splits in rows.items()}
    assert all(splits == found["ours"] for splits in found.values()), name
    assert str(rows["whole"]["train"].info.version) == "1.0.0", name
print(json.dumps(datasets.get_dataset_config_names(repo, revision="v1.0.0")))
"""


@pytest.mark.parametrize("configs", ["few", pytest.param("all", marks=pytest.mark.slow)])
def test_published_release_loads_by_tag_in_every_way(hub: Hub, sample_release: Path, configs: str) -> None:
    stage = Stage(hub, {FIRST: sample_release})
    stage.publish(FIRST)
    names = list(manifest_of(sample_release)["configs"])
    chosen = names if configs == "all" else ["native+translated", "synthetic"]
    assert script(hub, EVERY_CONFIG, *chosen) == names
