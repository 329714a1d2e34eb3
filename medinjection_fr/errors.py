"""Mistakes in what a person gave us, told all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what it is, what was expected and how to mend it."""

    where: str
    what: str
    expected: str = ""
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.mend:
            text += f". {self.mend}"
        return text.rstrip(".") + "."


class InputError(Exception):
    """Input that cannot be used. The command line prints it and exits with 2.

    Args:
        problems: Every mistake that was found, not only the first.
    """

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
