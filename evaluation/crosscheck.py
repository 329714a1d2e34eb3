"""Two runs of one model by two backends: which answers differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.compare import Run, read_runs

Key = tuple[str, int]


def crosscheck(first: Path, second: Path) -> dict[str, Any]:
    """Compares the answers of two runs record by record.

    Of multiple choice the letters are compared, of open questions the whole reply. Replies that differ
    and choose the same letters are counted apart, and so are prompts that have not as many tokens: where
    two backends make different prompts, nothing else means much.

    Args:
        first: Folder of a run.
        second: Folder of another, on the same records.

    Returns:
        ``runs``, ``records``, ``prompts`` (compared, and ids that differ), and for each protocol of
        both: how many were compared, ids with other answers, ids with the same answer in other words.

    Raises:
        InputError: One is no run, or their records are not the same.
    """
    runs = read_runs([first, second], with_texts=True)
    pairs = {key: (runs[0].predictions[key], runs[1].predictions[key]) for key in sorted(runs[0].predictions)}
    counted = {key: pair for key, pair in pairs.items() if all("prompt_tokens" in each for each in pair)}
    prompts = [key for key, (one, other) in counted.items() if one["prompt_tokens"] != other["prompt_tokens"]]
    return {
        "runs": [str(first), str(second)],
        "records": len(pairs),
        "prompts": {"compared": len(counted), "different": _names(prompts)},
        "protocols": {protocol: _compare(pairs, protocol) for protocol in _shared(runs[0], runs[1])},
    }


def _shared(first: Run, second: Run) -> list[str]:
    """Protocols of both; open questions have ``greedy`` whatever was chosen for multiple choice."""
    found = [
        {protocol for prediction in run.predictions.values() for protocol in prediction["outputs"]}
        for run in (first, second)
    ]
    return sorted(found[0] & found[1])


def _compare(pairs: Mapping[Key, tuple[Any, Any]], protocol: str) -> dict[str, Any]:
    outputs = {
        key: [each["outputs"].get(protocol) for each in pair]
        for key, pair in pairs.items()
        if any(protocol in each["outputs"] for each in pair)
    }
    answers = [key for key, pair in outputs.items() if len({_answer(output) for output in pair}) == 2]
    replies = [
        key
        for key, pair in outputs.items()
        if key not in answers and len({output.get("reply") for output in pair if output}) == 2
    ]
    return {"compared": len(outputs), "answers": _names(answers), "replies": _names(replies)}


def _answer(output: Mapping[str, Any] | None) -> Any:
    """What counts as the answer; of a record that only one backend asked, nothing."""
    return None if output is None else (output.get("letters", output.get("reply")),)


def _names(keys: list[Key]) -> list[str]:
    """Ids, with the number of the permutation where it is not the record's own order."""
    return [id if permutation == 0 else f"{id}/{permutation}" for id, permutation in keys]


def describe_crosscheck(found: Mapping[str, Any]) -> list[str]:
    """The comparison in lines."""
    prompts = found["prompts"]
    lines = [
        f"{found['records']:,} predictions of {' and '.join(found['runs'])}",
        f"prompts: {len(prompts['different']):,} of {prompts['compared']:,} have another number of tokens",
    ]
    lines += [f"  {id}" for id in prompts["different"]]
    for protocol, one in found["protocols"].items():
        lines.append(
            f"{protocol}: {len(one['answers']):,} of {one['compared']:,} answers differ; "
            f"{len(one['replies']):,} more say the same in other words"
        )
        lines += [f"  {id}" for id in one["answers"]]
    return lines
