"""The client of models against a bare HTTP loop, and how fast a journal of 400,000 requests is resumed.

    python benchmarks/model_requests.py [--requests N] [--rows N]

Requests: a server in a process of its own answers each after 200 ms. The bare loop sends the same bodies with
``httpx2``, which the ``openai`` library stands on, parses the JSON, and does nothing else; ours is a whole run: keys,
claims, the journal on disk, tokens, ``openai``. Both take turns, and the best of each counts.

Journal: a source of N items is written, and the journal of a translation that has all but every hundredth done. A
fresh process, Python's start included, decides what is left; then the whole command is run on a journal that has
nothing left, which also hashes the source and counts for its table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from measure import COMMAND, Piece, best_of, main_of, print_table, run, run_piece

from medinjection_fr.generate.job import Job, JobStore
from medinjection_fr.generate.run import Work, choose_materials, find_materials
from medinjection_fr.generate.translation.translate import plan
from medinjection_fr.models.endpoint import Endpoint
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.request import Reply, Request
from medinjection_fr.models.run import Ask, run_all
from medinjection_fr.models.session import Session
from medinjection_fr.resources import source_digest

AT_ONCE = 64
DELAY_S = 0.2
TURNS = 3
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
def running_server() -> Iterator[tuple[str, psutil.Process]]:
    """Base address and process of the server."""
    command = [sys.executable, __file__, "--piece", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
            yield url, psutil.Process(process.pid)
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
    turns: dict[str, list[dict[str, float]]] = {"bare": [], "ours": []}
    with running_server() as (url, server):
        for name in [*turns] * TURNS:
            before = sum(server.cpu_times()[:2])
            found = run_piece(__file__, name, url, number).result
            turns[name].append({**found, "server": sum(server.cpu_times()[:2]) - before})
    limit = AT_ONCE / DELAY_S
    best = {name: number / min(turn["wall"] for turn in took) for name, took in turns.items()}
    cpu, served = (
        {name: min(turn[whose] for turn in took) / number * 1e3 for name, took in turns.items()}
        for whose in ("cpu", "server")
    )
    rows = [
        [
            what,
            f"{best[name]:.0f}",
            f"{best[name] / min(limit, best['bare']):.0%}",
            f"{cpu[name]:.2f} ms",
            f"{cpu[name] / cpu['bare']:.2f}",
            f"{served[name]:.2f} ms",
        ]
        for name, what in (("ours", "our run, with its journal"), ("bare", "reference: bare loop"))
    ]
    print_table(
        f"{number:,} requests, {AT_ONCE} at once, each answered after {DELAY_S * 1e3:.0f} ms",
        ["", "requests/s", "% of the smaller", "CPU per request", "× bare", "CPU of the server"],
        [*rows, ["reference: what the delay allows", f"{limit:.0f}", *[""] * 4]],
    )


# The journal


def write_source(folder: Path, rows: int) -> None:
    """Items in the form of MedMCQA."""
    folder.mkdir(parents=True)
    options = {
        "opa": "Aspirin 250 mg",
        "opb": "Ibuprofen 400 mg",
        "opc": "Codeine 30 mg",
        "opd": "Morphine 10 mg",
    }
    rest = {"exp": QUESTION, "subject_name": "Medicine", "topic_name": None, "choice_type": "single"}
    with (folder / "dev.json").open("w", encoding="utf-8") as file:
        for number in range(rows):
            row = {
                "id": f"{number:08d}-5c38-4a3f",
                "question": f"{number} {QUESTION}",
                **options,
                "cop": 1,
                **rest,
            }
            file.write(json.dumps(row) + "\n")


def write_journal(folder: Path, rows: int, left: Callable[[int], bool]) -> None:
    """The journal of a job whose units are done, but for those whose number is left."""
    planned = plan("medmcqa", "small", None, True)
    inputs = find_materials(planned.source, folder / "data" / "medmcqa", planned.yields)
    job = Job(
        name=planned.name,
        kind=planned.kind,
        source=planned.source,
        inputs={input.file.name: input.sha256 for input in inputs},
        model="small",
        templates=tuple(template.text for template in planned.templates),
        parameters={},
        options=planned.options,
    )
    path = folder / "journal.sqlite"
    with Journal(path) as journal, JobStore(path) as store:
        store.add(store.open(job), choose_materials(inputs, None))
        work = Work(job, store, journal)
        done = [(number, unit.name) for number, unit in enumerate(work.units()) if not left(number)]
        judge = work._judge
    outcome = json.dumps({"records": 1, "reasons": [], "judge": judge})
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO answers VALUES (?, 'small', 'translate@1', ?, NULL, ?, 'stop', 120, 110, 0.2, 0, 'small', '')",
            ((f"{number:064x}", f"{number:064x}", f"{number} {ANSWER}") for number, _ in done),
        )
        database.executemany(
            "INSERT INTO outcomes VALUES (?, ?, ?)", ((job.run, name, outcome) for _, name in done)
        )


def made_journal(work: Path, name: str, rows: int, left: Callable[[int], bool]) -> Path:
    """The folder of a source and its journal, made if it is not there."""
    folder = work / f"journal-{name}-{rows}-{source_digest()[:8]}"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        write_source(unfinished / "data" / "medmcqa" / "data", rows)
        write_journal(unfinished, rows, left)
        unfinished.replace(folder)
    return folder


def units_left(path: str) -> int:
    with Journal(Path(path)) as journal, JobStore(Path(path)) as store:
        return len(Work(store.find(None), store, journal).left())


def bench_journal(work: Path, rows: int) -> None:
    some = made_journal(work, "some", rows, lambda number: number % 100 == 0)
    none = made_journal(work, "none", rows, lambda number: False)
    command = [COMMAND, "translate", "run", "medmcqa", "--data", str(none / "data")]
    command += [
        "--journal",
        str(none / "journal.sqlite"),
        "--model",
        "small",
        "--endpoint",
        "http://127.0.0.1:9",
    ]
    decided = best_of(
        TURNS, lambda: run_piece(__file__, "units_left", some / "journal.sqlite"), lambda m: m.wall
    )
    assert decided.result == -(-rows // 100)
    whole = best_of(TURNS, lambda: run(command), lambda m: m.wall)
    print_table(
        f"journal of {rows:,} requests, {(some / 'journal.sqlite').stat().st_size / 1e6:.0f} MB",
        ["", "wall", "CPU", "peak RSS"],
        [
            [what, f"{m.wall:.1f} s", f"{m.cpu:.1f} s", f"{m.rss:.0f} MB"]
            for what, m in (("what is left is decided", decided), ("the whole command, nothing left", whole))
        ],
    )


def bench(arguments: argparse.Namespace) -> None:
    if "requests" in arguments.parts:
        bench_requests(arguments.requests)
    if "journal" in arguments.parts:
        bench_journal(arguments.work, arguments.rows)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rows", type=int, default=400_000, help="requests in the journal")
    parser.add_argument("--parts", nargs="+", default=["requests", "journal"])
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "medinjection-fr-benchmarks"
    )


PIECES = {"serve": lambda: asyncio.run(serve()), "bare": bare, "ours": ours, "units_left": units_left}

if __name__ == "__main__":
    main_of(__doc__, bench, PIECES, add_options)
