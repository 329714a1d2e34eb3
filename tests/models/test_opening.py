from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from medinjection_fr.errors import InputError
from medinjection_fr.models.endpoint import Endpoint
from medinjection_fr.models.opening import open_model


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def opened(*arguments: str, **options: str) -> Endpoint:
    model = open_model(*arguments, **options)
    assert isinstance(model, Endpoint)
    return model


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("http://gpu:80/openai", "http://gpu:80/openai"),
    ],
)
def test_the_address_of_an_endpoint(endpoint: str, url: str):
    assert opened("small", endpoint).url == url


@pytest.mark.parametrize("endpoint", ["gpu:8000", "ftp://gpu", "http://", "https://me:secret@gpu"])
def test_what_is_no_address(endpoint: str):
    with pytest.raises(InputError, match="--endpoint: is no address") as told:
        open_model("small", endpoint)
    assert "secret" not in str(told.value)


def test_no_key(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InputError, match="the environment has no key in OPENAI_API_KEY"):
        open_model("gpt")
    with pytest.raises(InputError, match="the environment has no key in OTHER_KEY"):
        open_model("gpt", "http://127.0.0.1:1", key_from="OTHER_KEY")
    monkeypatch.setenv("OTHER_KEY", "sk-1")
    assert opened("gpt", key_from="OTHER_KEY").url == "https://api.openai.com/v1"


def test_no_name():
    with pytest.raises(InputError, match="--model: is empty"):
        open_model("")


def test_openai_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs the openai library.*medinjection-fr\[generate\]"):
        open_model("small", "http://127.0.0.1:1")


def test_vllm(tmp_path: Path):
    with pytest.raises(InputError, match=r"is no folder of config\.json and safetensors"):
        open_model(f"vllm:{tmp_path}")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert "vllm" not in sys.modules and importlib.util.find_spec("vllm") is None
    with pytest.raises(InputError, match=r"needs vLLM.*medinjection-fr\[generate,vllm\]"):
        open_model(f"vllm:{tmp_path}")


def test_apertium_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="apt-get install apertium apertium-eng-cat apertium-fra-cat"):
        open_model("apertium")
