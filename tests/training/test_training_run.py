"""A run from recipe to merged model: it learns, changes only what it should, and goes on after a kill."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import refused
from examples import valid_record
from releases import contents
from small_models import make_tiny
from training_runs import arguments, command, curve, train

from medinjection_fr.prompts import to_messages
from training import checkpoints


@pytest.fixture(scope="module")
def finished(tiny_release: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; to be left as it is."""
    output = tmp_path_factory.mktemp("finished") / "run"
    train(tiny_release, tiny, output, config="native+translated")
    return output


def report_of(output: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((output / "training.json").read_text(encoding="utf-8"))
    return report


def test_loss_falls_and_the_report_says_what_was_done(finished: Path, tiny_release: Path) -> None:
    report = report_of(finished)
    losses = [loss for _, loss in curve(finished)]
    assert len(losses) == 6 and losses[-1] < losses[0] - 0.3
    assert report["figures"]["loss"] == {"first": losses[0], "last": losses[-1]}
    manifest = json.loads((tiny_release / "release.json").read_text(encoding="utf-8"))
    assert report["data"]["version"] == manifest["version"] == "1.0.0"
    assert report["data"]["config_digest"] == manifest["configs"]["native+translated"]["digest"]
    assert report["recipe"]["optim"]["lr"] == 2e-2
    assert report["records"]["train"] == 32 and report["records"]["validation"] == 2
    assert report["records"]["compared_with_test"] == 6
    figures = report["figures"]
    assert figures["steps"] == 6 and figures["epochs"] == 0.75
    assert 0 < figures["loss_tokens"] < figures["tokens"] < 24 * 400
    assert 0 < figures["validation_answer_loss"] < losses[0]
    assert figures["energy_joules"] is None or torch.cuda.is_available()
    assert {"torch", "transformers", "trl", "peft", "accelerate", "medinjection-fr"} <= set(
        report["versions"]
    )
    assert not (finished / "checkpoints").exists()


def test_adapter_changes_only_what_it_should(finished: Path, tiny: Path) -> None:
    from safetensors.torch import load_file

    base, merged = load_file(tiny / "model.safetensors"), load_file(finished / "merged/model.safetensors")
    assert base.keys() == merged.keys()
    changed = {name for name in base if not torch.equal(base[name], merged[name])}
    targets = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    assert changed == {name for name in base if name.split(".")[-2] in targets}
    adapter = load_file(finished / "adapter/adapter_model.safetensors")
    assert {name.split(".")[-3] for name in adapter if "lora_A" in name} == set(targets)
    assert report_of(finished)["model"]["trained_parameters"] == sum(t.numel() for t in adapter.values())


def test_merged_model_loads_in_plain_transformers_and_says_what_the_adapter_says(
    finished: Path, tiny: Path
) -> None:
    import peft
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(finished / "merged")
    merged = AutoModelForCausalLM.from_pretrained(finished / "merged")
    base = AutoModelForCausalLM.from_pretrained(tiny)
    adapted = peft.PeftModel.from_pretrained(base, finished / "adapter")
    for type in ("mcqu", "mcq", "oeq"):
        asked = tokenizer.apply_chat_template(
            to_messages(valid_record(type))["messages"][:1],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )
        outputs = [m.eval().generate(**asked, max_new_tokens=12, do_sample=False) for m in (adapted, merged)]
        assert torch.equal(*outputs)
    assert report_of(finished / "merged")["merged"] == {
        "prompts": 3,
        "new_tokens": 8,
        "same": 3,
        "dtype": "float32",
    }
    config = json.loads((finished / "merged/config.json").read_text(encoding="utf-8"))
    assert config["rope_theta"] == config["rope_parameters"]["rope_theta"] == 5_000_000  # for both versions
    assert tokenizer.pad_token == "<|endoftext|>" and len(tokenizer) == 1_000
    assert merged.get_input_embeddings().weight.shape[0] == 1_024  # nothing was added, nothing resized


def test_a_merged_model_that_says_something_else_is_not_written(
    finished: Path, tiny: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    shutil.copytree(finished, output)
    shutil.rmtree(output / "merged")
    report = report_of(output)
    model = make_tiny(tmp_path / "other")
    from safetensors.torch import load_file, save_file

    weights = load_file(model / "model.safetensors")
    weights["model.norm.weight"] *= -1
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    report["recipe"]["model"]["path"] = str(model)
    (output / "training.json").write_text(json.dumps(report), encoding="utf-8")
    said = refused(command("merge", output))
    assert "holds other weights than those that the adapter was trained on" in said
    assert not (output / "merged").exists()


def test_a_finished_run_is_left_as_it_is(finished: Path, tiny_release: Path, tiny: Path) -> None:
    before = contents(finished)
    done = command(*arguments(tiny_release, tiny, finished, config="native+translated"), "--json")
    assert done.exit_code == 0 and "is trained already" in done.stderr
    assert json.loads(done.stdout) == report_of(finished)
    assert contents(finished) == before


def test_another_run_in_the_same_folder_is_refused(
    finished: Path, tiny_release: Path, sample_release: Path, tiny: Path, tmp_path: Path
) -> None:
    said = refused(command(*arguments(sample_release, tiny, finished, "optim.lr=1e-3", config="synthetic")))
    for name in ("data › release_digest", "data › config:", "data › config_digest", "recipe › optim › lr"):
        assert name in said
    assert "the run was begun with 0.02, not 0.001. Give another --output." in said
    (tmp_path / "other.txt").write_text("", encoding="utf-8")
    assert "exists and is no training run" in refused(command(*arguments(tiny_release, tiny, tmp_path)))


class Stop(Exception):
    pass


def stop_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Ends the process's work after a step, as an error of the machine would."""
    from transformers import TrainerCallback

    from training import trainer

    class Stopper(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            if state.global_step == step:
                raise Stop

    make = trainer.make_trainer
    monkeypatch.setattr(trainer, "make_trainer", lambda *given: make(*given[:-1], [*given[-1], Stopper()]))


@pytest.mark.parametrize("dropout", ["0.0", "0.1"])
def test_a_stopped_run_goes_on_to_the_same_curve_and_weights(
    tiny_release: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropout: str
) -> None:
    settings = (f"adapter.dropout={dropout}", "optim.epochs=2", "optim.max_steps=7", "merge.at_end=false")
    settings += ("batch.order=random",)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train(tiny_release, tiny, whole, *settings)
    with monkeypatch.context() as patch:
        stop_at(patch, 5)
        done = command(*arguments(tiny_release, tiny, stopped, *settings))
        assert isinstance(done.exception, Stop)
    assert [step for step, _ in curve(stopped)] == [1, 2, 3, 4]  # the fifth was not told yet
    # A checkpoint that a kill left half-written is not taken, and goes.
    newest, figures = checkpoints.find_newest(stopped / "checkpoints")  # type: ignore[misc]
    assert newest.name == "checkpoint-4" and figures["seconds"] > 0
    shutil.copytree(newest, newest.with_name("checkpoint-5"))
    (newest.with_name("checkpoint-5") / "optimizer.pt").write_bytes(b"half")
    done = command(*arguments(tiny_release, tiny, stopped, *settings))
    assert done.exit_code == 0, done.output
    assert "Removed checkpoint-5, which was half-written." in done.stderr
    assert "Going on from checkpoint-4." in done.stderr
    assert curve(stopped) == curve(whole)
    adapters = [output / "adapter/adapter_model.safetensors" for output in (whole, stopped)]
    assert adapters[0].read_bytes() == adapters[1].read_bytes()
    assert report_of(stopped)["figures"]["seconds"] > figures["seconds"]
    assert report_of(stopped)["figures"]["tokens"] == report_of(whole)["figures"]["tokens"]


def test_accumulation_and_batch_give_the_same_loss(tiny_release: Path, tiny: Path, tmp_path: Path) -> None:
    curves = []
    for size in (1, 2, 4):
        train(tiny_release, tiny, tmp_path / str(size), f"batch.per_device={size}", "merge.at_end=false")
        curves.append([loss for _, loss in curve(tmp_path / str(size))])
    assert curves[1] == pytest.approx(curves[0], rel=1e-4)
    assert curves[2] == pytest.approx(curves[0], rel=1e-4)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_records_do_not_see_each_other(
    tiny_release: Path, tiny: Path, own_tokenizer: Any, attention: str
) -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from medinjection_fr.models.causal_lm import open_causal_lm
    from training.data import open_source, pack, render_split
    from training.examples import Renderer

    source = open_source(str(tiny_release), "native")
    examples = render_split(source, "train", Renderer(own_tokenizer, "answer", 400), "p")
    packed = pack(examples, 400)
    model = open_causal_lm(str(tiny), dtype="float32", attention=attention).eval()
    collator = DataCollatorForLanguageModeling(own_tokenizer.pad_token_id, padding_free=True)
    inputs = collator([packed.rows[0], packed.rows[1]])
    assert "attention_mask" not in inputs and len(packed.rows[0]["seq_lengths"]) > 1
    inputs.pop("labels")
    with torch.inference_mode():
        together = model(**inputs, use_cache=False).logits[0]
        starts = [0, *inputs["cu_seq_lens_q"][1:].tolist()]
        for start, end in itertools.pairwise(starts):
            alone = model(inputs["input_ids"][:, start:end]).logits[0]
            assert torch.allclose(together[start:end], alone, atol=1e-5)


@pytest.mark.parametrize("method", ["lora", "dora"])
def test_the_fast_way_on_a_cpu(tiny_release: Path, tiny: Path, tmp_path: Path, method: str) -> None:
    settings = [f"adapter.method={method}", "data.packing=true", "batch.order=random", "batch.global=2"]
    settings += [
        "batch.per_device=1",
        "memory.checkpointing=selective",
        "optim.epochs=4",
        "log.to=tensorboard",
    ]
    report = train(tiny_release, tiny, tmp_path / "run", *settings)
    losses = [loss for _, loss in curve(tmp_path / "run")]
    assert losses[-1] < losses[0]
    assert report["records"]["sequences"] < report["records"]["train"] == 16
    assert list((tmp_path / "run/logs").glob("events.*"))
    kept = json.loads((tmp_path / "run/adapter/adapter_config.json").read_text(encoding="utf-8"))
    assert kept["use_dora"] == (method == "dora")


def test_whole_text_in_bfloat16_with_recomputed_activations(
    tiny_release: Path, tiny: Path, tmp_path: Path
) -> None:
    settings = ["data.loss=whole", "model.dtype=bfloat16", "memory.checkpointing=full", "merge.at_end=false"]
    report = train(tiny_release, tiny, tmp_path / "run", *settings, config="synthetic")
    figures = report["figures"]
    assert (
        figures["loss_tokens"] == figures["tokens"] - figures["steps"] * 4
    )  # but for the first of each record
    assert report["figures"]["loss"]["last"] < report["figures"]["loss"]["first"]


def test_a_configuration_without_validation(tmp_path: Path, tiny: Path) -> None:
    from recipes import few_rows, write_recipe

    from medinjection_fr.build import build

    rows = {"synthetic": [row for row in few_rows()["synthetic"] if row["split"] == "train"]}
    release = build(write_recipe(tmp_path / "recipe", rows), tmp_path / "medinjection-fr").release.folder
    report = train(release, tiny, tmp_path / "run", "optim.max_steps=2", config="synthetic")
    assert report["figures"]["validation_answer_loss"] is None
    assert report_of(tmp_path / "run/merged")["merged"]["prompts"] == 3  # of train


def test_bad_input_is_told_before_anything_is_written(tiny_release: Path, tiny: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    said = refused(command(*arguments(tiny_release, tmp_path / "absent", output)))
    assert "cannot be opened" in said
    assert "no such configuration" not in said
    said = refused(command(*arguments(tiny_release, tiny, output, "model.pad_token='<|im_end|>'")))
    assert "pads with <|im_end|>, which ends its turns" in said
    assert not (output / "checkpoints").exists() and not (output / "training.json").exists()


def test_two_runs_do_not_write_into_one_folder(tiny_release: Path, tiny: Path, tmp_path: Path) -> None:
    import filelock

    with filelock.FileLock(tmp_path / ".run.lock"):
        assert "another run is writing here" in refused(
            command(*arguments(tiny_release, tiny, tmp_path / "run"))
        )
