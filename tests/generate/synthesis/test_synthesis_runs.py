"""Runs of synthesis: killed, shared, balanced, compared with test sets; and what is asked for wrongly."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from commands import invoke, refused
from generate.jobs import contents, exported, figures, lines
from generate.synthesis.documents import ABSTRACTS, many_cases, write_cases
from generate.synthesis.jobs import run
from generate.synthesis.writer import ANSWERING, about, changed, prompt_of
from models.killed import kill_while_asking, run_together
from models.proxy import Fault, Proxy
from recipes import write_lines

from medinjection_fr.generate.templates import PROMPTS

TASKS = "case-laboratory,case-mcqu,case-mcq"
SPOIL = changed(answer="La troponine est à 35 µg/L.")


def command(server: Proxy, folder: Path, *options: object) -> list[str]:
    """The command line as a process of its own."""
    journal = folder.parent / "journal.sqlite"
    arguments = ["synthesize", "run", "diamed", "--data", folder, "--journal", journal, "--model", "small@1"]
    arguments += ["--endpoint", server.url, "--tasks", TASKS, *options]
    return [str(Path(sys.executable).parent / "medinjection-fr"), *map(str, arguments)]


@pytest.mark.parametrize(("at_once", "answered"), [pytest.param(1, 4, marks=pytest.mark.slow), (8, 19)])
def test_killed_run_goes_on_and_gives_the_same_bytes(
    server: Proxy, tmp_path: Path, at_once: int, answered: int
) -> None:
    spoilt = Fault(reply=SPOIL, only=about("case-laboratory", "case-1"))
    server.spoil(spoilt)
    whole = write_cases(tmp_path / "whole" / "data", many_cases(3))
    run(server, whole, "diamed", "--tasks", TASKS)
    expected = contents(exported(whole))
    assert expected["figures"]["rejected_by_rule"]["number-not-in-document"] == 3
    assert expected["figures"]["requests"] == len(server.asked) == len(server.paid)

    server.forget()
    folder = write_cases(tmp_path / "killed" / "data", many_cases(3))
    kill_while_asking(server, command(server, folder, "--at-once", at_once), answered, at_once, spoilt)
    paid_before = server.paid
    server.spoil(spoilt)
    server.forget()
    run(server, folder, "diamed", "--tasks", TASKS, "--at-once", at_once)
    assert contents(exported(folder)) == expected
    assert set((paid_before + server.paid).values()) == {1}


def test_run_that_is_repeated_asks_nothing(server: Proxy, folder: Path) -> None:
    run(server, folder, "diamed", "--tasks", TASKS)
    server.forget()
    run(server, folder, "diamed", "--tasks", TASKS)
    assert server.asked == []


@pytest.mark.slow
def test_two_runs_at_once_pay_nothing_twice(server: Proxy, tmp_path: Path) -> None:
    folder = write_cases(tmp_path / "data", many_cases(3))
    job = command(server, folder, "--at-once", 4)
    assert run_together(job, job) == [0, 0]
    assert set(server.paid.values()) == {1}
    told = figures(exported(folder))
    assert told["requests"] == len(server.paid)
    assert told["units"]["unfinished"] == 0


def test_balance_is_asked_of_each_document_and_told_of_what_was_accepted(server: Proxy, folder: Path) -> None:
    server.spoil(Fault(reply=lambda _: '{"letters": []}', only=about(ANSWERING, "case-2")))
    printed = run(server, folder, "diamed", "--balance", "mcqu=1,mcq=1,oeq=2")
    asked = Counter(prompt_of(body) for body in server.asked if prompt_of(body) != ANSWERING)
    assert asked["case-mcqu"] >= 2 and asked["case-mcq"] >= 2
    told = figures(exported(folder))
    assert sum(told["units"].values()) == 8
    assert told["balance"] == {
        "asked": {"mcqu": 1, "mcq": 1, "oeq": 2},
        "accepted": {"mcqu": 1, "mcq": 1, "oeq": 4},
        "balanced": {"mcqu": 1, "mcq": 1, "oeq": 2},
        "to_spare": {"mcqu": 0, "mcq": 0, "oeq": 2},
    }
    said = "mcqu 1, mcq 1, oeq 4; 4 of them as asked, mcqu 1 : mcq 1 : oeq 2"
    assert said in " ".join(printed.split())
    state = json.loads(invoke("generate", "status", folder.parent / "journal.sqlite", "--json").stdout)[0]
    assert state["balance"] == told["balance"]


def test_first_documents_have_the_balance(server: Proxy, tmp_path: Path) -> None:
    folder = write_cases(tmp_path / "data", many_cases(2))
    for limit in (1, 3):
        run(server, folder, "diamed", "--balance", "mcqu=1,oeq=3", "--limit", limit)
        export = exported(folder)
        names = [row["source_id"].split("#")[1] for row in lines(export / "records.jsonl")]
        told = figures(export)
        assert sum(told["units"].values()) == 4 * limit
        assert names.count("case-mcqu") + told["rejected_by_rule"].get("near-copy", 0) == limit


def test_preview_shows_what_was_made(server: Proxy, folder: Path) -> None:
    printed = run(server, folder, "diamed", "--tasks", "case-mcqu", "--preview", 1)
    assert "1 of 1 accepted. Go on with 1 more, about" in printed
    assert "case-mcqu" in printed and "Nothing more was asked" in printed


def test_gold_letters_are_counted(server: Proxy, folder: Path) -> None:
    run(server, folder, "diamed", "--tasks", "case-mcqu,case-mcq")
    export = exported(folder)
    letters = Counter(
        letter for row in lines(export / "records.jsonl") for letter in row["answer"].split(",")
    )
    assert figures(export)["gold_letters"] == dict(sorted(letters.items()))


# What no record may say.


def benchmark(path: Path) -> Path:
    """A test set that asks of metformin what our server writes."""
    text = ABSTRACTS[0]
    asked = {
        "id": "t-1",
        "question": text.asked.upper(),
        "options": dict(zip("ABCDE", [*text.false[:4], text.true[0]], strict=True)),
        "answer": "E",
    }
    return write_lines(path, [asked])


def test_record_that_a_test_set_asks_is_put_aside(server: Proxy, folder: Path, tmp_path: Path) -> None:
    path = benchmark(tmp_path / "bench.jsonl")
    options = ("--tasks", "abstract-mcqu,abstract-summary", "--against", path)
    run(server, folder, "morfitt", *options)
    path.unlink()  # the journal has it
    export = exported(folder)
    [rejected] = lines(export / "rejected.jsonl")
    assert rejected["unit"] == "morfitt/abstract-1#abstract-mcqu"
    assert {finding["rule"] for finding in rejected["findings"]} == {"test-copy"}
    assert "bench.jsonl t-1 (copy 1.00)" in rejected["findings"][0]["evidence"]
    assert [prompt_of(body) for body in server.asked].count(ANSWERING) == 1
    assert figures(export)["units"] == {"accepted": 3, "rejected": 1, "unfinished": 0}


def test_release_is_a_test_set_too(server: Proxy, folder: Path, tmp_path: Path, sample_release: Path) -> None:
    run(server, folder, "morfitt", "--tasks", "abstract-mcqu", "--against", sample_release)
    assert figures(exported(folder))["units"] == {"accepted": 2, "rejected": 0, "unfinished": 0}


def test_test_sets_belong_to_the_job(server: Proxy, folder: Path, tmp_path: Path) -> None:
    path = benchmark(tmp_path / "bench.jsonl")
    options = ("--tasks", "abstract-mcqu", "--against", path)
    run(server, folder, "morfitt", *options)
    run(server, folder, "morfitt", *options)
    told = run(server, folder, "morfitt", "--tasks", "abstract-mcqu", code=2)
    assert "the job morfitt-synthetic has options" in told
    path.write_text(path.read_text(encoding="utf-8").replace("METFORMINE", "METFORMINE 2"), encoding="utf-8")
    assert "give another --name, or another --journal" in run(server, folder, "morfitt", *options, code=2)


# What is asked for wrongly.


def mistake(*arguments: object) -> str:
    return refused(invoke("synthesize", "run", *arguments, "--journal", "j", "--model", "m"))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = mistake(
        "diamed",
        *("--tasks", "case-mcqu,case-mcqu,case-mqcu"),
        *("--balance", "mcqu=1,qcm=2,oeq=x"),
        *("--against", tmp_path / "none.jsonl"),
        *("--answering", "no-such"),
    )
    assert "case-mqcu: no such template" in told
    assert 'error: --balance: "qcm=2"' in told and 'error: --balance: "oeq=x"' in told
    assert "none.jsonl" in told and "no-such: no such template" in told
    assert told.count("error: ") == 6
    assert not Path("j").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--balance", "mcqu=0"), "has no share above nought"),
        (("--balance", "mcqu=1,mcqu=1"), "mcqu stands twice"),
        (("--balance", "mcqu=1,oeq=1", "--tasks", "case-mcqu"), "wants oeq, and no task that is chosen"),
        (("--tasks", "case-mcqu,case-mcqu"), "case-mcqu stands twice"),
        (("--tasks", "translate-item"), '"source" is nothing that the material has'),
        (("--tasks", "answer-question"), '"instruction" is nothing that the material has'),
        (("--answering", "case-mcqu"), "is nothing that the material has"),
    ],
)
def test_options_that_are_wrong(options: tuple[str, ...], said: str) -> None:
    assert said in mistake("diamed", *options)


def test_sources_that_are_wrong(folder: Path, tmp_path: Path) -> None:
    assert 'no source is called "diamd"' in mistake("diamd")
    assert "sources/medmcqa: holds items; expected documents" in mistake("medmcqa")
    assert "no file" in mistake("diamed", "--data", tmp_path)


def test_translator_writes_nothing(folder: Path) -> None:
    told = refused(
        invoke("synthesize", "run", "diamed", "--data", folder, "--journal", "j", "--model", "apertium")
    )
    assert "translates and does nothing else" in told


def test_template_of_ones_own(server: Proxy, folder: Path, tmp_path: Path) -> None:
    template = yaml.safe_load((PROMPTS / "case-mcqu.yaml").read_text(encoding="utf-8"))
    del template["retry"]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**template, "name": "mine"}, allow_unicode=True), encoding="utf-8")
    server.spoil(Fault(reply=changed(correct=[]), only=about("case-mcqu", "case-1")))
    run(server, folder, "diamed", "--tasks", path)
    path.unlink()  # the journal has it
    export = exported(folder)
    assert [row["source_id"] for row in lines(export / "records.jsonl")] == ["case-2#mine"]
    assert [len(row["findings"]) for row in lines(export / "rejected.jsonl")] == [1]  # asked once
    for key in ("documents", "task", "type", "context", "longest"):
        path.write_text(yaml.safe_dump({k: v for k, v in template.items() if k != key}), encoding="utf-8")
        assert f"{path} › {key}: is missing" in mistake("diamed", "--tasks", path)
    path.write_text(yaml.safe_dump({**template, "task": "quiz", "type": "oeq"}), encoding="utf-8")
    told = mistake("diamed", "--tasks", path)
    assert '› task: "quiz"' in told and "has no property answer of type string" in told
