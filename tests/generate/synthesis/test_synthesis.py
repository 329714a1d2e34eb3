"""Synthesis end to end: documents through a server on loopback into a release, and every fault that stops a record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from generate.jobs import exported, figures, lines
from generate.synthesis.documents import ABSTRACTS, CASES, write_cases
from generate.synthesis.jobs import run
from generate.synthesis.writer import ANSWERING, ORDERS, about, changed, options_of, prompt_of
from models.proxy import Body, Fault, Proxy
from releases import read_rows

from medinjection_fr.build import build
from medinjection_fr.generate.rules import RULES
from medinjection_fr.generate.synthesis.tasks import SHIPPED
from medinjection_fr.record import COLUMNS, RECORD, record_id
from medinjection_fr.release.verify import verify

OF_CASES = [name for name in SHIPPED if name.startswith("case")]
OF_ABSTRACTS = [name for name in SHIPPED if name.startswith("abstract")]


def test_cases_become_records_and_a_release(server: Proxy, folder: Path, tmp_path: Path) -> None:
    printed = run(server, folder, "diamed")
    assert "Next: medinjection-fr generate export" in printed
    export = exported(folder)
    records = {record["source_id"]: record for record in lines(export / "records.jsonl")}
    assert records.keys() == {f"{case.name}#{name}" for case in CASES for name in OF_CASES}
    open_record = records["case-1#case-differential-diagnosis"]
    assert open_record["context"] == CASES[0].text
    assert open_record["instruction"] == ORDERS["case-differential-diagnosis"]
    assert (open_record["type"], open_record["task"]) == ("oeq", "differential-diagnosis")
    assert open_record["explanation"] == f"« {CASES[0].sentences[0]} »"
    assert open_record["facts"] and open_record["answer"].startswith(open_record["facts"][0])
    assert open_record["derived_from"] == "diamed/case-1"
    assert (open_record["generator"], open_record["origin"]) == ("small@1", "synthetic")
    assert (open_record["license"], open_record["split"]) == ("CC-BY-4.0", "train")
    assert {record["group_id"] for record in records.values()} == {"diamed/case-1", "diamed/case-2"}
    single = records["case-1#case-mcqu"]
    gold = single["choices"]["ABCDE".index(single["answer"])]
    assert gold == CASES[0].true[0] and sorted(single["choices"]) == sorted([gold, *CASES[0].false[:4]])
    for record in records.values():
        columns = {name: record[name] for name in COLUMNS}
        assert RECORD.validate_plainly(columns) == []
        assert record["id"] == record_id(columns)
    assert lines(export / "rejected.jsonl") == []
    assert figures(export)["units"] == {"accepted": 20, "rejected": 0, "unfinished": 0}
    release = build(export / "recipe.yaml", tmp_path / "release").release
    assert verify(release.folder, rows=True) == []
    built = read_rows(release.folder)
    assert {row["id"] for row in built} == {record["id"] for record in records.values()}
    assert {row["group_id"] for row in built} == {f"diamed-synthetic/diamed/case-{n}" for n in (1, 2)}


def test_abstracts_give_questions_that_need_no_abstract(server: Proxy, folder: Path) -> None:
    run(server, folder, "morfitt")
    records = {record["source_id"]: record for record in lines(exported(folder) / "records.jsonl")}
    assert records.keys() == {f"{abstract.name}#{name}" for abstract in ABSTRACTS for name in OF_ABSTRACTS}
    contexts = {name: records[f"abstract-1#{name}"]["context"] for name in OF_ABSTRACTS}
    without = {name for name, context in contexts.items() if not context}
    assert without == {"abstract-mcqu", "abstract-mcq"}
    assert {contexts[name] for name in contexts.keys() - without} == {ABSTRACTS[0].text}
    assert {record["group_id"] for record in records.values()} == {"morfitt/abstract-1", "morfitt/abstract-2"}
    tasks = {name: records[f"abstract-1#{name}"]["task"] for name in OF_ABSTRACTS}
    assert tasks["abstract-layman"] == "layman-explanation"
    assert tasks["abstract-mcq"] == "exam-question"


def test_second_request_has_the_document_and_no_answer(server: Proxy, folder: Path) -> None:
    run(server, folder, "morfitt", "--tasks", "abstract-mcqu,abstract-mcq,abstract-summary")
    again = [body for body in server.asked if prompt_of(body) == ANSWERING]
    assert len(again) == 4
    records = {tuple(record["choices"]): record for record in lines(exported(folder) / "records.jsonl")}
    for body in again:
        [_, user] = [message["content"] for message in body["messages"]]
        record = records[tuple(options_of(body).values())]
        assert any(abstract.text in user for abstract in ABSTRACTS)
        assert record["instruction"] in user
        assert "explanation" not in user and record["explanation"] not in user
    assert figures(exported(folder))["requests"] == len(server.asked) == 10


IMPOSSIBLE = '{"possible": false}'
MCQU, LABORATORY = "case-mcqu", "case-laboratory"
LONG = (
    "De l'aspirine à la dose de charge dès l'arrivée, suivie d'une surveillance rapprochée en unité de soins"
)
SPOILED: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a changed value": (LABORATORY, changed(answer="La troponine est à 35 µg/L."), "number-not-in-document"),
    "a changed unit": (LABORATORY, changed(answer="La troponine est à 3,5 mg/L."), "unit-not-in-document"),
    "another drug": (
        LABORATORY,
        changed(answer="Le patient reçoit de l'énoxaparine."),
        "drug-not-in-document",
    ),
    "another acronym": (LABORATORY, changed(answer="La CPK est élevée chez lui."), "acronym-not-in-document"),
    "another name": (LABORATORY, changed(answer="C'est un syndrome de Dressler."), "name-not-in-document"),
    "a value in the facts": (
        LABORATORY,
        changed(facts=["La créatinine est à 29 µmol/L."]),
        "number-not-in-document",
    ),
    "an invented quotation": (
        LABORATORY,
        changed(quotes=["La troponine est normale."]),
        "quote-not-in-document",
    ),
    "no quotation": (LABORATORY, changed(quotes=[]), "quote-not-in-document"),
    "a figure": (LABORATORY, changed(instruction="Que montre la figure 2 ?"), "not-self-contained"),
    "an announcement": (LABORATORY, changed(answer=lambda a: f"Voici la réponse : {a}"), "not-plain"),
    "bold": (LABORATORY, changed(answer=lambda a: f"**{a}**"), "not-plain"),
    "English": (
        LABORATORY,
        changed(
            instruction="What do the laboratory values of the patient show?",
            answer="The troponin is high and the creatinine is normal in this patient.",
            facts=[],
        ),
        "not-french",
    ),
    "no answer": (LABORATORY, changed(answer=" "), "text-empty"),
    "an option twice": (MCQU, changed(incorrect=lambda i: [*i[:3], "Morphine"]), "options-alike"),
    "a correct option among the others": (
        MCQU,
        changed(incorrect=lambda i: [*i[:3], "DE L'ASPIRINE."]),
        "options-alike",
    ),
    "an option of all": (
        MCQU,
        changed(incorrect=lambda i: [*i[:3], "Toutes ces réponses"]),
        "options-name-options",
    ),
    "a long correct option": (MCQU, changed(correct=[LONG]), "gold-stands-out"),
    "three options": (MCQU, changed(incorrect=lambda i: i[:2]), "options-not-as-asked"),
    "two correct options": (
        MCQU,
        changed(correct=lambda c: [*c, "De l'héparine"], incorrect=lambda i: i[:3]),
        "options-not-as-asked",
    ),
    "an option without a text": (MCQU, changed(incorrect=lambda i: [*i[:3], ""]), "options-not-as-asked"),
    "a letter": (MCQU, changed(explanation="La proposition A est exacte."), "letter-named"),
    "a drug in the explanation": (
        MCQU,
        changed(explanation="L'aspirine et le clopidogrel sont donnés."),
        "drug-not-in-document",
    ),
}


def test_fault_is_told_once_and_then_quarantined(server: Proxy, tmp_path: Path) -> None:
    marks = {name: f"Il pesait {60 + number} kg." for number, name in enumerate(SPOILED)}
    cases = tuple(
        CASES[0]._replace(name=name.replace(" ", "-"), sentences=(*CASES[0].sentences, marks[name]))
        for name in SPOILED
    )
    folder = write_cases(tmp_path / "data", cases)

    def only(name: str, prompt: str) -> Callable[[Body], bool]:
        return lambda body: prompt_of(body) == prompt and marks[name] in body["messages"][1]["content"]

    server.spoil(*(Fault(reply=spoil, only=only(n, prompt)) for n, (prompt, spoil, _) in SPOILED.items()))
    run(server, folder, "diamed", "--tasks", f"{MCQU},{LABORATORY}")
    export = exported(folder)
    rejected = {row["unit"]: row["findings"] for row in lines(export / "rejected.jsonl")}
    for name, (prompt, _, rule) in SPOILED.items():
        findings = rejected[f"diamed/{name.replace(' ', '-')}#{prompt}"]
        for attempt in (1, 2):
            rules = {finding["rule"] for finding in findings if finding["attempt"] == attempt}
            assert rule in rules, name
            assert rules <= RULES.keys()
        [first, again] = [body["messages"] for body in server.asked if only(name, prompt)(body)]
        assert again[: len(first)] == first
        notice = again[-1]["content"]
        assert rule in notice and RULES[rule] in notice
    assert figures(export)["asked_again"] == {"accepted": 0, "rejected": len(SPOILED)}


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda reply: reply[:-5], "reply-not-schema"),
        (lambda reply: "Je ne peux pas répondre à cette demande.", "reply-not-json"),
        (lambda reply: f"[{reply}]", "reply-not-schema"),
        (changed(correct="De l'aspirine"), "reply-not-schema"),
        (lambda reply: '{"possible": true}', "reply-not-schema"),
    ],
)
def test_reply_that_is_not_what_was_asked_for(
    server: Proxy, folder: Path, spoil: Callable[[str], str], rule: str
) -> None:
    server.spoil(Fault(reply=spoil, only=about(MCQU, "case-1")))
    run(server, folder, "diamed", "--tasks", MCQU)
    [rejected] = lines(exported(folder) / "rejected.jsonl")
    assert rejected["unit"] == f"diamed/case-1#{MCQU}"
    assert [finding["rule"] for finding in rejected["findings"]] == [rule, rule]


def test_second_answer_may_be_sound(server: Proxy, folder: Path) -> None:
    prompt, spoil, rule = SPOILED["a changed value"]
    server.spoil(Fault(reply=spoil, only=about(prompt, "case-1"), times=1))
    run(server, folder, "diamed", "--tasks", prompt)
    told = figures(exported(folder))
    assert told["units"] == {"accepted": 2, "rejected": 0, "unfinished": 0}
    assert told["asked_again"] == {"accepted": 1, "rejected": 0}
    assert told["first_answer_by_rule"] == {rule: 1}


@pytest.mark.parametrize(
    "reply",
    [
        IMPOSSIBLE,
        '{"possible": false, "instruction": "", "quotes": [], "answer": "", "facts": []}',
        f"Désolé : {IMPOSSIBLE}",
    ],
)
def test_task_that_the_document_does_not_allow_is_not_asked_twice(
    server: Proxy, folder: Path, reply: str
) -> None:
    server.spoil(Fault(reply=lambda _: reply, only=about(LABORATORY, "case-2")))
    run(server, folder, "diamed", "--tasks", LABORATORY)
    assert len(server.asked) == 2
    export = exported(folder)
    assert [record["source_id"] for record in lines(export / "records.jsonl")] == [f"case-1#{LABORATORY}"]
    [rejected] = lines(export / "rejected.jsonl")
    assert rejected["findings"] == [
        {"rule": "not-in-document", "evidence": "the model says so", "attempt": 1}
    ]
    assert figures(export)["asked_again"] == {"accepted": 0, "rejected": 0}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (lambda reply: '{"letters": []}', "it found no answer"),
        (lambda reply: '{"letters": ["A", "B", "C", "D", "E"]}', "it found A,B,C,D,E"),
        (lambda reply: "A", "no letters came back"),
        (lambda reply: '{"letters": ["F"]}', "no letters came back"),
    ],
)
def test_question_that_is_answered_otherwise_is_put_aside(
    server: Proxy, folder: Path, reply: Callable[[str], str], said: str
) -> None:
    server.spoil(Fault(reply=reply, only=about(ANSWERING, "case-1")))
    run(server, folder, "diamed", "--tasks", MCQU)
    export = exported(folder)
    [rejected] = lines(export / "rejected.jsonl")
    assert rejected["unit"] == f"diamed/case-1#{MCQU}"
    assert {finding["rule"] for finding in rejected["findings"]} == {"not-answered-alike"}
    assert all(said in finding["evidence"] for finding in rejected["findings"])
    # Two questions of two requests; the question that came again word for word is not answered again.
    assert figures(export)["requests"] == 5
    assert [record["source_id"] for record in lines(export / "records.jsonl")] == [f"case-2#{MCQU}"]


def test_second_request_that_is_refused_or_cut(server: Proxy, folder: Path) -> None:
    refusal = Fault(
        status=400, error={"message": "filtered", "code": "content_filter"}, only=about(ANSWERING, "case-1")
    )
    server.spoil(refusal, Fault(finish="length", only=about(ANSWERING, "case-2")))
    run(server, folder, "diamed", "--tasks", MCQU)
    rejected = {row["unit"]: row["findings"][0] for row in lines(exported(folder) / "rejected.jsonl")}
    assert rejected[f"diamed/case-1#{MCQU}"]["evidence"] == "not answered: content-filtered"
    assert rejected[f"diamed/case-2#{MCQU}"]["evidence"] == "no letters came back"


def test_second_request_that_gets_no_reply_leaves_the_unit_for_the_next_run(
    server: Proxy, folder: Path
) -> None:
    server.spoil(Fault(status=500, only=about(ANSWERING)))
    printed = run(server, folder, "diamed", "--tasks", MCQU)
    assert "No answer this time: 2 units (server-error)" in printed
    assert figures(exported(folder))["units"]["unfinished"] == 2
    server.mend()
    server.forget()
    run(server, folder, "diamed", "--tasks", MCQU)
    assert {prompt_of(body) for body in server.asked} == {ANSWERING}  # the questions are paid for
    assert figures(exported(folder))["units"]["accepted"] == 2


def test_question_on_an_abstract_that_speaks_of_it(server: Proxy, folder: Path) -> None:
    spoil = changed(instruction="Selon les auteurs, que traite la metformine dans cette étude ?")
    server.spoil(Fault(reply=spoil, only=about("abstract-mcqu", "abstract-1")))
    run(server, folder, "morfitt", "--tasks", "abstract-mcqu")
    [rejected] = lines(exported(folder) / "rejected.jsonl")
    assert {finding["rule"] for finding in rejected["findings"]} == {"not-self-contained"}


def test_same_question_twice_about_one_document(server: Proxy, folder: Path) -> None:
    same = changed(instruction=ORDERS["case-laboratory"])
    server.spoil(Fault(reply=same, only=about("case-prognosis", "case-1")))
    run(server, folder, "diamed", "--tasks", "case-laboratory,case-prognosis", "--at-once", 1)
    export = exported(folder)
    [rejected] = lines(export / "rejected.jsonl")
    assert rejected["unit"] == "diamed/case-1#case-prognosis"
    [finding] = rejected["findings"]
    assert finding == {
        "rule": "near-copy",
        "evidence": "of diamed/case-1#case-laboratory: the same question of one document",
        "attempt": 1,
    }
    assert figures(export)["rejected_by_rule"] == {"near-copy": 1}


def test_near_copies_do_not_depend_on_the_order_of_replies(server: Proxy, tmp_path: Path) -> None:
    said: list[bytes] = []
    same = changed(instruction=ORDERS["case-laboratory"])
    for at_once, late in ((1, ""), (8, "case-laboratory"), (8, "case-prognosis")):
        server.forget()
        server.mend()
        server.spoil(
            *([Fault(status=500, only=about(late))] if late else []),
            Fault(reply=same, only=about("case-prognosis")),
        )
        folder = write_cases(tmp_path / f"{at_once}{late}" / "data")
        options = ("--tasks", "case-laboratory,case-prognosis", "--at-once", at_once)
        run(server, folder, "diamed", *options)
        server.mend()
        server.spoil(Fault(reply=same, only=about("case-prognosis")))
        run(server, folder, "diamed", *options)
        export = exported(folder)
        said.append((export / "records.jsonl").read_bytes() + (export / "rejected.jsonl").read_bytes())
    assert said[0] == said[1] == said[2]
    assert b"near-copy" in said[0]


def test_document_beyond_the_window_is_put_aside_and_never_cut(server: Proxy, tmp_path: Path) -> None:
    long = CASES[1]._replace(name="long", sentences=CASES[1].sentences * 40)
    folder = write_cases(tmp_path / "data", (CASES[0], long))
    run(server, folder, "diamed", "--tasks", LABORATORY, "--window", 4_000)
    export = exported(folder)
    assert len(server.asked) == 1 and CASES[0].text in server.asked[0]["messages"][1]["content"]
    [rejected] = lines(export / "rejected.jsonl")
    assert rejected["unit"] == f"diamed/long#{LABORATORY}"
    assert [finding["rule"] for finding in rejected["findings"]] == ["context-too-long"]


def test_reply_that_would_be_cut_is_not_asked_for(server: Proxy, folder: Path) -> None:
    run(server, folder, "diamed", "--tasks", LABORATORY, "--parameter", "max_tokens=300")
    assert server.asked == []
    rejected = lines(exported(folder) / "rejected.jsonl")
    assert [[finding["rule"] for finding in row["findings"]] for row in rejected] == [["too-long"]] * 2


def test_kind_of_document_is_the_source_s_and_one_without_a_task_is_counted(
    server: Proxy, folder: Path
) -> None:
    run(server, folder, "morfitt", "--tasks", "case-mcqu")
    assert server.asked == []
    rejected = lines(exported(folder) / "rejected.jsonl")
    assert {row["unit"] for row in rejected} == {"morfitt/abstract-1", "morfitt/abstract-2"}
    assert {row["findings"][0]["rule"] for row in rejected} == {"document-kind"}


def test_what_was_written_is_told_without_the_documents_text(server: Proxy, folder: Path) -> None:
    server.spoil(Fault(reply=SPOILED["a changed value"][1]))
    run(server, folder, "diamed", "--tasks", LABORATORY)
    text = (exported(folder) / "rejected.jsonl").read_text(encoding="utf-8")
    assert "35" in text and "troponine" not in text
