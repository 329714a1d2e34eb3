"""What a report says in plain sentences: its findings, and what it cannot show and how to get that."""

from __future__ import annotations

import math
from collections.abc import Mapping

from evaluation.report.material import Material
from evaluation.report.open_plots import POOLED
from evaluation.statistics import Interval
from medinjection_fr.release.chi_square import strength

_STRONG = ("moderate", "strong")


def summarise(material: Material) -> list[str]:
    """The findings, the most important first."""
    return [
        *_what_was_asked(material),
        *_best_run(material),
        *_differences(material),
        *_confound(material),
        *_contamination(material),
        *_judges(material),
    ]


def _said(interval: Interval) -> str:
    text = f"{100 * interval.mean:.1f}\u00a0%"
    if math.isnan(interval.low):
        return text
    return f"{text} (95\u00a0% interval {100 * interval.low:.1f} to {100 * interval.high:.1f}\u00a0%)"


def _what_was_asked(material: Material) -> list[str]:
    data, runs = material.runs[0].described["data"], len(material.runs)
    records = len({id for id, _ in material.runs[0].predictions})
    who = f"{runs} runs answered the same" if runs > 1 else "One run answered"
    where = f"the split {data.get('split')} of the configuration {data.get('config')}"
    return [f"{who} {records:,} records: {where}, version {data.get('version')} of the dataset."]


def _best_run(material: Material) -> list[str]:
    if not (rows := material.main_rows):
        return []
    best = max(rows, key=lambda row: row.intervals["exact_match"]["all"].mean)
    least = min(rows, key=lambda row: row.intervals["exact_match"]["all"].mean)
    found = f"{best.run} has all letters right in {_said(best.intervals['exact_match']['all'])}"
    if best is least:
        return [f"Multiple choice, protocol {material.protocol}: {found} of the questions."]
    worst = f"{least.run} the fewest, {_said(least.intervals['exact_match']['all'])}"
    return [
        f"Multiple choice, protocol {material.protocol}: {found} of the questions, the most of all; {worst}."
    ]


def _differences(material: Material) -> list[str]:
    found = next((c for c in material.comparisons if c.protocol == material.protocol), None)
    if found is None:
        return []
    pairs, called = len(found.differences), sum(d.called for d in found.differences.values())
    detectable = (
        ""
        if math.isnan(found.detectable)
        else (
            f" So many questions find a difference of {100 * found.detectable:.1f} points or more "
            "in four of five studies."
        )
    )
    return [
        f"Of {pairs} pairs of runs, {called} differ by more than chance explains; the others may be equal.{detectable}"
    ]


def _confound(material: Material) -> list[str]:
    words = {run: strength(c.v) for run, one in material.learnt.items() if (c := one.confound)}
    confounded = [run for run, word in words.items() if word in _STRONG]
    if not confounded:
        return []
    return [
        f"Take care: in what {_listed(confounded)} learnt, the type of question goes together with its provenance. "
        "A difference between such models may come from the kind of question and not from where it is from."
    ]


def _contamination(material: Material) -> list[str]:
    near = {
        run.name: len(run.contamination.records)
        for run in material.runs
        if run.contamination and run.contamination.looked
    }
    unknown = [run.name for run in material.runs if not (run.contamination and run.contamination.looked)]
    told = []
    if found := {name: n for name, n in near.items() if n}:
        each = ", ".join(f"{name} {n:,}" for name, n in found.items())
        told.append(f"Some test records are near what a model was trained on: {each}.")
    elif near:
        told.append("No test record was found near what the models were trained on.")
    if unknown:
        told.append(f"Whether {_listed(unknown)} saw test records in training is not known.")
    return told


def _judges(material: Material) -> list[str]:
    rows = (material.agreement or {}).get("judges", ())
    judges = {one.judge for one in material.judged}
    pooled = [row for row in rows if row["generator"] == POOLED and row["judge"] in judges]
    pooled = [row for row in pooled if row["kappa"]["value"] is not None]
    if not pooled:
        return []
    best = max(pooled, key=lambda row: row["kappa"]["value"])
    kappa = best["kappa"]
    interval = (
        "" if kappa["low"] is None else f" (95\u00a0% interval {kappa['low']:.2f} to {kappa['high']:.2f})"
    )
    figure = (
        f"kappa {kappa['value']:.2f}{interval}, on {best['items']:,} answers; 0 is chance, 1 full agreement"
    )
    if kappa["low"] is not None and kappa["low"] > 0:
        return [f"Of the judges, {best['judge']} agrees most with people: {figure}."]
    return [f"No judge agrees with people more than chance would; the nearest is {best['judge']}: {figure}."]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def find_missing(material: Material) -> dict[str, str]:
    """Why a section is empty, and how to fill it; by section."""
    agreement = material.agreement or {}
    judge = "python -m evaluation judge RUN --judge MODEL"
    measure = (
        "Measure it with python -m evaluation agreement RUN… --reviews FILE… --output FOLDER, "
        "and give --agreement FOLDER."
    )
    missing: dict[str, str] = {}
    if not material.rows:
        missing["choice"] = "These runs answered no multiple-choice question. Run with --tasks mcqu,mcq."
    if material.rows and not material.comparisons:
        missing["differences"] = "There is one run only, so nothing is compared. Name two runs or more."
    if material.rows and all(len(row.by_permutation) < 2 for row in material.main_rows):
        missing["orders"] = "Every question was asked in one order of its options. Run with --permutations 3."
    if not material.learnt:
        missing["learnt"] = (
            "No run says what its model was trained on. It does where the model has its training.json beside it "
            "(python -m training run writes it)."
        )
    if not any(run.open_scores for run in material.runs):
        missing["metrics"] = "These runs have no scored open answer. Run with --tasks oeq."
    if not material.judged:
        missing["judged"] = f"No judge has judged these runs. Let one judge: {judge}."
    if not material.reviews:
        missing["people"] = (
            "No reviews by people were given. Collect them with python -m evaluation review, and give --reviews FILE."
        )
    if not material.agreement:
        missing["agreement"] = f"Agreement of judges and people was not measured. {measure}"
    parts: Mapping[str, tuple[str, str, str]] = {
        "length": ("length", "Whether length sways the judges is not known.", measure),
        "flips": (
            "interventions",
            "No judge has judged the same answers in another style.",
            f"Let one: {judge} --variants …, and measure agreement.",
        ),
        "order": (
            "position",
            "No judge has compared the answers of two runs in both orders.",
            f"Let one: {judge} --kind preference --against RUN, and measure agreement.",
        ),
    }
    for section, (key, why, how) in parts.items():
        if not material.agreement:
            missing[section] = f"It was not measured. {measure}"
        elif not agreement.get(key):
            missing[section] = f"{why} {how}"
    if not material.examples:
        seen = (
            "No judge and people differ by half or more"
            if material.agreement
            else "Agreement was not measured"
        )
        missing["examples"] = f"{seen}, so there is no example."
    return missing
