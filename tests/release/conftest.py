from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audited import build_varied

from medinjection_fr.release.audit import audit
from medinjection_fr.release.audit_page import render_page


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
