"""Whether a run fits into memory, found out before it begins, and what would fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem

_GIB = 2**30


def check_weights(name: str) -> None:
    """Compares the weights of a folder with the memory that is free, before they are read.

    Raises:
        InputError: They are larger.
    """
    import psutil
    import torch

    stored = sum(path.stat().st_size for path in Path(name).glob("*.safetensors"))
    if not stored:  # a model on the Hub, of which nothing is here yet
        return
    if torch.cuda.is_available():
        free, where = torch.cuda.mem_get_info()[0], torch.cuda.get_device_name()
    else:
        free, where = psutil.virtual_memory().available, "this machine"
    if stored > free:
        what = f"its weights need {stored / _GIB:.1f} GiB and {where} has {free / _GIB:.1f} GiB free"
        mend = "Take a smaller model, or several GPUs: training/accelerate/fsdp2.yaml"
        raise InputError(Problem(name, what, mend=mend))


def rehearse(trainer: Any, rows: Any, lengths: list[int]) -> None:
    """Tries a forward and backward pass of the longest sequences on a GPU.

    Raises:
        InputError: They do not fit; the message says how many would.
    """
    import torch

    size = trainer.args.per_device_train_batch_size
    longest = sorted(range(len(lengths)), key=lambda place: lengths[place], reverse=True)[:size]
    if trainer.args.gradient_checkpointing:
        trainer.model.gradient_checkpointing_enable(trainer.args.gradient_checkpointing_kwargs)

    def attempt(sequences: int) -> None:
        batch = trainer.data_collator([rows[place] for place in longest[:sequences]])
        inputs = trainer._prepare_inputs(batch)
        with trainer.compute_loss_context_manager():
            loss = trainer.compute_loss(trainer.model, inputs)
        loss.backward()

    was_training = trainer.model.training
    trainer.model.train()
    try:
        with torch.random.fork_rng():  # dropout draws; the curve is to be the same without a rehearsal
            fitting = largest_fitting(
                attempt, len(longest), lambda: trainer.model.zero_grad(set_to_none=True)
            )
    finally:
        trainer.model.train(was_training)
        trainer._metrics["train"].clear()
        trainer._total_train_tokens = 0
    if fitting < len(longest):
        what = f"{len(longest)} sequences of {lengths[longest[0]]:,} tokens do not fit into {_memory()}"
        raise InputError(Problem("recipe › batch › per_device", what, mend=_advice(trainer, fitting)))


def largest_fitting(attempt: Callable[[int], None], sequences: int, clean: Callable[[], None]) -> int:
    """Halves the number of sequences until a pass fits.

    Args:
        attempt: Makes a pass over so many sequences.
        sequences: How many there should be.
        clean: Frees what a pass left behind.

    Returns:
        How many fit; 0 if not one does.
    """
    import torch

    while sequences:
        try:
            attempt(sequences)
            return sequences
        except torch.OutOfMemoryError:
            sequences //= 2
        finally:
            clean()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
    return 0


def _advice(trainer: Any, fitting: int) -> str:
    whole = trainer.args.gradient_accumulation_steps * trainer.args.per_device_train_batch_size
    dividing = [n for n in range(1, fitting + 1) if not whole % n]
    if dividing:
        return f"--set batch.per_device={dividing[-1]} fits; the steps stay the same"
    if not trainer.args.gradient_checkpointing or trainer.args.gradient_checkpointing_kwargs.get("selective"):
        return "Try --set memory.checkpointing=full, which needs less"
    return "Not one fits: lower data.max_length, or take several GPUs (training/accelerate/fsdp2.yaml)"


def _memory() -> str:
    import torch

    if not torch.cuda.is_available():
        return "memory"
    return f"the {torch.cuda.mem_get_info()[1] / _GIB:.0f} GiB of {torch.cuda.get_device_name()}"
