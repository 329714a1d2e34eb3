"""A model with its journal and its budget: asks what has not been asked, and answers the rest from the file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from medinjection_fr.models.budget import Budget, BudgetSpent, Prices
from medinjection_fr.models.journal import Journal, Totals
from medinjection_fr.models.model import Model, ModelError
from medinjection_fr.models.request import Reply, Request

_LOOK_AGAIN_S = 0.2


class Session:
    """Asks a model, each request once.

    What is in the journal is not sent; what another coroutine or process is asking is waited for.

    Args:
        model: Who answers.
        journal: Where answers are kept.
        prices: Euros per million tokens, for the cost; ``None`` leaves it out.
        budget: When to stop. It counts all that the journal has paid to this model, in whatever run.
            Requests that are under way when it is reached are finished: it may be passed by what
            ``at_once`` requests cost.
        at_once: Requests under way at most.
    """

    def __init__(
        self,
        model: Model,
        journal: Journal,
        *,
        prices: Prices | None = None,
        budget: Budget | None = None,
        at_once: int = 64,
    ) -> None:
        self.model = model
        self.journal = journal
        self.prices = prices
        self.budget = budget
        self.at_once = at_once
        self.paid = 0
        """Replies that this session has paid for."""
        self._here: _InLoop | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def totals(self) -> Totals:
        """What the journal has paid to this model."""
        return self.journal.totals(self.model.name)

    @property
    def cost(self) -> float | None:
        """Euros that the journal has paid to this model; ``None`` without prices."""
        return self.prices.cost(self.totals) if self.prices else None

    async def ask(self, request: Request, wait: bool = True) -> Reply:
        """The reply to a request, from the journal or else from the model.

        Args:
            request: What to ask.
            wait: For a reply that another process is getting.

        Raises:
            AskedElsewhere: Another process is asking it, and ``wait`` is false.
            BudgetSpent: It is not in the journal, and the budget is spent.
            ModelError: There is no reply.
        """
        key = request.key(self.model.name)
        if (reply := self.journal.find(key)) is not None:
            return reply
        loop = asyncio.get_running_loop()
        if self._here is None or self._here.loop is not loop:
            self._here = _InLoop(loop, asyncio.Semaphore(self.at_once))
        places, under_way = self._here.places, self._here.under_way
        if (shared := under_way.get(key)) is not None:
            return await asyncio.shield(shared)
        future = under_way[key] = asyncio.ensure_future(self._ask_once(key, request, places, wait))
        future.add_done_callback(lambda _: under_way.pop(key))
        return await asyncio.shield(future)

    async def _ask_once(self, key: str, request: Request, places: asyncio.Semaphore, wait: bool) -> Reply:
        while not self.journal.claim(key):
            if (reply := self.journal.find(key)) is not None:
                return reply
            if not wait:
                raise AskedElsewhere
            await asyncio.sleep(_LOOK_AGAIN_S)
        try:
            async with places:
                return await self._pay(key, request)
        except BaseException:
            self.journal.release(key)
            raise

    async def _pay(self, key: str, request: Request) -> Reply:
        if self.budget and self.budget.is_spent(self.totals, self.prices):
            raise BudgetSpent
        try:
            reply = await self.model.ask(request)
        except ModelError as error:
            if error.refuses_request:
                self.journal.write(key, self.model.name, request, error)
            raise
        self.journal.write(key, self.model.name, request, reply)
        self.paid += 1
        return reply


@dataclass(frozen=True)
class _InLoop:
    """What belongs to one event loop: a session may be used in several, one after the other."""

    loop: asyncio.AbstractEventLoop
    places: asyncio.Semaphore
    under_way: dict[str, asyncio.Future[Reply]] = field(default_factory=dict)


class AskedElsewhere(Exception):
    """Another process is getting the reply to this request."""


class NotAsked(Exception):
    """A request that the journal has no answer to."""


class Replay:
    """Answers from the journal alone: how outcomes are computed again, the same each time.

    Args:
        name: The model's name.
        journal: Where its answers are.
    """

    def __init__(self, name: str, journal: Journal) -> None:
        self.name = name
        self.journal = journal

    async def ask(self, request: Request) -> Reply:
        """The reply to a request that was asked before.

        Raises:
            NotAsked: It was not.
            ModelError: The endpoint had refused it for good.
        """
        if (reply := self.journal.find(request.key(self.name))) is None:
            raise NotAsked
        return reply
