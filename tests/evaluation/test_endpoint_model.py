from __future__ import annotations

import functools
import json
import re
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytest.importorskip("torch", reason="torch comes with the extra `evaluate`")

from click.testing import CliRunner
from models.killed import kill_while_asking
from models.proxy import Answer, Body, Fault, Proxy, completion, running_proxy

from evaluation import opening
from evaluation.__main__ import main
from evaluation.crosscheck import crosscheck
from evaluation.data import open_test_set
from evaluation.local_model import LocalModel
from evaluation.protocols import published_letters, published_tokens
from evaluation.run import run as run_model
from evaluation.run_folder import PREDICTIONS, read_predictions
from evaluation.served import JOURNAL
from medinjection_fr.models.endpoint import Patience
from medinjection_fr.models.journal import Journal
from medinjection_fr.models.opening import open_model
from medinjection_fr.prompts import question_text
from medinjection_fr.resources import PACKAGE, load_schema

IMPATIENT = Patience(tries=2, pause=0, timeout=60, rate_limit=0)
TYPES = ("mcqu", "mcq", "oeq")


def chosen_by_rule(text: str) -> str:
    """Letters that the server chooses for a question: always the same."""
    labels = re.findall(r"^\(([A-J])\) ", text, re.MULTILINE)
    size = 1 if "Une seule réponse" in text else 2
    first = zlib.crc32(text.encode()) % (len(labels) - size + 1)
    return "".join(labels[first : first + size])


def answer_by_rule(body: Body) -> Answer:
    """A model that always knows an answer, and writes as many words as it may."""
    text = body["messages"][-1]["content"]
    if "Choix de réponses" not in text:
        return completion("Une réponse rédigée, à 37,5 °C.", body)
    letters = ",".join(chosen_by_rule(text))
    if body["max_tokens"] <= 20:
        return completion(letters[: body["max_tokens"]], body, "length")
    return completion(f"La bonne réponse est {letters.replace(',', ' et ')}.", body)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Of torch: more of them only wait for each other over a tiny model."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(opening, "open_model", functools.partial(open_model, patience=IMPATIENT))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with running_proxy(answer_by_rule) as proxy:
        yield proxy


def arguments(server: Proxy, release: Path, output: Path, *options: object) -> list[str]:
    given = (
        "run",
        "--backend",
        "openai",
        "--model",
        "small@1",
        "--endpoint",
        server.url,
        "--config",
        "native",
    )
    return [*given, "--data", str(release), "--output", str(output), *map(str, options)]


def run(server: Proxy, release: Path, output: Path, *options: object, code: int = 0) -> str:
    """Runs the command; returns what it printed."""
    done = CliRunner().invoke(main, arguments(server, release, output, *options))
    assert done.exit_code == code, done.output
    return done.output


def predictions(output: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """All of a run but for the time that they took."""
    found = {(line["id"], line["permutation"]): line for line in read_predictions(output)}
    assert len(found) == (output / PREDICTIONS).read_bytes().count(b"\n")
    return {
        key: {name: value for name, value in line.items() if name != "seconds"} for key, line in found.items()
    }


def test_every_record_is_asked_with_our_words(server: Proxy, sample_release: Path, tmp_path: Path) -> None:
    run(server, sample_release, tmp_path / "run")
    rows = {row["id"]: row for row in open_test_set(str(sample_release), "native", "test", TYPES, None).rows}
    found = predictions(tmp_path / "run")
    assert {id for id, _ in found} == set(rows)
    limits = {}
    for body in server.asked:
        (message,) = body["messages"]
        assert message["role"] == "user" and body["temperature"] == 0
        limits.setdefault(message["content"], set()).add(body["max_tokens"])
    for (id, _), line in found.items():
        jsonschema.validate(line, load_schema("prediction"))
        row = rows[id]
        text = question_text(row)
        assert line["served_by"] == "small-2026-11" and line["prompt_tokens"] == len(text.split())
        if row["type"] == "oeq":
            assert limits[text] == {512} and line["outputs"]["greedy"]["reply"].endswith("37,5 °C.")
            continue
        published = published_tokens(row["type"], len(row["choices"]))
        assert limits[text] == {64, published}
        letters = chosen_by_rule(text)
        outputs = line["outputs"]
        assert outputs["greedy"]["letters"] == letters
        assert outputs["greedy"]["exact_match"] == (letters == row["answer"].replace(",", ""))
        reply = ",".join(letters)[:published]
        assert outputs["published-greedy"]["letters"] == published_letters(reply, "ABCDEFGHIJ")


def test_a_killed_run_goes_on_and_pays_nothing_twice(
    server: Proxy, sample_release: Path, tmp_path: Path
) -> None:
    options = ("--permutations", 1, "--protocols", "greedy", "--at-once", 4)
    run(server, sample_release, tmp_path / "whole", *options)
    expected = predictions(tmp_path / "whole")
    server.forget()
    command = [sys.executable, "-m", "evaluation"]
    command += arguments(server, sample_release, tmp_path / "killed", *options)
    kill_while_asking(server, command, answered=8, at_once=4, cwd=PACKAGE.parent)
    with Journal(tmp_path / "killed" / JOURNAL, read_only=True) as journal:
        assert journal.totals("small@1").answers == 8
    server.forget()
    run(server, sample_release, tmp_path / "killed", *options)
    assert predictions(tmp_path / "killed") == expected
    assert len(server.asked) == len(expected) - 8
    assert max(server.paid.values()) == 1
    server.forget()
    assert "0 predictions made" in run(server, sample_release, tmp_path / "killed", *options)
    assert server.asked == []


def test_a_reply_whose_prediction_was_lost_is_not_paid_again(
    server: Proxy, sample_release: Path, tmp_path: Path
) -> None:
    run(server, sample_release, tmp_path / "run")
    expected = predictions(tmp_path / "run")
    path = tmp_path / "run" / PREDICTIONS
    path.write_bytes(path.read_bytes()[:1000])
    server.forget()
    run(server, sample_release, tmp_path / "run")
    assert server.asked == [] and predictions(tmp_path / "run") == expected


def test_another_model_or_parameter_is_another_run(
    server: Proxy, sample_release: Path, tmp_path: Path
) -> None:
    run(server, sample_release, tmp_path / "run", "--limit", 2)
    told = run(server, sample_release, tmp_path / "run", "--limit", 2, "--parameter", "seed=1", code=2)
    assert "run.json › model: was begun with" in told


def test_the_budget_stops_a_run_and_a_larger_one_goes_on(
    server: Proxy, sample_release: Path, tmp_path: Path
) -> None:
    options = ("--protocols", "greedy", "--at-once", 1)
    told = run(server, sample_release, tmp_path / "run", *options, "--budget", "300tokens")
    assert "Stopped: the budget is spent" in told
    made = len(predictions(tmp_path / "run"))
    assert 0 < made == len(server.asked)
    run(server, sample_release, tmp_path / "run", *options, "--budget", "1000000tokens")
    assert made < len(predictions(tmp_path / "run")) == len(server.asked)


def test_an_endpoint_that_fails_stops_the_run_and_loses_nothing(
    server: Proxy, sample_release: Path, tmp_path: Path
) -> None:
    options = ("--protocols", "greedy", "--at-once", 1)
    unknown = Fault(status=404, error={"message": "no such model", "code": "model_not_found"})
    unknown.only = lambda body: len(server.asked) > 3
    server.spoil(unknown)
    told = run(server, sample_release, tmp_path / "run", *options, code=2)
    assert "Look at the name of the model" in told and "keeps all that was answered" in told
    assert len(predictions(tmp_path / "run")) == 3
    server.mend()
    server.spoil(Fault(status=500, error={"message": "out of breath"}, times=2))  # both tries of one question
    told = run(server, sample_release, tmp_path / "run", *options)
    assert "No reply this time: 1 questions (server-error)" in told
    server.mend()
    server.forget()
    run(server, sample_release, tmp_path / "run", *options)
    assert len(server.asked) == 1


def test_what_is_refused_for_good_is_counted(server: Proxy, sample_release: Path, tmp_path: Path) -> None:
    run(server, sample_release, tmp_path / "run", "--protocols", "greedy", "--window", "220")
    lines = predictions(tmp_path / "run").values()
    refused = [line for line in lines if "refused" in line]
    assert 0 < len(refused) < len(lines)
    for line in refused:
        jsonschema.validate(line, load_schema("prediction"))
        assert line["refused"] == "too-long" and line["outputs"] == {}


def test_a_server_that_counts_no_tokens(server: Proxy, sample_release: Path, tmp_path: Path) -> None:
    server.spoil(Fault(fields=("usage",)))
    run(server, sample_release, tmp_path / "run", "--limit", 3)
    for line in predictions(tmp_path / "run").values():
        jsonschema.validate(line, load_schema("prediction"))
        assert line["tokens_estimated"] and "prompt_tokens" not in line


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--protocols", "greedy,likelihood"), ["--protocols: names likelihood", "transformers"]),
        (
            ("--adapter", "x", "--dtype", "float32"),
            ["--adapter: is no option of --backend openai", "--dtype: is no option"],
        ),
        (("--budget", "5 dollars"), ["--budget"]),
        (("--endpoint", "127.0.0.1:80"), ["--endpoint"]),
        (("--backend", "vllm"), ["--endpoint: is no option of --backend vllm"]),
        (
            ("--backend", "transformers", "--parameter", "a=1"),
            ["--parameter: is no option", "--endpoint: is no option"],
        ),
    ],
)
def test_mistakes_are_told(
    server: Proxy, sample_release: Path, tmp_path: Path, options: tuple[str, ...], told: list[str]
) -> None:
    printed = run(server, sample_release, tmp_path / "run", *options, code=2)
    assert all(part in printed for part in told), printed
    assert not (tmp_path / "run").exists() and server.asked == []


def test_vllm_wants_a_folder_of_weights(sample_release: Path, tmp_path: Path) -> None:
    command = ["run", "--backend", "vllm", "--model", "nowhere", "--config", "native"]
    command += ["--data", str(sample_release), "--output", str(tmp_path / "run")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2 and "vllm:nowhere: is no folder" in done.output


def served(model: LocalModel) -> Any:
    """A server of the model: its chat template, its greedy replies."""
    one_at_a_time = threading.Lock()

    def answer(body: Body) -> Answer:
        prompt = model.tokenizer.apply_chat_template(
            body["messages"], tokenize=False, add_generation_prompt=True
        )
        ids = model.tokenizer(prompt, add_special_tokens=False).input_ids
        with one_at_a_time:
            ((_, tokens),) = model.write([ids], body["max_tokens"])
        text = model.tokenizer.decode(tokens, skip_special_tokens=True)
        _, data = completion(text, body, "stop" if model.ends(tokens) else "length")
        return 200, json.dumps(
            {**json.loads(data), "usage": {"prompt_tokens": len(ids), "completion_tokens": len(tokens)}}
        ).encode()

    return answer


@pytest.mark.usefixtures("one_thread")
def test_one_model_by_two_backends_is_crosschecked(
    tiny_model: Path, sample_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    model = LocalModel(str(tiny_model), dtype="float32")
    data = open_test_set(str(sample_release), "native", "train", ("mcqu", "mcq"), 4)
    run_model(model, data, ["published-greedy", "greedy"], 0, tmp_path / "local")
    options = ("--split", "train", "--tasks", "mcqu,mcq", "--limit", 4)
    with running_proxy(served(model)) as proxy:
        run(proxy, sample_release, tmp_path / "endpoint", *options)
    found = crosscheck(tmp_path / "local", tmp_path / "endpoint")
    assert found["records"] == 4 and found["prompts"] == {"compared": 4, "different": []}
    assert set(found["protocols"]) == {"published-greedy", "greedy"}
    for one in found["protocols"].values():
        assert one["compared"] == 4 and one["answers"] == [] and one["replies"] == []


def test_the_crosscheck_names_what_differs(server: Proxy, sample_release: Path, tmp_path: Path) -> None:
    run(server, sample_release, tmp_path / "one", "--protocols", "greedy")
    other, words = sorted(key for key, line in predictions(tmp_path / "one").items() if line["options"])[:2]
    path = tmp_path / "two"
    run(server, sample_release, path, "--protocols", "greedy")
    lines = list(read_predictions(path))
    for line in lines:
        greedy = line["outputs"]["greedy"]
        if line["id"] == other[0]:
            greedy["letters"] = None
        if line["id"] == words[0]:
            greedy["reply"] += " Voilà."
    (path / PREDICTIONS).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = CliRunner().invoke(main, ["crosscheck", str(tmp_path / "one"), str(path), "--json"])
    found = json.loads(done.output)["protocols"]["greedy"]
    assert (found["answers"], found["replies"]) == ([other[0]], [words[0]])
    told = CliRunner().invoke(main, ["crosscheck", str(tmp_path / "one"), str(path)]).output
    assert f"greedy: 1 of {len(lines)} answers differ; 1 more say the same in other words" in told
    assert other[0] in told
