"""What the review page takes to answer, over HTTP, with a large set.

    python benchmarks/review.py [--items 10000] [--calls 300]

Two annotators judge every item. The page's own calls are sent to the server that the command starts, as a browser
sends them: opening the page, saving a verdict, going on to the next open item (which is the last one: all others are
judged, the longest search), and leafing. The reference is a call to the same server that reads the cookie and does
nothing else. Needs the extra `review`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "evaluation" / "review")]

import httpx  # noqa: E402
import psutil  # noqa: E402
from measure import machine, print_table  # noqa: E402
from reviewing import answers_set, open_store  # noqa: E402
from serving import serve_review  # noqa: E402

from evaluation.review.rating import Rating  # noqa: E402
from evaluation.review.store import Store, now  # noqa: E402

RUNS = ("base", "native", "synthetic")
TEXT = "Une réponse d'une longueur courante, avec son diagnostic et sa prise en charge. " * 8
TARGET_MS = 200


class Browser:
    """Sends the page's calls.

    Args:
        address: Of the server.
        token: The annotator's.
    """

    def __init__(self, address: str, token: str) -> None:
        self.client = httpx.Client(base_url=address, timeout=60)
        assert self.client.post("/", data={"token": token}).status_code == 303
        calls = self.client.get("/evaluation/config").json()["dependencies"]
        self._act = next(call["id"] for call in calls if call["trigger_mode"] == "always_last")
        self._open = next(call["id"] for call in calls if call["id"] != self._act)

    def call(self, number: int, data: list[Any]) -> list[Any]:
        """One call of the page."""
        said = {"data": data, "fn_index": number, "session_hash": "benchmark"}
        answer = self.client.post("/evaluation/gradio_api/run/predict", json=said)
        answer.raise_for_status()
        given: list[Any] = answer.json()["data"]
        return given

    def open(self) -> list[Any]:
        """Opens the page."""
        return self.call(self._open, [])

    def act(self, action: str, item: str, verdicts: list[str | None]) -> list[Any]:
        """Saves, and goes on."""
        return self.call(self._act, [action, item, "0", "tab", None, "", *verdicts])


def _fill(store: Store, annotator: str) -> None:
    """Judges all but the last item of a hand."""
    whole = Rating(dict.fromkeys(RUNS, "equivalent"))
    with store.transaction():
        for place in range(1, store.hand_size(annotator)):
            store.add(annotator, store.item_at(annotator, place), whole, "earlier", now())


def _time(calls: int, call: Callable[[int], object], server: psutil.Process) -> tuple[list[float], float]:
    """Milliseconds of each call, and the server's CPU of one."""
    found = []
    before = sum(server.cpu_times()[:2])
    for number in range(calls):
        started = time.perf_counter()
        call(number)
        found.append(1000 * (time.perf_counter() - started))
    return found, 1000 * (sum(server.cpu_times()[:2]) - before) / calls


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=300)
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.sqlite"
        store, tokens = open_store(path, answers_set(arguments.items, RUNS, TEXT))
        with store, serve_review(path, Path(folder) / "log") as served:
            _fill(store, "anne")
            browser = Browser(served.address, tokens["anne"])
            items = [store.item_at("anne", place) for place in range(1, arguments.calls + 1)]
            last = store.item_at("anne", arguments.items)
            verdicts = ("equivalent", "different")
            changing: list[list[str | None]] = [[verdicts[n % 2], *["equivalent"] * 2] for n in range(2)]
            measured = {
                "opening the page": lambda n: browser.open(),
                "saving a verdict": lambda n: browser.act("save", items[n], changing[1]),
                "saving, and the next open item": lambda n: browser.act("go", items[n], changing[0]),
                "saving, and the item before": lambda n: browser.act("back", items[n], changing[n % 2]),
                "saving an unfinished item": lambda n: browser.act(
                    "save", last, [verdicts[n % 2], None, None]
                ),
                "reference: the cookie alone": lambda n: browser.client.post("/keep", content=b"null"),
            }
            browser.open()
            rows = []
            server = psutil.Process(served.pid)
            times = {name: _time(arguments.calls, call, server) for name, call in measured.items()}
            base = statistics.median(times["reference: the cookie alone"][0])
            for name, (found, cpu) in times.items():
                p50, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
                cells = (f"{value:.1f}" for value in (p50, p95, max(found), cpu, p50 / base))
                rows.append((name, *cells))
    title = f"{arguments.items:,} items, {arguments.calls} calls each, ms; target: under {TARGET_MS}"
    print_table(title, ("call", "p50", "p95", "longest", "CPU of the server", "× reference"), rows)


if __name__ == "__main__":
    main()
