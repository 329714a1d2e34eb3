"""Several judges as one: the verdict of most of them, and ties by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.judging.candidates import PLAIN
from evaluation.judging.folder import Judgements

TIE = "tie"


@dataclass(frozen=True)
class JuryVerdict:
    """What a jury says.

    Attributes:
        verdict: ``equivalent``, ``different``, ``tie``, or ``None`` if no judge has a verdict.
        votes: Judges by their verdict; those without one are ``unscored``.
    """

    verdict: str | None
    votes: Mapping[str, tuple[str, ...]]

    @property
    def is_unanimous(self) -> bool:
        """Whether every judge said the same."""
        return len(self.votes) == 1 and self.verdict is not None


def jury(verdicts: Mapping[str, str | None]) -> JuryVerdict:
    """The verdict of most judges that have one.

    Args:
        verdicts: ``equivalent``, ``different`` or ``None``, by judge.
    """
    votes: dict[str, list[str]] = {}
    for judge, verdict in verdicts.items():
        votes.setdefault(verdict or "unscored", []).append(judge)
    agree, differ = len(votes.get("equivalent", ())), len(votes.get("different", ()))
    said: str | None = "equivalent" if agree > differ else "different"
    if agree == differ:
        said = TIE if agree else None
    return JuryVerdict(said, {verdict: tuple(judges) for verdict, judges in sorted(votes.items())})


def juries(judges: Sequence[Judgements]) -> list[tuple[list[str], dict[str, JuryVerdict]]]:
    """Judges of equivalence that judged the same answers, with their verdict on each.

    Returns:
        For each set of two judges or more: their names, and verdicts by record.
    """
    sets: dict[str, list[Judgements]] = {}
    for judge in judges:
        if judge.kind == "equivalence":
            sets.setdefault(judge.described["answers_sha256"], []).append(judge)
    found = []
    for members in sets.values():
        if len(members) > 1:
            by_judge = {judge.name: judge.of(PLAIN) for judge in members}
            ids = sorted(set.intersection(*(set(lines) for lines in by_judge.values())))
            verdicts = {id: jury({name: by_judge[name][id]["verdict"] for name in by_judge}) for id in ids}
            found.append((list(by_judge), verdicts))
    return found
