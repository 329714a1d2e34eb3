from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from generate.translator import rows, translator, write_source
from models.proxy import Proxy

from medinjection_fr.generate import command
from medinjection_fr.generate.score import command as score_command
from medinjection_fr.models.endpoint import Patience
from medinjection_fr.models.opening import open_model

IMPATIENT = Patience(tries=2, pause=0, timeout=30, rate_limit=0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for module in (command, score_command):
        monkeypatch.setattr(module, "open_model", functools.partial(open_model, patience=IMPATIENT))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with translator() as proxy:
        yield proxy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_source(tmp_path / "data", rows())
