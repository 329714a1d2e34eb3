"""How patient we are with what fails for a moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Retries:
    """How often a transient fault is tried again, and the first pause in seconds (then doubled)."""

    times: int = 4
    pause: float = 1.0


DEFAULT_RETRIES = Retries()
