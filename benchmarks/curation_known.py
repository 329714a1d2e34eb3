"""What curation makes of the real upstream files: known truths, what they hold twice, and their languages.

    python benchmarks/curation_known.py --data DIR [--work DIR] [--seed N] [--list]

``DIR`` holds the upstream files of FrenchMedMCQA and MORFITT, and if they are there of MedMCQA, MedQA, MMLU and
E3C, in folders named as in the catalogue. With ``--list`` the pairs of FrenchMedMCQA are shown with their texts,
to be read.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measure
import pyarrow as pa
from curated_release import MERGING_RULES, build_recipe
from curation_planted import add_options
from real_files import Row, pairs_of, plain, read_rows

from medinjection_fr.curate.language import judge_language
from medinjection_fr.curate.select import Keys, select
from medinjection_fr.curate.signals import ComparedRecord


def show_known_truths(data: Path) -> None:
    """What people have counted in the upstream files, beside what the tool finds there."""
    table: list[tuple[str, str, str]] = []
    for name, truths in KNOWN_TRUTHS.items():
        if (data / name).is_dir():
            rows = read_rows(data, name)
            kinds = Counter(kind for *_, kind, _ in pairs_of([_as_record(row) for row in rows]))
            table += [(f"{name}: {what}", counted, str(find(rows, kinds))) for what, counted, find in truths]
    measure.print_table("Known truths", ("", "counted", "found"), table)


def _groups_by(rows: list[Row], key: Callable[[Row], Any]) -> list[list[Row]]:
    """Groups of two or more rows of equal key."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [group for group in groups.values() if len(group) > 1]


def _exact(row: Row) -> int:
    return ComparedRecord.of(row).key("exact")


def _letters_of_stem(row: Row) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", row["instruction"].lower()))


def _gold(row: Row) -> int:
    return ComparedRecord.of(row).key("gold")


def _in_two_subjects(rows: list[Row], key: Callable[[Row], Any]) -> int:
    two = {"clinical_knowledge", "college_medicine"}
    return sum(two <= {row["subject"] for row in group} for group in _groups_by(rows, key))


def _same_content(rows: list[Row], _: Counter[str]) -> int:
    selection = select(_keys(rows), [], keep_groups_together=False)
    return sum(rule == "same-content" for rule, _ in selection.dropped.values())


KNOWN_TRUTHS: dict[str, list[tuple[str, str, Callable[[list[Row], Counter[str]], Any]]]] = {
    "frenchmedmcqa": [
        (
            "groups of the same stem and options, accents kept",
            "7",
            lambda rows, _: len(_groups_by(rows, lambda row: ComparedRecord.of(row).key("accented"))),
        ),
        ("… and those that differ in an accent", "–", lambda rows, _: len(_groups_by(rows, _exact))),
        ("such pairs that contradict each other", "0", lambda _, kinds: kinds["conflict"]),
    ],
    "mmlu-medical": [
        (
            "questions in two subjects, whatever their options",
            "77",
            lambda rows, _: _in_two_subjects(rows, _letters_of_stem),
        ),
        (
            "… with the same options, and two pairs under one generic stem",
            "76 + 2",
            lambda rows, _: _in_two_subjects(rows, _exact),
        ),
    ],
    "morfitt": [
        (
            "abstracts in validation and test",
            "1",
            lambda rows, _: sum(
                {"validation", "test"} <= {row["_split"] for row in group}
                for group in _groups_by(rows, lambda row: _exact(_as_record(row)))
            ),
        )
    ],
    "e3c-fr": [("twins, of articles 762 and of leaflets 202", "964", _same_content)],
    "medmcqa": [
        (
            "stems under which the gold texts differ, letters and digits alone compared",
            "4",
            lambda rows, _: sum(
                len(set(map(_gold, group))) > 1 for group in _groups_by(rows, _letters_of_stem)
            ),
        ),
        ("… with the same options: a conflict", "1", lambda _, kinds: kinds["conflict"]),
    ],
}
"""Source → (what, how many people counted, what the tool finds among the valid rows)."""


def _keys(rows: list[Row]) -> Keys:
    names = ("id", "source", "source_id", "group_id", "_split")
    order = [[row[name] for row in rows] for name in names[:-1]]
    splits = [row["_split"] if row["_split"] in ("train", "validation", "test") else "train" for row in rows]
    return Keys(*(pa.chunked_array([column], pa.string()) for column in [*order, splits]))


def _as_record(row: Row) -> Row:
    if "text" in row:
        return {**plain(row["text"], (), row["text"]), "type": "oeq"}
    return row


def show_frenchmedmcqa(data: Path, work: Path, listed: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="real-", dir=work))
    dropped = build_recipe(folder, {"sources": [{"source": "frenchmedmcqa"}]}, data)
    rules = Counter(row.get("rule", f"reported ({row.get('kind')})") for row in dropped)
    measure.print_table("FrenchMedMCQA as it is", ("rule", "records"), sorted(rules.items()))
    if listed:
        rows = {row["source_id"]: row for row in read_rows(data, "frenchmedmcqa")}
        for found in dropped:
            print(json.dumps(found, ensure_ascii=False))
            names = re.findall(r"frenchmedmcqa/(\w+)", json.dumps(found))
            for name in {*names, found.get("source_id")} & rows.keys():
                row = rows[name]
                print("   ", row["_split"], row["instruction"], row["choices"], row["answer"])
    rows = read_rows(data, "frenchmedmcqa")
    stems: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        stems[" ".join(ComparedRecord.of(row).question)].append(row)
    gone = {row["source_id"] for row in dropped if row.get("rule") in MERGING_RULES}
    shared = [group for group in stems.values() if len({row["_split"] for row in group}) > 1]
    alone = [r for g in shared for r in g if not any(r is not o and _same_options(r, o) for o in g)]
    flagged = sum(row["source_id"] in gone for row in alone)
    print(f"\nstems in several splits: {len(shared)}; their rows whose options are their own: {len(alone)},")
    print(f"of which taken for a copy: {flagged}")


def _same_options(a: Row, b: Row) -> bool:
    return ComparedRecord.of(a).options == ComparedRecord.of(b).options


def show_language(data: Path, exam: list[Row], seed: int) -> None:
    chance = random.Random(seed)
    mixed = [row["text"] for row in read_rows(data, "morfitt")]
    sets: dict[str, list[Row]] = {"FrenchMedMCQA": exam, "MORFITT": [plain(text) for text in mixed]}
    english: list[Row] = []
    for name in ("medmcqa", "medqa-usmle"):
        if (data / name).is_dir():
            rows = read_rows(data, name)
            names = ("instruction", "choices", "answer", "context")
            sets[f"{name} (English)"] = [plain(*(row[n] for n in names)) for row in rows]
            english += sets[f"{name} (English)"]
    if english:
        closed = [row for row in english if row["choices"]]
        sets["French stem, English options"] = [
            plain(chance.choice(exam)["instruction"], chance.choice(closed)["choices"], "A")
            for _ in range(2_000)
        ]
        long = [row["instruction"] for row in english if len(row["instruction"].split()) > 60]
        for share in (10, 20, 30, 40, 50):
            sets[f"French abstract, the last {share} % English"] = [
                plain(_with_tail(text, long, share / 100, chance)) for text in mixed[:1_000]
            ]
    cld2 = cld2_sees_english()
    table = []
    for name, rows in sets.items():
        verdicts = [judge_language(row) for row in rows]
        flags = Counter(flag for verdict in verdicts for flag in verdict.flags)
        caught = sum(verdict.drop or bool(verdict.flags) for verdict in verdicts)
        quick = sum("function words" in verdict.evidence for verdict in verdicts)
        number = len(rows)
        share = f"{100 * caught / number:.2f} %", f"{100 * quick / number:.1f} %"
        seen = f"{100 * sum(map(cld2, rows)) / number:.2f} %" if cld2 else "not installed"
        dropped = sum(verdict.drop for verdict in verdicts)
        table.append(
            (name, number, dropped, flags["mixed-language"], flags["short-for-language-id"], *share, seen)
        )
    head = ("", "records", "dropped", "mixed", "short", "dropped or marked", "settled at a glance", "CLD2")
    measure.print_table(
        "Language (CLD2: lists English among the languages of the text or of its options)", head, table
    )


def cld2_sees_english() -> Callable[[Row], bool] | None:
    """Reference: whether CLD2 (`pip install pycld2`) lists English in the whole text or in the options alone."""
    try:
        import pycld2
    except ImportError:
        return None

    def lists_english(text: str) -> bool:
        printable = "".join(c for c in text if c.isprintable() or c.isspace())
        return any(code == "en" for _, code, *_ in pycld2.detect(printable.encode())[2])

    def sees(row: Row) -> bool:
        options = " ; ".join(row["choices"])
        return lists_english(f"{row['context']}\n{row['instruction']}\n{options}") or lists_english(options)

    return sees


def _with_tail(text: str, others: list[str], share: float, chance: random.Random) -> str:
    own = text.split()
    wanted = max(3, round(len(own) * share))
    tail: list[str] = []
    while len(tail) < wanted:
        tail += chance.choice(others).split()
    return " ".join([*own[: len(own) - wanted], *tail[:wanted]])


def bench(arguments: argparse.Namespace) -> None:
    data, work = arguments.data.resolve(), arguments.work
    work.mkdir(parents=True, exist_ok=True)
    show_known_truths(data)
    show_frenchmedmcqa(data, work, arguments.list)
    show_language(data, read_rows(data, "frenchmedmcqa"), arguments.seed)


if __name__ == "__main__":
    measure.main_of(__doc__, bench, {}, add_options)
