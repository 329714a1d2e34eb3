"""What the MedInjection-FR tasks for lm-evaluation-harness call.

Needs ``medinjection_fr`` (it spells the prompt) and the folder ``medinjection_fr_scoring`` beside this file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from medinjection_fr_scoring.harness_definition import (  # noqa: E402
    likelihood_answers,
    question_text,
    score_letters,
    score_reply,
)

__all__ = ["question_text"]

DEFINITION = json.loads((HERE / "definition.json").read_text(encoding="utf-8"))


def only_mcqu(records: Any) -> Any:
    """Records with one correct answer."""
    return _only("mcqu", records)


def only_mcq(records: Any) -> Any:
    """Records with one or several correct answers."""
    return _only("mcq", records)


def _only(type: str, records: Any) -> Any:
    return records.select([place for place, found in enumerate(records["type"]) if found == type])


def score_greedy(record: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Scores of a free reply."""
    return score_reply(record, results[0])


def with_end_of_turn(**metadata: Any) -> Any:
    """The records, with the token that ends an answer in the model's chat template.

    An answer is scored with the end of its turn: without it "A" would always be likelier than "A,C".

    Args:
        metadata: The harness passes the arguments of the model on, of which ``tokenizer`` or
            ``pretrained`` is read.
    """
    import datasets

    from medinjection_fr.models.causal_lm import frame_of, open_tokenizer

    name = metadata.get("tokenizer") or metadata.get("pretrained")
    if not name:
        raise ValueError('no tokenizer is known: give --metadata \'{"tokenizer": "FOLDER_OR_NAME"}\'')
    end = frame_of(open_tokenizer(name, metadata.get("revision"), pads=False), name).end_of_turn
    records = datasets.load_dataset(
        DEFINITION["path"], DEFINITION["config"], split=DEFINITION["split"], revision=DEFINITION["revision"]
    )
    return {DEFINITION["split"]: records.add_column("end_of_turn", [end] * len(records))}


def allowed_answers(record: Mapping[str, Any]) -> list[str]:
    """Texts of all allowed answers, each with the end of its turn."""
    return [text + record["end_of_turn"] for text in likelihood_answers(record).values()]


def gold_place(record: Mapping[str, Any]) -> int:
    """The place of the gold answer among the allowed ones."""
    return list(likelihood_answers(record)).index(record["answer"].replace(",", ""))


def score_likelihood(record: Mapping[str, Any], results: Sequence[Any]) -> dict[str, float]:
    """Scores of the likeliest answer; of equal ones the first."""
    letters = list(likelihood_answers(record))
    logprobs = [logprob for logprob, _ in results]
    return score_letters(record, letters[logprobs.index(max(logprobs))])
