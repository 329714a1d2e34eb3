"""A model that is asked through a journal: no request is paid twice, and what was answered is never lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.budget import Budget, Prices
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.model import Model
from medinjection_fr.models.run import RunReport, Work, run_all
from medinjection_fr.models.session import Session

JOURNAL = "journal.sqlite"
"""Every reply, also those that are written nowhere else yet."""
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Served:
    """A model at an endpoint, or served by vLLM here.

    Attributes:
        model: Who is asked.
        backend: ``openai`` or ``vllm``.
        parameters: Of every request.
        journal: Where its replies are kept.
        prices: Euros per million tokens.
        budget: When to stop.
        at_once: Requests under way at most.
    """

    model: Model
    backend: str
    parameters: Mapping[str, Any]
    journal: Path
    prices: Prices | None = None
    budget: Budget | None = None
    at_once: int = 64

    @property
    def described(self) -> dict[str, Any]:
        """What tells it apart; JSON."""
        return {
            "name": self.model.name,
            "backend": self.backend,
            "window": self.model.window,
            "parameters": dict(self.parameters),
        }

    def ask_all(
        self, items: Sequence[Item], work: Work[Item, Result], what: str, report: RunReport
    ) -> Iterator[Result]:
        """Does the work of items, and yields results as they become ready.

        What got no reply this time, or the budget did not allow, is left for the next run.

        Args:
            items: What to work on.
            work: The whole life of one item.
            what: What is done, for the bar.
            report: Filled with how it went.

        Raises:
            InputError: The model cannot be asked any more; all that it answered is kept.
        """
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        with Journal(self.journal) as journal:
            session = Session(
                self.model, journal, prices=self.prices, budget=self.budget, at_once=self.at_once
            )
            try:
                yield from run_all(session, items, work, what=what, total=len(items), report=report)
            except InputError as error:
                kept = Problem(
                    str(self.journal), "keeps all that was answered", mend="The same command goes on"
                )
                raise InputError([*error.problems, kept]) from error
