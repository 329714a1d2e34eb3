"""An endpoint's rate limits, respected by all requests together."""

from __future__ import annotations

import asyncio
import math
import time


class Throttle:
    """Lets requests pass as the endpoint allows.

    When it says that there are too many, all wait, and afterwards half as many run at once; each
    round of replies then allows one more.

    Args:
        per_minute: Requests started in a minute at most, if the account has such a limit.
    """

    def __init__(self, per_minute: float | None = None) -> None:
        self.limit = math.inf
        self._running = 0
        self._gap = 60 / per_minute if per_minute else 0.0
        self._next_start = 0.0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._running < self.limit)
            self._running += 1
        while (pause := self._next_start - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        self._next_start = max(self._next_start, time.monotonic() + self._gap)

    async def __aexit__(self, *exception: object) -> None:
        async with self._changed:
            self._running -= 1
            self._changed.notify()

    def slow_down(self, seconds: float) -> None:
        """The endpoint had too many requests: none starts for so long, and then fewer run at once."""
        now = time.monotonic()
        if self._next_start <= now + self._gap:  # the first of many that were under way together
            self.limit = max(1.0, min(self.limit, self._running) / 2)
        self._next_start = max(self._next_start, now + seconds)

    def speed_up(self) -> None:
        """The endpoint has answered."""
        self.limit += 1 / self.limit
