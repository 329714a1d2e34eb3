"""What requests cost, and when to stop."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.models.journal import Totals

_BUDGET = re.compile(r"(\d+(?:[.,]\d+)?) ?(eur|euros?|€|tokens?)", re.IGNORECASE)


@dataclass(frozen=True)
class Prices:
    """Euros for a million tokens, as the user's contract has them; none are built in, since they age."""

    input: float
    output: float

    def cost(self, totals: Totals) -> float:
        """Euros that so many tokens cost."""
        return (totals.input_tokens * self.input + totals.output_tokens * self.output) / 1e6


@dataclass(frozen=True)
class Budget:
    """How much a journal may cost, all runs of a model together. One of the two is given."""

    euros: float | None = None
    tokens: int | None = None

    def is_spent(self, totals: Totals, prices: Prices | None) -> bool:
        """Whether no further request may be sent."""
        if self.tokens is not None:
            return totals.tokens >= self.tokens
        return self.euros is not None and prices is not None and prices.cost(totals) >= self.euros


class BudgetSpent(Exception):
    """Nothing was sent, because the budget is spent."""


def read_budget(text: str, prices: Prices | None) -> Budget:
    """Reads ``5eur`` or ``200000tokens``.

    Raises:
        InputError: It is neither, or euros cannot be counted because no prices are given.
    """
    match = _BUDGET.fullmatch(text.strip().replace("_", ""))
    if match is None:
        raise InputError(Problem("--budget", f"is {text!r}", "an amount, like 5eur or 200000tokens"))
    amount = float(match[1].replace(",", "."))
    if match[2].lower().startswith("token"):
        return Budget(tokens=int(amount))
    if prices is None:
        mend = "Give --price-in and --price-out, in euros per million tokens"
        raise InputError(Problem("--budget", "is in euros, and no prices are given", mend=mend))
    return Budget(euros=amount)
