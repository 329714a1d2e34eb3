from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_models import make_tiny

# Without the extra `train` there is nothing to test; `make test-slow` installs it.
collect_ignore_glob = [] if importlib.util.find_spec("trl") else ["test_*.py"]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen3 of random weights with its tokenizer; to be left as it is."""
    return make_tiny(tmp_path_factory.mktemp("tiny-model") / "tiny")


@pytest.fixture(scope="session")
def own_tokenizer(tiny: Path) -> Any:
    """The tokenizer of ``tiny``."""
    from medinjection_fr.models.causal_lm import open_tokenizer

    return open_tokenizer(str(tiny))


@pytest.fixture(scope="session")
def qwen3_tokenizer() -> Any:
    """The real tokenizer of Qwen3-4B-Instruct-2507, which is not in the repository."""
    from medinjection_fr.models.causal_lm import open_tokenizer

    folder = Path(os.environ.get("MEDINJECTION_DATA", "")).parent / "models" / "qwen3-tokenizer"
    if not (folder / "tokenizer.json").is_file():
        pytest.skip("no models/qwen3-tokenizer beside the folder that MEDINJECTION_DATA names")
    return open_tokenizer(str(folder))


@pytest.fixture(params=["own_tokenizer", "qwen3_tokenizer"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    """Each tokenizer in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Small models on one core, in this process and those that it starts: more of them wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)
