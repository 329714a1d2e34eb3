"""Releases on the Hub of the tests: who pushes them, and what must hold whatever goes wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from commands import invoke
from hub.state import Hub
from hub.store import Commit, Repository
from recipes import built, question
from releases import contents

REPO = "our-laboratory/medinjection-fr"
FIRST, SECOND, THIRD = VERSIONS = ("1.0.0", "1.1.0", "1.2.0")
WITHOUT_PAUSES = "import time; time.sleep = lambda s: None; from medinjection_fr.cli import main; main()"
COMMAND = [sys.executable, "-c", WITHOUT_PAUSES]
"""The command line in a process of its own, which does not wait before it asks again."""
OF_THE_HUB = ".gitattributes"


def build_version(
    folder: Path, version: str, rows: int | None = None, format: str = "arrow", **changes: Any
) -> Path:
    """A small release of our own. A higher minor version has more rows, if their number is not given."""
    rows = 3 + int(version.split(".")[1]) if rows is None else rows
    questions = [question(f"q{n}") for n in range(rows)]
    recipe = {"version": version, "audience": "public", **changes}
    return built(folder / version, {"native": questions}, format, **recipe).folder


@contextmanager
def connected(
    hub: Hub, token: str | None = "write", home: str = "home", offline: bool = False
) -> Iterator[list[float]]:
    """Makes this process a client of a Hub; gives the pauses that it would have made.

    The Hub's client reads its settings once, when it is imported: they are set where it keeps them.
    """
    from huggingface_hub import close_session, constants

    settings = hub.environment(token, home)
    pauses: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setattr(constants, "ENDPOINT", settings["HF_ENDPOINT"])
        patch.setattr(constants, "HF_HOME", settings["HF_HOME"])
        patch.setattr(constants, "HF_HUB_OFFLINE", offline)
        patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        patch.setattr(constants, "HF_TOKEN_PATH", f"{settings['HF_HOME']}/token")
        patch.setattr(time, "sleep", pauses.append)
        close_session()
        yield pauses
        close_session()


class Stage:
    """A Hub, releases to push to it, and what it held before.

    Attributes:
        hub: The Hub.
        releases: Folder of each version.
        pauses: Seconds that the client waited before it asked again.
    """

    def __init__(self, hub: Hub, releases: Mapping[str, Path]) -> None:
        self.hub, self.releases = hub, releases
        self.pauses: list[float] = []
        self._main_before, self._tags_before = self._main(), self.tags

    @property
    def repository(self) -> Repository:
        return self.hub.repositories[REPO]

    @property
    def tags(self) -> dict[str, Commit]:
        """Tag → what it stands for."""
        there = self.hub.repositories.get(REPO)
        return {name: there.find(name) for name in there.named("refs/tags/")} if there else {}

    def run(self, *arguments: object, **client: Any) -> Result:
        """Runs the command line in this process, as the client that ``connected`` makes of it."""
        with connected(self.hub, **client) as self.pauses:
            return invoke(*arguments)

    def push(self, version: str, *options: object, **client: Any) -> Result:
        """Runs ``push`` in this process."""
        return self.run(*self.command(version, *options), **client)

    def command(self, version: str, *options: object) -> tuple[object, ...]:
        return ("push", self.releases[version], "--repo", REPO, "--tag", f"v{version}", *options)

    def publish(self, version: str) -> None:
        """Pushes a version, and takes the Hub as it is then for what was there before."""
        done = self.push(version)
        assert done.exit_code == 0, done.output
        self.remember()

    def remember(self) -> None:
        """Takes what main holds now for what was there before, and forgets faults and log."""
        self.hub.mend()
        self._main_before, self._tags_before = self._main(), self.tags

    def stand_in_the_way(self, **fault: Any) -> None:
        """Lets something go wrong with every request from now on, if anything is to go wrong."""
        self.hub.mend()
        if fault:
            self.hub.fault(**fault)

    def check(self) -> None:
        """What must hold after whatever went wrong.

        The tags that there were stand where they stood, and those that came stand for the release of
        their version, byte for byte. Main is a whole release, or what it was before. No content was
        committed twice.
        """
        wanted = {version: contents(folder) for version, folder in self.releases.items()}
        assert self._tags_before.items() <= self.tags.items(), "a tag was moved"
        for tag in self.tags.keys() - self._tags_before.keys():
            assert _files(self.tags[tag]) == wanted[tag.removeprefix("v")], f"{tag} is not its release"
        assert self._main() in (self._main_before, *wanted.values()), "main is no whole release"
        if REPO in self.hub.repositories:
            history = list(self.repository.history(self.repository.find("main")))
            held = [_files(commit) for commit in history]
            assert all(held.count(files) <= 1 for files in wanted.values()), "a content was committed twice"

    def check_published(self, version: str) -> None:
        """Besides, that a version is published."""
        self.check()
        assert _files(self.tags[f"v{version}"]) == contents(self.releases[version])

    def _main(self) -> dict[str, bytes]:
        there = self.hub.repositories.get(REPO)
        return _files(there.find("main")) if there else {}


def _files(commit: Commit) -> dict[str, bytes]:
    return {path: file.data for path, file in sorted(commit.files.items()) if path != OF_THE_HUB}
