"""``RUN/judges/NAME``: who judged a run, and a line for each judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.line_folder import FolderKind, LineFolder, read_head, read_lines

JUDGES, JUDGE, JUDGEMENTS = "judges", "judge.json", "judgements.jsonl"
FORMAT = "medinjection-fr/judge/1"
_KIND = FolderKind(
    name="judge",
    format=FORMAT,
    head=JUDGE,
    lines=JUDGEMENTS,
    key=("id", "variant"),
    begin="python -m evaluation judge",
    apart="Two judges, prompts or sets of answers never mix: give another --name, or take this folder away",
    grows=("variants",),
)


class JudgeFolder(LineFolder):
    """Opens a judge's folder to go on with it, or begins it.

    Args:
        path: The folder.
        described: Judge, kind, language, prompt, method, judged answers, variants; JSON.

    Raises:
        InputError: Another judge stands there, or another process writes to it.
    """

    def __init__(self, path: Path, described: Mapping[str, Any]) -> None:
        super().__init__(path, _KIND, described)


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
        InputError: Another version wrote one.
    """
    found = []
    for path in sorted((run / JUDGES).glob(f"*/{JUDGE}")):
        described = read_head(path.parent, _KIND)
        lines = read_lines(path.parent, _KIND) if (path.parent / JUDGEMENTS).exists() else ()
        found.append(
            Judgements(path.parent.name, described, {(line["id"], line["variant"]): line for line in lines})
        )
    return found
