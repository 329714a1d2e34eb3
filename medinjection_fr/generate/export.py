"""A journal → checked records that a build takes, rejected units with their reasons, and the figures.

Every outcome is computed again from the journal's answers, by the checks of today and without any
request: the same journal and version give the same files.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import yaml

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.job import Job
from medinjection_fr.generate.records import RECORDS_FILE, source_of
from medinjection_fr.generate.run import Replayed, Work
from medinjection_fr.generate.synthesis.balance import tell_balance
from medinjection_fr.generate.synthesis.plan import BALANCE
from medinjection_fr.generate.templates import reference_of
from medinjection_fr.models.budget import Prices
from medinjection_fr.models.journal import Totals
from medinjection_fr.progress import row_counter
from medinjection_fr.version import __version__

REJECTED, FIGURES, RECIPE = "rejected.jsonl", "figures.json", "recipe.yaml"


@dataclass
class Figures:
    """What is counted while units are replayed."""

    units: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    gold: Counter[str] = field(default_factory=Counter)
    totals: Totals = field(default_factory=Totals)
    seconds: float = 0.0
    _seen: set[str] = field(default_factory=set)

    def count(self, replayed: Replayed) -> None:
        """Counts a unit and what was answered about it."""
        for reply, key in zip(replayed.replies, replayed.keys, strict=True):
            if key in self._seen:  # asked once, whoever needed it
                continue
            self._seen.add(key)
            answered = Totals(1, reply.input_tokens, reply.output_tokens, int(reply.estimated))
            self.totals = Totals(*map(sum, zip(self.totals, answered, strict=True)))
            self.seconds += reply.seconds
        outcome = replayed.outcome
        if outcome is None:
            self.units["unfinished"] += 1
            return
        verdict = "accepted" if outcome.accepted else "rejected"
        self.units[verdict] += 1
        for record in outcome.records:
            self.types[record["type"]] += 1
            self.gold.update(record["answer"].split(",") if record["choices"] else ())
        self.rules.update({finding.rule for finding in outcome.reasons})
        self.first.update({finding.rule for finding in outcome.findings if finding.attempt <= 1})
        if outcome.asked_again:
            self.retried[verdict] += 1

    def as_json(self, job: Job, prices: Prices | None) -> dict[str, Any]:
        """All figures, with what the job is."""
        total = self.totals
        return {
            "job": {
                "name": job.name,
                "kind": job.kind,
                "source": job.source.name,
                "model": job.model,
                "templates": [reference_of(text) for text in job.templates],
                "parameters": job.parameters,
            },
            "package": __version__,
            "units": {name: self.units[name] for name in ("accepted", "rejected", "unfinished")},
            "balance": tell_balance(self.types, job.options.get(BALANCE)),
            "gold_letters": dict(sorted(self.gold.items())),
            "rejected_by_rule": dict(sorted(self.rules.items())),
            "first_answer_by_rule": dict(sorted(self.first.items())),
            "asked_again": {name: self.retried[name] for name in ("accepted", "rejected")},
            "requests": total.answers,
            "input_tokens": total.input_tokens,
            "output_tokens": total.output_tokens,
            "requests_with_estimated_tokens": total.estimated,
            "cost_eur": round(prices.cost(total), 6) if prices else None,
            "model_seconds": round(self.seconds, 3),
        }


def export(work: Work, prices: Prices | None, output: Path) -> dict[str, Any]:
    """Writes what a job has given so far.

    Args:
        work: The job with its journal.
        prices: For the cost.
        output: Folder; an earlier export of the same job in it is replaced.

    Returns:
        The figures, as written.

    Raises:
        InputError: The folder holds something else.
    """
    _check_output(output, work.job)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as scratch:
        folder = Path(scratch) / "new"
        folder.mkdir()
        figures = _write(work, prices, folder)
        if output.exists():
            output.replace(Path(scratch) / "old")
        folder.replace(output)
    return figures


def _check_output(output: Path, job: Job) -> None:
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    try:
        name = json.loads((output / FIGURES).read_text(encoding="utf-8"))["job"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        name = None
    if name != job.name:
        what = "exists and is no export" if name is None else f"is an export of the job {name}"
        expected = f"a new folder, or an export of {job.name}"
        raise InputError(Problem(str(output), what, expected, "Give another --output"))


def _write(work: Work, prices: Prices | None, folder: Path) -> dict[str, Any]:
    figures = Figures()
    with (
        (folder / RECORDS_FILE).open("w", encoding="utf-8", newline="\n") as records,
        (folder / REJECTED).open("w", encoding="utf-8", newline="\n") as rejected,
        row_counter("exporting") as show,
    ):
        for number, replayed in enumerate(work.replay(), 1):
            figures.count(replayed)
            outcome = replayed.outcome
            for record in outcome.records if outcome else ():
                _write_line(record, records)
            if outcome and not outcome.accepted:
                findings = [finding._asdict() for finding in outcome.findings]
                _write_line({"unit": outcome.unit, "findings": findings}, rejected)
            show(number)
    content = figures.as_json(work.job, prices)
    text = json.dumps(content, ensure_ascii=False, indent=2)
    (folder / FIGURES).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    (folder / RECIPE).write_text(_recipe(work.job), encoding="utf-8", newline="\n")
    return content


def _write_line(row: dict[str, Any], file: TextIO) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _recipe(job: Job) -> str:
    source = source_of(job)
    recipe = {
        "name": job.name,
        "version": "1.0.0",
        "audience": "internal",
        "sources": [{"source": job.name, "path": "."}],
        "catalogue": {job.name: source.facts},
        "curate": {},
    }
    head = (
        f"# {source.facts['title']}.\n"
        "# To put these records beside others, copy the entries of `sources` and `catalogue` into your recipe.\n"
    )
    return head + yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False, width=110)
