from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.judging.families import families_of, kinship_problem


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("Qwen/Qwen3-4B-Instruct-2507", ["qwen"]),
        ("google/medgemma-27b-text-it", ["gemma"]),
        ("BioMistral/BioMistral-7B", ["mistral"]),
        ("microsoft/Phi-4", ["phi"]),
        ("cognitivecomputations/dolphin-2", []),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", ["deepseek", "qwen"]),
        ("gpt-4o-mini-2024-07-18", ["gpt"]),
        ("openai/gpt-oss-20b", ["gpt"]),
        ("claude-opus-4", ["claude"]),
        ("/home/llama/models/own", []),
        ("lab/own-model", []),
    ],
)
def test_a_name_tells_its_families(name: str, families: list[str]) -> None:
    assert families_of({"name": name}) == families


@pytest.mark.parametrize(
    ("kind", "family"),
    [("qwen3_moe", "qwen"), ("gemma3_text", "gemma"), ("mixtral", "mistral"), ("olmo2", "olmo")],
)
def test_a_folder_tells_its_family_by_its_architecture(tmp_path: Path, kind: str, family: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    assert families_of({"name": str(tmp_path)}) == [family]


def test_a_model_of_another_architecture_is_of_both(tmp_path: Path) -> None:
    folder = tmp_path / "smollm2-135m"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    assert families_of({"name": str(folder)}) == ["llama", "smollm"]


def test_an_adapter_tells_the_family_of_its_base(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "Qwen/Qwen3-4B"}))
    assert families_of({"name": "lab/merged"}, tmp_path) == ["qwen"]


def test_kin_and_oneself_are_told(tmp_path: Path) -> None:
    judge = {"name": "Qwen/Qwen3-32B"}
    told = str(kinship_problem(judge, ["qwen"], {"name": "lab/qwen3-4b-native"}))
    assert "family of lab/qwen3-4b-native" in told and "--allow-same-family" in told
    assert kinship_problem(judge, ["qwen"], {"name": "google/gemma-3-4b"}) is None
    assert "is the model that it would judge" in str(kinship_problem({"name": "own"}, [], {"name": "own"}))
