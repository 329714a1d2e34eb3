"""Where every number of a report comes from: commands, digests, versions, prompts and signatures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from evaluation.compare import Run
from evaluation.report.material import Asked, Material
from medinjection_fr.version import __version__


class Part(NamedTuple):
    """Facts about one thing.

    Attributes:
        title: Its name.
        facts: Names with values.
    """

    title: str
    facts: Mapping[str, str]


def describe_sources(material: Material) -> list[Part]:
    """Facts about every run, judge, metric and file that numbers come from."""
    return [
        Part("This report", {"command": command_of(material.asked), "medinjection-fr": __version__}),
        *_runs(material),
        *_judges(material),
        *_metrics(material),
        *_files(material),
    ]


def command_of(asked: Asked) -> str:
    """The command that makes the report again, but for where it is written."""
    words = ["python -m evaluation report", *(f"{path}" for path in asked.runs)]
    words += [f"--agreement {asked.agreement}"] if asked.agreement else []
    words += [f"--reviews {path}" for path in asked.reviews]
    words += [f"--training {path}" for path in asked.training]
    words += [f"--protocol {asked.protocol}"] if asked.protocol else []
    words += ["--with-text"] if asked.with_text else []
    words += [f"--data {asked.data}"] if asked.data else []
    return " ".join([*words, f"--resamples {asked.resamples} --output report.html"])


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flat(value: Mapping[str, Any], *without: str) -> dict[str, str]:
    return {name: _text(part) for name, part in value.items() if name not in without}


def _runs(material: Material) -> list[Part]:
    """What all runs have in common, then what is each one's own."""
    facts = {run.name: _facts_of_run(run, material) for run in material.runs}
    first, *others = facts.values()
    common = {name: value for name, value in first.items() if all(o.get(name) == value for o in others)}
    if not others:
        return [Part(f"Run {material.runs[0].name}", first)]
    own = {
        run: {name: value for name, value in found.items() if name not in common}
        for run, found in facts.items()
    }
    return [Part("All runs", common), *(Part(f"Run {run}", found) for run, found in own.items())]


def _facts_of_run(run: Run, material: Material) -> dict[str, str]:
    described = run.described
    model, learnt = described["model"], described["model"].get("trained_on") or {}
    facts = {"made by": "python -m evaluation run"}
    facts |= {f"test set: {name}": value for name, value in _flat(described["data"]).items()}
    facts |= _flat({name: described.get(name) for name in ("protocols", "permutations", "tokens")})
    facts["versions"] = ", ".join(f"{k} {v}" for k, v in described.get("versions", {}).items())
    facts |= {f"model: {name}": value for name, value in _flat(model, "trained_on").items()}
    facts |= {f"trained on: {name}": value for name, value in _flat(learnt).items()}
    if run.name in material.learnt:
        facts["trained on: rows told by"] = material.learnt[run.name].told_by
    return facts | {f"SHA-256 of {name}": digest for name, digest in material.digests[run.name].items()}


def _judges(material: Material) -> list[Part]:
    return [
        Part(
            f"Judge {one.judge} of {one.run}",
            {
                **_flat(one.described, "format"),
                "SHA-256 of judgements.jsonl": one.sha256,
                "made by": "python -m evaluation judge",
            },
        )
        for one in material.judged
    ]


def _metrics(material: Material) -> list[Part]:
    scored = [run for run in material.runs if run.open_scores]
    return [
        Part("Metrics of open answers", _flat((run.open_scores or {})["signatures"])) for run in scored[:1]
    ]


def _files(material: Material) -> list[Part]:
    parts = []
    if material.agreement:
        measured = ", ".join(f"{file['file']} {file['sha256']}" for file in material.agreement["reviews"])
        facts = {"measured from": measured, "made by": "python -m evaluation agreement"}
        if "resamples" in material.agreement:
            facts["draws of cases"] = f"{material.agreement['resamples']:,}"
        parts.append(Part("Agreement", facts))
    if material.reviews:
        facts = {file["file"]: file["sha256"] for file in material.reviews.files}
        parts.append(Part("Reviews by people, SHA-256", facts | {"made by": "python -m evaluation review"}))
    return parts
