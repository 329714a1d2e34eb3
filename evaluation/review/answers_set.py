"""Runs → a review set of open answers, blinded when they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.compare import Run, read_runs
from evaluation.review.review_set import ANSWERS, NO_PREFERENCE, Item, ReviewSet, rank
from medinjection_fr.errors import InputError, Problem


def make_answers_set(paths: Sequence[Path], data: str, limit: int | None, seed: int) -> tuple[ReviewSet, int]:
    """Draws open questions that all runs answered.

    Args:
        paths: Folders of runs over the same records.
        data: The release that they were run on: a folder, or ``organisation/name@1.2.0``.
        limit: Questions at most; all if ``None``.
        seed: Of the draw.

    Returns:
        The set, and how many open questions were left out because a run has no answer to them.

    Raises:
        InputError: The runs do not go together, the release is another one, or no question is left.
    """
    runs = sorted(read_runs(paths, with_texts=True), key=lambda run: run.name)
    names = [run.name for run in runs]
    if NO_PREFERENCE in names:
        raise InputError(Problem(NO_PREFERENCE, "is the name of a run", mend="Rename the folder"))
    records, release = _open_records(runs[0], data)
    answers = [_open_answers(run) for run in runs]
    asked = {id for found in answers for id in found}
    whole = [id for id in sorted(asked) if all(found.get(id) is not None for found in answers)]
    if not whole:
        what = "have no open question that all of them answered"
        raise InputError(Problem(", ".join(map(str, paths)), what, mend="Run them with --tasks oeq"))
    drawn = sorted(whole, key=lambda id: rank(seed, "draw", id))[:limit]
    items = [
        Item(
            f"q{number:05}",
            id,
            records[id]["group_id"],
            {
                "question": records[id]["instruction"],
                "context": records[id]["context"],
                "reference": records[id]["answer"],
                "answers": {run.name: found[id] for run, found in zip(runs, answers, strict=True)},
            },
        )
        for number, id in enumerate(drawn, 1)
    ]
    return ReviewSet(ANSWERS, release, tuple(names), items), len(asked) - len(whole)


def _open_answers(run: Run) -> dict[str, str | None]:
    """Replies by record; ``None`` where the record was refused."""
    return {
        id: prediction["outputs"]["greedy"]["reply"] if "greedy" in prediction["outputs"] else None
        for (id, _), prediction in run.predictions.items()
        if prediction["type"] == "oeq"
    }


def _open_records(run: Run, data: str) -> tuple[dict[str, dict[str, Any]], str]:
    from medinjection_fr.loading import load, open_config

    described = run.described["data"]
    release, name, _ = open_config(data, described["config"])
    digest = str(release.manifest["digest"])
    if digest != described["release_digest"]:
        what = f"is version {release.version} with the digest {digest[:12]}…"
        expected = f"the release of the runs: {described['version']}, {described['release_digest'][:12]}…"
        raise InputError(Problem(data, what, expected, "Give --data"))
    rows = load(name, split=described["split"], path=release.folder)
    open_rows = rows.select([place for place, type in enumerate(rows["type"]) if type == "oeq"])
    return {row["id"]: row for row in open_rows}, digest
