"""Real questions and documents through real models into a release, with a kill in the middle: what is accepted.

    python benchmarks/generation.py --data DIR                       # Apertium
    python benchmarks/generation.py --data DIR --model small         # SmolLM2-135M, which this command serves itself
    python benchmarks/generation.py --data DIR --model NAME --endpoint URL [--served-as NAME] [--template FILE]

MedMCQA's questions are translated; with ``--documents N``, two questions each are also made of N documents, half of
them abstracts of MORFITT, half of them cases of E3C. The data folder has each source as ``sources fetch`` brings it.
Every run is killed (``kill -9``) when a third of it is answered, and started again. The release holds what was
accepted; where that is nothing, what Apertium makes of the same questions. Before the small model stands the proxy of
the tests, which counts what the server was paid for. Times depend on the machine; what Apertium's records are does not.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from measure import COMMAND, machine, print_table

from medinjection_fr.errors import InputError
from medinjection_fr.models.journal import Journal

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from models.proxy import Proxy, forward_to, running_proxy
from real_model import NAME, served_small_model

SMALL = "small"
APERTIUM = "apertium"
_TASKS = {
    "morfitt": "abstract-mcqu,abstract-key-finding",
    "e3c-fr": "case-mcqu,case-factual-question",
}
"""Two of each document, one with options and one without."""
_BRIEF_TASKS = ",".join(
    str(Path(__file__).with_name(f"synthesis_brief_{name}.yaml")) for name in ("question", "mcqu")
)
"""The same for the small model, which loses its way in a long prompt."""
BRIEF = Path(__file__).with_name("generation_brief.yaml")


@dataclass(frozen=True)
class Asked:
    """A model as the commands take it.

    Attributes:
        name: Of the model.
        options: Of every run.
        translating: Of runs that translate.
        proxy: Stands before its server, if it is ours.
    """

    name: str
    options: Sequence[str] = ()
    translating: Sequence[str] = ()
    proxy: Proxy | None = None


@dataclass
class Job:
    """One job: its command, and what was found out about it.

    Attributes:
        name: Of its folder.
        begin: How its command line begins.
        units: About how many requests it needs at least.
        model: Who is asked.
        told: The figures of its export.
        rows: Other figures.
    """

    name: str
    begin: Sequence[str]
    units: int
    model: Asked
    told: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[str, object]] = field(default_factory=list)


def _call(*arguments: object) -> str:
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{arguments} ended with {done.returncode}")
    return done.stdout


def _answers(journal: Path) -> int:
    """Answers that a journal keeps; none where a run has not yet made it."""
    try:
        with Journal(journal, read_only=True) as opened:
            return sum(opened.totals(model).answers for model in opened.models())
    except InputError:
        return 0


def _run_job(job: Job, arguments: argparse.Namespace, folder: Path) -> None:
    """Runs a job, kills it on the way, runs it again to its end, and exports it."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "journal.sqlite"
    command = [COMMAND, *job.begin, "--data", str(arguments.data), "--journal", str(journal)]
    command += ["--model", job.model.name, "--at-once", str(arguments.at_once), *job.model.options]
    for parameter in arguments.parameter:
        command += ["--parameter", parameter]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and _answers(journal) < job.units // 3:
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    killed_at = _answers(journal)
    _run_to_the_end(command, started + 60 * arguments.minutes)
    wall = time.perf_counter() - started
    told = job.told = json.loads(
        _call("generate", "export", journal, "--output", folder / "export", "--json")
    )
    job.rows = [
        ("answers in the journal when the run was killed", killed_at),
        ("requests, in the journal at the end", told["requests"]),
        *_paid(job.model.proxy, told["requests"]),
        ("tokens in, out", f"{told['input_tokens']:,}, {told['output_tokens']:,}"),
        ("wall, both runs", f"{wall:.0f} s"),
    ]


def _run_to_the_end(command: Sequence[str], deadline: float) -> None:
    """Runs a command, and stops it cleanly (Ctrl-C) when its time is over."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            code = process.wait(max(deadline - time.perf_counter(), 1))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            code = process.wait()
    if code:
        sys.exit(f"{command} ended with {code}")


def _paid(proxy: Proxy | None, requests: int) -> Iterator[tuple[str, object]]:
    """What the server was paid for since the last look."""
    if proxy is None:
        return
    proxy.wait_for(lambda: proxy.under_way == 0)
    paid = sum(proxy.paid.values())
    yield "answers that the server gave", paid
    yield "… of which the kill lost, on their way", paid - requests
    proxy.forget()


def _release(jobs: Sequence[Job], folder: Path) -> list[tuple[str, object]]:
    """Builds one release of several exports, as a maintainer does."""
    recipe: dict[str, Any] = {"name": "generated", "version": "1.0.0", "audience": "internal"}
    recipe |= {"sources": [], "catalogue": {}, "curate": {}}
    for job in jobs:
        export = folder / job.name / "export"
        exported = yaml.safe_load((export / "recipe.yaml").read_text(encoding="utf-8"))
        recipe["sources"] += [{**source, "path": str(export)} for source in exported["sources"]]
        recipe["catalogue"] |= exported["catalogue"]
    path, release = folder / "recipe.yaml", folder / "release"
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False), encoding="utf-8")
    _call("build", path, "--output", release, "--replace")
    rows: list[tuple[str, object]] = []
    built = json.loads((release / "release.json").read_text(encoding="utf-8"))["sources"]
    for name, source in built.items():
        dropped = ", ".join(f"{rule} {number}" for rule, number in source["dropped"].items()) or "none"
        rows += [(f"records of {name}", source["kept"]), ("… dropped by its curation", dropped)]
    verified = json.loads(_call("verify", release, "--rows", "--json"))
    return [*rows, ("verified, row by row", "sound" if verified["sound"] else "NOT SOUND")]


def _verdicts(told: Mapping[str, Any]) -> list[tuple[str, object]]:
    units, again = told["units"], told["asked_again"]
    return [
        ("accepted", units["accepted"]),
        ("rejected", units["rejected"]),
        *((f"… {rule}", number) for rule, number in told["rejected_by_rule"].items()),
        ("unfinished", units["unfinished"]),
        ("asked again, then accepted", f"{sum(again.values())}, {again['accepted']}"),
    ]


def _jobs(arguments: argparse.Namespace, model: Asked) -> list[Job]:
    translation = ["translate", "run", "medmcqa", "--limit", str(arguments.limit), *model.translating]
    jobs = [Job("medmcqa", translation, arguments.limit, model)]
    if each := arguments.documents // 2:
        for source, tasks in _TASKS.items():
            chosen = _BRIEF_TASKS if arguments.model == SMALL else tasks
            begin = ["synthesize", "run", source, "--limit", str(each), "--tasks", chosen]
            jobs.append(Job(source, begin, 2 * each, model))
    return jobs


def _bench(arguments: argparse.Namespace, work: Path) -> None:
    with _opened(arguments, work) as model:
        jobs = _jobs(arguments, model)
        for job in jobs:
            _run_job(job, arguments, work / job.name)
            title = f"{arguments.limit if job.name == 'medmcqa' else job.units} of {job.name}"
            print_table(f"{title}, through {model.name}", ("", ""), [*_verdicts(job.told), *job.rows])
    if not any(job.told["units"]["accepted"] for job in jobs):
        print("\nNothing was accepted: the release takes what Apertium makes of the same questions.")
        other = Asked(APERTIUM, ["--name", "medmcqa-apertium"], _explaining(arguments))
        begin = ["translate", "run", "medmcqa", "--limit", str(arguments.limit), *other.translating]
        jobs.append(Job(APERTIUM, begin, arguments.limit, other))
        _run_job(jobs[-1], arguments, work / APERTIUM)
        rows = [*_verdicts(jobs[-1].told), *jobs[-1].rows]
        print_table(f"{arguments.limit} of medmcqa, through {APERTIUM}", ("", ""), rows)
    accepted = [job for job in jobs if job.told["units"]["accepted"]]
    print_table("the release", ("", ""), _release(accepted, work))


def _explaining(arguments: argparse.Namespace) -> list[str]:
    return ["--without-explanations"] * arguments.without_explanations


@contextmanager
def _opened(arguments: argparse.Namespace, work: Path) -> Iterator[Asked]:
    """The model; the small one with its server, for as long as it is needed."""
    if arguments.model == SMALL:
        with (
            served_small_model(work / "server.log") as served,
            running_proxy(forward_to(served.url)) as proxy,
        ):
            options = [
                "--endpoint",
                proxy.url,
                "--served-as",
                served.served_as,
                "--window",
                str(served.window),
            ]
            translating = ["--template", str(BRIEF), "--without-explanations"]
            yield Asked(NAME, options, translating, proxy)
        return
    options = []
    for option in ("endpoint", "served_as", "window"):
        if value := getattr(arguments, option):
            options += [f"--{option.replace('_', '-')}", str(value)]
    translating = [
        *(["--template", arguments.template] if arguments.template else []),
        *_explaining(arguments),
    ]
    yield Asked(arguments.model, options, translating)


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, help="Folder for all that is made; a temporary one if not given."
    )
    parser.add_argument("--model", default=APERTIUM)
    parser.add_argument("--limit", type=int, default=200, help="questions to translate")
    parser.add_argument("--documents", type=int, default=0, help="documents to make items of")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=60, help="of each job, then it is stopped cleanly")
    parser.add_argument("--parameter", action="append", default=[], help="NAME=VALUE, of every request")
    for option in ("--endpoint", "--served-as", "--template", "--window"):
        parser.add_argument(option)
    parser.add_argument("--without-explanations", action="store_true")
    arguments = parser.parse_args()
    print(machine())
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # one started in the background ignores it, as its runs would
    if arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
        _bench(arguments, arguments.work.resolve())
    else:
        with tempfile.TemporaryDirectory() as work:
            _bench(arguments, Path(work))


if __name__ == "__main__":
    main()
