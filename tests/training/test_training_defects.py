"""What the published script did wrong, and this one does not: facts that no other test holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from commands import run

ROOT = Path(__file__).parents[2]

IMPORT = """
import socket, sys

def deny(*arguments, **options):
    raise AssertionError("importing opens a connection")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = deny
import training.__main__
import training.run, training.merge, training.sweep, training.push
print(sorted({"torch", "transformers", "trl", "peft", "datasets"} & sys.modules.keys()))
"""


def test_importing_logs_in_nowhere_and_is_light() -> None:
    done = run([sys.executable, "-c", IMPORT], ROOT, {"HF_HUB_OFFLINE": "0"})
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_settings_are_those_of_the_current_libraries(tmp_path: Path, monkeypatch: Any) -> None:
    import transformers

    from training.recipe import load_recipe
    from training.trainer import adapter_config, trainer_arguments

    monkeypatch.delenv("CUDA_LAUNCH_BLOCKING", raising=False)
    recipe = load_recipe("paper", ["model.attention=sdpa"])
    settings = trainer_arguments(recipe, tmp_path, recipe.accumulation(2))
    assert int(transformers.__version__.partition(".")[0]) >= 5
    assert settings.per_device_train_batch_size * settings.gradient_accumulation_steps * 2 == 192
    assert settings.get_warmup_steps(1_750) == 88  # 5 % of the steps
    assert settings.learning_rate == 1e-4 and settings.lr_scheduler_type == "cosine"
    assert settings.bf16 and settings.gradient_checkpointing and settings.seed == 42
    assert not settings.trust_remote_code and not settings.push_to_hub and settings.report_to == []
    adapter = adapter_config(recipe)
    assert adapter.use_dora and (adapter.r, adapter.lora_alpha, adapter.lora_dropout) == (16, 16, 0.05)
    assert adapter.bias == "none" and not adapter.modules_to_save
    import os

    assert "CUDA_LAUNCH_BLOCKING" not in os.environ


def test_the_study_says_how_its_rows_were_drawn(tiny_release: Path) -> None:
    from training.data import open_source

    drawn = open_source(str(tiny_release), "ALL-controlled").drawn
    assert sum(sum(types.values()) for types in drawn.values()) == 6
    assert [sum(types.values()) for types in drawn.values()] == [2, 2, 2]
    assert all("oeq" not in types for types in drawn.values())
