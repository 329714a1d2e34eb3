from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from generate.synthesis.documents import write_abstracts, write_cases
from generate.synthesis.writer import writer
from models.proxy import Proxy

from medinjection_fr.generate import command
from medinjection_fr.models.endpoint import Patience
from medinjection_fr.models.opening import open_model

IMPATIENT = Patience(tries=2, pause=0, timeout=30, rate_limit=0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(command, "open_model", functools.partial(open_model, patience=IMPATIENT))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with writer() as proxy:
        yield proxy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_abstracts(write_cases(tmp_path / "data"))
