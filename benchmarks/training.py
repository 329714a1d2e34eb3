"""Training: paper.yaml and fast.yaml beside a plain TRL script with the published settings, and each step between.

On a GPU: the shape of Qwen3-4B, random weights, 2,048 tokens. Without one: a small shape, and the same ratios.

    python benchmarks/training.py --data medinjection-fr
    python benchmarks/training.py --data medinjection-fr --quality FOLDER   # held-out loss on a real small model

Utilisation counts 4 × parameters FLOPs for each token that is no padding (an adapter needs no gradient of
the weights) and 6 × length² × width of causal attention for each layer; what is computed again does not
count. It is set against the rate of one large matrix product in the same run. The steps are added one
after another; a step that cannot run here is told with its reason.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from card import make_model, matrix_rate
from measure import main_of, print_table

sys.path.insert(0, str(Path(__file__).parents[1]))

WARM, COUNTED = 1, 3
"""Optimiser steps before the clock starts, and under it."""
GPU_STEPS = {
    "answer loss": ["data.loss=answer"],
    "packing": ["data.packing=true", "batch.order=random", "batch.global=24", "batch.per_device=8"],
    "FlashAttention 3": ["model.attention=flash_attention_3"],
    "LoRA": ["adapter.method=lora"],
    "no dropout": ["adapter.dropout=0.0"],
    "fused optimiser": ["optim.name=adamw_torch_fused"],
    "selective checkpointing": ["memory.checkpointing=selective"],
}
CPU = [
    "model.attention=sdpa",
    "model.dtype=float32",
    "data.max_length=512",
    "batch.global=4",
    "batch.per_device=4",
]
CPU_PACKED = ["batch.global=2", "batch.per_device=2"]


class _Clock:
    """Seconds between the end of the warm steps and the end of the counted ones."""

    def callback(self) -> Any:
        import torch
        from transformers import TrainerCallback

        clock = self

        class Clock(TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                if torch.cuda.is_available():
                    torch.cuda.synchronize()
                if state.global_step == WARM:
                    clock.begun = time.perf_counter()
                clock.ended = time.perf_counter()

        return Clock()

    begun = ended = 0.0


def piece_recipe(model: str, data: str, name: str, *overrides: str) -> dict[str, Any]:
    """Some steps of a recipe."""
    from medinjection_fr.models.causal_lm import open_causal_lm, open_tokenizer
    from training.data import open_source
    from training.memory import rehearse
    from training.order import plan_order
    from training.recipe import load_recipe
    from training.run import _render
    from training.trainer import make_trainer, quieten, trainer_arguments

    quieten()
    limits = [f"optim.max_steps={WARM + COUNTED}", "validation.rows=0", "checkpoint.every=1000"]
    recipe = load_recipe(name, [*overrides, *limits, f"model.path={model}"])
    facts, batch = recipe["model"], recipe["batch"]
    with tempfile.TemporaryDirectory() as output:
        arguments = trainer_arguments(recipe, Path(output), recipe.accumulation(1))
        arguments.save_strategy = "no"
        tokenizer = open_tokenizer(model, pad_token=facts["pad_token"])
        examples, _ = _render(recipe, open_source(data, "all"), tokenizer, arguments)
        lengths, learnt = examples.count_tokens()
        by_length = batch["order"] == "by-length"
        order = plan_order(lengths, batch["global"], 100, WARM + COUNTED, by_length, 42)
        base = open_causal_lm(model, dtype=facts["dtype"], attention=facts["attention"])
        clock = _Clock()
        rows = examples.rows.select(order)
        trainer = make_trainer(base, tokenizer, recipe, arguments, rows, None, [clock.callback()])
        if arguments.device.type == "cuda":
            rehearse(trainer, examples.rows, lengths)
        trainer.train()
    counted = order[WARM * batch["global"] :]
    packed = "seq_lengths" in examples.rows.column_names
    records = (
        [examples.rows[n]["seq_lengths"] for n in counted] if packed else [[lengths[n]] for n in counted]
    )
    return _figures(clock, base, records, sum(learnt[n] for n in counted))


def piece_plain(model: str, data: str, attention: str, dtype: str, length: str, batch: str, size: str) -> Any:
    """A plain TRL script with the published settings, as they are called today."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    import medinjection_fr

    rows = medinjection_fr.load("all", split="train", path=data)
    rows = rows.map(medinjection_fr.to_messages, remove_columns=rows.column_names)
    clock = _Clock()
    base = AutoModelForCausalLM.from_pretrained(
        model, dtype=getattr(torch, dtype), attn_implementation=attention
    )
    tokenizer = AutoTokenizer.from_pretrained(model)
    with tempfile.TemporaryDirectory() as output:
        settings = SFTConfig(
            output_dir=output,
            per_device_train_batch_size=int(size),
            gradient_accumulation_steps=int(batch) // int(size),
            max_steps=WARM + COUNTED,
            learning_rate=1e-4,
            lr_scheduler_type="cosine",
            warmup_steps=0.05,
            bf16=dtype == "bfloat16",
            gradient_checkpointing=True,
            train_sampling_strategy="group_by_length",
            max_length=int(length),
            seed=42,
            save_strategy="no",
            report_to="none",
            use_cpu=not torch.cuda.is_available(),
        )
        targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        adapter = LoraConfig(
            task_type="CAUSAL_LM",
            r=16,
            lora_alpha=16,
            lora_dropout=0.05,
            target_modules=targets,
            use_dora=True,
        )
        trainer = SFTTrainer(
            base, settings, train_dataset=rows, processing_class=tokenizer, peft_config=adapter,
            callbacks=[clock.callback()],
        )  # fmt: skip
        seen: list[list[int]] = []
        collate = trainer.data_collator

        def collate_and_count(examples: list[Any]) -> Any:
            seen.extend([len(example["input_ids"])] for example in examples)
            return collate(examples)

        trainer.data_collator = collate_and_count
        trainer.train()
    counted = seen[WARM * int(batch) : (WARM + COUNTED) * int(batch)]
    return _figures(clock, base, counted, sum(sum(record) - 1 for record in counted))


def _figures(clock: _Clock, base: Any, sequences: list[list[int]], learnt: int) -> dict[str, Any]:
    from training.figures import _peak_memory_bytes

    config, seconds = base.config, clock.ended - clock.begun
    lengths = [length for sequence in sequences for length in sequence]
    frozen = sum(p.numel() for p in base.parameters() if not p.requires_grad)
    width = config.num_attention_heads * config.head_dim
    attention = sum(6 * n**2 * width * config.num_hidden_layers for n in lengths)
    return {
        "records": len(lengths) / seconds,
        "tokens": sum(lengths) / seconds,
        "learnt": learnt / seconds,
        "memory": _peak_memory_bytes(),
        "flops": (4 * frozen * sum(lengths) + attention) / seconds,
    }


def _piece(*parts: object) -> Any:
    """A piece in a process of its own, or why it cannot run here."""
    command = [sys.executable, __file__, "--piece", *map(str, parts)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["?"])[-1][:150]
    return json.loads(done.stdout.strip().splitlines()[-1])


def bench(arguments: argparse.Namespace) -> None:
    if arguments.quality:
        _quality(arguments)
        return
    rate = _piece("rate")
    on_gpu = rate["name"] != "CPU"
    shape = "qwen3-4b" if on_gpu else "small"
    model = arguments.work / f"training-{shape}"
    made = _piece("model", model, shape, arguments.tokenizer)
    if isinstance(made, str):
        sys.exit(made)
    common = [] if on_gpu else CPU
    attention, dtype = ("flash_attention_2", "bfloat16") if on_gpu else ("sdpa", "float32")
    if arguments.sdpa:
        common, attention = [*common, "model.attention=sdpa"], "sdpa"
    length, batch, size = (2_048, 192, 12) if on_gpu else (512, 4, 4)
    plain = _piece("plain", model, arguments.data, attention, dtype, length, batch, size)
    measured = {
        "plain TRL script": plain,
        "paper.yaml": _piece("recipe", model, arguments.data, "paper", *common),
    }
    added = list(common)
    for name, step in GPU_STEPS.items():
        added += [
            s for s in step if on_gpu or not s.startswith(("model.attention", "batch.global", "batch.per"))
        ]
        added += CPU_PACKED if name == "packing" and not on_gpu else []
        if not on_gpu and name == "FlashAttention 3":
            continue
        measured[f"+ {name}"] = _piece("recipe", model, arguments.data, "paper", *added)
    fast = common if on_gpu else [*common, *CPU_PACKED]
    measured["fast.yaml"] = _piece("recipe", model, arguments.data, "fast", *fast)
    rows = []
    for name, found in measured.items():
        if isinstance(found, str):
            rows.append([name, found, *[""] * 5])
            continue
        ratio = found["records"] / plain["records"] if isinstance(plain, dict) else float("nan")
        speeds = [
            f"{found['records']:,.1f}",
            f"{ratio:.2f}",
            f"{found['tokens']:,.0f}",
            f"{found['learnt']:,.0f}",
        ]
        used = [f"{found['memory'] / 2**30:.1f} GiB", f"{found['flops'] / rate['flops']:.1%}"]
        rows.append([name, *speeds, *used])
    head = ["", "records/s", "× plain", "tokens/s", "tokens with loss/s", "peak memory", "utilisation"]
    print_table(
        f"{shape} on {rate['name']}, {rate['flops'] / 1e12:.2f} TFLOP/s in a matrix product", head, rows
    )


def _quality(arguments: argparse.Namespace) -> None:
    """Held-out answer loss after equal records: fast.yaml, against three seeds of paper.yaml with its mask."""
    settings = ["model.dtype=float32", "model.attention=sdpa", "data.max_length=512", "validation.rows=64"]
    settings += ["merge.at_end=false", f"model.path={arguments.quality}", "model.pad_token='<|endoftext|>'"]
    settings += [f"optim.epochs={arguments.epochs}"]
    answers = ["data.loss=answer", "batch.global=12", "batch.per_device=2"]
    runs = {f"paper.yaml, loss on answers, seed {n}": ("paper", [*answers, f"seed={n}"]) for n in (1, 2, 3)}
    runs["fast.yaml"] = ("fast", ["batch.global=3", "batch.per_device=1", "seed=1"])
    rows = []
    for name, (recipe, own) in runs.items():
        output = Path(tempfile.mkdtemp()) / "run"
        command = [sys.executable, "-m", "training", "run", recipe, "--config", arguments.config, "--json"]
        command += ["--data", str(Path(arguments.data).resolve()), "--output", str(output)]
        command += [part for setting in [*settings, *own] for part in ("--set", setting)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
        )
        report = json.loads(done.stdout.strip().splitlines()[-1])
        figures = report["figures"]
        rows.append(
            [name, report["records"]["train"], figures["steps"], f"{figures['validation_answer_loss']:.4f}"]
        )
    print_table("Held-out answer loss", ["", "records", "steps", "loss"], rows)


def piece_model(folder: str, shape: str, tokenizer: str) -> bool:
    make_model(Path(folder), shape, tokenizer)
    return True


def _add_options(parser: argparse.ArgumentParser) -> None:
    needed = "--quality" not in sys.argv
    parser.add_argument("--data", default="medinjection-fr", help="release folder")
    parser.add_argument(
        "--tokenizer", required=needed, help="folder of Qwen3's tokenizer, or the model on the Hub"
    )
    parser.add_argument(
        "--sdpa", action="store_true", help="no FlashAttention for the plain script and paper.yaml"
    )
    parser.add_argument("--quality", metavar="FOLDER", help="a real small model to compare held-out loss on")
    parser.add_argument("--config", default="all", help="of --quality")
    parser.add_argument("--epochs", type=int, default=1, help="of --quality")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))


PIECES = {"recipe": piece_recipe, "plain": piece_plain, "rate": matrix_rate, "model": piece_model}

if __name__ == "__main__":
    main_of(__doc__, bench, PIECES, _add_options)
