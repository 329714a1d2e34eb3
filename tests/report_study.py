"""Three made-up runs with all that can stand beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import report_cases as cases

from evaluation.report.material import Asked

HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(2)> =1+1 $x$'
JUDGES = ("judge-a-equivalence-fr", "judge-b-equivalence-en")


@dataclass(frozen=True)
class Study:
    """Runs, and the files that a report takes besides."""

    runs: list[Path]
    reviews: Path
    agreement: Path
    training: list[Path]

    def asked(self, **changes: Any) -> Asked:
        given = {
            "runs": self.runs,
            "agreement": self.agreement,
            "reviews": [self.reviews],
            "training": self.training,
            "resamples": 100,
        }
        return Asked(**(given | changes))

    def arguments(self) -> list[str]:
        """The same for the command line."""
        given = [*map(str, self.runs), "--agreement", str(self.agreement), "--reviews", str(self.reviews)]
        training = [word for path in self.training for word in ("--training", str(path))]
        return [*given, *training, "--resamples", "100"]


def make_study(folder: Path, remark: str = "À revoir.", **changes: Any) -> Study:
    """Writes it; the changes are those of ``report_cases.write_run``."""
    configs = ("base", "native", "native+synthetic")
    runs = [cases.write_run(folder / "runs", config, records=60, **changes) for config in configs]
    for run in runs:
        for judge in JUDGES:
            cases.write_judgements(run, judge)
    cases.write_judgements(runs[0], "judge-a-preference-fr", "preference", runs[1].name)
    cases.write_judgements(runs[0], "judge-a-facts-fr", "facts")
    reviews = cases.write_reviews(folder / "reviews.jsonl", runs, remark)
    agreement = cases.write_agreement(folder / "agreement", runs, JUDGES, [reviews])
    training = [cases.write_training(folder / "training", config) for config in configs[1:]]
    return Study(runs, reviews, agreement, training)
