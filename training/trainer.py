"""A recipe → TRL's trainer: what each key means there."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.recipe import Recipe

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

CHECKPOINTS, LOGS = "checkpoints", "logs"
PROJECT = "medinjection-fr"


def quieten() -> None:
    """Keeps the bars of the libraries out of log files, and what they say to those who write them."""
    import datasets
    import transformers

    warnings.filterwarnings("ignore", "`.*` is deprecated and will be removed", FutureWarning)
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
        transformers.utils.logging.disable_progress_bar()


def adapter_config(recipe: Recipe) -> LoraConfig:
    """The adapter: LoRA, or DoRA by one word."""
    from peft import LoraConfig

    adapter = recipe["adapter"]
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter["rank"],
        lora_alpha=adapter["alpha"],
        lora_dropout=adapter["dropout"],
        bias="none",
        target_modules=list(adapter["targets"]),
        use_dora=adapter["method"] == "dora",
    )


def trainer_arguments(recipe: Recipe, output: Path, accumulation: int) -> SFTConfig:
    """The settings of TRL's trainer. Rows come tokenised and in the order of all epochs."""
    import torch
    from trl import SFTConfig

    batch, optim, memory, log = recipe["batch"], recipe["optim"], recipe["memory"], recipe["log"]
    if log["to"] == "tensorboard":
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(output / LOGS)
    if log["to"] == "trackio":
        os.environ["TRACKIO_DIR"] = str(output / LOGS)
    return SFTConfig(
        output_dir=str(output / CHECKPOINTS),
        per_device_train_batch_size=batch["per_device"],
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=accumulation,
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        optim=optim["name"],
        learning_rate=optim["lr"],
        lr_scheduler_type=optim["schedule"],
        warmup_steps=optim["warmup"],
        weight_decay=optim["weight_decay"],
        max_grad_norm=optim["max_grad_norm"],
        bf16=recipe["model"]["dtype"] == "bfloat16",
        gradient_checkpointing=memory["checkpointing"] != "none",
        gradient_checkpointing_kwargs={
            "use_reentrant": False,
            **({"selective": True} if memory["checkpointing"] == "selective" else {}),
        },
        max_length=None,
        padding_free=recipe["data"]["packing"],
        seed=recipe["seed"],
        data_seed=recipe["seed"],
        save_strategy="steps",
        save_steps=recipe["checkpoint"]["every"],
        save_total_limit=recipe["checkpoint"]["keep"],
        eval_strategy="no",
        logging_strategy="steps",
        logging_steps=log["every"],
        logging_first_step=True,
        report_to=log["to"],
        project=PROJECT,
        run_name=output.resolve().name,
        use_cpu=not torch.accelerator.is_available(),  # or processes on a CPU would not find each other
        dataloader_pin_memory=torch.accelerator.is_available(),
        disable_tqdm=not sys.stderr.isatty(),
    )


def make_trainer(
    model: Any,
    tokenizer: Any,
    recipe: Recipe,
    arguments: SFTConfig,
    rows: Dataset,
    validation: Dataset | None,
    callbacks: Sequence[TrainerCallback],
) -> SFTTrainer:
    """TRL's trainer for a model, with a fresh adapter on it.

    Args:
        model: The base; its weights stay as they are.
        tokenizer: As ``open_tokenizer`` gives it.
        recipe: How to train.
        arguments: As ``trainer_arguments`` gives them.
        rows: ``input_ids`` and ``labels`` in the order in which they are seen.
        validation: The same for validation.
        callbacks: What is to be told of steps and checkpoints.
    """
    from transformers import PrinterCallback
    from trl import SFTTrainer

    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        eval_dataset=validation,
        processing_class=tokenizer,
        peft_config=adapter_config(recipe),
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer
