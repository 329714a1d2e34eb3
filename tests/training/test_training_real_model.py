"""A real small model, of real weights, whose own pad token ends its turns."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import refused
from small_models import make_small
from training_runs import arguments, command, curve, train

SETTINGS = (
    "optim.lr=1e-3",
    "batch.global=2",
    "batch.per_device=1",
    "optim.max_steps=8",
    "data.max_length=320",
)
SETTINGS += ("validation.rows=2", "merge.prompts=2", "merge.new_tokens=6", "batch.order=random")


@pytest.mark.slow
def test_a_real_model_learns_and_merges(tiny_release: Path, tmp_path: Path) -> None:
    model = make_small()
    said = refused(command(*arguments(tiny_release, model, tmp_path / "run", "model.pad_token=null")))
    assert "pads with <|im_end|>, which ends its turns" in said and "<|endoftext|>" in said
    report = train(tiny_release, model, tmp_path / "run", *SETTINGS, config="native+translated")
    losses = [loss for _, loss in curve(tmp_path / "run")]
    assert sum(losses[-2:]) < 0.7 * sum(losses[:2])
    assert (tmp_path / "run/merged/model.safetensors").exists()
    assert report["figures"]["validation_answer_loss"] < losses[0]
