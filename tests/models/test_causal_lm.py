"""What must be right with a chat model before it is trained or asked, each told with a way out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers", reason='needs the extra: pip install -e ".[dev,train]"')
sys.path.append(str(Path(__file__).parents[1] / "training"))
from small_models import CHATML, change_config, make_tiny, make_tokenizer

from medinjection_fr.errors import InputError
from medinjection_fr.models.causal_lm import frame_of, open_causal_lm, open_tokenizer


def refused(folder: Path, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        open_tokenizer(str(folder), **options)
    return str(error.value)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("model"))


def test_frame_of_chatml(model: Path) -> None:
    frame = frame_of(open_tokenizer(str(model)))
    assert (frame.scaffold, frame.end_of_turn, frame.tail) == ("", "<|im_end|>", "\n")


def test_no_chat_template(tmp_path: Path) -> None:
    make_tokenizer(tmp_path, template=None)
    assert "has no chat template. Take the instruct model" in refused(tmp_path)


def test_pad_that_ends_turns(tmp_path: Path) -> None:
    make_tokenizer(tmp_path, pad="<|im_end|>")
    said = refused(tmp_path)
    assert "pads with <|im_end|>, which ends its turns" in said
    assert "Name another that it has: " in said and "<|endoftext|>" in said
    tokenizer = open_tokenizer(str(tmp_path), pad_token="<|endoftext|>")
    assert tokenizer.pad_token == "<|endoftext|>" and len(tokenizer) == 1_000
    assert "has no token '[PAD]' to pad with" in refused(tmp_path, pad_token="[PAD]")


def test_no_pad_token(tmp_path: Path) -> None:
    make_tokenizer(tmp_path, pad=None)
    assert "has no pad token" in refused(tmp_path)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (CHATML.replace("<|im_end|>", "."), "ends an answer with no special token"),
        (CHATML.replace("+ message.content", "+ 'x'"), "writes the prompt of a question otherwise"),
        ("{{ raise_exception('no') }}", "its chat template fails on a question and an answer (no)"),
    ],
)
def test_templates_that_cannot_be_masked(tmp_path: Path, template: str, said: str) -> None:
    make_tokenizer(tmp_path, template=template)
    assert said in refused(tmp_path)


def test_no_model(tmp_path: Path) -> None:
    assert "its tokenizer cannot be opened" in refused(tmp_path)
    with pytest.raises(InputError, match="its weights cannot be opened"):
        open_causal_lm(str(tmp_path))


def test_no_code_of_a_model_is_run(tmp_path: Path) -> None:
    make_tiny(tmp_path)
    (tmp_path / "own.py").write_text("raise SystemExit('it was run')", encoding="utf-8")
    auto = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}
    change_config(tmp_path, model_type="own", auto_map=auto)
    with pytest.raises(InputError, match="needs code of its own repository, which is not run"):
        open_causal_lm(str(tmp_path))


def test_tokens_without_embeddings(model: Path) -> None:
    tokenizer = open_tokenizer(str(model))
    tokenizer.add_tokens([f"[{n}]" for n in range(100)])
    with pytest.raises(InputError, match="has 1100 tokens for 1024 embeddings"):
        open_causal_lm(str(model), dtype="float32", tokenizer=tokenizer)


def test_attention_that_is_not_installed(model: Path) -> None:
    with pytest.raises(InputError, match=r"Install it, or take model\.attention=sdpa"):
        open_causal_lm(str(model), attention="flash_attention_2")


@pytest.mark.parametrize("key", ["rope_theta", "rope_parameters"])
def test_rope_theta_is_read_as_either_version_writes_it(tmp_path: Path, key: str) -> None:
    make_tiny(tmp_path)
    if key == "rope_theta":  # as transformers 4 writes it
        change_config(tmp_path, rope_theta=5_000_000, rope_parameters=None)
    assert open_causal_lm(str(tmp_path)).config.rope_parameters["rope_theta"] == 5_000_000
