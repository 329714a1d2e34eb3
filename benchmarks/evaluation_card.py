"""What limits evaluation on a card: prefill against its matrix rate, decoding against its memory, and batches.

    python benchmarks/evaluation_card.py --data RELEASE --tokenizer DIR             # Qwen3-4B's shape, random weights
    python benchmarks/evaluation_card.py --data RELEASE --model FOLDER --records 24 # any model, any machine

*Prefill*: answer trees alone, 2 FLOPs for each parameter outside the embeddings and each token that is no padding, and
4 × length × width of each layer for what attention reads, over the rate of a large matrix product in the same run.
*Decoding*: a step reads all weights once; bytes a second over those of copying one large array within the memory.
*Batches*: records whose letters change between batches of one prompt and of many, and how many change with
``--deterministic`` (none may). *Hours*: 27,931 test records × 8 models × 3 orders of options at the measured rate.
Needs the extra ``evaluate``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from card import add_model_options, chosen_model, matrix_rate  # noqa: E402
from measure import machine, print_table  # noqa: E402

from evaluation.data import open_test_set  # noqa: E402
from evaluation.local_model import LocalModel  # noqa: E402
from evaluation.predict import predict  # noqa: E402
from evaluation.protocols import PROTOCOLS  # noqa: E402
from evaluation.questions import Question  # noqa: E402

TREES = ("constrained", "likelihood")
"""Protocols that need the answer tree alone."""
TEST_RECORDS, MODELS, ORDERS = 27_931, 8, 3


def _seconds(model: LocalModel, work: Callable[[], Any]) -> tuple[Any, float]:
    import torch

    def wait() -> None:
        if model.device == "cuda":
            torch.cuda.synchronize()

    wait()
    begun = time.perf_counter()
    result = work()
    wait()
    return result, time.perf_counter() - begun


def _copy_rate(device: str) -> float:
    """Bytes a second that copying reads and writes."""
    import torch

    source = torch.ones(2**28 if device == "cuda" else 2**26, dtype=torch.float32, device=device)
    target, best = torch.empty_like(source), 0.0
    for _ in range(10):
        begun = time.perf_counter()
        target.copy_(source)
        if device == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * source.nbytes / (time.perf_counter() - begun))
    return best


def _flops(model: LocalModel, lines: Sequence[dict[str, Any]], nodes: dict[str, int]) -> float:
    config = model.model.config.get_text_config()
    embedded = model.model.get_input_embeddings().weight.numel()
    parameters = sum(p.numel() for p in model.model.parameters()) - embedded
    width, total = config.num_attention_heads * config.head_dim, 0.0
    for line in lines:
        tokens = line["prompt_tokens"] + nodes[line["type"]]
        total += 2 * parameters * tokens + 2 * embedded * (nodes[line["type"]] + 1)
        total += 2 * tokens**2 * width * config.num_hidden_layers  # causal: half of 4 × length² × width
    return total


def _decode(model: LocalModel, prompts: Sequence[list[int]], batch: int) -> tuple[float, float]:
    """Seconds of a step, by what 64 more tokens take, and tokens a second."""
    chosen = [prompts[n % len(prompts)] for n in range(batch)]
    ends, model.end_tokens = model.end_tokens, [2**31 - 1]  # nothing ends a reply
    size, model.batch_tokens = model.batch_tokens, 2**30  # one batch
    try:
        list(model.write(chosen, 2))
        _, few = _seconds(model, lambda: list(model.write(chosen, 8)))
        _, many = _seconds(model, lambda: list(model.write(chosen, 72)))
    finally:
        model.end_tokens, model.batch_tokens = ends, size
    return (many - few) / 64, 64 * batch / (many - few)


def _changed(one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> dict[str, int]:
    letters = [
        {line["id"]: {p: out["letters"] for p, out in line["outputs"].items()} for line in lines}
        for lines in (one, other)
    ]
    return {p: sum(letters[0][id][p] != letters[1][id][p] for id in letters[0]) for p in PROTOCOLS}


def _batches(model: LocalModel, questions: Sequence[Question], many: int) -> list[list[object]]:
    import torch

    own, answers = model.batch_tokens, {}
    for name, tokens in (("one", 1), ("many", many)):
        model.batch_tokens = tokens
        answers[name] = list(predict(model, questions, PROTOCOLS))
    torch.use_deterministic_algorithms(True, warn_only=True)
    model.batch_tokens = 1
    halves = [
        line
        for part in (questions[: len(questions) // 3], questions[len(questions) // 3 :])
        for line in predict(model, part, PROTOCOLS)
    ]
    torch.use_deterministic_algorithms(False)
    model.batch_tokens = own
    between, repeated = _changed(answers["one"], answers["many"]), _changed(answers["one"], halves)
    return [[p, len(questions), between[p], repeated[p]] for p in PROTOCOLS]


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--config", default="native")
    add_model_options(parser)
    parser.add_argument("--records", type=int, default=622)
    parser.add_argument("--compared", type=int, default=200, help="Records asked in batches of one, too.")
    parser.add_argument("--batch", type=int, default=64, help="Replies written at once.")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"])
    arguments = parser.parse_args()
    model = LocalModel(chosen_model(arguments), dtype=arguments.dtype)
    data = open_test_set(arguments.data, arguments.config, "test", ["mcqu", "mcq"], arguments.records)
    questions = list(data.questions(0))
    print(f"{machine()}; {model.device}, {model.dtype}; {len(questions)} records")
    list(predict(model, questions[:8], PROTOCOLS))  # warm

    lines, seconds = _seconds(model, lambda: list(predict(model, questions, TREES)))
    rate, copy = matrix_rate(model.dtype), _copy_rate(model.device)
    size = len(questions[0].record["choices"])
    nodes = {"mcqu": size, "mcq": 2**size - 1}
    used = _flops(model, lines, nodes) / seconds
    weights = sum(p.nbytes for p in model.model.parameters())
    step, written = _decode(model, [[1 + n % 50 for n in range(200)]], arguments.batch)
    rows = [
        [
            "prefill",
            f"{used / 1e12:.3g} TFLOP/s",
            f"{rate['flops'] / 1e12:.3g}",
            f"{used / rate['flops']:.0%}",
        ],
        ["decoding", f"{weights / step / 1e9:.3g} GB/s", f"{copy / 1e9:.3g}", f"{weights / step / copy:.0%}"],
    ]
    print_table(f"Against {rate['name']}", ("", "reached", "the card's", "share"), rows)
    print(
        f"\n{len(questions) / seconds:,.1f} records/s from trees; {written:,.0f} tokens/s of {arguments.batch} replies"
    )

    compared = questions[: arguments.compared]
    head = ("protocol", "records", "one prompt or many", "one, asked in other company, deterministic")
    print_table("Records that change their letters", head, _batches(model, compared, model.batch_tokens))

    _, whole = _seconds(model, lambda: list(predict(model, questions, PROTOCOLS)))
    asked = TEST_RECORDS * MODELS * ORDERS
    rows = [
        [name, f"{len(questions) / took:,.1f}", f"{asked / (len(questions) / took) / 3600:,.1f}"]
        for name, took in (("all five", whole), ("constrained and likelihood", seconds))
    ]
    title = (
        f"The paper's test: {TEST_RECORDS:,} records × {MODELS} models × {ORDERS} orders, as multiple choice"
    )
    print_table(title, ("protocols", "records/s", "hours"), rows)


if __name__ == "__main__":
    main()
