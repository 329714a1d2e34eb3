"""From a candidate to what is asked about it, and from the votes to a line of ``judgements.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.judging.candidates import PARAPHRASE, PLAIN, SWAPPED, Candidate
from evaluation.judging.interventions import INTERVENTIONS
from evaluation.judging.judge_prompt import JudgePrompt
from evaluation.judging.votes import Item, Question, Vote
from medinjection_fr.release.digests import digest_json

VARIANTS_OF = {
    "equivalence": (PLAIN, PARAPHRASE, *INTERVENTIONS),
    "facts": (PLAIN, PARAPHRASE, *INTERVENTIONS),
    "preference": (PLAIN, SWAPPED, PARAPHRASE),
}
"""Variants that each kind of judgement has."""
USUAL_VARIANTS = {"equivalence": (PLAIN,), "facts": (PLAIN,), "preference": (PLAIN, SWAPPED)}


def ask_about(kind: str, candidate: Candidate) -> Item:
    """What a judge is asked about a candidate; nothing if there is no answer."""
    record, answer, other = candidate.record, candidate.answer, candidate.other
    wording = PARAPHRASE if candidate.variant == PARAPHRASE else PLAIN
    if answer is None or (kind == "preference" and other is None):
        return Item(candidate, [])
    fields: dict[str, str] = {"question": record["instruction"], "reference": record["answer"]}
    if kind == "equivalence":
        return Item(candidate, [Question(wording, {**fields, "answer": answer})])
    if kind == "facts":
        asked = {"question": record["instruction"], "answer": answer}
        return Item(candidate, [Question(wording, {**asked, "fact": fact}) for fact in record["facts"]])
    assert other is not None
    shown = (other, answer) if candidate.variant == SWAPPED else (answer, other)
    pair = {"shown_first": shown[0], "shown_second": shown[1]}
    return Item(candidate, [Question(wording, {**fields, **pair})])


def make_line(kind: str, prompt: JudgePrompt, item: Item, votes: Sequence[Vote]) -> dict[str, Any]:
    """A line of ``judgements.jsonl``: ``schemas/judgement.schema.json``."""
    candidate = item.candidate
    line: dict[str, Any] = {
        "id": candidate.record["id"],
        "group_id": candidate.record["group_id"],
        "variant": candidate.variant,
        "words": len((candidate.answer or "").split()),
    }
    if votes:
        digests = [vote.prompt_sha256 for vote in votes]
        line["prompt_sha256"] = digests[0] if kind != "facts" else digest_json(digests)
    line["seconds"] = round(sum(vote.seconds for vote in votes), 4)
    meanings = [prompt.labels[vote.label] if vote.label is not None else None for vote in votes]
    if kind == "facts":
        return line | _facts(meanings, votes, len(candidate.record["facts"]))
    vote = votes[0] if votes else Vote("", unscored="no-answer")
    if kind == "preference":
        return line | _preference(meanings[0] if meanings else None, prompt, vote, candidate.variant)
    return line | _verdict(meanings[0] if meanings else None, prompt, vote, "equivalent")


def _verdict(verdict: str | None, prompt: JudgePrompt, vote: Vote, probable: str) -> dict[str, Any]:
    """A verdict or why there is none, and the probability of one of its values."""
    said: dict[str, Any] = {"verdict": verdict}
    if verdict is None:
        said["unscored"] = vote.unscored
    shares = vote.probabilities or {}
    label = next(label for label, meaning in prompt.labels.items() if meaning == probable)
    said["probability"] = shares.get(label)
    if vote.mass is not None:
        said["mass"] = vote.mass
    if vote.reply is not None:
        said["reply"] = vote.reply
    return said


def _preference(meaning: str | None, prompt: JudgePrompt, vote: Vote, variant: str) -> dict[str, Any]:
    """``first`` is the run's answer, wherever it was shown."""
    shown = ("second", "first") if variant == SWAPPED else ("first", "second")
    verdicts: Mapping[str | None, str] = {"shown-first": shown[0], "shown-second": shown[1], "tie": "tie"}
    probable = "shown-second" if variant == SWAPPED else "shown-first"
    said = _verdict(verdicts.get(meaning), prompt, vote, probable)
    return {"verdict": said.pop("verdict"), "shown_first": shown[0], **said}


def _facts(meanings: Sequence[str | None], votes: Sequence[Vote], facts: int) -> dict[str, Any]:
    """What became of each fact, and the shares of those with a verdict that are contained and contradicted."""
    found: list[str | None] = list(meanings) or [None] * facts
    scored = [meaning for meaning in found if meaning is not None]

    def share(meaning: str) -> float | None:
        return round(scored.count(meaning) / len(scored), 6) if scored else None

    said: dict[str, Any] = {
        "facts": found,
        "completeness": share("contained"),
        "contradiction": share("contradicted"),
    }
    if len(scored) < len(found):
        said["unscored"] = [vote.unscored for vote in votes] or ["no-answer"] * facts
    if any(vote.reply is not None for vote in votes):
        said["reply"] = [vote.reply for vote in votes]
    return said
