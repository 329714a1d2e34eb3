from __future__ import annotations

from pathlib import Path

import pytest
from recipes import built, few_rows, question

from hub.client import REPOSITORY
from hub.state import Hub
from hub.store import Repository


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two small releases by their tags; the second has one record more."""
    folder, rows = tmp_path_factory.mktemp("versions"), few_rows()
    found = {}
    for version in ("1.0.0", "1.1.0"):
        found[f"v{version}"] = built(folder / version, rows, version=version).folder
        rows["native"].append(question("one-more"))
    return found


@pytest.fixture
def repository(hub: Hub) -> Repository:
    """An empty repository."""
    return hub.create(REPOSITORY)
