"""Too little memory is told before the run, with what would fit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import torch

from medinjection_fr.errors import InputError
from training import memory


@pytest.mark.parametrize(("room", "fits"), [(12, 12), (11, 6), (5, 3), (1, 1), (0, 0)])
def test_half_as_many_are_tried_until_they_fit(room: int, fits: int) -> None:
    tried: list[int] = []
    cleaned: list[int] = []

    def attempt(sequences: int) -> None:
        tried.append(sequences)
        if sequences > room:  # a CPU has no such error of its own
            raise torch.OutOfMemoryError

    assert memory.largest_fitting(attempt, 12, lambda: cleaned.append(len(tried))) == fits
    assert tried == sorted(tried, reverse=True) and len(cleaned) == len(tried)


def test_another_error_is_no_lack_of_memory() -> None:
    def attempt(sequences: int) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        memory.largest_fitting(attempt, 4, lambda: None)


class Rehearsed:
    """What ``rehearse`` asks of a trainer, on a model that has room for so many sequences."""

    def __init__(self, room: int, checkpointing: bool = True) -> None:
        self.args = SimpleNamespace(
            per_device_train_batch_size=12,
            gradient_accumulation_steps=8,
            gradient_checkpointing=checkpointing,
            gradient_checkpointing_kwargs={"use_reentrant": False},
        )
        self.model = torch.nn.Linear(1, 1)
        self.model.gradient_checkpointing_enable = lambda options: None  # type: ignore[assignment]
        self.room, self.seen = room, [[0]]
        self._metrics: dict[str, dict[str, Any]] = {"train": {}}
        self._total_train_tokens = 7

    def data_collator(self, rows: list[Any]) -> list[Any]:
        self.seen.append(rows)
        return rows

    def _prepare_inputs(self, batch: Any) -> Any:
        return batch

    def compute_loss_context_manager(self) -> Any:
        return torch.enable_grad()

    def compute_loss(self, model: Any, inputs: Any) -> Any:
        if len(inputs) > self.room:
            raise torch.OutOfMemoryError
        return model(torch.rand(1, 1)).sum()


def test_a_rehearsal_takes_the_longest_and_leaves_no_trace() -> None:
    trainer, lengths = Rehearsed(12), [n * 7 % 100 for n in range(100)]
    torch.manual_seed(1)
    state = torch.get_rng_state()
    memory.rehearse(trainer, list(range(100)), lengths)
    assert sorted(lengths[row] for row in trainer.seen[1]) == list(range(88, 100))
    assert torch.equal(torch.get_rng_state(), state)  # dropout will draw as if there had been none
    assert trainer.model.weight.grad is None and trainer._total_train_tokens == 0


@pytest.mark.parametrize(
    ("room", "checkpointing", "said"),
    [
        (11, True, "--set batch.per_device=6 fits; the steps stay the same"),
        (1, True, "--set batch.per_device=1 fits"),
        (0, False, "--set memory.checkpointing=full"),
        (0, True, "lower data.max_length, or take several GPUs"),
    ],
)
def test_what_would_fit_is_told(room: int, checkpointing: bool, said: str) -> None:
    with pytest.raises(InputError, match="12 sequences of 2,048 tokens do not fit") as refused:
        memory.rehearse(Rehearsed(room, checkpointing), list(range(20)), [2_048] * 20)
    assert said in str(refused.value)


def test_weights_are_weighed_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(2 * psutil.virtual_memory().total)  # sparse: it takes no room
    with pytest.raises(InputError, match=r"its weights need .* GiB and .* GiB free\. Take a smaller model"):
        memory.check_weights(str(tmp_path))
    memory.check_weights("org/model-of-the-hub")
