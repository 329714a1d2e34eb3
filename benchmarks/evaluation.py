"""The study's protocol done plainly against ours, and what scoring takes: same model, same records, one run.

    python benchmarks/evaluation.py --model FOLDER --data RELEASE [--records 100] [--open 200] [--config native]
    python benchmarks/evaluation.py --tokenizer DIR --data RELEASE --records 622    # Qwen3-4B's shape, random weights

*Plainly*: one prompt at a time, a free reply and a constrained one, the scores of every step kept. *Ours*: the
protocols ``published-greedy`` and ``published-constrained`` from answer trees in batches; then all five. The replies
of both are compared token for token; in bf16, records whose two best tokens are nearer than ``--near`` are counted
apart. ``--open``: as many questions without their options, 512 tokens each; plainly only the first ``--open-plainly``
of them, of which the rate is taken. Needs the extra ``evaluate``.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from card import add_model_options, chosen_model  # noqa: E402
from measure import machine, print_table  # noqa: E402

from evaluation.answer_tree import build_tree  # noqa: E402
from evaluation.answers import asks_for_the_false, parse_answer  # noqa: E402
from evaluation.data import open_test_set  # noqa: E402
from evaluation.local_model import LocalModel  # noqa: E402
from evaluation.predict import predict  # noqa: E402
from evaluation.protocols import OPEN_TOKENS, PROTOCOLS, published_allowed, published_tokens  # noqa: E402
from evaluation.questions import Question, render_prompt  # noqa: E402


def _plainly(model: LocalModel, questions: Sequence[Question]) -> dict[str, dict[str, Any]]:
    """One at a time, twice, all step scores kept, as the published scripts do."""
    replies: dict[str, dict[str, Any]] = {}
    for question in questions:
        record = question.record
        kind = (record["type"], len(record["choices"]))
        tree = build_tree(*kind, model.tokenizer, model.frame.end_of_turn)
        found: dict[str, Any] = {}
        for name, only in (("published-greedy", None), ("published-constrained", published_allowed(tree))):
            reply, scores = _write_plainly(model, question, published_tokens(*kind), only)
            gaps = [float(step[0].topk(2).values.diff().abs()) for step in scores]
            found[name] = reply, min(gaps)
        replies[record["id"]] = found
    return replies


def _write_plainly(
    model: LocalModel, question: Question, max_new_tokens: int, only: Sequence[int] | None
) -> tuple[str, Sequence[Any]]:
    """One reply and the scores of all its steps."""
    import torch

    prompt = render_prompt(question.record, model.tokenizer, model.frame.scaffold, model.window)
    assert prompt is not None
    ids = torch.tensor([prompt.tokens], device=model.device)
    with torch.inference_mode():
        written = model.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=max_new_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            output_scores=True,
            return_dict_in_generate=True,
            eos_token_id=model.end_tokens,
            pad_token_id=model.end_tokens[0],
            prefix_allowed_tokens_fn=(lambda *_: only) if only else None,
        )
    tokens = written.sequences[0, ids.shape[1] :].tolist()
    return model.tokenizer.decode(tokens, skip_special_tokens=True).strip(), written.scores


class Taken(NamedTuple):
    """What a piece of work took.

    Attributes:
        wall: Seconds.
        cpu: Seconds of all its threads: what a busy machine makes of the wall clock does not show in it.
    """

    wall: float
    cpu: float


def _timed(model: LocalModel, work: Callable[[], Any]) -> tuple[Any, Taken]:
    def wait() -> None:
        if model.device == "cuda":
            import torch

            torch.cuda.synchronize()

    wait()
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wait()
    return result, Taken(time.perf_counter() - wall, time.process_time() - cpu)


def _open(questions: Sequence[Question], count: int) -> list[Question]:
    """Questions without their options, as if they were open ones."""
    return [
        Question({**question.record, "choices": [], "type": "oeq", "answer": "?"}, 0, ())
        for question in questions[:count]
    ]


def _time_open(model: LocalModel, questions: Sequence[Question], plainly: int) -> None:
    ours, quick = _timed(model, lambda: {line["id"]: line for line in predict(model, questions, ["greedy"])})
    first = questions[:plainly]
    plain, slow = _timed(model, lambda: [_write_plainly(model, q, OPEN_TOKENS, None)[0] for q in first])
    each = slow.wall / len(first), quick.wall / len(questions)
    rows = [
        [name, f"{1 / seconds:.2f}", f"{each[0] / seconds:.1f}"]
        for name, seconds in zip(("plainly", "ours"), each, strict=True)
    ]
    print_table(
        f"{len(questions)} open questions, {len(first)} plainly", ("how", "records/s", "times plainly"), rows
    )
    same = sum(
        reply == ours[question.record["id"]]["outputs"]["greedy"]["reply"]
        for question, reply in zip(first, plain, strict=True)
    )
    print(f"\nReplies that are the same: {same} of {len(first)}.")


def _compare(
    plain: dict[str, dict[str, Any]], ours: Sequence[dict[str, Any]], near: float
) -> list[tuple[str, int, int, int]]:
    rows = []
    for protocol in ("published-greedy", "published-constrained"):
        same = close = 0
        for line in ours:
            reply, gap = plain[line["id"]][protocol]
            alike = reply == line["outputs"][protocol]["reply"]
            same += alike
            close += not alike and gap < near
        rows.append((protocol, len(ours), same, close))
    return rows


def _scored_otherwise(ours: Sequence[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Where ours reads or draws another answer than the study's protocol does, by its defect."""
    greedy = constrained = 0
    for line in ours:
        out = line["outputs"]
        greedy += out["published-greedy"]["letters"] is None and out["greedy"]["letters"] is not None
        single = out["published-constrained"]["letters"]
        constrained += line["type"] == "mcqu" and (single is None or len(single) != 1)
    return [
        (
            "a foreign letter in the reply, or a reply cut after 1 token: no answer; ours reads one",
            greedy,
            len(ours),
        ),
        ("a constrained single answer that is a separator or nothing", constrained, len(ours)),
    ]


def _parser_rates() -> list[tuple[str, str]]:
    import answer_cases as cases

    plain = [(reply, cases.CHOICES) for reply, _ in cases.LETTERS_ALONE]
    spoken = [(reply, cases.CHOICES) for reply, _ in cases.CONCLUSIONS + cases.LABELLED]
    rows = []
    for name, replies in (("letters alone", plain), ("sentences", spoken)):
        started, read = time.process_time(), 0
        while time.process_time() - started < 1:
            for reply, choices in replies:
                parse_answer(reply, choices)
            read += len(replies)
        rows.append((name, f"{read / (time.process_time() - started):,.0f}"))
    stem = "Parmi les propositions suivantes concernant l'aspirine, laquelle est fausse ?"
    started = time.process_time()
    for _ in range(20_000):
        asks_for_the_false(stem)
    rows.append(("stems looked at", f"{20_000 / (time.process_time() - started):,.0f}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_model_options(parser)
    parser.add_argument("--data", required=True)
    parser.add_argument("--config", default="native")
    parser.add_argument("--records", type=int, default=100)
    parser.add_argument("--open", type=int, default=0, help="Open questions.")
    parser.add_argument("--open-plainly", type=int, default=4)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"])
    parser.add_argument("--batch-tokens", type=int)
    parser.add_argument(
        "--near", type=float, default=0.1, help="Difference of logits that bf16 may turn round."
    )
    arguments = parser.parse_args()

    print_table("Replies read a second, one core", ("replies", "rate"), _parser_rates())
    model = LocalModel(chosen_model(arguments), dtype=arguments.dtype, batch_tokens=arguments.batch_tokens)
    data = open_test_set(arguments.data, arguments.config, "test", ["mcqu", "mcq"], arguments.records)
    questions = list(data.questions(0))
    list(predict(model, questions[:4], PROTOCOLS))  # warm
    ours, published = _timed(
        model, lambda: list(predict(model, questions, ["published-greedy", "published-constrained"]))
    )
    everything, whole = _timed(model, lambda: list(predict(model, questions, PROTOCOLS)))
    plain, slow = _timed(model, lambda: _plainly(model, questions))
    print(f"\n{machine()}; {model.device}, {model.dtype}; {len(questions)} records")
    count = len(questions)
    rows = [
        (
            name,
            f"{count / taken.wall:.2f}",
            f"{slow.wall / taken.wall:.1f}",
            f"{taken.cpu / count:.2f}",
            f"{slow.cpu / taken.cpu:.1f}",
        )
        for name, taken in (
            ("the study's two protocols, plainly", slow),
            ("the study's two protocols, ours", published),
            ("all five protocols, ours", whole),
        )
    ]
    head = ("how", "records/s", "times plainly", "CPU s a record", "times plainly, CPU")
    print_table("The study's protocol", head, rows)
    print_table(
        "Replies that are the same, token for token",
        ("protocol", "records", "same", "else, two best tokens near"),
        _compare(plain, ours, arguments.near),
    )
    print_table("What ours scores otherwise", ("defect", "records", "of"), _scored_otherwise(everything))
    if arguments.open:
        _time_open(model, _open(questions, arguments.open), arguments.open_plainly)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if model.device == "cuda":
        import torch

        peak = torch.cuda.max_memory_allocated() / 2**30
    print(f"\nPeak memory {peak:.1f} GiB.")


if __name__ == "__main__":
    main()
