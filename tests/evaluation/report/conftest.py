from __future__ import annotations

from pathlib import Path

import pytest
from report_study import Study, make_study


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """To be left as it is."""
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def reported(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole report of ``study``: ``report.html`` and ``figures/``."""
    pytest.importorskip("matplotlib", reason="matplotlib comes with the extra `report`")
    from evaluation.report.page import write_report

    folder = tmp_path_factory.mktemp("report")
    write_report(study.asked(), folder / "report.html", folder / "figures")
    return folder
