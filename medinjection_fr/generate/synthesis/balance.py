"""How many questions of each type are asked, document by document, so that any first part has the balance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from medinjection_fr.errors import InputError, Problem
from medinjection_fr.generate.templates import Template

TYPES = ("mcqu", "mcq", "oeq")
Balance = Mapping[str, int]
"""Type → its share, as a whole number; shares count relative to each other."""

_KEY = b"medinjection-fr/generate/tasks"


def read_balance(text: str | None) -> dict[str, int] | None:
    """Reads shares from the command line: ``mcqu=1,mcq=1,oeq=2``. A type that is not named gets none.

    Raises:
        InputError: Every part that is no such share, and shares that are all nought.
    """
    if text is None:
        return None
    shares: dict[str, int] = {}
    problems = []
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in TYPES or not number.isdecimal() or len(number) > 6:
            problems.append(Problem("--balance", f'"{part}"', f"TYPE=SHARE, with {', '.join(TYPES)}"))
        elif name in shares:
            problems.append(Problem("--balance", f"{name} stands twice", mend="Keep one"))
        else:
            shares[name] = int(number)
    if not problems and not any(shares.values()):
        problems.append(Problem("--balance", "has no share above nought", "like mcqu=1,mcq=1,oeq=2"))
    if problems:
        raise InputError(problems)
    return {name: shares.get(name, 0) for name in TYPES}


def check_balance(balance: Balance | None, tasks: Sequence[Template]) -> None:
    """Checks that each kind of document has a task for each type that is asked for.

    Raises:
        InputError: Every kind and type without one.
    """
    problems = []
    for kind in sorted({kind for task in tasks for kind in task.content["documents"]}):
        offered = {task.content["type"] for task in tasks if kind in task.content["documents"]}
        for name, share in (balance or {}).items():
            if share and name not in offered:
                what = f"wants {name}, and no task that is chosen makes it of a document of kind {kind}"
                problems.append(Problem("--balance", what, mend="Choose more --tasks, or leave it out"))
    if problems:
        raise InputError(problems)


def choose_tasks(
    document: Mapping[str, Any], tasks: Sequence[Template], balance: Balance | None
) -> list[Template]:
    """The tasks that are asked of a document: all for its kind, or as many of each type as the balance allows.

    As much is asked as there are tasks for: with shares s and n tasks of each type, k·s of each, where
    k is the smallest n/s. Of a type with k·s = 1⅓, one task is asked of every document, and of one
    document in three another. Which document that is, and which of several tasks, is told by a keyed
    hash of the document's text: a first part of the documents has the balance already, exactly where
    k·s is whole, and else but for what chance leaves (√n of n documents).
    """
    own = [task for task in tasks if document["kind"] in task.content["documents"]]
    if balance is None or not own:
        return own
    by_type = {name: [task for task in own if task.content["type"] == name] for name in TYPES}
    most = min(Fraction(len(by_type[name]), share) for name, share in balance.items() if share)
    chosen: list[Template] = []
    for name, share in balance.items():
        whole, part = divmod(most * share, 1)
        number = int(whole) + (_draw(document["id"], name) < part)
        chosen += sorted(by_type[name], key=lambda task: _draw(document["id"], task.name))[:number]
    return [task for task in own if task in chosen]


def _draw(document: str, what: str) -> Fraction:
    """A number from 0 to 1 (1 excluded) that depends on nothing else."""
    digest = hashlib.blake2b(f"{document} {what}".encode(), digest_size=8, key=_KEY).digest()
    return Fraction(int.from_bytes(digest, "big"), 1 << 64)


def tell_balance(accepted: Mapping[str, int], balance: Balance | None) -> dict[str, Any]:
    """How far accepted records are from the balance that was asked for.

    Returns:
        ``asked``: the shares, or ``None``. ``accepted``: records by type. ``balanced``: by type, the
        largest number of them that has the balance; without one, the same number of each type.
        ``to_spare``: the rest.
    """
    shares = balance or dict.fromkeys(TYPES, 1)
    most = min(accepted.get(name, 0) // share for name, share in shares.items() if share)
    balanced = {name: most * share for name, share in shares.items()}
    counts = {name: accepted.get(name, 0) for name in TYPES}
    return {
        "asked": dict(balance) if balance else None,
        "accepted": counts,
        "balanced": balanced,
        "to_spare": {name: counts[name] - balanced[name] for name in TYPES},
    }
