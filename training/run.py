"""A run on one page: check, render, train from the newest checkpoint, measure, save, merge."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import training.examples
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.causal_lm import open_causal_lm, open_tokenizer
from medinjection_fr.progress import tell
from medinjection_fr.release.digests import digest_file, digest_json
from medinjection_fr.resources import source_digest
from training.data import Examples, Source, open_source, pack, render_split
from training.examples import Renderer
from training.order import plan_order
from training.recipe import Recipe
from training.report import (
    FORMAT,
    REPORT,
    START,
    check_same,
    describe_model,
    hardware,
    identity,
    read_report,
    write_json,
)

if TYPE_CHECKING:
    from trl import SFTConfig

ADAPTER, MERGED = "adapter", "merged"


def run(
    recipe: Recipe, data: str, config: str, output: Path, tell: Callable[[str], None] = tell
) -> dict[str, Any]:
    """Trains a configuration, or goes on where a run of the same was stopped.

    Args:
        recipe: How.
        data: A release folder, or ``organisation/name@1.2.0``.
        config: The configuration.
        output: Folder of the run: ``adapter/``, ``merged/``, ``log.jsonl``, ``training.json``.
        tell: Called with what the user should know.

    Returns:
        The content of ``training.json``.

    Raises:
        InputError: Anything that is wrong with recipe, data, model or folder, before any long work.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    is_main = os.environ.get("RANK", "0") == "0"
    source = open_source(data, config)
    accumulation = recipe.accumulation(processes)
    check_same(output, identity(recipe, source))
    with _only_one(output) if is_main else nullcontext():
        if not (output / REPORT).exists():
            _train(recipe, source, output, accumulation, tell if is_main else lambda message: None)
        elif is_main:
            tell(f"{output} is trained already.")
        if is_main and recipe["merge"]["at_end"] and not (output / MERGED).exists():
            from training.merge import merge

            merge(output, tell=tell)
    return read_report(output)


def _only_one(output: Path) -> Any:
    """Keeps other runs out of the folder."""
    import filelock

    output.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(output.with_name(f".{output.name}.lock"))
    try:
        return lock.acquire(timeout=0)
    except filelock.Timeout:
        what = "another run is writing here"
        raise InputError(Problem(str(output), what, mend="Wait for it, or give another --output")) from None


def _train(
    recipe: Recipe, source: Source, output: Path, accumulation: int, tell: Callable[[str], None]
) -> None:
    from training import checkpoints, figures, memory
    from training.trainer import CHECKPOINTS, make_trainer, quieten, trainer_arguments

    quieten()
    model_facts = recipe["model"]
    memory.check_weights(model_facts["path"])
    tokenizer = open_tokenizer(model_facts["path"], model_facts["revision"], model_facts["pad_token"])
    arguments = trainer_arguments(recipe, output, accumulation)
    examples, validation = _render(recipe, source, tokenizer, arguments)
    _tell_lengths(examples, tell)
    lengths, learnt = examples.count_tokens()
    optim = recipe["optim"]
    by_length = recipe["batch"]["order"] == "by-length"
    order = plan_order(
        lengths, recipe["batch"]["global"], optim["epochs"], optim["max_steps"], by_length, recipe["seed"]
    )
    if arguments.should_save:
        for name in checkpoints.remove_unfinished(output / CHECKPOINTS):
            tell(f"Removed {name}, which was half-written.")
    arguments.distributed_state.wait_for_everyone()
    newest = checkpoints.find_newest(output / CHECKPOINTS)
    meter = figures.Meter(newest[1] if newest else None)
    base = open_causal_lm(
        model_facts["path"],
        model_facts["revision"],
        dtype=model_facts["dtype"],
        attention=model_facts["attention"],
        kernels=model_facts["kernels"],
        tokenizer=tokenizer,
    )
    base.config.use_cache = False
    log = figures.Log(output / figures.LOG)
    callbacks = [checkpoints.MarkWhole(meter.read), log]
    rows = examples.rows.select(order)
    trainer = make_trainer(
        base, tokenizer, recipe, arguments, rows, validation.rows if validation else None, callbacks
    )
    described = describe_model(recipe, trainer.model)
    if arguments.device.type == "cuda" and not trainer.is_fsdp_enabled:
        memory.rehearse(trainer, examples.rows, lengths)
    if newest:
        tell(f"Going on from {newest[0].name}.")
    if arguments.should_save:
        write_json(output / START, identity(recipe, source))
    meter.start()
    trainer.train(resume_from_checkpoint=str(newest[0]) if newest else None)
    measured = meter.read()
    answer_loss = trainer.evaluate()["eval_loss"] if validation else None
    _save_adapter(trainer, output)
    if arguments.should_save:
        seen, carried = sum(lengths[place] for place in order), sum(learnt[place] for place in order)
        report = {
            "format": FORMAT,
            "recipe": dict(recipe.content),
            "data": {**source.described, "reference": source.reference},
            "model": described,
            "records": {
                "train": examples.records,
                "drawn": source.drawn,
                "sequences": len(examples.rows),
                "shortened": {"count": len(examples.shortened), "ids": examples.shortened},
                "left_out": {"count": len(examples.refused), "ids": examples.refused},
                "validation": validation.records if validation else 0,
                "compared_with_test": source.test_ids,
            },
            "figures": {
                "steps": trainer.state.global_step,
                "epochs": round(len(order) / len(lengths), 3),
                "tokens": seen,
                "loss_tokens": carried,
                **measured,
                "tokens_per_second": round(seen / measured["seconds"], 1),
                "loss_tokens_per_second": round(carried / measured["seconds"], 1),
                "loss": figures.loss_of(trainer.state.log_history),
                "validation_answer_loss": answer_loss,
            },
            "hardware": hardware(arguments.world_size),
            "versions": figures.versions(),
        }
        write_json(output / REPORT, report)
        shutil.rmtree(output / CHECKPOINTS)
    arguments.distributed_state.wait_for_everyone()


def _render(
    recipe: Recipe, source: Source, tokenizer: Any, arguments: SFTConfig
) -> tuple[Examples, Examples | None]:
    """Renders train, and validation by its answers alone, whatever the recipe's loss: figures then compare."""
    data, wanted = recipe["data"], recipe["validation"]["rows"]
    code = [source_digest(), digest_file(Path(training.examples.__file__))]
    rendering = [*code, tokenizer.backend_tokenizer.to_str(), tokenizer.chat_template, data["max_length"]]

    def render(split: str, loss: str, rows: int | None = None) -> Examples:
        fingerprint = digest_json([*rendering, loss])
        return render_split(source, split, Renderer(tokenizer, loss, data["max_length"]), fingerprint, rows)

    with arguments.distributed_state.main_process_first():
        examples = render("train", data["loss"])
        if data["packing"]:
            examples = pack(examples, data["max_length"])
        measure = wanted != 0 and source.has("validation")
        return examples, render("validation", "answer", wanted) if measure else None


def _tell_lengths(examples: Examples, tell: Callable[[str], None]) -> None:
    for ids, what in (
        (examples.shortened, "lost the middle of their context"),
        (examples.refused, "are too long without their context, and are left out"),
    ):
        if ids:
            some = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
            tell(f"{len(ids):,} records {what}: {some} ({REPORT} names all).")


def _save_adapter(trainer: Any, output: Path) -> None:
    """Saves the adapter with its tokenizer, under its name once it is whole."""
    unfinished = output / f"{ADAPTER}.part"
    if trainer.args.should_save:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(output / ADAPTER, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    trainer.save_model(str(unfinished))
    trainer.accelerator.wait_for_everyone()
    if trainer.args.should_save:
        (unfinished / "training_args.bin").unlink(missing_ok=True)
        unfinished.replace(output / ADAPTER)
