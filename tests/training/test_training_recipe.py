"""Recipes: the shipped ones say what they promise, and a bad one is told whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from medinjection_fr.errors import InputError
from training.recipe import SHIPPED, load_recipe


def problems(name: str, *overrides: str) -> str:
    with pytest.raises(InputError) as refused:
        load_recipe(name, overrides)
    return str(refused.value)


@pytest.mark.parametrize("name", ["paper", "fast", "smoke"])
def test_shipped_recipes_are_whole_and_comment_every_number(name: str) -> None:
    assert load_recipe(name).name == name
    assert load_recipe(str(SHIPPED / f"{name}.yaml")).content == load_recipe(name).content
    for line in (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8").splitlines():
        value, _, reason = line.partition(":")[2].partition("#")
        assert reason or not re.fullmatch(r"[0-9.]+(e-?[0-9]+)?", value.strip()), line


def test_paper_is_the_published_recipe() -> None:
    recipe = load_recipe("paper")
    assert recipe["model"]["path"] == "Qwen/Qwen3-4B-Instruct-2507"
    assert recipe["model"]["dtype"] == "bfloat16"
    assert recipe["adapter"] == {
        "method": "dora",
        "rank": 16,
        "alpha": 16,
        "dropout": 0.05,
        "targets": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    }
    optim = recipe["optim"]
    assert (optim["lr"], optim["schedule"], optim["warmup"], optim["epochs"]) == (1e-4, "cosine", 0.05, 10)
    assert recipe["data"] == {"loss": "whole", "max_length": 2048, "packing": False}
    assert recipe["batch"] == {"global": 192, "per_device": 12, "order": "by-length"}
    assert [recipe.accumulation(processes) for processes in (1, 2, 4)] == [16, 8, 4]
    assert recipe["memory"]["checkpointing"] == "full" and recipe["seed"] == 42


def test_keys_are_set_from_the_command_line() -> None:
    recipe = load_recipe("smoke", ["optim.lr=2e-4", "adapter.method=lora", "optim.max_steps=null", "seed=7"])
    assert recipe["optim"]["lr"] == 2e-4
    assert recipe["adapter"]["method"] == "lora"
    assert recipe["optim"]["max_steps"] is None and recipe["seed"] == 7
    assert load_recipe("smoke")["seed"] == 42


def test_exponents_are_numbers_in_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    text = (SHIPPED / "smoke.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("lr: 1e-3", "lr: 3E-05"), encoding="utf-8")
    assert load_recipe(str(path))["optim"]["lr"] == 3e-5


def test_all_mistakes_come_together(tmp_path: Path) -> None:
    content = yaml.safe_load((SHIPPED / "smoke.yaml").read_text(encoding="utf-8"))
    content["adapter"]["methode"] = content["adapter"].pop("method")
    content["optim"]["lr"] = -1
    content["data"]["loss"] = "answers"
    del content["seed"]
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    said = problems(str(path), "batch.globall=3", "no-equals", "seed.deep=1")
    for part in (
        'unknown key "methode"',
        'adapter: the key "method" is missing',
        "optim › lr: -1 is not allowed",
        'Did you mean "answer"?',
        'Did you mean "global"?',
        "--set no-equals: is no KEY=VALUE",
    ):
        assert part in said
    assert len(said.splitlines()) >= 6


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["batch.per_device=3"], "is no multiple of per_device"),
        (["data.packing=true"], "by-length has no sense"),
        (["model.attention=flash_attention_2"], "computes in 16 bits only"),
        (["checkpoint.keep=1"], "keep: 1 is not allowed"),
        (["name.x=1"], '"name" holds no keys'),
    ],
)
def test_mistakes_that_are_no_one_keys(overrides: list[str], said: str) -> None:
    assert said in problems("smoke", *overrides)


def test_processes_that_do_not_divide_the_batch() -> None:
    with pytest.raises(InputError, match=r"per_device × processes = 6\. Use a number of processes"):
        load_recipe("smoke").accumulation(3)
    with pytest.raises(InputError, match=r"Set batch.per_device to one of 1\."):
        load_recipe("smoke", ["batch.per_device=4"]).accumulation(4)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    assert "no such file" in problems(str(tmp_path / "absent.yaml"))
    (tmp_path / "list.yaml").write_text("- 1", encoding="utf-8")
    assert "is no mapping" in problems(str(tmp_path / "list.yaml"))
