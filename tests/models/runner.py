"""Runs numbered items through an endpoint, two requests each; a process of its own, to be killed.

    python runner.py JOURNAL URL ITEMS AT_ONCE

Prints a line for each result, and at the end how the run went.
"""

from __future__ import annotations

import sys
from pathlib import Path

from medinjection_fr.models.endpoint import Endpoint, Patience
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.request import Request
from medinjection_fr.models.run import Ask, RunReport, run_all
from medinjection_fr.models.session import Session


async def work(item: int, ask: Ask) -> str:
    """Asks something, and then something that depends on the reply."""
    first = await ask(Request(({"role": "user", "content": f"item {item}"},)))
    second = await ask(Request(({"role": "user", "content": f"again {first.text}"},)))
    return second.text


def requests_of(items: int) -> int:
    """Distinct requests of so many items."""
    return 2 * items


def main(journal: str, url: str, items: str, at_once: str) -> None:
    """Runs to the end, or until it is killed."""
    model = Endpoint("small", url, patience=Patience(pause=0))
    report = RunReport()
    with Journal(Path(journal)) as opened:
        session = Session(model, opened, at_once=int(at_once))
        for result in run_all(session, range(int(items)), work, report=report):
            print(result, flush=True)
        print("end", report.done, report.stopped, session.paid, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
