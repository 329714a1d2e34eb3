"""Runs that look like those of models, and review databases made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evaluation.data import open_test_set
from evaluation.prediction import describe_question
from evaluation.questions import permute
from evaluation.review.access import digest_token, make_tokens
from evaluation.review.review_set import ANSWERS, ROWS, Design, Item, ReviewSet
from evaluation.review.store import Store, create
from evaluation.run_folder import RunFolder

HOSTILE = (
    "<script>document.title = 'HACKED'</script><img src=x onerror=\"document.title = 'HACKED'\">"
    "${document.title = 'HACKED'} {{value}} {{#each value}} `x` \\frac{1}{2} $x^2$ **gras** </div> & é"
)

Reply = Callable[[Mapping[str, Any]], str]


def write_run(folder: Path, release: Path, reply: Reply, config: str = "native") -> Path:
    """The folder of a run over the open questions of a release's test split."""
    data = open_test_set(str(release), config, "test", ("oeq",), None)
    with RunFolder(folder, {"data": data.described, "protocols": [], "permutations": 0}) as run:
        for record in data.rows:
            question = permute(record, 0)
            assert question is not None
            said = {"reply": reply(record), "finish": "stop", "tokens": 5}
            run.add({**describe_question(question), "outputs": {"greedy": said}})
    return folder


def answers_set(
    count: int, runs: tuple[str, ...] = ("base", "native"), text: str = "Une réponse"
) -> ReviewSet:
    items = [
        Item(
            f"q{n:05}",
            f"{n:032x}",
            f"source/cas-{n // 2}",
            {
                "question": f"Question {n} ?",
                "context": "",
                "reference": f"Référence {n}",
                "answers": {run: f"{text} {n} de {place}" for place, run in enumerate(runs)},
            },
        )
        for n in range(1, count + 1)
    ]
    return ReviewSet(ANSWERS, "0" * 64, runs, items)


def rows_set(count: int) -> ReviewSet:
    row = {
        "instruction": "Quel antidote ?",
        "context": "",
        "choices": ["Naloxone", "Acétylcystéine"],
        "answer": "B",
        "explanation": None,
        "facts": [],
        "type": "mcqu",
        "origin": "translated",
    }
    items = [
        Item(f"r{n:05}", f"{n:032x}", f"source/{n}", {"row": row, "original": None})
        for n in range(1, count + 1)
    ]
    return ReviewSet(ROWS, "0" * 64, (), items)


def open_store(
    path: Path, review_set: ReviewSet, annotators: tuple[str, ...] = ("anne", "basile"), overlap: float = 1.0
) -> tuple[Store, dict[str, str]]:
    """A new database, open, and its tokens."""
    tokens = make_tokens(annotators)
    digests = {name: digest_token(token) for name, token in tokens.items()}
    create(path, review_set, Design(annotators, overlap, 0), digests)
    return Store(path), tokens
