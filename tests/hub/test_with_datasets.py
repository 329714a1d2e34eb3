"""``datasets`` loads what was published to the Hub of the tests, by tag."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from commands import run
from releases import contents

import medinjection_fr
from hub.client import REPOSITORY
from hub.state import Hub
from hub.store import Repository

NAME = "native+translated"

LOAD = f"""
import json, sys, time
time.sleep = lambda seconds: None  # before another try
import datasets
tag, how = sys.argv[1:]
loaded = datasets.load_dataset({REPOSITORY!r}, {NAME!r}, revision=tag, streaming=how == "streaming")
print(json.dumps({{split: list(rows) for split, rows in loaded.items()}}))
"""


def loaded(environment: Mapping[str, str], tag: str, how: str = "whole") -> dict[str, list[Any]]:
    """Rows of each split, as ``datasets`` gives them in a process of its own."""
    done = run([sys.executable, "-c", LOAD, tag, how], env=environment)
    assert done.returncode == 0, done.stderr
    rows: dict[str, list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def rows_of(release: Path) -> dict[str, list[Any]]:
    """Rows of each split, straight from a release."""
    return {split: list(rows) for split, rows in medinjection_fr.load(NAME, path=release).items()}


@pytest.fixture
def published(repository: Repository, versions: Mapping[str, Path]) -> dict[str, dict[str, list[Any]]]:
    """By tag the rows of each split of the two releases that the Hub has."""
    for tag, release in versions.items():
        repository.change(contents(release), tag=tag)
    return {tag: rows_of(release) for tag, release in versions.items()}


@pytest.mark.parametrize("how", ["whole", "streaming"])
def test_each_tag_gives_its_own_rows(hub: Hub, published: dict[str, Any], how: str) -> None:
    assert published["v1.0.0"] != published["v1.1.0"]
    for tag, rows in published.items():
        assert loaded(hub.environment(None), tag, how) == rows
    assert hub.requests("GET", r"^/storage/")


def test_private_repository_loads_with_a_token(
    hub: Hub, repository: Repository, published: dict[str, Any]
) -> None:
    repository.private = True
    with pytest.raises(AssertionError, match="DatasetNotFoundError"):
        loaded(hub.environment(token=None), "v1.0.0")
    assert loaded(hub.environment("read"), "v1.0.0") == published["v1.0.0"]


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut_download": 1000}])
def test_streaming_goes_on_after_a_fault(hub: Hub, published: dict[str, Any], fault: dict[str, Any]) -> None:
    hub.fault("GET", "^/storage/", times=2, **fault)
    assert loaded(hub.environment(None), "v1.0.0", "streaming") == published["v1.0.0"]


def test_revision_gives_way_to_what_is_in_the_cache(hub: Hub, published: dict[str, Any]) -> None:
    """Why a release's version is to be compared with the one that was asked for."""
    loaded(hub.environment(None), "v1.1.0")
    hub.fault(status=403)
    assert loaded(hub.environment(None), "v1.0.0") == published["v1.1.0"]
