"""Jobs of synthesis through the command line."""

from __future__ import annotations

from pathlib import Path

from commands import invoke
from models.proxy import Proxy

CASES, ABSTRACTS = "diamed", "morfitt"


def run(
    server: Proxy, folder: Path, source: str, *options: object, model: str = "small@1", code: int = 0
) -> str:
    """Has records written by the server; returns what was printed."""
    journal = folder.parent / "journal.sqlite"
    done = invoke(
        *("synthesize", "run", source, "--data", folder, "--journal", journal, "--model", model),
        *("--endpoint", server.url, *options),
    )
    assert done.exit_code == code, done.output
    return done.output
