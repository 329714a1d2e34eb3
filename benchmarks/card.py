"""What benchmarks need to know of a card, and models of random weights to load it with."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHAPES = {
    "qwen3-4b": {"hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36}
    | {"num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128},
    "small": {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 4}
    | {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32},
}


def make_model(folder: Path, shape: str, tokenizer: str) -> None:
    """Writes a Qwen3 of random weights, and its tokenizer beside it."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    if (folder / "config.json").exists():
        return
    kept = AutoTokenizer.from_pretrained(tokenizer)
    vocabulary = max(len(kept), 151_936 if shape == "qwen3-4b" else 0)
    config = Qwen3Config(
        **SHAPES[shape],
        vocab_size=vocabulary,
        max_position_embeddings=262_144,
        rope_parameters={"rope_type": "default", "rope_theta": 5_000_000.0},
        tie_word_embeddings=True,
        eos_token_id=kept.eos_token_id,
        pad_token_id=kept.pad_token_id,
    )
    torch.set_default_dtype(torch.bfloat16 if torch.cuda.is_available() else torch.float32)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    kept.save_pretrained(folder)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Which model a benchmark takes: one that is given, or one that is made."""
    parser.add_argument("--model", help="A folder of weights; one of Qwen3-4B's shape is made if not given.")
    parser.add_argument("--tokenizer", help="Folder of Qwen3's tokenizer, for the model that is made.")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))


def chosen_model(arguments: argparse.Namespace) -> str:
    """The folder of the model that was chosen, made if need be."""
    if arguments.model is not None:
        return str(arguments.model)
    if arguments.tokenizer is None:
        sys.exit("--model, or --tokenizer for one that is made")
    folder = arguments.work / "qwen3-4b"
    make_model(folder, "qwen3-4b", arguments.tokenizer)
    return str(folder)


def matrix_rate(dtype: str | None = None) -> dict[str, Any]:
    """FLOP/s of a large matrix product, in the kind of number that is used here if none is named."""
    import torch

    on_gpu = torch.cuda.is_available()
    size, device = (8_192, "cuda") if on_gpu else (2_048, "cpu")
    a = torch.rand(
        size, size, dtype=getattr(torch, dtype or ("bfloat16" if on_gpu else "float32")), device=device
    )
    best = 0.0
    for _ in range(10):
        begun = time.perf_counter()
        a @ a
        if on_gpu:
            torch.cuda.synchronize()
        best = max(best, 2 * size**3 / (time.perf_counter() - begun))
    return {"flops": best, "name": torch.cuda.get_device_name() if on_gpu else "CPU"}
