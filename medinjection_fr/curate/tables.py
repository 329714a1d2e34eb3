"""What the command line shows of leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from medinjection_fr.console import open_console
from medinjection_fr.curate.leaks import Leak
from medinjection_fr.curate.questions import Benchmark
from medinjection_fr.curate.semantic import Candidate, Review
from medinjection_fr.record import SPLITS

_LEAKS_SHOWN = 20


def print_leaks(found: Sequence[Leak], benchmark: Benchmark) -> None:
    """Leaks by kind and split, and the first of them."""
    console = open_console()
    counts = Counter((leak.kind, leak.split) for leak in found)
    table = Table(title=f"{len(found):,} pairs with {len(benchmark.questions):,} questions")
    for column in ("kind", *SPLITS):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind in sorted({kind for kind, _ in counts}):
        table.add_row(kind, *(f"{counts[kind, split]:,}" for split in SPLITS))
    console.print(table)
    for leak in found[:_LEAKS_SHOWN]:
        pair = f"{leak.id} ({leak.split}) and {leak.benchmark_id}"
        console.print(f"  {leak.kind} {leak.similarity:.2f}: {pair}", markup=False)
    if len(found) > _LEAKS_SHOWN:
        console.print(f"  … and {len(found) - _LEAKS_SHOWN:,} more: --json has them all", markup=False)
    for reason, number in benchmark.unindexed.items():
        console.print(f"not indexed: {number:,} questions ({reason})", markup=False)


_COSINES = (0.95, 0.9, 0.85, 0.8, 0.75, 0.0)


def print_review(review: Review) -> None:
    """Candidates by cosine and language, and the nearest of them."""
    console, search = open_console(), review.search
    what = f"{len(review.candidates):,} candidates for {review.questions:,} questions"
    how = f"cosine from {search.threshold:g}, {search.top} for a question at most, {search.model}"
    table = Table(title=f"{what} among {review.records:,} records", caption=how)
    for column in ("cosine", "the same language", "another"):
        table.add_column(column, justify="left" if column == "cosine" else "right")
    bins = Counter(
        (next(low for low in _COSINES if c.cosine >= low), c.differences is None) for c in review.candidates
    )
    for low, high in zip(_COSINES, (None, *_COSINES), strict=False):
        if any((low, other) in bins for other in (False, True)):
            label = f"{low or search.threshold:.2f}" + (f" – {high:.2f}" if high else " and more")
            table.add_row(label, *(f"{bins[low, other]:,}" for other in (False, True)))
    console.print(table)
    for candidate in review.candidates[:_LEAKS_SHOWN]:
        _print_candidate(candidate, console)
    if len(review.candidates) > _LEAKS_SHOWN:
        more = len(review.candidates) - _LEAKS_SHOWN
        console.print(f"  … and {more:,} more: --output writes them all", markup=False)
    for number, name in ((review.cut_records, "records"), (review.cut_questions, "questions")):
        if number:
            console.print(f"compared by their beginning only: {number:,} long {name}", markup=False)
    console.print("Candidates are for a person to review: nothing was dropped or flagged.", markup=False)


def _print_candidate(candidate: Candidate, console: Console) -> None:
    record = f"{candidate.record_id} ({candidate.record_split})"
    question = f"{candidate.question_id} ({candidate.question_split})"
    if candidate.differences is None:
        differ = f"{candidate.question_language}, not {candidate.record_language}"
    else:
        differ = ", ".join(candidate.differences) or "no guarded word"
    answers = {True: "same answer", False: "another answer", None: "answers not compared"}
    facts = f"differ in: {differ}; {answers[candidate.answers_agree]}"
    lines = [f"  {candidate.cosine:.2f}: {record} and {question}: {facts}"]
    if candidate.texts:
        texts = zip(("record", "question"), candidate.texts, strict=True)
        lines += [f"    {name}: {text}" for name, text in texts]
    console.print("\n".join(lines), markup=False, soft_wrap=True)
