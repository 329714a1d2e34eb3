"""Which maker does which kind of job."""

from __future__ import annotations

import tempfile
from pathlib import Path

from medinjection_fr.generate.checks import Glossary, load_glossary
from medinjection_fr.generate.job import Job
from medinjection_fr.generate.outcome import Maker
from medinjection_fr.generate.translation.translate import Translation

_MAKERS = {"translation": Translation}


def open_maker(job: Job, glossary: str | None) -> tuple[Maker, str]:
    """The maker of a job, and the digest of the terms that its checks know.

    Args:
        job: The job.
        glossary: YAML of more terms.

    Raises:
        InputError: The glossary has mistakes.
    """
    terms = _with_ours(glossary)
    return _MAKERS[job.kind](job, terms), terms.digest


def _with_ours(glossary: str | None) -> Glossary:
    if glossary is None:
        return load_glossary()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "glossary.yaml"
        path.write_text(glossary, encoding="utf-8")
        return load_glossary(path)
