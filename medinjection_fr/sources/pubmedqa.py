"""PubMedQA, its labelled part: questions on an abstract, answered yes, no or maybe.

``ori_pqal.json`` is one object keyed by PubMed identifier. ``test_ground_truth.json`` beside it names the
records of the official test split and repeats their answers; the others are for training.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medinjection_fr.record import LETTERS
from medinjection_fr.sources.adapter import Draft, InputFile, Refused, find_catalogued_files
from medinjection_fr.sources.catalogue import Source
from medinjection_fr.sources.fields import fault
from medinjection_fr.sources.readers import read_json_entries

__all__ = ["find_files", "read"]

find_files = find_catalogued_files

GROUND_TRUTH = "test_ground_truth.json"
_CHOICES = ["yes", "no", "maybe"]
_KEYS = ("QUESTION", "CONTEXTS", "final_decision", "LONG_ANSWER")


def read(file: InputFile, source: Source) -> Iterator[Draft | Refused]:
    """Reads the records' file. The test split gives no item: it is an input of the other.

    Raises:
        InputError: One of the two files cannot be read.
    """
    if file.path.name == GROUND_TRUTH:
        return
    truth = {pmid: gold for _, pmid, gold in read_json_entries(file.path.with_name(GROUND_TRUTH))}
    for position, pmid, item in read_json_entries(file.path):
        if evidence := fault(item, _KEYS):
            yield Refused(position, pmid, "record-unreadable", evidence)
            continue
        contexts, gold = item["CONTEXTS"], item["final_decision"]
        if not isinstance(contexts, list) or not all(isinstance(text, str) for text in contexts):
            yield Refused(position, pmid, "record-unreadable", "CONTEXTS is not a list of texts")
            continue
        if evidence := _gold_fault(gold, truth.get(pmid, gold)):
            yield Refused(position, pmid, "answer-unparsed", evidence)
            continue
        yield Draft(
            position,
            "test" if pmid in truth else "train",
            {
                "source_id": pmid,
                "instruction": item["QUESTION"],
                "context": "\n".join(contexts),
                "choices": _CHOICES,
                "answer": LETTERS[_CHOICES.index(gold)],
                "explanation": item["LONG_ANSWER"],
                "type": "mcqu",
            },
        )


def _gold_fault(gold: Any, truth: Any) -> str:
    if gold not in _CHOICES:
        return "final_decision is none of yes, no and maybe"
    return "" if gold == truth else f"final_decision contradicts {GROUND_TRUTH}"
