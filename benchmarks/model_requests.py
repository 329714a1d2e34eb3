"""The client of models against a bare HTTP loop, and how fast a journal of 400,000 requests is resumed.

    python benchmarks/model_requests.py [--requests N] [--rows N]

Requests: a server in a process of its own answers each after 200 ms. The bare loop sends the same bodies with
``httpx2``, which the ``openai`` library stands on, parses the JSON, and does nothing else; ours is a whole run: keys,
claims, the journal on disk, tokens, ``openai``. Both take turns, and the best of each counts.

Journal: one of N answers and N outcomes of items is written, and a fresh process, Python's start included,
decides what is left: by item, as a run that is started again does, and by request key.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure import Piece, main_of, print_table, run_piece

from medinjection_fr.models.endpoint import Endpoint
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.run import Ask, run_all
from medinjection_fr.models.session import Session

AT_ONCE = 64
DELAY_S = 0.2
TURNS = 3
RUN = "translate@1 by small"
QUESTION = "A 58-year-old man has chest pain for two hours. Which of these drugs is given first? " * 4
ANSWER = "Un homme de 58 ans a une douleur thoracique depuis deux heures. Quel médicament donne-t-on ? " * 4


def asked(number: int) -> Request:
    messages = (
        {"role": "system", "content": "Traduis en français."},
        {"role": "user", "content": f"{number} {QUESTION}"},
    )
    return Request(messages, None, {"temperature": 0, "max_tokens": 512}, "translate@1")


# The server


async def serve() -> None:
    """Answers every POST after the delay; prints its port."""
    completion = {
        "model": "small",
        "choices": [{"message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 110},
    }
    body = json.dumps(completion).encode()
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                await reader.readexactly(int(length.split(b":")[1]))
                await asyncio.sleep(DELAY_S)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def running_server() -> Iterator[str]:
    command = [sys.executable, __file__, "--piece", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.kill()


# The two clients, each in a process of its own


def bare(url: str, number: str) -> dict[str, float]:
    import httpx2

    async def all_of_them() -> None:
        numbers = iter(range(int(number)))
        async with httpx2.AsyncClient(timeout=60) as client:

            async def worker() -> None:
                for each in numbers:
                    request = asked(each)
                    body = {"model": "small", "messages": request.messages, **request.parameters}
                    json.loads((await client.post(f"{url}/chat/completions", json=body)).content)

            await asyncio.gather(*(worker() for _ in range(AT_ONCE)))

    with Piece() as found:
        asyncio.run(all_of_them())
    return found


def ours(url: str, number: str) -> dict[str, float]:
    import openai  # noqa: F401  (imports do not count)

    async def work(each: int, ask: Ask) -> Reply:
        return await ask(asked(each))

    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "journal.sqlite") as journal:
        session = Session(Endpoint("small", url), journal, at_once=AT_ONCE)
        with Piece() as found:
            replies = sum(1 for _ in run_all(session, range(int(number)), work))
        assert replies == session.paid == int(number)
    return found


def bench_requests(number: int) -> None:
    with running_server() as url:
        turns: list[dict[str, dict[str, float]]] = [
            {name: run_piece(__file__, name, url, number).result for name in ("bare", "ours")}
            for _ in range(TURNS)
        ]
    limit = AT_ONCE / DELAY_S
    best = {name: max(number / turn[name]["wall"] for turn in turns) for name in ("bare", "ours")}
    cpu = {name: min(turn[name]["cpu"] for turn in turns) / number * 1e3 for name in ("bare", "ours")}
    reference = min(limit, best["bare"])
    print_table(
        f"{number:,} requests, {AT_ONCE} at once, each answered after {DELAY_S * 1e3:.0f} ms",
        ["", "requests/s", "% of the smaller", "CPU per request"],
        [
            [
                "our run, with its journal",
                f"{best['ours']:.0f}",
                f"{best['ours'] / reference:.0%}",
                f"{cpu['ours']:.2f} ms",
            ],
            ["reference: bare loop", f"{best['bare']:.0f}", f"{best['bare'] / reference:.0%}", f"{cpu['bare']:.2f} ms"],
            ["reference: what the delay allows", f"{limit:.0f}", "", ""],
        ],
    )  # fmt: skip


# The journal


def name_of(number: int) -> str:
    return f"medmcqa/{number:08d}-5c38-4a3f-a7c4-0f3f5a5d"


def key_of(number: int) -> str:
    return f"{number:064x}"


def write_journal(path: Path, rows: int) -> None:
    """Nearly all items are done: every hundredth is left."""
    if path.exists():
        return
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    Journal(unfinished).close()
    import sqlite3

    done = [number for number in range(rows) if number % 100]
    outcome = json.dumps({"records": 1, "faults": []})
    with sqlite3.connect(unfinished) as database:
        database.executemany(
            "INSERT INTO answers VALUES (?, 'small', 'translate@1', ?, NULL, ?, 'stop', 120, 110, 0.2, 0, 'small', '')",
            ((key_of(number), key_of(number), f"{number} {ANSWER}") for number in done),
        )
        database.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?)", ((RUN, name_of(number), outcome) for number in done)
        )
    database.close()
    unfinished.replace(path)


def left_items(path: str, rows: str) -> int:
    with Journal(Path(path)) as journal:
        return sum(1 for _ in journal.left_items(RUN, range(int(rows)), name_of))


def left_requests(path: str, rows: str) -> int:
    with Journal(Path(path)) as journal:
        return sum(1 for _ in journal.unanswered(map(key_of, range(int(rows)))))


def bench_journal(work: Path, rows: int) -> None:
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"journal-{rows}.sqlite"
    write_journal(path, rows)
    lines: list[list[Any]] = []
    for what, piece in (("by item", "left_items"), ("by request key", "left_requests")):
        measured = min((run_piece(__file__, piece, path, rows) for _ in range(TURNS)), key=lambda m: m.wall)
        assert measured.result == rows // 100
        lines.append([what, f"{measured.wall:.1f} s", f"{measured.cpu:.1f} s", f"{measured.rss:.0f} MB"])
    head = ["what is left is decided", "wall", "CPU", "peak RSS"]
    print_table(f"journal of {rows:,} answers and outcomes, {path.stat().st_size / 1e6:.0f} MB", head, lines)


def bench(arguments: argparse.Namespace) -> None:
    bench_requests(arguments.requests)
    bench_journal(arguments.work, arguments.rows)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rows", type=int, default=400_000, help="answers in the journal")
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "medinjection-fr-benchmarks"
    )


PIECES = {
    "serve": lambda: asyncio.run(serve()),
    "bare": bare,
    "ours": ours,
    "left_items": left_items,
    "left_requests": left_requests,
}

if __name__ == "__main__":
    main_of(__doc__, bench, PIECES, add_options)
