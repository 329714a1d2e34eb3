"""What curation finds of planted copies and spares of planted look-alikes.

    python benchmarks/curation_planted.py --data DIR [--work DIR] [--seed N] [--list]

``DIR`` holds the upstream files of FrenchMedMCQA, MORFITT and E3C, in folders named as in the catalogue. Their
texts are planted with copies and look-alikes, and built with ``curate: {}``; what counts is the ledger of the
release. All is drawn with a seed.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections import Counter
from pathlib import Path

import measure
from curated_release import COPY_RULES, MERGING_RULES, build_planted
from planted_records import SOURCES, Planted, long_texts, plant, without_copies
from real_files import read_rows


def upper_bound(found: int, number: int) -> float:
    """The 95 % upper bound of a rate (Clopper–Pearson, one-sided), by bisection of the binomial."""

    def log_chance(k: int, rate: float) -> float:
        ways = math.lgamma(number + 1) - math.lgamma(k + 1) - math.lgamma(number - k + 1)
        return ways + k * math.log(rate) + (number - k) * math.log1p(-rate)

    low, high = 1e-12, 1 - 1e-12
    for _ in range(60):
        rate = (low + high) / 2
        tail = sum(math.exp(log_chance(k, rate)) for k in range(found + 1))
        low, high = (rate, high) if tail > 0.05 else (low, rate)
    return high


def show_planted(planted: Planted, dropped: dict[str, tuple[str, str]], listed: bool) -> None:
    total: Counter[tuple[str, str]] = Counter(planted.kind_of.values())
    copies = {row["source_id"] for row in planted.rows[SOURCES[2]]}
    found: Counter[tuple[str, str]] = Counter()
    merged: Counter[tuple[str, str]] = Counter()
    lost: Counter[str] = Counter()
    for identifier, (rule, evidence) in dropped.items():
        kind = planted.kind_of[identifier]
        if identifier in copies:
            found[kind] += rule in COPY_RULES
        elif rule in MERGING_RULES:
            merged[kind] += 1
            base, difference = planted.texts[identifier]
            whom = "its base" if base in evidence else "another"
            print(f"merged with {whom}: {kind[0]}: {difference} ({rule}: {evidence})")
        else:
            lost[f"{kind[0]}: {rule}"] += 1
    for identifier in sorted(copies - dropped.keys()) if listed else ():
        print(f"missed: {planted.kind_of[identifier][0]}: {planted.texts[identifier][1]}")
    kinds = sorted({planted.kind_of[identifier] for identifier in copies})
    measure.print_table(
        "Planted copies found",
        ("kind", "against", "planted", "found", "recall"),
        ((*kind, total[kind], found[kind], f"{found[kind] / total[kind]:.4f}") for kind in kinds),
    )
    alike = [kind for kind in sorted(total) if kind not in kinds]
    number, wrong = sum(total[kind] for kind in alike), sum(merged.values())
    measure.print_table(
        "Planted look-alikes merged",
        ("kind", "against", "planted", "merged"),
        [*((*kind, total[kind], merged[kind]) for kind in alike), ("all", "", number, wrong)],
    )
    print(f"\n95 % upper bound of the rate: {100 * upper_bound(wrong, number):.3f} %")
    if lost:
        print("look-alikes dropped for another reason:", dict(lost))


def bench(arguments: argparse.Namespace) -> None:
    data, work = arguments.data.resolve(), arguments.work
    work.mkdir(parents=True, exist_ok=True)
    exam = read_rows(data, "frenchmedmcqa")
    planted = plant(without_copies(exam), long_texts(data), arguments.seed)
    print({source: len(rows) for source, rows in planted.rows.items()})
    dropped, rules = build_planted(planted, work)
    print(dict(rules))
    show_planted(planted, dropped, arguments.list)


def add_options(parser: argparse.ArgumentParser) -> None:
    default = Path(tempfile.gettempdir()) / "medinjection-bench"
    parser.add_argument("--data", type=Path, required=True, help="folder of the upstream files")
    parser.add_argument("--work", type=Path, default=default, help=f"folder of the builds ({default})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="show what was missed, or found, one by one")


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
