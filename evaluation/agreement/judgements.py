"""Reads what judges said: ``RUN/judges/NAME/judge.json`` and ``judgements.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection_fr.errors import InputError, Problem

FORMAT = "medinjection-fr/judge/1"
PLAIN, SWAPPED = "plain", "swapped"
FACT_SCORES = ("completeness", "contradiction")
_SAYS = {
    "equivalence": {"equivalent", "different", None},
    "preference": {"first", "second", "tie", None},
}


@dataclass(frozen=True)
class Judgements:
    """What a judge said of a run's answers.

    Attributes:
        name: Of the judge: its folder's.
        run: Name of the run.
        described: ``judge.json``.
        lines: By variant and record.
    """

    name: str
    run: str
    described: Mapping[str, Any]
    lines: Mapping[tuple[str, str], Mapping[str, Any]]

    @property
    def kind(self) -> str:
        """``equivalence``, ``facts`` or ``preference``."""
        return str(self.described["kind"])

    @property
    def groups(self) -> dict[str, str]:
        """The case of each record."""
        return {id: line["group_id"] for (_, id), line in self.lines.items()}

    def variants(self) -> list[str]:
        """Other than plain."""
        return sorted({variant for variant, _ in self.lines} - {PLAIN})

    def lines_of(self, variant: str) -> dict[str, Mapping[str, Any]]:
        """By record."""
        return {id: line for (of, id), line in self.lines.items() if of == variant}

    def verdicts(self, variant: str) -> dict[str, str | None]:
        """By record; ``None`` where it is unscored."""
        return {id: line["verdict"] for id, line in self.lines_of(variant).items()}


def read_judgements(run: Path) -> list[Judgements]:
    """All judges of a run, by name.

    Raises:
        InputError: With every mistake in their files.
    """
    found, problems = [], []
    for path in sorted(run.glob("judges/*/judge.json")):
        try:
            described = json.loads(path.read_bytes())
            if described.get("format") != FORMAT:
                raise InputError(Problem(str(path), f"is of the format {described.get('format')}", FORMAT))
            lines = _read_lines(path.with_name("judgements.jsonl"), described["kind"])
        except InputError as error:
            problems += error.problems
        except (ValueError, KeyError, AttributeError):
            problems.append(Problem(str(path), "describes no judge", "an object with format and kind"))
        else:
            found.append(Judgements(path.parent.name, run.name, described, lines))
    if problems:
        raise InputError(problems)
    return found


def _read_lines(path: Path, kind: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    lines: dict[tuple[str, str], Mapping[str, Any]] = {}
    problems = []
    if not path.exists():
        raise InputError(Problem(str(path), "is missing", mend="Run the judge to its end"))
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                break
            if not (line := _parse(text, kind)):
                problems.append(Problem(f"{path} line {number}", f"is no judgement of the kind {kind}"))
                continue
            key = (line["variant"], line["id"])
            if key in lines:
                what = f"judges {key[1]} ({key[0]}) a second time"
                problems.append(Problem(f"{path} line {number}", what, mend="Judge anew into a new folder"))
            else:
                lines[key] = line
    if problems:
        raise InputError(problems)
    return lines


def _parse(text: bytes, kind: str) -> dict[str, Any] | None:
    try:
        line: dict[str, Any] = json.loads(text)
        strings = all(isinstance(line[key], str) for key in ("id", "group_id", "variant"))
        if kind == "facts":
            allowed = all(line[name] is None or 0 <= line[name] <= 1 for name in FACT_SCORES)
        else:
            allowed = line["verdict"] in _SAYS[kind]
    except (ValueError, KeyError, TypeError):
        return None
    return line if strings and allowed else None
