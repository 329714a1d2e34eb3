from __future__ import annotations

from pathlib import Path

import pytest
from small_models import make_tiny


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen3 of random weights with a chat template."""
    pytest.importorskip("transformers", reason="transformers comes with the extra `evaluate`")
    return make_tiny(tmp_path_factory.mktemp("tiny-model"))
