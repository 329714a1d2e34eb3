"""Judging against what its backend does bare: same model, same prompts, one run.

    python benchmarks/judging.py --model FOLDER [--answers 32] [--requests 2000]

*Here*: our judge writes a line for each answer, from the record to the disk; the reference passes the same tokens, in
batches of the same shape, through the model once, with an ordinary mask, and does nothing else. *Endpoint*: our judge
through its journal, against a bare HTTP loop, at a server that answers each request after 200 ms. Both take turns, and
the best of each counts. On a CPU the time of the processor is taken here, in which neighbours do not count. Answers are
the references of the sample. Needs the extras ``evaluate`` and ``generate``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from measure import machine, print_table, run_piece  # noqa: E402
from model_requests import AT_ONCE, DELAY_S, running_server  # noqa: E402
from model_requests import __file__ as REQUESTS  # noqa: E402

from evaluation.judging.candidates import Candidate  # noqa: E402
from evaluation.judging.endpoint_judge import EndpointJudge  # noqa: E402
from evaluation.judging.folder import JUDGEMENTS, JudgeFolder  # noqa: E402
from evaluation.judging.judge_prompt import read_prompt  # noqa: E402
from evaluation.judging.judgement import ask_about, make_line  # noqa: E402
from evaluation.judging.local_judge import LocalJudge  # noqa: E402
from evaluation.judging.votes import Item, Judge  # noqa: E402
from evaluation.local_model import LocalModel  # noqa: E402
from evaluation.served import Served  # noqa: E402
from medinjection_fr.models.endpoint import Endpoint  # noqa: E402
from medinjection_fr.models.run import RunReport  # noqa: E402
from medinjection_fr.resources import PACKAGE  # noqa: E402

TURNS = 3
PROMPT = read_prompt("equivalence", "fr")


def candidates(number: int) -> list[Candidate]:
    """Open records of the sample, again and again, each answered by its own reference."""
    paths = (PACKAGE / "sample" / f"{origin}.jsonl" for origin in ("native", "synthetic", "translated"))
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["type"] == "oeq"]
    found = []
    for n in range(number):
        row = rows[n % len(rows)]
        record = {**row, "id": f"{n:032x}", "group_id": str(n), "context": row.get("context") or ""}
        found.append(Candidate(record, "plain", f"Réponse {n}. {row['answer']}"))
    return found


def judged(judge: Judge, given: Sequence[Candidate]) -> None:
    """From records to lines on the disk."""
    with tempfile.TemporaryDirectory() as scratch, JudgeFolder(Path(scratch), {"variants": []}) as folder:
        for item, votes in judge.votes([ask_about("equivalence", one) for one in given], folder.done):
            folder.add(make_line("equivalence", PROMPT, item, votes))
        lines = (Path(scratch) / JUDGEMENTS).read_bytes().count(b"\n")
    assert lines == len(given)


def prompts_of(judge: LocalJudge, given: Sequence[Candidate]) -> list[list[int]]:
    items: list[Item] = [ask_about("equivalence", one) for one in given]
    found = judge._prompts([(item.candidate.record, item.questions[0]) for item in items])
    return [prompt.tokens for prompt in found if not isinstance(prompt, str)]


def bare(model: LocalModel, prompts: list[list[int]]) -> None:
    """The same tokens once through the model."""
    import torch

    left = sorted(prompts, key=len, reverse=True)
    while left:
        size = max(1, model.batch_tokens // len(left[0]))
        batch, left = left[:size], left[size:]
        ids = torch.zeros((len(batch), len(batch[0])), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(batch):
            ids[row, -len(prompt) :] = torch.tensor(prompt)
            mask[row, -len(prompt) :] = 1
        with torch.inference_mode():
            given = {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)}
            model.model(**given, use_cache=False, logits_to_keep=1).logits.float().argmax(-1).cpu()


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    work()
    return clock() - started


def bench_local(arguments: argparse.Namespace) -> None:
    model = LocalModel(arguments.model, dtype=arguments.dtype)
    judge, given = LocalJudge(model, PROMPT), candidates(arguments.answers)
    prompts = prompts_of(judge, given)
    judged(judge, given[:2])  # warm
    bare(model, prompts[:2])
    clock = time.process_time if model.device == "cpu" else time.perf_counter
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(TURNS):
        took["bare"].append(seconds(lambda: bare(model, prompts), clock))
        took["ours"].append(seconds(lambda: judged(judge, given), clock))
    best = {name: min(times) for name, times in took.items()}
    tokens = sum(map(len, prompts))
    rows = [
        (
            what,
            f"{len(given) / best[name]:.2f}",
            f"{tokens / best[name]:,.0f}",
            f"{best['bare'] / best[name]:.0%}",
        )
        for name, what in (("ours", "our judge, lines on disk"), ("bare", "reference: bare forward passes"))
    ]
    what = f"{len(given)} answers, {tokens / len(given):.0f} tokens each; {model.device}, {model.dtype}"
    print_table(what, ("", "answers/s", "tokens/s", "% of bare"), rows)


def bench_endpoint(number: int) -> None:
    given = candidates(number)
    wall: dict[str, list[float]] = {"judge": [], "ours": [], "bare": []}
    cpu: dict[str, list[float]] = {"judge": [], "ours": [], "bare": []}
    with running_server() as (url, _):
        for _ in range(TURNS):
            for name in ("bare", "ours"):
                found = run_piece(REQUESTS, name, url, number).result
                wall[name].append(found["wall"])
                cpu[name].append(found["cpu"])
            with tempfile.TemporaryDirectory() as scratch:
                model = Endpoint("small", url)
                served = Served(model, "openai", {}, Path(scratch) / "journal.sqlite", at_once=AT_ONCE)
                judge, before = EndpointJudge(served, PROMPT, RunReport()), time.process_time()
                wall["judge"].append(seconds(lambda judge=judge: judged(judge, given)))
                cpu["judge"].append(time.process_time() - before)
    limit = AT_ONCE / DELAY_S
    best = {name: number / min(times) for name, times in wall.items()}
    rows = [
        (
            what,
            f"{best[name]:.0f}",
            f"{best[name] / min(limit, best['bare']):.0%}",
            f"{min(cpu[name]) / number * 1e3:.2f} ms",
        )
        for name, what in (
            ("judge", "our judge, lines on disk"),
            ("ours", "reference: our client and journal alone"),
            ("bare", "reference: bare loop"),
        )
    ]
    title = f"{number:,} requests, {AT_ONCE} at once, each answered after {DELAY_S * 1e3:.0f} ms"
    rows.append(("reference: what the delay allows", f"{limit:.0f}", "", ""))
    print_table(title, ("", "requests/s", "% of the smaller", "CPU per request"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="Folder of weights; without it only the endpoint is measured.")
    parser.add_argument("--answers", type=int, default=32)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"])
    arguments = parser.parse_args()
    print(machine())
    if arguments.model:
        bench_local(arguments)
    if arguments.requests:
        bench_endpoint(arguments.requests)


if __name__ == "__main__":
    main()
