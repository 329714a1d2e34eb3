"""Runs numbered items through an endpoint, two requests each; a process of its own, to be killed.

    python runner.py JOURNAL URL ITEMS AT_ONCE [SERVED_AS]

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


def asked(text: str) -> Request:
    """A request of one message, which is answered in a few words."""
    return Request(({"role": "user", "content": text},), parameters={"max_tokens": 8})


async def work(item: int, ask: Ask) -> str:
    """Asks something, and then something that depends on the reply."""
    first = await ask(asked(f"item {item}"))
    return (await ask(asked(f"{item} again: {first.text}"))).text


def result_of(item: int) -> str:
    """The result of an item, from a server that says everything again."""
    return f"{item} again: item {item}"


def requests_of(items: int) -> int:
    """Distinct requests of so many items."""
    return 2 * items


def main(journal: str, url: str, items: str, at_once: str, served_as: str = "small") -> None:
    """Runs to the end, or until it is killed."""
    model = Endpoint("small", url, served_as=served_as, patience=Patience(pause=0))
    report = RunReport()
    with Journal(Path(journal)) as opened:
        session = Session(model, opened, at_once=int(at_once))
        for result in run_all(session, range(int(items)), work, report=report):
            print(result, flush=True)
        print("end", report.done, report.stopped, session.paid, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
