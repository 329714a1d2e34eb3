"""A second reader: olah, a mirror of the Hub written by others, serves what was pushed to ours.

Ours and the tests that use it come from one hand; olah reads the plain git repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from environments import programs_of
from releases import contents

from hub.client import PUBLISH, READ, REPOSITORY, client
from hub.state import Hub
from hub.test_with_datasets import loaded, rows_of

pytestmark = pytest.mark.slow

CONFIGURATION = """
[basic]
host = "127.0.0.1"
port = 0
repos-path = "{folder}/cache"
mirrors-path = ["{folder}/mirrors"]
[accessibility]
offline = true
"""


@pytest.fixture
def olah(hub: Hub, versions: Mapping[str, Path], tmp_path: Path) -> Iterator[str]:
    """Address of an olah that serves a clone of the repository to which two versions were pushed."""
    client(hub, PUBLISH, *versions.values())
    hub.repositories[REPOSITORY].export_git(tmp_path / "mirrors" / "datasets" / REPOSITORY)
    (tmp_path / "olah.toml").write_text(CONFIGURATION.format(folder=tmp_path), encoding="utf-8")
    program = str(programs_of("olah", "olah==0.5.4") / "olah-cli")
    command = [program, "--config", str(tmp_path / "olah.toml"), "--log-path", str(tmp_path / "logs")]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    ) as process:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if running := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                break
        else:
            pytest.fail(f"olah did not start: {told}")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield running[1]
        process.terminate()


def test_olah_gives_every_version_by_its_tag(
    olah: str, hub: Hub, versions: Mapping[str, Path], tmp_path: Path
) -> None:
    hub.mend()
    copies = {tag: tmp_path / "copies" / tag for tag in versions}
    refs = client(hub, READ, *copies.values(), token=None, home="another", HF_ENDPOINT=olah)
    assert set(refs) == {"main", *versions}
    assert refs["main"] == refs["v1.1.0"] != refs["v1.0.0"]
    environment = {**hub.environment(None, home="a third"), "HF_ENDPOINT": olah}
    for tag, release in versions.items():
        read = {path: data for path, data in contents(copies[tag]).items() if not path.startswith(".")}
        assert read == contents(release)
        assert loaded(environment, tag) == loaded(environment, tag, "streaming") == rows_of(release)
    assert hub.log == []
