"""Translation end to end: a source through a server on loopback into a release, and every fault that stops a record."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from commands import invoke, refused
from generate.jobs import exported, figures, lines, run
from generate.translator import QUESTIONS, about, changed, rows, source_in, write_source
from models.proxy import Body, Fault, Proxy
from releases import read_rows

from medinjection_fr.build import build
from medinjection_fr.generate import command
from medinjection_fr.generate.rules import RULES
from medinjection_fr.models.endpoint import Patience
from medinjection_fr.models.opening import open_model
from medinjection_fr.record import COLUMNS, RECORD, record_id
from medinjection_fr.release.verify import verify


def test_a_source_becomes_records_and_a_release(server: Proxy, folder: Path, tmp_path: Path) -> None:
    printed = run(server, folder)
    assert "Next: medinjection-fr generate export" in printed
    export = exported(folder)
    records = {record["source_id"]: record for record in lines(export / "records.jsonl")}
    assert len(records) == len(QUESTIONS)
    first = records["q-1"]
    _, question, _, choices, _, _, why = QUESTIONS[0]
    assert (first["instruction"], first["choices"], first["answer"]) == (question, choices, "A")
    assert first["explanation"] == why
    assert first["derived_from"] == "medmcqa/q-1"
    assert first["generator"] == "small@1"
    assert (first["license"], first["split"], first["task"]) == ("MIT", "validation", "exam-question")
    assert (first["source"], first["origin"]) == ("medmcqa-translated", "translated")
    assert records["q-3"]["choices"] == ["28", "34,5", "40", "50"]
    for record in records.values():
        columns = {name: record[name] for name in COLUMNS}
        assert RECORD.validate_plainly(columns) == []
        assert record["id"] == record_id(columns)
        assert len(record["generation_id"]) == 32
    assert lines(export / "rejected.jsonl") == []
    assert figures(export)["units"] == {"accepted": 6, "rejected": 0, "unfinished": 0}
    release = build(export / "recipe.yaml", tmp_path / "release").release
    assert verify(release.folder, rows=True) == []
    built = {row["id"]: row for row in read_rows(release.folder)}
    assert built.keys() == {record["id"] for record in records.values()}
    assert {row["group_id"] for row in built.values()} == {
        f"medmcqa-translated/medmcqa/q-{n}" for n in range(1, 7)
    }


def test_gold_letters_never_reach_the_model(server: Proxy, folder: Path) -> None:
    run(server, folder)
    asked = [source_in(body) for body in server.asked]
    assert {frozenset(source) for source in asked} == {
        frozenset({"instruction", "options", "explanation"}),
        frozenset({"instruction", "options"}),
        frozenset({"instruction"}),  # all of its options are numbers
    }
    other = [{**row, "cop": 5 - row["cop"]} for row in rows()]
    before = sorted(server.paid)
    server.forget()
    run(server, write_source(folder.parent / "other" / "data", other))
    assert sorted(server.paid) == before


SPOILED: dict[str, tuple[Callable[[str], str], str]] = {
    "an answer in English": (
        lambda reply: json.dumps(
            {
                "instruction": QUESTIONS[0][0],
                "options": dict(zip("ABCD", QUESTIONS[0][2], strict=True)),
                "explanation": QUESTIONS[0][5],
            }
        ),
        "not-french",
    ),
    "a changed dose": (changed(options=lambda o: {**o, "A": "Aspirine 25 mg"}), "number-changed"),
    "a changed unit": (changed(options=lambda o: {**o, "A": "Aspirine 250 g"}), "unit-changed"),
    "a dropped option": (changed(options=lambda o: {k: o[k] for k in "ABC"}), "option-labels"),
    "an added option": (changed(options=lambda o: {**o, "E": "Toutes ces réponses"}), "option-labels"),
    "swapped options": (changed(options=lambda o: {**o, "A": o["B"], "B": o["A"]}), "number-changed"),
    "two options alike": (changed(options=lambda o: {**o, "B": o["A"]}), "options-merged"),
    "an empty option": (changed(options=lambda o: {**o, "D": " "}), "option-labels"),
    "a missing part": (lambda reply: json.dumps({"instruction": "Quel médicament ?"}), "part-missing"),
    "an added part": (changed(note="Voici la traduction"), "part-added"),
    "a list of options": (changed(options=lambda o: list(o.values())), "part-missing"),
    "JSON that is cut": (lambda reply: reply[:-5], "reply-not-schema"),
    "malformed JSON": (lambda reply: reply.replace('"', "'"), "reply-not-json"),
    "no JSON at all": (lambda reply: "Je ne peux pas répondre à cette demande.", "reply-not-json"),
    "an array": (lambda reply: f"[{reply}, {reply}]", "reply-not-schema"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_fault_is_told_once_and_then_quarantined(server: Proxy, folder: Path, name: str) -> None:
    spoil, rule = SPOILED[name]
    server.spoil(Fault(reply=spoil, only=about("Which drug")))
    run(server, folder)
    export = exported(folder)
    [rejected] = lines(export / "rejected.jsonl")
    assert rejected["unit"] == "medmcqa/q-1"
    assert {finding["attempt"] for finding in rejected["findings"]} == {1, 2}
    for attempt in (1, 2):
        rules = [finding["rule"] for finding in rejected["findings"] if finding["attempt"] == attempt]
        assert rule in rules
        assert set(rules) <= RULES.keys()
    assert len(lines(export / "records.jsonl")) == len(QUESTIONS) - 1
    told = figures(export)
    assert told["units"] == {"accepted": 5, "rejected": 1, "unfinished": 0}
    assert told["rejected_by_rule"][rule] == 1
    assert told["asked_again"] == {"accepted": 0, "rejected": 1}
    assert told["requests"] == len(QUESTIONS) + 1 == sum(server.paid.values())
    [first, again] = [body["messages"] for body in server.asked if about("Which drug")(body)]
    assert again[: len(first)] == first
    assert [message["role"] for message in again[len(first) :]] == ["assistant", "user"]
    notice = again[-1]["content"]
    assert rule in notice
    assert RULES[rule] in notice
    assert all(finding["evidence"] in notice for finding in rejected["findings"] if finding["attempt"] == 1)
    text = (export / "rejected.jsonl").read_text(encoding="utf-8")
    assert "Which drug" not in text and "Quel médicament" not in text


def test_words_around_the_json_are_no_fault_and_words_within_are(server: Proxy, folder: Path) -> None:
    server.spoil(
        Fault(
            reply=lambda reply: f"Voici la traduction :\n```json\n{reply}\n```",
            only=about("Which organ"),
            times=1,
        ),
        Fault(
            reply=changed(instruction=lambda text: f"Voici la traduction : {text}"), only=about("Which drug")
        ),
    )
    run(server, folder)
    [rejected] = lines(exported(folder) / "rejected.jsonl")
    assert rejected["unit"] == "medmcqa/q-1"
    assert "text-added" in {finding["rule"] for finding in rejected["findings"]}


def test_endless_reply_is_cut_soon_and_quarantined(server: Proxy, folder: Path) -> None:
    server.spoil(Fault(reply=lambda reply: reply * 9, finish="length", only=about("Which drug")))
    run(server, folder)
    export = exported(folder)
    [rejected] = lines(export / "rejected.jsonl")
    assert [finding["rule"] for finding in rejected["findings"]] == ["reply-cut", "reply-cut"]
    [first, again] = [body for body in server.asked if about("Which drug")(body)]
    length = len(json.dumps(source_in(first)))
    assert length / 2 < first["max_tokens"] < 2 * length
    # What has no end is not repeated; the notice follows the question, for roles must take turns.
    assert [message["role"] for message in again["messages"]] == ["system", "user"]
    assert "reply-cut" in again["messages"][-1]["content"]


def test_faults_that_pass_are_borne_and_nothing_is_paid_twice(
    server: Proxy, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = functools.partial(open_model, patience=Patience(tries=3, pause=0, timeout=30))
    monkeypatch.setattr(command, "open_model", patient)
    server.spoil(
        Fault(status=429, headers={"Retry-After": "0"}, only=about("Which drug"), times=2),
        Fault(status=500, only=about("All of"), times=2),
        Fault(cut=40, only=about("Which vitamin"), times=2),
        Fault(raw=b'{"choices": [{"message": {"content": "{', only=about("Which organ"), times=2),
    )
    run(server, folder)
    assert figures(exported(folder))["units"] == {"accepted": 6, "rejected": 0, "unfinished": 0}
    assert len(server.asked) == len(QUESTIONS) + 4 * 2
    assert [times for times in server.paid.values() if times] == [1] * len(QUESTIONS)


def test_second_answer_may_be_sound(server: Proxy, folder: Path) -> None:
    spoil, rule = SPOILED["a changed dose"]
    server.spoil(Fault(reply=spoil, only=about("Which drug"), times=1))
    run(server, folder)
    export = exported(folder)
    assert lines(export / "rejected.jsonl") == []
    told = figures(export)
    assert told["asked_again"] == {"accepted": 1, "rejected": 0}
    assert told["first_answer_by_rule"] == {rule: 1}
    assert told["rejected_by_rule"] == {}
    [record] = [record for record in lines(export / "records.jsonl") if record["source_id"] == "q-1"]
    assert record["choices"] == QUESTIONS[0][3]


def test_what_cannot_be_translated_is_refused_before_any_request(server: Proxy, tmp_path: Path) -> None:
    pictures = {**rows()[0], "id": "pictures", "opa": "Figure 1", "opb": "Figure 2", "opc": "<img src='3'>"}
    empty = {**rows()[1], "id": "empty", "opd": "…"}
    folder = write_source(tmp_path / "data", [pictures, empty])
    run(server, folder)
    assert server.asked == []
    rejected = {row["unit"]: row["findings"] for row in lines(exported(folder) / "rejected.jsonl")}
    assert rejected == {
        "medmcqa/pictures": [{"rule": "item-options-images", "evidence": "options A, B, C", "attempt": 0}],
        "medmcqa/empty": [{"rule": "item-options-empty", "evidence": "options D", "attempt": 0}],
    }


def tokens_of(body: Body) -> int:
    """What a request and its reply may need, one token for three characters."""
    return body["max_tokens"] + -(-sum(len(message["content"]) for message in body["messages"]) // 3)


def test_item_beyond_the_window_is_put_aside_and_never_cut(
    server: Proxy, folder: Path, tmp_path: Path
) -> None:
    run(server, folder)
    needs = sorted(map(tokens_of, server.asked))
    server.forget()
    folder = write_source(tmp_path / "again" / "data", rows())
    run(server, folder, "--window", needs[-1] - 1)
    assert sorted(map(tokens_of, server.asked)) == needs[:-1]
    [rejected] = lines(exported(folder) / "rejected.jsonl")
    assert rejected["unit"] == "medmcqa/q-1"
    assert [finding["rule"] for finding in rejected["findings"]] == ["context-too-long"]


def test_item_whose_answer_would_be_cut_is_not_asked(server: Proxy, folder: Path) -> None:
    run(server, folder, "--parameter", "max_tokens=250")
    rejected = lines(exported(folder) / "rejected.jsonl")
    assert {finding["rule"] for row in rejected for finding in row["findings"]} == {"too-long"}
    assert {finding["attempt"] for row in rejected for finding in row["findings"]} == {0}
    assert 0 < len(rejected) == len(QUESTIONS) - len(server.asked)


def test_explanations_may_stay_behind(server: Proxy, folder: Path) -> None:
    run(server, folder, "--without-explanations")
    assert all("explanation" not in source_in(body) for body in server.asked)
    records = lines(exported(folder) / "records.jsonl")
    assert len(records) == len(QUESTIONS)
    assert {record["explanation"] for record in records} == {None}


def test_parameters_of_the_template_and_of_the_command(server: Proxy, folder: Path) -> None:
    run(
        server,
        folder,
        "--parameter",
        "temperature=null",
        "--parameter",
        "seed=7",
        "--parameter",
        "spare_tokens=5000",
    )
    for body in server.asked:
        assert "temperature" not in body and "spare_tokens" not in body
        assert body["seed"] == 7
        assert 5000 < body["max_tokens"] < 6000
    [first] = {record["generation_id"] for record in lines(exported(folder) / "records.jsonl")}
    other = write_source(folder.parent / "other" / "data", rows())
    run(server, other, "--parameter", "seed=8")
    [second] = {record["generation_id"] for record in lines(exported(other) / "records.jsonl")}
    assert first != second


def test_template_of_ones_own(server: Proxy, folder: Path, tmp_path: Path) -> None:
    template = {
        "name": "mine",
        "version": "1",
        "fields": ["source"],
        "messages": [{"role": "user", "content": "{{ source }}\nEn français :"}],
        "output": "like-source",
        "parameters": {"temperature": 0.2},
    }
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(template, allow_unicode=True), encoding="utf-8")
    server.spoil(Fault(reply=SPOILED["a changed dose"][0], only=about("Which drug")))
    run(server, folder, "--template", path)
    assert {body["messages"][0]["content"].split("\n")[-1] for body in server.asked} == {"En français :"}
    path.unlink()  # the journal has it
    export = exported(folder)
    assert figures(export)["job"]["templates"][0].startswith("mine-1@")
    assert figures(export)["units"] == {"accepted": 5, "rejected": 1, "unfinished": 0}
    assert len(server.asked) == len(QUESTIONS)  # without `retry`, nothing is asked twice
    template["fields"] = ["sauce"]
    path.write_text(yaml.safe_dump(template), encoding="utf-8")
    told = refused(
        invoke("translate", "run", "medmcqa", "--journal", "x", "--model", "m", "--template", path)
    )
    assert '"sauce" is nothing that the material has' in told
