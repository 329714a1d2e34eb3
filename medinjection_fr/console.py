"""How the command line shows things: readable in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

_WIDTH_OFF_A_TERMINAL = 120


def open_console() -> Console:
    """A console of the terminal's width, or of a fixed one where the output is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OFF_A_TERMINAL)


def plain(value: Any) -> str:
    """A value of a manifest or a record as text for a cell."""
    if isinstance(value, list):
        return (
            "\n".join(map(plain, value))
            if any("\n" in str(v) for v in value)
            else "; ".join(map(plain, value))
        )
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(part)}" for key, part in value.items())
    return str(value)
