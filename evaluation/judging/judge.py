"""Judging on one page: check what was ordered, open the judge, ask what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.judging.candidates import VARIANTS, Answers, gather, read_answers
from evaluation.judging.endpoint_judge import EndpointJudge
from evaluation.judging.families import families_of, kinship_problem
from evaluation.judging.folder import JUDGES, JudgeFolder
from evaluation.judging.judge_prompt import JudgePrompt, read_prompt
from evaluation.judging.judgement import USUAL_VARIANTS, VARIANTS_OF, ask_about, make_line
from evaluation.judging.local_judge import LocalJudge
from evaluation.judging.votes import Judge
from evaluation.opening import check_options, open_local, open_served
from evaluation.served import JOURNAL
from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.causal_lm import open_tokenizer
from medinjection_fr.models.run import RunReport
from medinjection_fr.resources import library_versions, source_digest


@dataclass(frozen=True)
class Order:
    """What is to be judged by whom.

    Attributes:
        run: Folder of the judged run.
        data: The release that it was made with.
        judge: Folder of weights, a model's name on the Hub, or its name at the endpoint.
        backend: ``transformers``, ``vllm`` or ``openai``.
        kind: ``equivalence``, ``facts`` or ``preference``.
        language: Of the prompt.
        variants: Names joined by commas; the usual ones of the kind if ``None``.
        against: Folder of the other run, for ``preference``.
        limit: Answers at most.
        name: Of the judge's folder; made of judge, kind and language if ``None``.
        allow_same_family: Whether a judge may judge its kin.
        at_once: Requests under way at most.
        options: Of the backend.
    """

    run: Path
    data: str
    judge: str
    backend: str
    kind: str
    language: str
    variants: str | None
    against: Path | None
    limit: int | None
    name: str | None
    allow_same_family: bool
    at_once: int
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """What became of an order.

    Attributes:
        folder: Of the judge.
        made: Judgements made now.
        families: Of the judge; none if not known.
        report: How the asking of an endpoint went.
    """

    folder: Path
    made: int
    families: Sequence[str]
    report: RunReport


def judge(order: Order) -> Judged:
    """Judges all answers of a run that have no judgement yet.

    Raises:
        InputError: Everything that is wrong with the order.
    """
    variants, answers, families = check(order)
    prompt, report = read_prompt(order.kind, order.language), RunReport()
    path = order.run / JUDGES / folder_name(order)
    opened = _open(order, prompt, report)
    described = _describe(order, opened, families, prompt, answers, variants)
    made = 0
    with JudgeFolder(path, described) as folder:
        items = [ask_about(order.kind, c) for variant in variants for c in answers.candidates(variant)]
        for item in items:
            if not item.questions and item.candidate.key not in folder.done:
                folder.add(make_line(order.kind, prompt, item, []))
                made += 1
        for item, votes in opened.votes([item for item in items if item.questions], folder.done):
            folder.add(make_line(order.kind, prompt, item, votes))
            made += 1
    return Judged(path, made, families, report)


def check(order: Order) -> tuple[list[str], Answers, list[str]]:
    """Looks at an order before any weights are opened.

    Returns:
        Variants in their order, the answers, and the judge's families.

    Raises:
        InputError: Everything that is wrong with it.
    """
    problems: list[Problem] = []
    variants = gather(problems, lambda: read_variants(order.variants, order.kind))
    gather(problems, lambda: check_options(order.backend, order.options))
    if (order.kind == "preference") != (order.against is not None):
        what = "is missing" if order.against is None else f"is given for --kind {order.kind}"
        problems.append(Problem("--against", what, "another run with --kind preference, and only there"))
    if order.name is not None and not re.fullmatch(r"\w[\w.+-]*", order.name):
        problems.append(Problem("--name", "is no name of a folder", "letters, digits, points, hyphens"))
    answers = gather(
        problems,
        lambda: read_answers(order.run, order.data, order.against, order.limit, order.kind == "facts"),
    )
    families = families_of({"name": order.judge}, order.options["adapter"])
    if answers and not order.allow_same_family:
        for judged in filter(None, (answers.described, answers.other_described)):
            if kin := kinship_problem({"name": order.judge}, families, judged):
                problems.append(kin)
    if problems:
        if order.backend == "transformers":  # what is wrong with the judge is told with the rest
            gather(problems, lambda: open_tokenizer(order.judge, order.options["revision"], pads=False))
        raise InputError(list(dict.fromkeys(problems)))
    assert variants is not None and answers is not None
    return variants, answers, families


def read_variants(given: str | None, kind: str) -> list[str]:
    """Names joined by commas; the usual ones of the kind if none are given.

    Raises:
        InputError: One is unknown, or no variant of the kind.
    """
    names = list(USUAL_VARIANTS[kind]) if given is None else given.split(",")
    problems = []
    if unknown := [name for name in names if name not in VARIANTS]:
        problems.append(Problem("--variants", f"names {', '.join(unknown)}", f"among {', '.join(VARIANTS)}"))
    known = VARIANTS_OF[kind]
    if foreign := [name for name in names if name in VARIANTS and name not in known]:
        what = f"names {', '.join(foreign)}, which --kind {kind} does not have"
        problems.append(Problem("--variants", what, f"among {', '.join(known)}"))
    if problems:
        raise InputError(problems)
    return [name for name in VARIANTS if name in names]


def folder_name(order: Order) -> str:
    """Tells judge, kind and language, and the other run of a comparison."""
    if order.name is not None:
        return order.name
    parts = [Path(order.judge).name]
    if adapter := order.options["adapter"]:
        parts.append(adapter.resolve().name)
    parts += [order.kind, order.language]
    if order.against is not None:
        parts.append(f"against-{order.against.resolve().name}")
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(parts).lower()).strip("-.")


def _open(order: Order, prompt: JudgePrompt, report: RunReport) -> Judge:
    if order.backend == "transformers":
        return LocalJudge(open_local(order.judge, order.options), prompt)
    journal = order.run / JUDGES / JOURNAL
    served = open_served(order.backend, order.judge, journal, order.at_once, order.options)
    return EndpointJudge(served, prompt, report)


def _describe(
    order: Order,
    opened: Judge,
    families: list[str],
    prompt: JudgePrompt,
    answers: Answers,
    variants: list[str],
) -> dict[str, Any]:
    """``judge.json``: two judges that differ in any of it but the variants are two judges."""
    return {
        "judge": {**opened.described, "families": families},
        "kind": order.kind,
        "language": order.language,
        "prompt": {"name": prompt.name, "sha256": prompt.digest},
        "method": opened.method,
        "answers_sha256": answers.digest,
        "against": order.against.resolve().name if order.against else None,
        "variants": variants,
        "versions": library_versions() | {"medinjection_fr_source": source_digest()},
    }
