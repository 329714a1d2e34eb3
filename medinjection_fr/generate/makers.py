"""Which maker does which kind of job, and how its outcomes are judged together."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from medinjection_fr.generate.checks import Glossary, load_glossary
from medinjection_fr.generate.job import Job, JobStore
from medinjection_fr.generate.outcome import Maker, Outcome
from medinjection_fr.generate.synthesis.checks.copies import Copies
from medinjection_fr.generate.synthesis.synthesize import Synthesis
from medinjection_fr.generate.translation.translate import Translation


def open_maker(job: Job, store: JobStore) -> tuple[Maker, str]:
    """The maker of a job, and the digest of the terms that its checks know.

    Args:
        job: The job.
        store: Has its glossary, and the test sets that it was started against.

    Raises:
        InputError: The glossary has mistakes.
    """
    terms = _with_ours(store.glossary(job))
    if job.kind == "synthesis":
        return Synthesis(job, terms, store.questions), terms.digest
    return Translation(job, terms), terms.digest


def judge_together(job: Job) -> Callable[[Outcome], Outcome]:
    """A judge of a job's outcomes in their order, which knows those that it has judged before.

    What depends on other units is judged here, and not when replies arrive, in whatever order they do.
    """
    return Copies().judge if job.kind == "synthesis" else lambda outcome: outcome


def _with_ours(glossary: str | None) -> Glossary:
    if glossary is None:
        return load_glossary()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "glossary.yaml"
        path.write_text(glossary, encoding="utf-8")
        return load_glossary(path)
