"""Runs: stopped and taken up, killed, shared, within a budget, previewed; and what is asked for wrongly."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from commands import invoke, refused
from generate.jobs import command, contents, exported, figures, lines, run
from generate.translator import QUESTIONS, about, changed, rows, source_in, write_source
from models.killed import kill_while_asking, run_together
from models.proxy import Fault, Proxy

from medinjection_fr.generate.job import JobStore
from medinjection_fr.models.journal import Journal

SPOIL = changed(options=lambda options: {**options, "A": "Aspirine 25 mg"})
ROUNDS = 4


@pytest.mark.parametrize(("at_once", "answered"), [(1, 0), (1, 13), (8, 8)])
def test_killed_run_goes_on_and_gives_the_same_bytes(
    server: Proxy, tmp_path: Path, at_once: int, answered: int
) -> None:
    spoilt = Fault(reply=SPOIL, only=about("Which drug"))
    server.spoil(spoilt)
    whole = write_source(tmp_path / "whole" / "data", rows(ROUNDS))
    run(server, whole)
    expected = contents(exported(whole))
    assert expected["figures"]["units"] == {"accepted": 5 * ROUNDS, "rejected": ROUNDS, "unfinished": 0}

    server.forget()
    folder = write_source(tmp_path / "killed" / "data", rows(ROUNDS))
    kill_while_asking(server, command(server, folder, "--at-once", at_once), answered, at_once, spoilt)
    with Journal(folder.parent / "journal.sqlite", read_only=True) as journal:
        assert journal.totals("small@1").answers == answered
    server.spoil(spoilt)
    server.forget()
    run(server, folder, "--at-once", at_once)
    assert contents(exported(folder)) == expected
    assert max(server.paid.values()) == 1
    assert sum(server.paid.values()) == expected["figures"]["requests"] - answered


def test_run_that_is_repeated_asks_nothing(server: Proxy, folder: Path) -> None:
    run(server, folder)
    server.forget()
    printed = run(server, folder)
    assert server.asked == []
    assert "6" in printed


def test_stop_between_two_answers_waits_for_those_under_way(
    server: Proxy, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    server.spoil(Fault(only=about("Which organ"), hold=release))

    def stopped(*arguments: object) -> None:
        server.wait_for(lambda: len(server.asked) == len(QUESTIONS))
        release.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "write_outcome", stopped)
    run(server, folder, code=1)
    with Journal(folder.parent / "journal.sqlite", read_only=True) as journal:
        assert journal.totals("small@1").answers == len(server.asked) == len(QUESTIONS)


def test_limit_is_a_sample_that_a_larger_one_contains(server: Proxy, folder: Path) -> None:
    seen = []
    for limit in (2, 4, 6):
        run(server, folder, "--limit", limit)
        seen.append({source_in(body)["instruction"] for body in server.asked})
    assert [len(questions) for questions in seen] == [2, 4, 6]
    assert len(server.asked) == 6  # and none twice
    other = write_source(folder.parent / "other" / "data", list(reversed(rows())))
    server.forget()
    run(server, other, "--limit", 2)
    assert {source_in(body)["instruction"] for body in server.asked} == seen[0]
    assert figures(exported(other))["units"] == {"accepted": 2, "rejected": 0, "unfinished": 0}


def test_two_runs_at_once_share_a_journal(server: Proxy, tmp_path: Path) -> None:
    folder = write_source(tmp_path / "data", rows(ROUNDS))
    job = command(server, folder, "--at-once", 4)
    assert run_together(job, job) == [0, 0]
    assert set(server.paid.values()) == {1}
    assert len(server.paid) == ROUNDS * len(QUESTIONS)
    assert figures(exported(folder))["units"] == {"accepted": 6 * ROUNDS, "rejected": 0, "unfinished": 0}


def test_budget_stops_cleanly_and_a_larger_one_goes_on(server: Proxy, folder: Path) -> None:
    options = ("--price-in", 1000, "--price-out", 2000, "--at-once", 1)
    printed = run(server, folder, "--budget", "0.5eur", *options)
    assert "Stopped: the budget is spent" in printed
    assert 0 < len(server.asked) < len(QUESTIONS)
    unfinished = len(QUESTIONS) - len(server.asked)
    told = figures(exported(folder))
    assert told["units"]["unfinished"] == unfinished
    assert told["cost_eur"] >= 0.5
    run(server, folder, "--budget", "500eur", *options)
    assert len(server.asked) == len(QUESTIONS)
    assert figures(exported(folder))["units"]["unfinished"] == 0


def test_preview_shows_pairs_and_goes_on_only_if_told(server: Proxy, folder: Path) -> None:
    server.spoil(Fault(reply=SPOIL, only=about("Which drug")))
    printed = run(server, folder, "--preview", 6, "--limit", 6)
    assert "Quelle vitamine" in printed and "Which vitamin" in printed
    assert "Aspirine 25 mg" in printed  # the raw reply of what was rejected
    assert "answer 2: number-changed: option A" in printed
    assert "Go on" not in printed  # nothing was left
    other = write_source(folder.parent / "other" / "data", rows())
    server.forget()
    printed = run(server, other, "--preview", 2)
    assert len(server.asked) == 2
    assert "2 of 2 accepted. Go on with 4 more, about" in printed
    assert "Nothing more was asked: give --yes to go on." in printed
    run(server, other, "--preview", 2, "--yes")
    assert len(server.paid) == 7  # six questions, of which one twice
    assert max(server.paid.values()) == 1


def test_status_tells_how_far_each_job_is(server: Proxy, folder: Path) -> None:
    server.spoil(Fault(reply=SPOIL, only=about("Which drug")), Fault(status=500, only=about("Which organ")))
    printed = run(server, folder, "--at-once", 1)
    assert "No answer this time: 1 units (server-error)" in printed
    run(server, folder, "--name", "second", "--without-explanations", "--limit", 1)
    told = invoke("generate", "status", folder.parent / "journal.sqlite", "--json")
    first, second = json.loads(told.stdout)
    assert first["units"] == {"accepted": 4, "rejected": 1, "unfinished": 1}
    assert first["rejected_by_rule"] == {"number-changed": 1}
    assert (first["job"], first["model"], first["materials"]) == ("medmcqa-translated", "small@1", 6)
    assert (second["job"], second["materials"]) == ("second", 1)
    table = invoke("generate", "status", folder.parent / "journal.sqlite").output
    assert "1; number-changed 1" in table
    assert figures(exported_job(folder, "medmcqa-translated"))["units"] == first["units"]


def exported_job(folder: Path, name: str) -> Path:
    output = folder.parent / name
    done = invoke("generate", "export", folder.parent / "journal.sqlite", "--output", output, "--job", name)
    assert done.exit_code == 0, done.output
    return output


def test_export_replaces_its_own_and_nothing_else(server: Proxy, folder: Path) -> None:
    run(server, folder, "--limit", 2)
    export = exported(folder)
    (export / "left-over").write_text("", encoding="utf-8")
    run(server, folder)
    assert exported(folder) == export
    assert len(lines(export / "records.jsonl")) == 6
    assert sorted(path.name for path in export.iterdir()) == [
        "figures.json",
        "recipe.yaml",
        "records.jsonl",
        "rejected.jsonl",
    ]
    again = contents(export)
    assert contents(exported(folder)) == again
    journal = folder.parent / "journal.sqlite"
    told = refused(invoke("generate", "export", journal, "--output", folder))
    assert f"{folder}: exists and is no export" in told
    run(server, folder, "--name", "second", "--limit", 1)
    told = refused(invoke("generate", "export", journal, "--output", export, "--job", "second"))
    assert "is an export of the job medmcqa-translated" in told
    told = refused(invoke("generate", "export", journal, "--output", folder.parent / "x"))
    assert "holds 2 jobs; expected --job, one of medmcqa-translated, second" in told
    assert sorted(path.name for path in folder.parent.iterdir() if path.name.startswith(".")) == []


def test_checks_that_change_judge_again_without_asking(
    server: Proxy, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.spoil(Fault(reply=SPOIL, only=about("Which drug")))
    run(server, folder)
    server.forget()
    from medinjection_fr.generate.translation import translate

    monkeypatch.setattr(translate, "check_item", lambda *arguments: [])
    monkeypatch.setattr("medinjection_fr.generate.run.source_digest", lambda: "another version")
    run(server, folder)
    assert server.asked == []
    assert figures(exported(folder))["units"] == {"accepted": 6, "rejected": 0, "unfinished": 0}


# What is asked for wrongly.


def mistake(*arguments: object) -> str:
    return refused(invoke("translate", "run", *arguments))


def test_unknown_source(tmp_path: Path) -> None:
    told = mistake("medmqa", "--journal", tmp_path / "j", "--model", "apertium")
    assert 'no source is called "medmqa"' in told and 'Did you mean "medmcqa"?' in told
    assert not (tmp_path / "j").exists()


def test_source_of_something_else(tmp_path: Path) -> None:
    told = mistake("morfitt", "--journal", tmp_path / "j", "--model", "m", "--endpoint", "http://127.0.0.1:1")
    assert "sources/morfitt: holds documents; expected items" in told


def test_files_that_are_missing(tmp_path: Path) -> None:
    told = mistake("medmcqa", "--data", tmp_path, "--journal", tmp_path / "j", "--model", "m")
    assert "no file" in told and "dev.json" in told


def test_all_options_that_are_wrong(folder: Path) -> None:
    begin = ("medmcqa", "--data", folder, "--journal", folder.parent / "j", "--model", "m")
    assert "--price-out: is missing" in mistake(*begin, "--price-in", 1)
    assert "--price-in: is -1" in mistake(*begin, "--price-in", -1, "--price-out", 1)
    assert "--budget" in mistake(*begin, "--budget", "5 dollars")
    assert "no prices are given" in mistake(*begin, "--budget", "5eur")
    told = mistake(
        *begin, "--parameter", "hot", "--parameter", "a=[1]", "--parameter", "b=1", "--parameter", "b=2"
    )
    assert told.count("error: --parameter") == 3
    assert "--endpoint" in mistake(*begin, "--endpoint", "127.0.0.1:80")
    assert "--name" in mistake(*begin, "--name", "Not A Name")


def test_key_that_is_missing_or_refused(server: Proxy, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    told = mistake("medmcqa", "--data", folder, "--journal", folder.parent / "journal.sqlite", "--model", "m")
    assert "the environment has no key in OPENAI_API_KEY" in told
    server.spoil(Fault(status=401, error={"message": "bad key"}))
    monkeypatch.setenv("OUR_KEY", "sk-secret")
    told = run(server, folder, "--key-from", "OUR_KEY", code=2)
    assert "refuses the key (401)" in told and "sk-secret" not in told
    server.mend()
    run(server, folder, "--key-from", "OUR_KEY")
    assert set(server.keys) == {"Bearer sk-secret"}
    assert len(lines(exported(folder) / "records.jsonl")) == 6
    assert b"sk-secret" not in (folder.parent / "journal.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault(status=404, error={"message": "no such model", "code": "model_not_found"}),
            "Look at the name of the model",
        ),
        (
            Fault(status=429, error={"message": "no more", "code": "insufficient_quota"}),
            "Look at the account",
        ),
    ],
)
def test_model_that_cannot_be_asked_stops_the_run_and_loses_nothing(
    server: Proxy, folder: Path, fault: Fault, said: str
) -> None:
    run(server, folder, "--limit", 2)
    server.spoil(fault)
    told = run(server, folder, code=2)
    assert said in told
    assert "keeps all that was answered. The same command goes on." in told
    server.mend()
    server.forget()
    run(server, folder)
    assert len(server.asked) == 4


def test_endpoint_that_is_down(server: Proxy, folder: Path) -> None:
    server.url = "http://127.0.0.1:9/v1"
    assert "whether the server runs" in run(server, folder, code=2)


def test_journal_of_another_version(server: Proxy, folder: Path) -> None:
    run(server, folder)
    journal = folder.parent / "journal.sqlite"
    with sqlite3.connect(journal) as database:
        database.execute("UPDATE jobs SET format = 7")
    for arguments in (
        ("generate", "status", journal),
        ("generate", "export", journal, "--output", folder.parent / "x"),
    ):
        told = refused(invoke(*arguments))
        assert "holds jobs of version 7; expected version 1" in told
    assert "holds jobs of version 7" in run(server, folder, code=2)
    with sqlite3.connect(journal) as database:
        database.execute("PRAGMA user_version = 9")
    assert "is a journal of version 9" in run(server, folder, code=2)
    assert "is a journal of version 9" in refused(invoke("generate", "status", journal))
    assert not (folder.parent / "x").exists()


def test_journal_that_is_none(folder: Path, tmp_path: Path) -> None:
    assert "there is no such journal" in refused(invoke("generate", "status", tmp_path / "none"))
    Journal(tmp_path / "empty").close()
    told = refused(invoke("generate", "export", tmp_path / "empty", "--output", tmp_path / "x"))
    assert "holds no job" in told
    (tmp_path / "text").write_text("journal", encoding="utf-8")
    assert "cannot be used" in refused(invoke("generate", "status", tmp_path / "text"))


def test_job_keeps_its_settings(server: Proxy, folder: Path) -> None:
    run(server, folder, "--limit", 1)
    told = run(server, folder, "--without-explanations", "--parameter", "seed=1", model="other@2", code=2)
    assert told.count("error: ") == 3
    assert 'the job medmcqa-translated has model "small@1", not model "other@2"' in told
    assert '{"explain": true}' in told and '{"seed": 1}' in told
    assert "give another --name, or another --journal" in told
    write_source(folder, rows()[:3])
    told = run(server, folder, code=2)
    assert "The files of the source are not those that the job began with" in told
    run(server, folder, "--name", "second")
    with JobStore(folder.parent / "journal.sqlite", read_only=True) as store:
        assert [job.name for job in store.jobs()] == ["medmcqa-translated", "second"]
