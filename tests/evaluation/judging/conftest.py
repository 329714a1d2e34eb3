from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")

from click.testing import CliRunner
from judged_runs import make_tiny_judge, write_run

from evaluation.__main__ import main

Command = Callable[..., str]


@pytest.fixture(scope="session")
def tiny_judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of random weights with a chat template."""
    return make_tiny_judge(tmp_path_factory.mktemp("judges") / "tiny-judge")


@pytest.fixture(scope="session")
def _runs(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    write_run(folder / "whole", sample_release, lambda record: record["answer"])
    write_run(
        folder / "brief", sample_release, lambda record: record["answer"].partition(".")[0], "lab/author-2b"
    )
    return folder


@pytest.fixture
def runs(_runs: Path, tmp_path: Path) -> Path:
    """A folder with two runs: ``whole`` answers as the reference does, ``brief`` with its first sentence."""
    return copytree(_runs, tmp_path / "runs")


@pytest.fixture
def judge(runs: Path, sample_release: Path, tiny_judge: Path) -> Command:
    """Runs ``judge`` on the run ``whole``, with its release and the tiny judge unless told otherwise."""

    def call(*options: object, code: int = 0) -> str:
        given = list(map(str, options))
        for name, value in (("--data", sample_release), ("--judge", tiny_judge)):
            if name not in given:
                given += [name, str(value)]
        done = CliRunner().invoke(main, ["judge", str(runs / "whole"), *given])
        assert done.exit_code == code, done.output
        return done.output

    return call
