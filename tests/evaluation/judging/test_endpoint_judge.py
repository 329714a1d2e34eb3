from __future__ import annotations

import functools
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from models.killed import kill_while_asking
from models.proxy import Answer, Body, Fault, Proxy, completion, running_proxy

from evaluation import opening
from evaluation.judging.folder import JUDGEMENTS, read_judgements
from evaluation.judging.tables import print_judges
from evaluation.served import JOURNAL
from medinjection_fr.models.endpoint import Patience
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.opening import open_model
from medinjection_fr.resources import PACKAGE, load_schema

IMPATIENT = Patience(tries=2, pause=0, timeout=60, rate_limit=0)
NAME = "judge-1-equivalence-fr"


def verdict_by_rule(body: Body) -> Answer:
    """A judge that always says the same of the same, and never of a whole text that it was given."""
    text = body["messages"][-1]["content"]
    labels = "ABC" if "A :" in text else "10"
    return completion(labels[zlib.crc32(text.encode()) % len(labels)], body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(opening, "open_model", functools.partial(open_model, patience=IMPATIENT))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with running_proxy(verdict_by_rule) as proxy:
        yield proxy


@pytest.fixture
def ask(judge: Any, server: Proxy) -> Callable[..., str]:
    """Runs ``judge`` with the judge behind the server."""
    return functools.partial(judge, "--judge", "lab/judge@1", "--backend", "openai", "--endpoint", server.url)


def lines(runs: Path) -> dict[Any, dict[str, Any]]:
    (judged,) = read_judgements(runs / "whole")
    for line in judged.lines.values():
        jsonschema.validate(line, load_schema("judgement"))
    return {
        key: {name: value for name, value in line.items() if name != "seconds"}
        for key, line in judged.lines.items()
    }


def test_a_reply_is_the_verdict(ask: Any, server: Proxy, runs: Path) -> None:
    ask("--variants", "plain,paraphrase")
    (judged,) = read_judgements(runs / "whole")
    assert judged.name == NAME and judged.described["method"] == "parsed"
    assert judged.described["judge"]["backend"] == "openai"
    found = lines(runs)
    assert len(found) == len(server.asked) == 12
    for line in found.values():
        assert line["verdict"] == {"1": "equivalent", "0": "different"}[line["reply"]]
        assert line["probability"] is None and "mass" not in line
    for body in server.asked:
        (message,) = body["messages"]
        assert message["role"] == "user" and body["temperature"] == 0 and body["max_tokens"] == 64


def test_the_judge_s_prompt_never_is_its_verdict(ask: Any, server: Proxy, runs: Path) -> None:
    """A server that says the prompt again, as one that is cut at the wrong place does."""
    server.spoil(Fault(reply=lambda text: server.asked[-1]["messages"][-1]["content"] + "\n" + text))
    ask("--at-once", 1)
    assert {(line["verdict"], line["unscored"]) for line in lines(runs).values()} == {
        (None, "reply-no-label")
    }


def test_what_is_no_verdict_is_counted_and_no_zero(ask: Any, server: Proxy, runs: Path, capsys: Any) -> None:
    server.spoil(
        Fault(reply=lambda text: "Un diabète de type 1", times=1),
        Fault(reply=lambda text: "", times=1),
        Fault(finish="length", times=1),
        Fault(status=400, error={"message": "filtered", "code": "content_filter"}, times=1),
    )
    told = ask("--at-once", 1)
    found = lines(runs)
    rules = ["content-filtered", "reply-cut", "reply-empty", "reply-no-label"]
    assert sorted(line["unscored"] for line in found.values() if line["verdict"] is None) == rules
    shown = re.sub(r"[│\s]+", " ", told)
    assert all(f"1 {rule.split('-')[0]}" in shown for rule in rules)
    print_judges(read_judgements(runs / "whole"))
    scored = [line["verdict"] == "equivalent" for line in found.values() if line["verdict"]]
    assert len(scored) == 2 and f"{100 * sum(scored) / 2:.1f}" in capsys.readouterr().out


def test_facts_with_a_reply_that_is_none(ask: Any, server: Proxy, runs: Path) -> None:
    server.spoil(Fault(reply=lambda text: "A ou C", times=1))
    ask("--kind", "facts", "--at-once", 1)
    (spoiled,) = (line for line in lines(runs).values() if "unscored" in line)
    assert spoiled["unscored"][0] == "reply-no-label" and spoiled["facts"][0] is None
    scored = spoiled["facts"][1:]
    assert None not in scored and set(spoiled["unscored"][1:]) == {None}
    share = scored.count("contained") / len(scored)
    assert spoiled["completeness"] == pytest.approx(share, abs=1e-6)


def test_no_request_is_paid_twice(ask: Any, server: Proxy, runs: Path) -> None:
    ask()
    expected, path = lines(runs), runs / "whole" / "judges" / NAME / JUDGEMENTS
    path.write_bytes(path.read_bytes()[:1000])  # as a kill leaves it
    server.forget()
    ask()
    assert server.asked == [] and lines(runs) == expected
    ask("--name", "again")
    assert server.asked == []


def test_what_got_no_reply_is_taken_up_by_the_next_run(ask: Any, server: Proxy, runs: Path) -> None:
    server.spoil(Fault(status=500, error={"message": "out of breath"}, times=2))  # both tries of one request
    assert "No reply this time" in ask("--at-once", 1)
    assert len(lines(runs)) == 5
    server.mend()
    server.forget()
    ask()
    assert len(lines(runs)) == 6 and len(server.asked) == 1


def test_an_endpoint_judge_has_no_options_of_weights(ask: Any, runs: Path) -> None:
    told = ask("--dtype", "float32", "--adapter", "x", code=2)
    assert "--dtype: is no option of --backend openai" in told and "--adapter: is no option" in told
    assert not (runs / "whole" / "judges").exists()


def test_the_family_of_a_name_that_says_nothing_is_not_known(ask: Any, runs: Path) -> None:
    assert "The family of lab/judge@1 is not known" in ask("--limit", 1)


@pytest.mark.slow
def test_a_killed_judging_goes_on_and_pays_nothing_twice(
    ask: Any, server: Proxy, runs: Path, sample_release: Path
) -> None:
    variants = ("--variants", "plain,paraphrase,padded,confident", "--at-once", "2")
    ask(*variants)
    expected = lines(runs)
    for path in (runs / "whole" / "judges" / NAME / JUDGEMENTS, runs / "whole" / "judges" / JOURNAL):
        path.unlink()
    server.forget()
    command = [sys.executable, "-m", "evaluation", "judge", str(runs / "whole"), "--judge", "lab/judge@1"]
    command += ["--backend", "openai", "--endpoint", server.url, "--data", str(sample_release), *variants]
    kill_while_asking(server, command, answered=8, at_once=2, cwd=PACKAGE.parent)
    with Journal(runs / "whole" / "judges" / JOURNAL, read_only=True) as journal:
        assert journal.totals("lab/judge@1").answers == 8
    server.forget()
    ask(*variants)
    assert lines(runs) == expected
    assert len(server.asked) == len(expected) - 8 and max(server.paid.values()) == 1
