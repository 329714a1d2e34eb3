from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hub.server import serve_hub
from hub.state import Hub
from publishing import FIRST, SECOND, VERSIONS, Stage, build_version
from real_model import CannotBeInstalled, RealModel, served_small_model
from recipes import STUDY, few_rows, question, write_recipe

from medinjection_fr.build import build
from medinjection_fr.recipe import find_recipe

# A slow machine is no failure, nor is a rare example that one run in many draws: each run tries the same ones.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Gives datasets a cache of this run, and no network, and the tests their Ctrl-C."""
    cache = tempfile.mkdtemp(prefix="medinjection-fr-")
    os.environ.update(HF_HOME=cache, HF_HUB_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")
    config.add_cleanup(lambda: shutil.rmtree(cache, ignore_errors=True))
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background by a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real upstream files, which are not in the repository."""
    if "MEDINJECTION_DATA" not in os.environ:
        pytest.skip("MEDINJECTION_DATA names no folder of upstream files")
    return Path(os.environ["MEDINJECTION_DATA"])


@pytest.fixture(scope="session")
def real_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealModel]:
    """A small language model on 127.0.0.1; minutes to install, once, and half a minute to start: for slow tests."""
    try:
        with served_small_model(tmp_path_factory.mktemp("real-model") / "log") as model:
            yield model
    except CannotBeInstalled as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sample_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the sample that ships with the package; to be left as it is."""
    return build(
        find_recipe("sample")[0], tmp_path_factory.mktemp("sample") / "medinjection-fr"
    ).release.folder


@pytest.fixture(scope="session")
def tiny_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe of three sources of our own, of which one record of each breaks a rule."""
    rows = few_rows()
    for records in rows.values():
        records.insert(3, {**records[3], "source_id": "broken", "choices": ["Oui", "Oui"]})
    return write_recipe(tmp_path_factory.mktemp("tiny-recipe"), rows, study=STUDY)


@pytest.fixture(scope="session")
def tiny_release(tiny_recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of ``tiny_recipe``; to be left as it is."""
    return build(tiny_recipe, tmp_path_factory.mktemp("tiny") / "medinjection-fr").release.folder


@pytest.fixture(scope="session")
def small_recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe of fewer records that are curated, of which one breaks a rule."""
    rows = {origin: records[:12:2] + records[-3:] for origin, records in few_rows().items()}
    rows["native"].append(question("broken", answer="Z"))
    curate = {"duplicates": False, "leaks": False}  # our questions differ by their names only
    return write_recipe(tmp_path_factory.mktemp("small"), rows, curate=curate)


@pytest.fixture(scope="session")
def small_release(small_recipe: Path) -> Path:
    """The release of ``small_recipe``; to be left as it is."""
    return build(small_recipe, small_recipe.parent / "new", jobs=1).release.folder


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A Hub of our own on 127.0.0.1; ``hub/server.py`` says how to use it."""
    with serve_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture(scope="session")
def small_releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three small releases that follow each other; to be left as they are."""
    folder = tmp_path_factory.mktemp("versions")
    return {version: build_version(folder, version) for version in VERSIONS}


@pytest.fixture
def stage(hub: Hub, small_releases: dict[str, Path]) -> Stage:
    """A Hub, and releases to push to it."""
    return Stage(hub, small_releases)


@pytest.fixture
def published(stage: Stage) -> Stage:
    """A Hub with two versions."""
    stage.publish(FIRST)
    stage.publish(SECOND)
    return stage
