"""What must not be learnt: an outside benchmark, or the later splits of a release."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from medinjection_fr.curate.normalise import normalise_record
from medinjection_fr.curate.select import PRIORITY
from medinjection_fr.curate.signals import ComparedRecord
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.record import LETTERS
from medinjection_fr.release.cache import open_release
from medinjection_fr.release.manifest import Release
from medinjection_fr.release.shards import read_rows
from medinjection_fr.sources.gold import parse_gold
from medinjection_fr.sources.readers import read_csv, read_json_records, read_parquet

OUTSIDE = "benchmark"
"""What stands for the split of an outside benchmark's questions."""
_LATER = ("validation", "test")
_NO_WORD = "no word in the question"
_KEYS = {
    "instruction": ("instruction", "question"),
    "context": ("context",),
    "choices": ("choices", "options"),
    "answer": ("answer", "gold"),
    "id": ("id", "source_id"),
}
"""Our column → the keys that a benchmark's JSON may have for it."""


class Question(NamedTuple):
    """A question that must not be learnt.

    Attributes:
        id: Its identifier.
        form: Its form of comparison.
        texts: Its context, instruction, choices and answer, as a record has them.
        split: Its split in the release, or ``benchmark``.
        source: Where it comes from, if its row says so, or the name of the file.
    """

    id: str
    form: ComparedRecord
    texts: Mapping[str, Any]
    split: str
    source: str


def may_leak(asked: str, split: str) -> bool:
    """Whether records of a split must not say what a question asks.

    Args:
        asked: Split of the question.
        split: Split of the records.
    """
    return asked == OUTSIDE or PRIORITY[asked] < PRIORITY[split]


@dataclass(frozen=True)
class Benchmark:
    """What must not be learnt.

    Attributes:
        questions: Those that could be indexed.
        unindexed: Reason → how many could not be.
    """

    questions: Sequence[Question]
    unindexed: Mapping[str, int]


def read_benchmark(reference: str) -> Benchmark:
    """Reads a benchmark.

    Args:
        reference: A file (JSON, JSON Lines, Parquet, CSV or TSV with a header), a release (its test): a
            folder or ``organisation/name@v1.2.0``, or a dataset on the Hub: ``organisation/name``, whose
            test is read, or all of it if it has none.

    Raises:
        InputError: It cannot be read, or no row has a question under a key that is known.
    """
    path = Path(reference)
    if path.is_dir() or (not path.exists() and "@" in reference):
        found = [_record_question(row, OUTSIDE) for row in _rows_of(open_release(reference), "test")]
        return _benchmark(found, path, "its test is empty")
    values = list(_read_file(path) if path.exists() else _read_dataset(reference))
    found = [_question(position, value, path.name) for position, value in values]
    first = values[0][1] if values else {}
    keys = ", ".join(first) if isinstance(first, Mapping) else type(first).__name__
    return _benchmark(found, path, f"no row is a question (keys: {keys or 'none'})")


def _read_file(path: Path) -> Iterator[tuple[int, Any]]:
    if path.suffix == ".parquet":
        return read_parquet(path)
    if path.suffix in (".csv", ".tsv"):
        return _read_table(path, "\t" if path.suffix == ".tsv" else ",")
    return read_json_records(path)


def _read_table(path: Path, delimiter: str) -> Iterator[tuple[int, Any]]:
    """Rows of a table whose first line is its header."""
    records = read_csv(path, None, delimiter)
    _, header = next(records)
    for position, record in records:
        yield position - 1, dict(zip(header, record, strict=False))


def _read_dataset(name: str) -> Iterator[tuple[int, Any]]:
    """Rows of a dataset's default configuration on the Hub; no code of it runs."""
    expected = "a file, the folder of a release, organisation/name@v1.2.0, or organisation/name of a dataset"
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise InputError(Problem(f"--against {name}", "no such file", expected))
    import datasets

    try:
        splits = datasets.load_dataset(name)
    except Exception as error:  # whatever the Hub, its client or the dataset's files say
        what = f"is no file, and cannot be read from the Hub ({str(error).splitlines()[0][:200]})"
        raise InputError(Problem(f"--against {name}", what, expected)) from None
    rows = splits["test"] if "test" in splits else chain.from_iterable(splits.values())
    return enumerate(rows, 1)


def read_later_splits(release: Release) -> Benchmark:
    """Takes the validation and test of a release as what its earlier splits must not say.

    Raises:
        InputError: It has neither, or nothing earlier.
    """
    splits = {shard.cell.split for shard in release.shards}
    if not splits.intersection(_LATER) or len(splits) < 2:
        what = f"has only the split {', '.join(splits)}" if splits else "has no records"
        mend = "Give --against what it is to be compared with"
        raise InputError(Problem(str(release.folder), what, "an earlier split and a later one", mend))
    found = [_record_question(row, split) for split in _LATER for row in _rows_of(release, split)]
    return _benchmark(found, release.folder, "no record of validation and test is a question")


def _rows_of(release: Release, split: str) -> Iterator[dict[str, Any]]:
    for shard in release.shards:
        if shard.cell.split == split:
            yield from chain.from_iterable(read_rows(release.folder / shard.path))


def _benchmark(found: Sequence[Question | str], path: Path, if_empty: str) -> Benchmark:
    questions = [question for question in found if isinstance(question, Question)]
    unindexed = Counter(reason for reason in found if isinstance(reason, str))
    if not questions:
        expected = "; ".join(f"{name}: {' or '.join(keys)}" for name, keys in _KEYS.items())
        raise InputError(Problem(str(path), if_empty, expected))
    return Benchmark(questions, dict(unindexed))


def _record_question(row: Mapping[str, Any], split: str) -> Question | str:
    """The question of a release's record, or why it could not be indexed."""
    form = ComparedRecord.of(row)
    return Question(row["id"], form, row, split, row["source"]) if form.question else _NO_WORD


def _question(position: int, row: Any, source: str) -> Question | str:
    """The question of a row of JSON, or why it could not be indexed."""
    if not isinstance(row, Mapping):
        return "not an object"
    values = {
        name: next((row[key] for key in keys if row.get(key) is not None), None)
        for name, keys in _KEYS.items()
    }
    if not isinstance(values["context"] or "", str):
        return "a context that is no text"
    choices = values["choices"] or _choices_by_letter(row)
    choices = list(choices.values()) if isinstance(choices, Mapping) else choices
    texts = normalise_record(
        {
            "instruction": values["instruction"],
            "context": values["context"] or "",
            "choices": choices,
            "answer": "" if values["answer"] is None else str(values["answer"]),
        }
    )
    if not isinstance(texts["instruction"], str) or not texts["instruction"]:
        return "no question"
    if not isinstance(texts["choices"], list) or not all(isinstance(c, str) for c in texts["choices"]):
        return "options that are no texts"
    gold = parse_gold(texts["answer"], texts["choices"]) if texts["choices"] else None
    if texts["choices"] and gold is None:
        return "a gold answer that is none of the options"
    known = {**texts, "answer": gold if gold is not None else texts["answer"]}
    try:
        form = ComparedRecord.of(known)
    except IndexError:
        return "a gold answer that is none of the options"
    if not form.question:
        return _NO_WORD
    id_ = str(values["id"]) if values["id"] is not None else f"#{position}"
    question = Question(id_, form, known, OUTSIDE, str(row.get("source") or source))
    return (
        question if _is_unicode([id_, question.source, *known.values()]) else "half a character (a surrogate)"
    )


def _is_unicode(texts: Any) -> bool:
    """JSON may spell out one half of a character alone, which no file can hold."""
    try:
        json.dumps(texts, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _choices_by_letter(row: Mapping[str, Any]) -> list[Any]:
    """Options that stand under keys of their own: A, B, C … in either case."""
    found = ([row[key] for key in (letter, letter.lower()) if row.get(key)] for letter in LETTERS)
    return [option for options in found for option in options[:1]]
