"""Jobs through the command line: translated, exported, looked into."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from commands import invoke
from models.proxy import Proxy


def run(server: Proxy, folder: Path, *options: object, model: str = "small@1", code: int = 0) -> str:
    """Translates ``medmcqa`` through the server; returns what was printed."""
    done = invoke(*command(server, folder, *options, model=model)[1:])
    assert done.exit_code == code, done.output
    return done.output


def command(server: Proxy, folder: Path, *options: object, model: str = "small@1") -> list[str]:
    """The same as a command line, for a process of its own."""
    journal = folder.parent / "journal.sqlite"
    arguments = ["translate", "run", "medmcqa", "--data", folder, "--journal", journal, "--model", model]
    arguments += ["--endpoint", server.url, *options]
    return [str(Path(sys.executable).parent / "medinjection-fr"), *map(str, arguments)]


def exported(folder: Path) -> Path:
    """The export of the journal."""
    output = folder.parent / "export"
    done = invoke("generate", "export", folder.parent / "journal.sqlite", "--output", output)
    assert done.exit_code == 0, done.output
    return output


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def figures(export: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((export / "figures.json").read_text(encoding="utf-8"))
    return found


def contents(export: Path) -> dict[str, Any]:
    """All that an export says but for the time that it took."""
    told = figures(export)
    del told["model_seconds"]
    names = ("records.jsonl", "rejected.jsonl", "recipe.yaml")
    return {"figures": told, **{name: (export / name).read_bytes() for name in names}}
