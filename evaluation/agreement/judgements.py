"""Reads what judges said: ``RUN/judges/NAME/judge.json`` and ``judgements.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem

FORMAT = "medinjection-fr/judge/1"


@dataclass(frozen=True)
class Judgements:
    """What a judge said of a run.

    Attributes:
        name: Of its folder.
        described: ``judge.json``.
        lines: By record and variant.
    """

    name: str
    described: Mapping[str, Any]
    lines: Mapping[tuple[str, str], Mapping[str, Any]]

    @property
    def kind(self) -> str:
        """``equivalence``, ``facts`` or ``preference``."""
        return str(self.described["kind"])

    def of(self, variant: str) -> dict[str, Mapping[str, Any]]:
        """Its judgements of a variant, by record."""
        return {id: line for (id, other), line in sorted(self.lines.items()) if other == variant}


def read_judgements(run: Path) -> list[Judgements]:
    """All judges of a run, by name; none if nobody judged it.

    Raises:
        InputError: With every mistake in their files.
    """
    found, problems = [], []
    for path in sorted(run.glob("judges/*/judge.json")):
        try:
            found.append(Judgements(path.parent.name, _read_head(path), _read_lines(path)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _read_head(path: Path) -> dict[str, Any]:
    try:
        described: dict[str, Any] = json.loads(path.read_bytes())
        written_as = described["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(Problem(str(path), "describes no judge", mend="Judge the run again")) from None
    if written_as != FORMAT:
        mend = "Use the version that wrote it"
        raise InputError(Problem(str(path), f"is of the format {written_as}", FORMAT, mend))
    return described


def _read_lines(head: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    path = head.with_name("judgements.jsonl")
    if not path.exists():
        return {}
    lines: dict[tuple[str, str], Mapping[str, Any]] = {}
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                break
            try:
                line = json.loads(text)
                lines[line["id"], line["variant"]] = line
            except (ValueError, KeyError, TypeError):
                mend = "Judge the run again"
                raise InputError(Problem(f"{path} line {number}", "is no judgement", mend=mend)) from None
    return lines
