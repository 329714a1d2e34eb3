from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from audited import build_varied
from damage import copy_of
from recipes import Rows, built, few_rows

from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_page import render_page
from medinjection_fr.release.diff import Difference, diff_releases
from medinjection_fr.release.manifest import Release


@pytest.fixture(params=["sample_release", "tiny_release"])
def release(request: pytest.FixtureRequest) -> Path:
    """Each of two releases in turn; to be left as it is."""
    folder: Path = request.getfixturevalue(request.param)
    return folder


@pytest.fixture
def own_release(tiny_release: Path, tmp_path: Path) -> Path:
    """A copy of the tiny release, to damage."""
    return copy_of(tiny_release, tmp_path)


@pytest.fixture(scope="session")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a bit of everything; to be left as it is."""
    return build_varied(tmp_path_factory.mktemp("varied"))


@pytest.fixture(scope="session")
def figures(varied: Path) -> dict[str, Any]:
    """The audit of ``varied``."""
    return audit(varied)


@pytest.fixture(scope="session")
def page(figures: dict[str, Any]) -> str:
    """The page of ``figures``."""
    return render_page(figures)


@pytest.fixture
def rows() -> Rows:
    """Rows of a release to come; to be changed."""
    return few_rows()


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release that all others come after: ``few_rows`` without a study; to be left as it is."""
    return built(tmp_path_factory.mktemp("old"), few_rows())


@pytest.fixture
def to(old: Release, tmp_path: Path) -> Any:
    """Gives the difference from ``old`` to a release of other rows."""

    def diff(rows: Mapping[str, Sequence[Any]], **changes: Any) -> Difference:
        return diff_releases(old, built(tmp_path, rows, **changes))

    return diff
