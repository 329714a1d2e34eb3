"""A run and its release → the answers to be judged, and every reason why they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evaluation.data import open_test_set
from evaluation.judging.interventions import INTERVENTIONS, intervene
from evaluation.run_folder import PREDICTIONS, read_predictions, read_run
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.loading import open_config
from medinjection_fr.release.digests import digest_json

PLAIN, PARAPHRASE, SWAPPED = "plain", "paraphrase", "swapped"
VARIANTS = (PLAIN, PARAPHRASE, SWAPPED, *INTERVENTIONS)
"""The answer as it is, by another wording of the prompt, in the other order of two, or in another form."""
Value = TypeVar("Value")


@dataclass(frozen=True)
class Candidate:
    """An answer in the form in which it is judged.

    Attributes:
        record: What was asked, with its reference.
        variant: One of ``VARIANTS``.
        answer: The run's; ``None`` if its model was never asked.
        other: That of the run beside it, if two are compared.
    """

    record: Mapping[str, Any]
    variant: str
    answer: str | None
    other: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Tells it apart."""
        return self.record["id"], self.variant


@dataclass(frozen=True)
class Answers:
    """The open answers of a run, beside those of another if two are compared.

    Attributes:
        records: By id, in order.
        texts: By id; ``None`` where the model was not asked.
        others: Those of the other run; empty without one.
        described: The model of the run, as ``run.json`` has it.
        other_described: That of the other run.
    """

    records: Mapping[str, Mapping[str, Any]]
    texts: Mapping[str, str | None]
    others: Mapping[str, str | None]
    described: Mapping[str, Any]
    other_described: Mapping[str, Any] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what is judged."""
        return digest_json([[id, self.texts[id], self.others.get(id)] for id in self.records])

    def candidates(self, variant: str) -> Iterator[Candidate]:
        """The answers that have a variant, by id."""
        for id, record in self.records.items():
            answer = self.texts[id]
            if variant in INTERVENTIONS:
                answer = intervene(variant, answer) if answer else None
                if answer is None:
                    continue
            yield Candidate(record, variant, answer, self.others.get(id))


def gather(problems: list[Problem], attempt: Callable[[], Value]) -> Value | None:
    """Tries something; what is wrong with it joins the other problems."""
    try:
        return attempt()
    except InputError as error:
        problems += error.problems
        return None


def read_answers(
    run: Path, data: str, against: Path | None = None, limit: int | None = None, facts: bool = False
) -> Answers:
    """Reads the open answers of a run with their records.

    Args:
        run: Its folder.
        data: The release that it was made with: a folder, or ``organisation/name@1.2.0``.
        against: Another run on the same records, to be compared.
        limit: Answers at most, always the same ones.
        facts: Only those whose record has statements that an answer must contain.

    Raises:
        InputError: Every reason why they cannot be judged.
    """
    problems: list[Problem] = []
    described = gather(problems, lambda: read_run(run))
    other = gather(problems, lambda: read_run(against)) if against else None
    texts = _open_answers(run, described, problems) if described else {}
    others = _open_answers(against, other, problems) if against and other else {}
    if described and other and against:
        problems += _differences(run, described, against, other)
        if not problems and texts.keys() != others.keys():
            what = f"{len(texts.keys() ^ others.keys())} open answers are in one of it and {run} only"
            problems.append(Problem(str(against), what, mend="Run both on the same records"))
    records = gather(problems, lambda: _records(data, described["data"])) if described else None
    if problems:
        raise InputError(problems)
    assert described is not None and records is not None
    chosen = sorted(id for id in texts if not facts or records[id]["facts"])[:limit]
    if not chosen:
        what = "none of its open records has facts"
        raise InputError(
            Problem(str(run), what, "statements that an answer must contain", "Judge equivalence")
        )
    return Answers(
        {id: records[id] for id in chosen},
        {id: texts[id] for id in chosen},
        {id: others[id] for id in chosen} if against else {},
        described["model"],
        other["model"] if other else None,
    )


def _open_answers(path: Path, described: Mapping[str, Any], problems: list[Problem]) -> dict[str, str | None]:
    predictions = list(read_predictions(path)) if (path / PREDICTIONS).exists() else []
    answered, asked = len({prediction["id"] for prediction in predictions}), described["data"]["records"]
    answers = {
        p["id"]: p["outputs"]["greedy"]["reply"] if p["outputs"] else None
        for p in predictions
        if p["type"] == "oeq"
    }
    if answered < asked:
        what = f"{asked - answered:,} of {asked:,} records have no prediction yet"
        problems.append(Problem(str(path), what, mend="Run python -m evaluation run to its end first"))
    elif not answers:
        mend = "Run it on a split that has open questions, with --tasks oeq"
        problems.append(Problem(str(path), "holds no open answer", mend=mend))
    return answers


def _differences(
    run: Path, described: Mapping[str, Any], against: Path, other: Mapping[str, Any]
) -> Sequence[Problem]:
    return [
        Problem(f"{against} › data › {key}", f"has {other['data'].get(key)}", f"{value}, as {run}")
        for key, value in described["data"].items()
        if other["data"].get(key) != value
    ]


def _records(data: str, wanted: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The open records of the split, once the release is known to be the run's."""
    release, _, _ = open_config(data, wanted["config"])
    if release.manifest["digest"] != wanted["release_digest"]:
        what = f"is version {release.version}, of another digest than the release that the run was made with"
        expected = f"version {wanted['version']}, {wanted['release_digest'][:16]}…"
        raise InputError(Problem(f"--data {data}", what, expected))
    rows = open_test_set(data, wanted["config"], wanted["split"], ["oeq"], None).rows
    return {row["id"]: row for row in rows}
